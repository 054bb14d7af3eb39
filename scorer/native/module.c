/* scorer.native: the arithmetic of thousands of units. native.pyi describes its functions. */

#include "layout.h"
#include "native.h"

static enum item item_of(const Py_buffer *view) {
    const char *format = view->format ? view->format : "B";
    if (!strcmp(format, "d"))
        return FLOAT64;
    if ((!strcmp(format, "l") || !strcmp(format, "q")) && view->itemsize == sizeof(int64_t))
        return INT64;
    return !strcmp(format, "?") || !strcmp(format, "B") ? BYTE : ANY;
}

int acquire(struct array *array, PyObject *object, enum item item, int flags, int dimensions, const Py_ssize_t *shape) {
    if (object == Py_None && flags & OPTIONAL)
        return 0;
    if (PyObject_GetBuffer(object, &array->view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (flags & ~OPTIONAL)) < 0)
        return -1;
    array->acquired = 1;
    const Py_buffer *view = &array->view;
    int fits = view->ndim == dimensions && item_of(view) == item && (uintptr_t)view->buf % view->itemsize == 0;
    for (int k = 0; fits && k < dimensions; k++)
        fits = shape[k] == ANY || shape[k] == view->shape[k];
    if (fits)
        return 0;
    PyErr_SetString(PyExc_ValueError, "an array has the wrong shape or type");
    return -1;
}

void release(struct array *arrays, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (arrays[k].acquired)
            PyBuffer_Release(&arrays[k].view);
}

/* A record's fields as numpy.dtype takes them. */
struct field {
    const char *name, *format;
};
#define WHOLE_FIELD(name) {#name, "i8"},
#define REAL_FIELD(name) {#name, "f8"},
static const struct field line_fields[] = {LINE(WHOLE_FIELD, REAL_FIELD)};
static const struct field comparison_fields[] = {COMPARISON(WHOLE_FIELD, REAL_FIELD)};
#define COUNT(array) (sizeof(array) / sizeof *(array))
_Static_assert(sizeof(struct line) == 8 * COUNT(line_fields), "a record has no gaps");
_Static_assert(sizeof(struct comparison) == 8 * COUNT(comparison_fields), "a record has no gaps");

static int add_record(PyObject *module, const char *name, const struct field *fields, size_t count) {
    PyObject *list = PyList_New(0);
    for (size_t k = 0; list && k < count; k++) {
        PyObject *item = Py_BuildValue("(ss)", fields[k].name, fields[k].format);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    const int failed = PyModule_AddObjectRef(module, name, list);
    Py_XDECREF(list);
    return failed;
}

#define ADD_CODE(name) failed = failed || PyModule_AddIntConstant(module, #name, name) < 0;

static int add_layout(PyObject *module) {
    int failed = add_record(module, "LINE", line_fields, COUNT(line_fields)) < 0 ||
                 add_record(module, "COMPARISON", comparison_fields, COUNT(comparison_fields)) < 0;
    KINDS(ADD_CODE)
    STATUSES(ADD_CODE)
    STANDINGS(ADD_CODE)
    TIES(ADD_CODE)
    return failed ? -1 : 0;
}

static PyMethodDef functions[] = {
    {"evaluate_lines", evaluate_lines, METH_VARARGS, "Points, statuses and remainders of criteria by themselves."},
    {"score", score, METH_VARARGS, "From answers to sums, percentages, scores, levels and standings."},
    {"rank", rank, METH_VARARGS, "Ranks and order."},
    {"check_answers", check_answers, METH_VARARGS, "Rounds answers to six decimals and finds suspicious ones."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)add_layout}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "scorer.native", "The arithmetic of thousands of units.", 0, functions, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_native(void) {
    return PyModuleDef_Init(&definition);
}
