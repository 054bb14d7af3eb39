/* Sums of groups and what follows from them: percent, converted and published scores, and the cells of gate tables. */

#include "native.h"

WIDE static void add_to(const double *restrict from, Py_ssize_t n, double *restrict to) {
    for (Py_ssize_t i = 0; i < n; i++)
        to[i] += from[i];
}

PyObject *sum_up(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[3], *result = NULL;
    struct rows rows[3] = {0};
    struct rows *groups = rows, *members = rows + 1, *sums = rows + 2;
    if (!PyArg_ParseTuple(args, "OOO:sum_up", given, given + 1, given + 2) ||
        hold(groups, given[0], 3, NUMBER, -1, READ) < 0)
        goto done;
    const Py_ssize_t things = height(groups), count = groups->view.shape[1];
    const Py_ssize_t n = groups->view.shape[2];
    if (hold(members, given[1], 2, TRUTH, count, READ) < 0 || hold(sums, given[2], 3, NUMBER, n, WRITE) < 0)
        goto done;
    if (height(sums) < things || sums->view.shape[1] > height(members)) {
        PyErr_SetString(PyExc_ValueError, "there is no room for all sums");
        goto done;
    }
    PyThreadState *working = begin_work(n);
    for (Py_ssize_t thing = 0; thing < things; thing++)
        for (Py_ssize_t s = 0; s < sums->view.shape[1]; s++) {
            double *sum = (double *)((char *)row_of(sums, thing, 0) + s * sums->view.strides[1]);
            memset(sum, 0, n * sizeof(double));
            for (Py_ssize_t g = 0; g < count; g++)
                if (*(uint8_t *)row_of(members, s, g))
                    add_to((double *)((char *)row_of(groups, thing, 0) + g * groups->view.strides[1]), n, sum);
        }
    end_work(working);
    result = Py_NewRef(Py_None);
done:
    let_go(rows, 3);
    return result;
}

/* points / maximum in parts per million, rounded down, and not rounded; 0 and infinite where the maximum is 0.
   Products stay below 2^53, so that a quotient that is no whole number is further from one than a double's rounding. */
WIDE static int64_t share(const double *restrict points, const double *restrict maximum, Py_ssize_t n,
                          double *restrict percent, double *restrict quotient) {
    int64_t nothing = 0; /* whether some maximum is */
    for (Py_ssize_t i = 0; i < n; i++) {
        double exact = points[i] * 1e6 / maximum[i];
        percent[i] = maximum[i] == 0 ? 0 : floor(exact);
        quotient[i] = maximum[i] == 0 ? HUGE_VAL : exact;
        nothing |= maximum[i] == 0 ? 1 : 0;
    }
    return nothing;
}

/* floor(points x nominal / maximum), of whole numbers whose product may not fit a double; others give nothing. */
static double convert_exactly(double points, double maximum, double nominal) {
    if (!(fabs(points) < 0x1p53 && maximum >= 1 && maximum < 0x1p53 && fabs(nominal) < 0x1p53))
        return 0;
    __int128 product = (__int128)points * (int64_t)nominal, divisor = (int64_t)maximum, whole = product / divisor;
    return (double)(whole - (whole * divisor > product ? 1 : 0));
}

/* points x nominal / maximum rounded down: as the points, and what points that do not apply would have given. */
WIDE static void convert(const double *restrict points, const double *restrict maximum, double nominal, Py_ssize_t n,
                         double *restrict converted) {
    int64_t large = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        double gain = points[i] * (nominal - maximum[i]);
        large |= (gain >= 0x1p53 ? 1 : 0) | (gain <= -0x1p53 ? 1 : 0);
        converted[i] = maximum[i] == 0 ? 0 : points[i] + floor(gain / maximum[i]);
    }
    for (Py_ssize_t i = 0; large && i < n; i++)
        if (fabs(points[i] * (nominal - maximum[i])) >= 0x1p53)
            converted[i] = convert_exactly(points[i], maximum[i], nominal);
}

/* An exact half away from zero; never -0.0, which is equal to 0 and has other bytes. */
WIDE static void publish(const double *restrict converted, double step, double half, Py_ssize_t n,
                         double *restrict published) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double size = floor((fabs(converted[i]) + half) / step) * step;
        published[i] = (converted[i] < 0 ? -size : size) + 0.0;
    }
}

PyObject *fill_scores(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[7], *result = NULL;
    double step;
    struct rows rows[7] = {0};
    struct rows *points = rows, *maximum = rows + 1, *nominal = rows + 2, *percent = rows + 3, *quotient = rows + 4,
                *converted = rows + 5, *published = rows + 6;
    if (!PyArg_ParseTuple(args, "OOOdOOOO:fill_scores", given, given + 1, given + 2, &step, given + 3, given + 4,
                          given + 5, given + 6) ||
        hold(points, given[0], 2, NUMBER, -1, READ) < 0)
        goto done;
    const Py_ssize_t sums = height(points), n = points->view.shape[1];
    if (hold(maximum, given[1], 2, NUMBER, n, READ) < 0 ||
        hold(nominal, given[2], 1, NUMBER, -1, READ) < 0 ||
        hold(percent, given[3], 2, NUMBER, n, WRITE) < 0 ||
        hold(quotient, given[4], 2, NUMBER, n, WRITE) < 0 ||
        hold(converted, given[5], 2, NUMBER, n, WRITE) < 0 ||
        hold(published, given[6], 2, NUMBER, n, WRITE) < 0)
        goto done;
    const Py_ssize_t whole = height(nominal);
    if (height(maximum) < sums || height(percent) < sums || height(quotient) < sums || whole > sums ||
        height(converted) < whole || height(published) < whole) {
        PyErr_SetString(PyExc_ValueError, "there is no room for all sums");
        goto done;
    }
    const double half = floor(step / 2);
    PyThreadState *working = begin_work(n);
    int64_t nothing = 0;
    for (Py_ssize_t k = 0; k < sums; k++)
        nothing |= share(row_of(points, k, 0), row_of(maximum, k, 0), n, row_of(percent, k, 0),
                         row_of(quotient, k, 0));
    for (Py_ssize_t k = 0; k < whole; k++) {
        convert(row_of(points, k, 0), row_of(maximum, k, 0), ((double *)nominal->view.buf)[k], n,
                row_of(converted, k, 0));
        publish(row_of(converted, k, 0), step, half, n, row_of(published, k, 0));
    }
    end_work(working);
    result = PyBool_FromLong(nothing != 0);
done:
    let_go(rows, 7);
    return result;
}

WIDE static void move_on(const double *restrict values, double edge, int64_t stride, Py_ssize_t n,
                         int64_t *restrict cells) {
    for (Py_ssize_t i = 0; i < n; i++)
        cells[i] += values[i] >= edge ? stride : 0;
}

PyObject *find_cells(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[5], *result = NULL;
    struct rows rows[5] = {0};
    struct rows *measures = rows, *keys = rows + 1, *edges = rows + 2, *strides = rows + 3, *cells = rows + 4;
    if (!PyArg_ParseTuple(args, "OOOOO:find_cells", given, given + 1, given + 2, given + 3, given + 4) ||
        hold(measures, given[0], 2, NUMBER, -1, READ) < 0)
        goto done;
    const Py_ssize_t n = measures->view.shape[1];
    if (hold(keys, given[1], 1, WHOLE, -1, READ) < 0 ||
        hold(edges, given[2], 2, NUMBER, -1, READ) < 0 ||
        hold(strides, given[3], 2, WHOLE, height(keys), READ) < 0 ||
        hold(cells, given[4], 2, WHOLE, n, WRITE) < 0)
        goto done;
    const int64_t *row = keys->view.buf;
    int fits = height(edges) >= height(keys) && height(cells) >= height(strides);
    for (Py_ssize_t k = 0; fits && k < height(keys); k++)
        fits = row[k] >= 0 && row[k] < height(measures);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "there is no such measure, or no room for all tables");
        goto done;
    }
    PyThreadState *working = begin_work(n);
    for (Py_ssize_t table = 0; table < height(strides); table++) {
        memset(row_of(cells, table, 0), 0, n * sizeof(int64_t));
        for (Py_ssize_t k = 0; k < height(keys); k++) {
            const int64_t stride = *(int64_t *)row_of(strides, table, k);
            for (Py_ssize_t e = 0; stride && e < edges->view.shape[1]; e++)
                move_on(row_of(measures, row[k], 0), *(double *)row_of(edges, k, e), stride, n,
                        row_of(cells, table, 0));
        }
    }
    end_work(working);
    result = Py_NewRef(Py_None);
done:
    let_go(rows, 5);
    return result;
}
