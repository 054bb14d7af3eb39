/* One look at all answers: rows in which some cannot be, of which the door then finds out which. */

#include "native.h"

/* Whether an answer lies outside its range, or is not whole where it has to be; one not reported (NaN) does neither. */
WIDE static int suspicious(const double *restrict answers, Py_ssize_t n, double low, double high, int whole) {
    int64_t bad = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        bad |= (answers[i] < low ? 1 : 0) | (answers[i] > high ? 1 : 0);
    for (Py_ssize_t i = 0; whole && i < n; i++) {
        double nearest = rounded(answers[i]);
        bad |= (nearest < answers[i] ? 1 : 0) | (nearest > answers[i] ? 1 : 0);
    }
    return bad != 0;
}

WIDE static int some_more(const double *restrict parts, const double *restrict wholes, Py_ssize_t n) {
    int64_t more = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        more |= parts[i] > wholes[i] ? 1 : 0;
    return more != 0;
}

PyObject *survey(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[6], *suspects = PyList_New(0), *more = PyList_New(0), *result = NULL;
    struct rows rows[6] = {0};
    struct rows *answers = rows, *low = rows + 1, *high = rows + 2, *whole = rows + 3, *parts = rows + 4,
                *wholes = rows + 5;
    uint8_t *bad = NULL;
    if (!suspects || !more ||
        !PyArg_ParseTuple(args, "OOOOOO:survey", given, given + 1, given + 2, given + 3, given + 4, given + 5) ||
        hold(answers, given[0], 2, NUMBER, -1, READ) < 0)
        goto done;
    const Py_ssize_t count = height(answers), n = answers->view.shape[1];
    if (hold(low, given[1], 1, NUMBER, count, READ) < 0 || hold(high, given[2], 1, NUMBER, count, READ) < 0 ||
        hold(whole, given[3], 1, TRUTH, count, READ) < 0 || hold(parts, given[4], 1, WHOLE, -1, READ) < 0 ||
        hold(wholes, given[5], 1, WHOLE, height(parts), READ) < 0)
        goto done;
    const int64_t *part = parts->view.buf, *all = wholes->view.buf;
    for (Py_ssize_t p = 0; p < height(parts); p++)
        if (part[p] < 0 || part[p] >= count || all[p] < 0 || all[p] >= count) {
            PyErr_SetString(PyExc_ValueError, "there is no such row of answers");
            goto done;
        }
    if (!(bad = malloc((size_t)(count + height(parts) + 1)))) {
        PyErr_NoMemory();
        goto done;
    }
    PyThreadState *working = begin_work(n);
    for (Py_ssize_t k = 0; k < count; k++)
        bad[k] = suspicious(row_of(answers, k, 0), n, ((double *)low->view.buf)[k], ((double *)high->view.buf)[k],
                            ((uint8_t *)whole->view.buf)[k]);
    for (Py_ssize_t p = 0; p < height(parts); p++)
        bad[count + p] = some_more(row_of(answers, part[p], 0), row_of(answers, all[p], 0), n);
    end_work(working);
    for (Py_ssize_t k = 0; k < count; k++)
        if (bad[k] && append_number(suspects, k) < 0)
            goto done;
    for (Py_ssize_t p = 0; p < height(parts); p++)
        if (bad[count + p] && append_number(more, p) < 0)
            goto done;
    result = PyTuple_Pack(2, suspects, more);
done:
    free(bad);
    Py_XDECREF(suspects);
    Py_XDECREF(more);
    let_go(rows, 6);
    return result;
}
