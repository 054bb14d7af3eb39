/* Answers as they are in a matrix: columns from a request, options as numbers, six decimals. */

#include "native.h"

PyObject *place_columns(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[2], *result = NULL;
    Py_buffer numbers;
    struct rows rows[2] = {0};
    struct rows *places = rows, *matrix = rows + 1;
    if (!PyArg_ParseTuple(args, "y*OO:place_columns", &numbers, given, given + 1))
        return NULL;
    if (hold(places, given[0], 1, WHOLE, -1, READ) < 0 || hold(matrix, given[1], 2, NUMBER, -1, WRITE) < 0)
        goto done;
    const Py_ssize_t size = matrix->view.shape[1] * (Py_ssize_t)sizeof(double);
    const int64_t *place = places->view.buf;
    if (numbers.len != height(places) * size) {
        PyErr_SetString(PyExc_ValueError, "the columns have another size than the matrix");
        goto done;
    }
    for (Py_ssize_t k = 0; k < height(places); k++) {
        if (place[k] >= height(matrix)) {
            PyErr_SetString(PyExc_ValueError, "the matrix has no such row");
            goto done;
        }
        if (place[k] >= 0)
            memcpy(row_of(matrix, place[k], 0), (char *)numbers.buf + k * size, size);
    }
    result = Py_NewRef(Py_None);
done:
    let_go(rows, 2);
    PyBuffer_Release(&numbers);
    return result;
}

PyObject *look_up(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[3], *result = NULL;
    struct rows rows[3] = {0};
    struct rows *numbers = rows, *values = rows + 1, *out = rows + 2;
    if (!PyArg_ParseTuple(args, "OOO:look_up", given, given + 1, given + 2) ||
        hold(numbers, given[0], 1, NUMBER, -1, READ) < 0 || hold(values, given[1], 1, NUMBER, -1, READ) < 0 ||
        hold(out, given[2], 1, NUMBER, height(numbers), WRITE) < 0)
        goto done;
    const double *number = numbers->view.buf, *value = values->view.buf;
    double *found = out->view.buf;
    const double count = (double)height(values);
    Py_ssize_t wrong = 0;
    for (Py_ssize_t i = 0; i < height(numbers); i++) {
        const double at = number[i];
        const int there = at >= 0 && at < count && at == floor(at);
        wrong += !there && at == at;
        found[i] = there ? value[(int64_t)at] : NAN;
    }
    result = PyLong_FromSsize_t(wrong);
done:
    let_go(rows, 3);
    return result;
}
