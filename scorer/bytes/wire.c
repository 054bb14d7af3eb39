/* Columns of some units, in the order of a reply, as they go over the wire: packed fields. */

#include "native.h"

/* One field: a tag, how many bytes follow, and these. */
struct field {
    Py_buffer tag;
    struct rows values;
    double unit;       /* 0: whole numbers, as varints; otherwise what numbers are divided by, as doubles */
    uint32_t *numbers; /* whole ones, of the units asked for */
    uint32_t most;
    Py_ssize_t size;
};

/* Fills the whole numbers of the units at some places; -1 if one does not fit 32 bits. */
static int gather(struct field *field, const int64_t *place, Py_ssize_t m) {
    const void *from = field->values.view.buf;
    const enum array_kind kind = kind_of(&field->values.view);
    uint32_t *numbers = field->numbers;
    int bad = 0;
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
            const int fits = number >= 0 && number <= UINT32_MAX;
            bad |= !fits;
            numbers[i] = (uint32_t)(fits ? number : 0);
        }
    for (Py_ssize_t i = 0; i < m; i++)
        field->most = numbers[i] > field->most ? numbers[i] : field->most;
    return bad ? -1 : 0;
}

/* Takes a field as it is given: (tag, values, unit). Sets an exception at -1. */
static int take(struct field *field, PyObject *given, const int64_t *place, Py_ssize_t m, Py_ssize_t *units) {
    PyObject *values;
    if (!PyTuple_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "a field is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(given, "y*Od:packed_columns", &field->tag, &values, &field->unit) ||
        hold(&field->values, values, 1, field->unit ? NUMBER : ANY, *units, READ) < 0)
        return -1;
    if (*units < 0) { /* the first one */
        *units = height(&field->values);
        for (Py_ssize_t i = 0; i < m; i++)
            if (place[i] < 0 || place[i] >= *units) {
                PyErr_SetString(PyExc_IndexError, "there is no such unit");
                return -1;
            }
    }
    field->size = m * (Py_ssize_t)sizeof(double);
    if (field->unit)
        return 0;
    if (!(field->numbers = malloc((m + 1) * sizeof(uint32_t)))) {
        PyErr_NoMemory();
        return -1;
    }
    if (gather(field, place, m) < 0) {
        PyErr_SetString(PyExc_ValueError, "a number does not fit 32 bits");
        return -1;
    }
    field->size = m;
    for (Py_ssize_t i = 0; field->most > 127 && i < m; i++)
        field->size += varint_size(field->numbers[i]) - 1;
    return 0;
}

static uint8_t *write_field(uint8_t *out, const struct field *field, const int64_t *place, Py_ssize_t m) {
    memcpy(out, field->tag.buf, field->tag.len);
    out = varint(out + field->tag.len, field->size);
    if (field->unit) {
        const double *value = field->values.view.buf, unit = field->unit;
        for (Py_ssize_t i = 0; i < m; i++) {
            const double number = value[place[i]] / unit;
            memcpy(out + i * sizeof number, &number, sizeof number);
        }
        return out + field->size;
    }
    if (field->most < 128) {
        for (Py_ssize_t i = 0; i < m; i++)
            out[i] = (uint8_t)field->numbers[i];
        return out + m;
    }
    for (Py_ssize_t i = 0; i < m; i++)
        out = varint(out, field->numbers[i]);
    return out;
}

PyObject *packed_columns(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given, *fields, *result = NULL;
    struct rows places = {0};
    if (!PyArg_ParseTuple(args, "OO!:packed_columns", &given, &PyTuple_Type, &fields))
        return NULL;
    const Py_ssize_t count = PyTuple_Size(fields);
    struct field *some = calloc(count + 1, sizeof *some);
    if (!some)
        return PyErr_NoMemory();
    if (hold(&places, given, 1, WHOLE, -1, READ) < 0)
        goto done;
    const Py_ssize_t m = height(&places);
    const int64_t *place = places.view.buf;
    Py_ssize_t units = -1, total = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        if (take(some + k, PyTuple_GetItem(fields, k), place, m, &units) < 0)
            goto done;
        total += some[k].tag.len + varint_size(some[k].size) + some[k].size;
    }
    result = PyBytes_FromStringAndSize(NULL, total);
    if (!result)
        goto done;
    uint8_t *out = (uint8_t *)PyBytes_AsString(result);
    for (Py_ssize_t k = 0; k < count; k++)
        out = write_field(out, some + k, place, m);
done:
    for (Py_ssize_t k = 0; k < count; k++) {
        if (some[k].tag.obj)
            PyBuffer_Release(&some[k].tag);
        let_go(&some[k].values, 1);
        free(some[k].numbers);
    }
    free(some);
    let_go(&places, 1);
    return result;
}
