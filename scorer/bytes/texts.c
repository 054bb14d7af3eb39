/* Ids and names: one look at many, and as they go over the wire. */

#include "native.h"

PyObject *packed_texts(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *texts, *given, *result = NULL;
    Py_buffer tag;
    struct rows places = {0};
    struct piece {
        const char *text;
        Py_ssize_t size;
    } *pieces = NULL;
    if (!PyArg_ParseTuple(args, "y*OO:packed_texts", &tag, &texts, &given))
        return NULL;
    if (!PyTuple_Check(texts)) { /* whose items nobody can take away meanwhile */
        PyErr_SetString(PyExc_TypeError, "texts come as a tuple");
        goto done;
    }
    const Py_ssize_t count = PyTuple_Size(texts);
    if (hold(&places, given, 1, WHOLE, -1, READ) < 0)
        goto done;
    const Py_ssize_t m = height(&places);
    const int64_t *place = places.view.buf;
    if (!(pieces = malloc((m + 1) * sizeof *pieces))) {
        PyErr_NoMemory();
        goto done;
    }
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < m; i++) {
        if (place[i] < 0 || place[i] >= count) {
            PyErr_SetString(PyExc_IndexError, "there is no such text");
            goto done;
        }
        pieces[i].text = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(texts, place[i]), &pieces[i].size);
        if (!pieces[i].text)
            goto done;
        total += tag.len + varint_size((uint64_t)pieces[i].size) + pieces[i].size;
    }
    result = PyBytes_FromStringAndSize(NULL, total);
    if (!result)
        goto done;
    uint8_t *out = (uint8_t *)PyBytes_AsString(result);
    for (Py_ssize_t i = 0; i < m; i++) {
        memcpy(out, tag.buf, tag.len);
        out = varint(out + tag.len, (uint64_t)pieces[i].size);
        memcpy(out, pieces[i].text, pieces[i].size);
        out += pieces[i].size;
    }
done:
    free(pieces);
    let_go(&places, 1);
    PyBuffer_Release(&tag);
    return result;
}
