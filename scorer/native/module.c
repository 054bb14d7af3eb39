/* The extension module scorer.native: arithmetic for many units. __init__.pyi describes its functions. */

#include "layout.h"
#include "native.h"

static int has_type(const Py_buffer *view, enum item item) {
    const char *format = view->format ? view->format : "B";
    switch (item) {
    case FLOAT64:
        return !strcmp(format, "d");
    case INT64:
        return (!strcmp(format, "l") || !strcmp(format, "q")) && view->itemsize == sizeof(int64_t);
    case BYTE:
        return !strcmp(format, "?") || !strcmp(format, "B");
    default:
        return 1; /* the caller checks the size of a record */
    }
}

int acquire(struct array *array, PyObject *object, enum item item, int flags, int dimensions, const Py_ssize_t *shape) {
    if (object == Py_None && flags & OPTIONAL)
        return 1;
    const int format = item == RECORD ? 0 : PyBUF_FORMAT; /* NumPy is slow to write a record's format */
    if (PyObject_GetBuffer(object, &array->view, PyBUF_C_CONTIGUOUS | format | (flags & ~OPTIONAL)) < 0)
        return 0;
    array->acquired = 1;
    const Py_buffer *view = &array->view;
    int fits = view->ndim == dimensions && has_type(view, item) && (item == BYTE || (uintptr_t)view->buf % 8 == 0);
    for (int k = 0; fits && k < dimensions; k++)
        fits = shape[k] == ANY || shape[k] == view->shape[k];
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "an array has the wrong shape or type");
    return fits;
}

void release(struct array *arrays, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (arrays[k].acquired)
            PyBuffer_Release(&arrays[k].view);
}

int check_argument_count(Py_ssize_t expected, Py_ssize_t count) {
    if (count != expected)
        PyErr_Format(PyExc_TypeError, "expected %zd arguments, not %zd", expected, count);
    return count == expected;
}

#define INTEGER_FIELD(name) #name ":i8 "
#define REAL_FIELD(name) #name ":f8 "
#define ADD_CODE(name) failed = failed || PyModule_AddIntConstant(module, #name, name) < 0;

static int add_layout(PyObject *module) {
    int failed = PyModule_AddStringConstant(module, "LINE", LINE(INTEGER_FIELD, REAL_FIELD)) < 0 ||
                 PyModule_AddStringConstant(module, "COMPARISON", COMPARISON(INTEGER_FIELD, REAL_FIELD)) < 0 ||
                 PyModule_AddStringConstant(module, "RULE", RULE(INTEGER_FIELD, REAL_FIELD)) < 0 ||
                 PyModule_AddStringConstant(module, "DECISION", DECISION(INTEGER_FIELD, REAL_FIELD)) < 0 ||
                 PyModule_AddStringConstant(module, "COMPOSITION", COMPOSITION(INTEGER_FIELD, REAL_FIELD)) < 0;
    KINDS(ADD_CODE)
    STATUSES(ADD_CODE)
    STANDINGS(ADD_CODE)
    TIES(ADD_CODE)
    METHODS(ADD_CODE)
    ROUNDINGS(ADD_CODE)
    return failed ? -1 : 0;
}

#define FUNCTION(name, doc) {#name, (PyCFunction)(void (*)(void))(name), METH_FASTCALL, doc}

static PyMethodDef functions[] = {
    FUNCTION(evaluate_lines, "Fills points, statuses and remainders of criteria."),
    FUNCTION(score, "Fills sums, scores, levels and standings from answers."),
    FUNCTION(rank, "Fills ranks and the ranking order."),
    FUNCTION(check_answers, "Finds answers that are not allowed."),
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)add_layout}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "scorer.native", "Arithmetic for many units.", 0, functions, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_native(void) {
    return PyModuleDef_Init(&definition);
}
