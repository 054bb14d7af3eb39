/* Where a field is in a message's bytes (https://protobuf.dev/programming-guides/encoding), or in any others. */

#include "native.h"

/* Reads a number of so many bytes at most; NULL if it does not end. */
static const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, int most, uint64_t *number) {
    *number = 0;
    for (int byte = 0; byte < most && at < end; byte++, at++) {
        *number |= (uint64_t)(*at & 127) << 7 * byte;
        if (*at < 128)
            return at + 1;
    }
    return NULL;
}

const uint8_t *next_field(const uint8_t *at, const uint8_t *end, struct wire_field *field) {
    uint64_t tag, size = 0;
    at = read_varint(at, end, 5, &tag);
    if (at && (tag & 7) == LENGTH_DELIMITED)
        at = read_varint(at, end, 5, &size);
    else if (at && (tag & 7) == VARINT)
        at = read_varint(at, end, 10, &size), size = 0;
    else if (at && ((tag & 7) == FIXED64 || (tag & 7) == FIXED32))
        size = (tag & 7) == FIXED64 ? 8 : 4;
    else
        return NULL;
    if (!at || size > (uint64_t)(end - at))
        return NULL;
    *field = (struct wire_field){tag, at};
    return at + size;
}

PyObject *find_field(PyObject *module, PyObject *args) {
    (void)module;
    Py_buffer data;
    Py_ssize_t first, last;
    unsigned long long wanted;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*nnK:find_field", &data, &first, &last, &wanted))
        return NULL;
    if (first < 0 || first > last || last > data.len) {
        PyErr_SetString(PyExc_ValueError, "these are no bytes of the message");
        goto done;
    }
    const uint8_t *bytes = data.buf, *at = bytes + first, *end = bytes + last;
    const uint8_t *tag_at = NULL, *content = NULL, *after = NULL;
    int usual = 1; /* whether the field is there once at most, delimited by its length, and all bytes are fields */
    while (usual && at < end) {
        const uint8_t *begin = at;
        struct wire_field field;
        at = next_field(at, end, &field);
        usual = at != NULL;
        if (at && field.tag >> 3 == wanted) {
            usual = !tag_at && (field.tag & 7) == LENGTH_DELIMITED;
            tag_at = begin;
            content = field.content;
            after = at;
        }
    }
    if (usual && tag_at)
        result = Py_BuildValue("(nnn)", tag_at - bytes, content - bytes, after - bytes);
    else
        result = Py_NewRef(Py_None);
done:
    PyBuffer_Release(&data);
    return result;
}
