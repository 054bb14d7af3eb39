/* Ids and names: one look at many, and as they go over the wire. */

#include "native.h"

/* What is to be told of many texts. */
struct look {
    Py_ssize_t longest, shortest; /* bytes */
    int spaces, controls, beyond; /* whether any has a space, a control character, a letter beyond ASCII */
    int ascend;                   /* whether each comes after the one before: bytes of UTF-8 are in code-point order */
};

static void look_at(const char *text, Py_ssize_t size, struct look *look) {
    uint8_t beyond = 0, spaces = 0, controls = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        const uint8_t letter = (uint8_t)text[i];
        beyond |= letter > 127;
        spaces |= letter == ' ';
        controls |= (letter < ' ') | (letter == 127);
    }
    look->beyond |= beyond;
    look->spaces |= spaces;
    look->controls |= controls;
    look->longest = size > look->longest ? size : look->longest;
    look->shortest = size < look->shortest ? size : look->shortest;
}

static int before(const char *one, Py_ssize_t size, const char *other, Py_ssize_t other_size) {
    const int order = memcmp(one, other, size < other_size ? size : other_size);
    return order < 0 || (order == 0 && size < other_size);
}

PyObject *look_through(PyObject *module, PyObject *texts) {
    (void)module;
    struct look look = {.shortest = PY_SSIZE_T_MAX, .ascend = 1};
    const Py_ssize_t count = PySequence_Size(texts);
    PyObject *last = NULL;
    const char *last_text = "";
    Py_ssize_t last_size = -1;
    for (Py_ssize_t n = 0; n < count; n++) {
        PyObject *item = PySequence_GetItem(texts, n);
        Py_ssize_t size = 0;
        const char *text = item ? PyUnicode_AsUTF8AndSize(item, &size) : NULL;
        if (item && !text && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { /* half of a pair: no UTF-8 has it */
            PyErr_Clear();
            text = "";
            look.shortest = 0;
            look.beyond = look.controls = 1; /* which makes the caller look closer */
            look.ascend = 0;
        } else if (text) {
            look_at(text, size, &look);
            look.ascend &= last_size < 0 || before(last_text, last_size, text, size);
        }
        Py_XDECREF(last);
        last = item;
        if (!text) {
            Py_XDECREF(last);
            return NULL;
        }
        last_text = text;
        last_size = size;
    }
    Py_XDECREF(last);
    if (count < 0)
        return NULL;
    return Py_BuildValue("(nniiii)", look.longest, count ? look.shortest : 0, look.spaces, look.controls, look.beyond,
                         look.ascend);
}

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
