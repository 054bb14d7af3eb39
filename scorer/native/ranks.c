/* Ranks and order by counting: steps are small whole numbers, the better the larger. */

#include "native.h"

/* The largest of whole numbers; -1, with an exception, if one is below 0 or larger than `limit`. */
static int64_t most_of(const int64_t *numbers, Py_ssize_t n, int64_t limit) {
    int64_t least = 0, most = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        least = numbers[i] < least ? numbers[i] : least;
        most = numbers[i] > most ? numbers[i] : most;
    }
    if (least >= 0 && most <= limit)
        return most;
    PyErr_SetString(PyExc_ValueError, "a step, or a unit's place, is out of range");
    return -1;
}

/* Competition ranks, or dense ones; 0 for who is not ranked. counts: (most + 1) zeros. */
static void ranks_of(const int64_t *steps, const uint8_t *ranked, Py_ssize_t n, int64_t most, int dense,
                     int64_t *counts, int64_t *ranks) {
    int64_t next = 1;
    for (Py_ssize_t i = 0; i < n; i++)
        counts[steps[i]] += ranked[i];
    for (int64_t step = most; step >= 0; step--) {
        int64_t units = counts[step];
        counts[step] = next;
        next += dense ? units > 0 : units;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        ranks[i] = ranked[i] ? counts[steps[i]] : 0;
}

/* Ranked units first, the better first, equals by id. counts: 2 (most + 1) zeros; units: in order of id. */
static void order_of(const int64_t *steps, const uint8_t *ranked, const int64_t *units, Py_ssize_t n, int64_t most,
                     int64_t *counts, int64_t *order) {
    const int64_t unranked = most + 1;
    int64_t before = 0;
    for (Py_ssize_t i = 0; i < n; i++) /* of the units as they are given: none is placed where another was counted */
        counts[most - steps[units[i]] + (ranked[units[i]] ? 0 : unranked)]++;
    for (int64_t at = 0; at < 2 * unranked; at++) {
        int64_t here = counts[at];
        counts[at] = before;
        before += here;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        const int64_t unit = units[i];
        order[counts[most - steps[unit] + (ranked[unit] ? 0 : unranked)]++] = unit;
    }
}

PyObject *rank_steps(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[3], *result = NULL;
    int dense;
    int64_t *counts = NULL;
    struct rows rows[3] = {0};
    struct rows *steps = rows, *ranked = rows + 1, *ranks = rows + 2;
    if (!PyArg_ParseTuple(args, "OOpO:rank_steps", given, given + 1, &dense, given + 2) ||
        hold(steps, given[0], 1, WHOLE, -1, READ) < 0)
        goto done;
    const Py_ssize_t n = height(steps);
    if (hold(ranked, given[1], 1, TRUTH, n, READ) < 0 || hold(ranks, given[2], 1, WHOLE, n, WRITE) < 0)
        goto done;
    const int64_t most = most_of(steps->view.buf, n, INT32_MAX);
    if (most < 0)
        goto done;
    if (!(counts = calloc(most + 1, sizeof *counts))) {
        PyErr_NoMemory();
        goto done;
    }
    PyThreadState *working = begin_work(n);
    ranks_of(steps->view.buf, ranked->view.buf, n, most, dense, counts, ranks->view.buf);
    end_work(working);
    result = Py_NewRef(Py_None);
done:
    free(counts);
    let_go(rows, 3);
    return result;
}

PyObject *order_steps(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[4], *result = NULL;
    int64_t *counts = NULL;
    struct rows rows[4] = {0};
    struct rows *steps = rows, *ranked = rows + 1, *units = rows + 2, *order = rows + 3;
    if (!PyArg_ParseTuple(args, "OOOO:order_steps", given, given + 1, given + 2, given + 3) ||
        hold(steps, given[0], 1, WHOLE, -1, READ) < 0)
        goto done;
    const Py_ssize_t n = height(steps);
    if (hold(ranked, given[1], 1, TRUTH, n, READ) < 0 || hold(units, given[2], 1, WHOLE, n, READ) < 0 ||
        hold(order, given[3], 1, WHOLE, n, WRITE) < 0)
        goto done;
    const int64_t most = most_of(steps->view.buf, n, INT32_MAX);
    if (most < 0 || most_of(units->view.buf, n, n ? n - 1 : 0) < 0)
        goto done;
    if (!(counts = calloc(2 * (most + 1), sizeof *counts))) {
        PyErr_NoMemory();
        goto done;
    }
    PyThreadState *working = begin_work(n);
    order_of(steps->view.buf, ranked->view.buf, units->view.buf, n, most, counts, order->view.buf);
    end_work(working);
    result = Py_NewRef(Py_None);
done:
    free(counts);
    let_go(rows, 4);
    return result;
}

/* What is no number of steps becomes -1. */
WIDE static void divide(const double *restrict values, double step, Py_ssize_t n, int64_t *restrict steps) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const double found = values[i] / step;
        steps[i] = (int64_t)(found >= 0 && found < 0x1p62 ? found : -1.0);
    }
}

PyObject *to_steps(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[2], *result = NULL;
    double step;
    struct rows rows[2] = {0};
    struct rows *values = rows, *steps = rows + 1;
    if (!PyArg_ParseTuple(args, "OdO:to_steps", given, &step, given + 1) ||
        hold(values, given[0], 1, NUMBER, -1, READ) < 0 ||
        hold(steps, given[1], 1, WHOLE, height(values), WRITE) < 0)
        goto done;
    const Py_ssize_t n = height(values);
    divide(values->view.buf, step, n, steps->view.buf);
    const int64_t *found = steps->view.buf;
    int64_t least = n ? found[0] : 0, most = least;
    for (Py_ssize_t i = 1; i < n; i++) {
        least = found[i] < least ? found[i] : least;
        most = found[i] > most ? found[i] : most;
    }
    result = Py_BuildValue("(LL)", (long long)least, (long long)most);
done:
    let_go(rows, 2);
    return result;
}
