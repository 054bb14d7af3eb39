/* Numbers of some units, in the order of a reply, as they go over the wire. */

#include "native.h"

/* Whether all places are there; sets an exception if not. */
static int all_there(const struct rows *places, Py_ssize_t n) {
    const int64_t *place = places->view.buf;
    for (Py_ssize_t i = 0; i < height(places); i++)
        if (place[i] < 0 || place[i] >= n) {
            PyErr_SetString(PyExc_IndexError, "there is no such unit");
            return 0;
        }
    return 1;
}

PyObject *packed_numbers(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[2], *result = NULL;
    double unit;
    struct rows rows[2] = {0};
    struct rows *values = rows, *places = rows + 1;
    if (!PyArg_ParseTuple(args, "OOd:packed_numbers", given, given + 1, &unit) ||
        hold(values, given[0], 1, NUMBER, -1, READ) < 0 || hold(places, given[1], 1, WHOLE, -1, READ) < 0 ||
        !all_there(places, height(values)))
        goto done;
    const Py_ssize_t m = height(places);
    result = PyBytes_FromStringAndSize(NULL, m * (Py_ssize_t)sizeof(double));
    if (!result)
        goto done;
    char *out = PyBytes_AsString(result);
    const double *value = values->view.buf;
    const int64_t *place = places->view.buf;
    for (Py_ssize_t i = 0; i < m; i++) {
        const double number = value[place[i]] / unit;
        memcpy(out + i * sizeof number, &number, sizeof number);
    }
done:
    let_go(rows, 2);
    return result;
}

/* Fills numbers (m,) with those at some places, and tells the largest; -1 if one does not fit 32 bits. */
static int64_t gather(const struct rows *values, const int64_t *place, Py_ssize_t m, uint32_t *numbers) {
    const void *from = values->view.buf;
    const enum array_kind kind = kind_of(&values->view);
    int bad = 0;
    uint32_t most = 0;
    if (kind == TRUTH)
        for (Py_ssize_t i = 0; i < m; i++)
            numbers[i] = ((const uint8_t *)from)[place[i]];
    else if (kind == WHOLE)
        for (Py_ssize_t i = 0; i < m; i++) {
            const int64_t number = ((const int64_t *)from)[place[i]];
            bad |= number < 0 || number > UINT32_MAX;
            numbers[i] = (uint32_t)number;
        }
    else
        for (Py_ssize_t i = 0; i < m; i++) {
            const double number = ((const double *)from)[place[i]];
            bad |= !(number >= 0 && number <= UINT32_MAX);
            numbers[i] = (uint32_t)(int64_t)number;
        }
    for (Py_ssize_t i = 0; i < m; i++)
        most = numbers[i] > most ? numbers[i] : most;
    return bad ? -1 : (int64_t)most;
}

PyObject *packed_integers(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[2], *result = NULL;
    uint32_t *numbers = NULL;
    struct rows rows[2] = {0};
    struct rows *values = rows, *places = rows + 1;
    if (!PyArg_ParseTuple(args, "OO:packed_integers", given, given + 1) ||
        hold(values, given[0], 1, ANY, -1, READ) < 0 || hold(places, given[1], 1, WHOLE, -1, READ) < 0 ||
        !all_there(places, height(values)))
        goto done;
    const Py_ssize_t m = height(places);
    if (!(numbers = malloc((m + 1) * sizeof *numbers))) {
        PyErr_NoMemory();
        goto done;
    }
    const int64_t most = gather(values, places->view.buf, m, numbers);
    if (most < 0) {
        PyErr_SetString(PyExc_ValueError, "a number does not fit 32 bits");
        goto done;
    }
    Py_ssize_t size = m;
    for (Py_ssize_t i = 0; most > 127 && i < m; i++)
        size += varint_size(numbers[i]) - 1;
    result = PyBytes_FromStringAndSize(NULL, size);
    if (!result)
        goto done;
    uint8_t *out = (uint8_t *)PyBytes_AsString(result);
    if (most < 128)
        for (Py_ssize_t i = 0; i < m; i++)
            out[i] = (uint8_t)numbers[i];
    else
        for (Py_ssize_t i = 0; i < m; i++)
            out = varint(out, numbers[i]);
done:
    free(numbers);
    let_go(rows, 2);
    return result;
}
