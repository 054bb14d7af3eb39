/* Finds the rows with answers that are not allowed, so that only these rows are examined answer by answer. */

#include "native.h"

/* Whether an answer has more than six decimals. Replaces -0.0, which equals 0 but has other bytes, by 0. */
AVX2_CLONE static int some_more_decimals(double *restrict answers, Py_ssize_t n) {
    int64_t some_large = 0, some_more = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        some_large |= (answers[i] > 2e9 ? 1 : 0) | (answers[i] < -2e9 ? 1 : 0);
    for (Py_ssize_t i = 0; !some_large && i < n; i++) {
        const double nearest = rounded(answers[i] * 1e6) / 1e6;
        some_more |= (nearest < answers[i] ? 1 : 0) | (nearest > answers[i] ? 1 : 0);
        answers[i] += 0.0;
    }
    for (Py_ssize_t i = 0; some_large && i < n; i++) {
        const double nearest = millionths(answers[i]) / 1e6;
        some_more |= nearest < answers[i] || nearest > answers[i];
        answers[i] += 0.0;
    }
    return some_more != 0;
}

/* Whether an answer is out of range, or is not a whole number if `whole_only`. NaN (not reported) is always allowed. */
AVX2_CLONE static int some_not_allowed(const double *restrict answers, Py_ssize_t n, double low, double high,
                                       int whole_only) {
    int64_t not_allowed = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        not_allowed |= (answers[i] < low ? 1 : 0) | (answers[i] > high ? 1 : 0);
    for (Py_ssize_t i = 0; whole_only && i < n; i++) {
        const double nearest = rounded(answers[i]);
        not_allowed |= (nearest < answers[i] ? 1 : 0) | (nearest > answers[i] ? 1 : 0);
    }
    return not_allowed != 0;
}

AVX2_CLONE static int some_part_is_larger(const double *restrict parts, const double *restrict wholes, Py_ssize_t n) {
    int64_t some_larger = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        some_larger |= parts[i] > wholes[i] ? 1 : 0;
    return some_larger != 0;
}

PyObject *check_answers(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    enum { ANSWERS, RANGES, WHOLE_ONLY, PAIRS, ARGUMENTS };
    struct array a[ARGUMENTS] = {0};
    PyObject *result = NULL;
    if (!check_argument_count(ARGUMENTS, count) ||
        !acquire(a + ANSWERS, args[ANSWERS], FLOAT64, WRITE, SHAPE(ANY, ANY)))
        goto done;
    const Py_ssize_t rows = size_of(a + ANSWERS, 0), n = size_of(a + ANSWERS, 1);
    if (!acquire(a + RANGES, args[RANGES], FLOAT64, READ, SHAPE(2, rows)) ||
        !acquire(a + WHOLE_ONLY, args[WHOLE_ONLY], BYTE, READ, SHAPE(rows)) ||
        !acquire(a + PAIRS, args[PAIRS], INT64, READ, SHAPE(2, ANY)))
        goto done;
    const Py_ssize_t pairs = size_of(a + PAIRS, 1);
    const int64_t *parts = integers(a + PAIRS, 0, 0), *wholes = integers(a + PAIRS, 1, 0);
    for (Py_ssize_t p = 0; p < 2 * pairs; p++)
        if (parts[p] < 0 || parts[p] >= rows) {
            PyErr_SetString(PyExc_ValueError, "a pair refers to a row that does not exist");
            goto done;
        }
    if (!(result = PyBytes_FromStringAndSize(NULL, rows + pairs)))
        goto done;
    char *not_allowed = PyBytes_AsString(result);
    PyThreadState *state = begin_work(n);
    for (Py_ssize_t k = 0; k < rows; k++) {
        double *answers = doubles(a + ANSWERS, k, 0);
        const int whole_only = *bytes(a + WHOLE_ONLY, 0, k);
        const double low = *doubles(a + RANGES, 0, k), high = *doubles(a + RANGES, 1, k);
        const int found = some_not_allowed(answers, n, low, high, whole_only);
        not_allowed[k] = (char)(found | (!whole_only && some_more_decimals(answers, n)));
    }
    for (Py_ssize_t p = 0; p < pairs; p++)
        not_allowed[rows + p] =
            (char)some_part_is_larger(doubles(a + ANSWERS, parts[p], 0), doubles(a + ANSWERS, wholes[p], 0), n);
    end_work(state);
done:
    release(a, ARGUMENTS);
    return result;
}
