/* scorer.compiled: loops over many units, which take too long as passes of NumPy. compiled.pyi says what each does. */

#include "native.h"

enum array_kind kind_of(const Py_buffer *view) {
    const char *format = view->format ? view->format : "B";
    if (!format[0] || format[1])
        return ANY;
    if (format[0] == 'd')
        return NUMBER;
    if ((format[0] == 'l' || format[0] == 'q') && view->itemsize == sizeof(int64_t))
        return WHOLE;
    return strchr("?B", format[0]) ? TRUTH : ANY;
}

/* Whether every number stands where the processor wants it. */
static int aligned(const Py_buffer *view) {
    Py_ssize_t off = (Py_ssize_t)((uintptr_t)view->buf % (uintptr_t)view->itemsize);
    for (int k = 0; k < view->ndim; k++)
        off |= view->shape[k] > 1 ? view->strides[k] % view->itemsize : 0;
    return off == 0;
}

int hold(struct rows *rows, PyObject *array, int dimensions, enum array_kind kind, Py_ssize_t units, int flags) {
    if (array == Py_None && flags & OPTIONAL)
        return 0;
    if (PyObject_GetBuffer(array, &rows->view, PyBUF_STRIDES | PyBUF_FORMAT | (flags & ~OPTIONAL)) < 0)
        return -1;
    rows->held = 1;
    const Py_buffer *view = &rows->view;
    const int last = dimensions - 1;
    const enum array_kind found = kind_of(view);
    if (view->ndim == dimensions && found != ANY && (found == kind || kind == ANY) &&
        (units < 0 || view->shape[last] == units) &&
        (view->shape[last] <= 1 || view->strides[last] == view->itemsize) && aligned(view))
        return 0;
    PyErr_SetString(PyExc_ValueError, "an array has another shape or kind of numbers than compiled code takes");
    return -1;
}

void let_go(struct rows *rows, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (rows[k].held)
            PyBuffer_Release(&rows[k].view);
}

int append_number(PyObject *list, Py_ssize_t number) {
    PyObject *item = PyLong_FromSsize_t(number);
    const int failed = !item || PyList_Append(list, item) < 0;
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

static PyMethodDef functions[] = {
    {"place_columns", place_columns, METH_VARARGS, "Columns of a request to rows of a matrix."},
    {"find_field", find_field, METH_VARARGS, "Where a field is in a message."},
    {"take_answers", take_answers, METH_VARARGS, "Rows without their answers, and these."},
    {"read_answers", read_answers, METH_VARARGS, "Answers of rows to a matrix."},
    {"fill_forms", fill_forms, METH_VARARGS, "Messages of one kind."},
    {"look_up", look_up, METH_VARARGS, "Options as numbers."},
    {"packed_texts", packed_texts, METH_VARARGS, "Some texts as a repeated field."},
    {"packed_columns", packed_columns, METH_VARARGS, "Columns of some units as packed fields."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "scorer.compiled", "Loops over many units.", 0, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_compiled(void) {
    return PyModuleDef_Init(&definition);
}
