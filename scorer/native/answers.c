/* The quick check of answers: which rows have suspicious answers, so that only those are examined one by one. */

#include "native.h"

/* Whether an answer has more than six decimals. Makes -0.0, which equals 0 but has other bytes, 0. */
WIDE static int has_more_decimals(double *restrict answers, Py_ssize_t n) {
    int64_t large = 0, more = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        large |= (answers[i] > 2e9 ? 1 : 0) | (answers[i] < -2e9 ? 1 : 0);
    for (Py_ssize_t i = 0; !large && i < n; i++) {
        const double nearest = rounded(answers[i] * 1e6) / 1e6;
        more |= (nearest < answers[i] ? 1 : 0) | (nearest > answers[i] ? 1 : 0);
        answers[i] += 0.0;
    }
    for (Py_ssize_t i = 0; large && i < n; i++) {
        const double nearest = millionths(answers[i]) / 1e6;
        more |= nearest < answers[i] || nearest > answers[i];
        answers[i] += 0.0;
    }
    return more != 0;
}

/* Whether an answer is out of range, or not whole where it has to be. Answers not reported (NaN) never are. */
WIDE static int is_suspicious(const double *restrict answers, Py_ssize_t n, double low, double high, int whole) {
    int64_t bad = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        bad |= (answers[i] < low ? 1 : 0) | (answers[i] > high ? 1 : 0);
    for (Py_ssize_t i = 0; whole && i < n; i++) {
        const double nearest = rounded(answers[i]);
        bad |= (nearest < answers[i] ? 1 : 0) | (nearest > answers[i] ? 1 : 0);
    }
    return bad != 0;
}

WIDE static int some_part_is_larger(const double *restrict parts, const double *restrict wholes, Py_ssize_t n) {
    int64_t larger = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        larger |= parts[i] > wholes[i] ? 1 : 0;
    return larger != 0;
}

PyObject *check_answers(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    enum { ANSWERS, RANGES, WHOLE, PARTS, ARGUMENTS };
    struct array a[ARGUMENTS] = {0};
    PyObject *result = NULL;
    if (!takes(ARGUMENTS, count) || !acquire(a + ANSWERS, args[ANSWERS], FLOAT64, WRITE, SHAPE(ANY, ANY)))
        goto done;
    const Py_ssize_t rows = size_of(a + ANSWERS, 0), n = size_of(a + ANSWERS, 1);
    if (!acquire(a + RANGES, args[RANGES], FLOAT64, READ, SHAPE(2, rows)) ||
        !acquire(a + WHOLE, args[WHOLE], BYTE, READ, SHAPE(rows)) ||
        !acquire(a + PARTS, args[PARTS], INT64, READ, SHAPE(2, ANY)))
        goto done;
    const Py_ssize_t pairs = size_of(a + PARTS, 1);
    const int64_t *parts = integers(a + PARTS, 0, 0), *wholes = integers(a + PARTS, 1, 0);
    for (Py_ssize_t p = 0; p < 2 * pairs; p++)
        if (parts[p] < 0 || parts[p] >= rows) {
            PyErr_SetString(PyExc_ValueError, "there is no such row of answers");
            goto done;
        }
    if (!(result = PyBytes_FromStringAndSize(NULL, rows + pairs)))
        goto done;
    char *suspicious = PyBytes_AsString(result);
    PyThreadState *working = begin_work(n);
    for (Py_ssize_t k = 0; k < rows; k++) {
        double *answers = doubles(a + ANSWERS, k, 0);
        const int whole = *bytes(a + WHOLE, 0, k);
        const int bad = is_suspicious(answers, n, *doubles(a + RANGES, 0, k), *doubles(a + RANGES, 1, k), whole);
        suspicious[k] = (char)(bad | (!whole && has_more_decimals(answers, n)));
    }
    for (Py_ssize_t p = 0; p < pairs; p++)
        suspicious[rows + p] =
            (char)some_part_is_larger(doubles(a + ANSWERS, parts[p], 0), doubles(a + ANSWERS, wholes[p], 0), n);
    end_work(working);
done:
    release(a, ARGUMENTS);
    return result;
}
