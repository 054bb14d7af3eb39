/* Choices: places in a list of options as the set's own. */

#include "native.h"

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
        const int there = at >= 0 && at < count && at == (double)(int64_t)at;
        wrong += !there && at == at;
        found[i] = there ? value[(int64_t)at] : NAN;
    }
    result = PyLong_FromSsize_t(wrong);
done:
    let_go(rows, 3);
    return result;
}
