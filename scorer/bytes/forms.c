/* Messages of one kind, put together from numbers of units as they go over the wire. */

#include "native.h"

enum step_kind { TEXT, AS_DOUBLE, AS_VARINT, OPEN, CLOSE, UNLESS };

/* One step: what it writes (a text; a field of a number, unless it is 0; the beginning and the end of a message), or
   where to go on unless a bit of a number is as wanted. */
struct step {
    int64_t kind, tag, source, row, one, other;
};
enum { STEP = sizeof(struct step) / sizeof(int64_t), DEEPEST = 8, LONGEST = 20 };

struct form {
    const struct step *steps;
    Py_ssize_t count;
    const uint8_t *texts;
    const struct rows *sources;
    const enum array_kind *kinds;
};

static int64_t whole(const struct form *form, const struct step *step, int64_t place) {
    const void *at = row_of(form->sources + step->source, step->row, place);
    switch (form->kinds[step->source]) {
    case TRUTH:
        return *(const uint8_t *)at;
    case WHOLE:
        return *(const int64_t *)at;
    default:
        return *(const double *)at >= 0 && *(const double *)at <= UINT32_MAX ? (int64_t)*(const double *)at : -1;
    }
}

static uint8_t *write_double(uint8_t *out, const struct form *form, const struct step *step, int64_t place) {
    const double number = *(double *)row_of(form->sources + step->source, step->row, place) / (double)step->one;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (!bits)
        return out;
    out = varint(out, (uint64_t)step->tag);
    memcpy(out, &number, sizeof number);
    return out + sizeof number;
}

/* Writes the length of a message in front of it, for which one byte was left. */
static uint8_t *close_message(uint8_t *content, uint8_t *out) {
    const Py_ssize_t size = out - content;
    const int more = varint_size((uint64_t)size) - 1;
    if (more)
        memmove(content + more, content, (size_t)size);
    varint(content - 1, (uint64_t)size);
    return out + more;
}

/* Writes the message of one unit; NULL if the form is none, or a number does not fit. */
static uint8_t *fill(const struct form *form, int64_t place, uint8_t *out) {
    uint8_t *open[DEEPEST];
    int depth = 0;
    for (Py_ssize_t k = 0; k < form->count; k++) {
        const struct step *step = form->steps + k;
        int64_t number;
        switch (step->kind) {
        case TEXT:
            memcpy(out, form->texts + step->one, (size_t)step->other);
            out += step->other;
            break;
        case AS_DOUBLE:
            out = write_double(out, form, step, place);
            break;
        case AS_VARINT:
            if ((number = whole(form, step, place)) < 0 || number > UINT32_MAX)
                return NULL;
            if (number)
                out = varint(varint(out, (uint64_t)step->tag), (uint64_t)number);
            break;
        case OPEN:
            if (depth == DEEPEST)
                return NULL;
            out = varint(out, (uint64_t)step->tag) + 1;
            open[depth++] = out;
            break;
        case CLOSE:
            if (!depth)
                return NULL;
            out = close_message(open[--depth], out);
            break;
        default:
            if (((uint64_t)whole(form, step, place) >> step->one & 1) != (uint64_t)step->other)
                k = step->tag - 1;
        }
    }
    return depth ? NULL : out;
}

/* Whether every step stays within what there is, and goes on. */
static int good(const struct form *form, Py_ssize_t sources, Py_ssize_t texts, Py_ssize_t *longest) {
    for (Py_ssize_t k = 0; k < form->count; k++) {
        const struct step *step = form->steps + k;
        if (step->kind < TEXT || step->kind > UNLESS)
            return 0;
        *longest += LONGEST;
        if (step->kind == TEXT) {
            if (step->one < 0 || step->other < 0 || step->one > texts || step->other > texts - step->one)
                return 0;
            *longest += step->other;
        }
        if (step->kind != AS_DOUBLE && step->kind != AS_VARINT && step->kind != UNLESS)
            continue;
        if (step->source < 0 || step->source >= sources || step->row < 0 ||
            step->row >= height(form->sources + step->source))
            return 0;
        if (step->kind == AS_DOUBLE && form->kinds[step->source] != NUMBER)
            return 0;
        if (step->kind == UNLESS && (step->tag <= k || step->tag > form->count || step->one < 0 || step->one > 63))
            return 0;
    }
    return 1;
}

/* One message a place, each after what is before it. */
static PyObject *fill_all(const struct form *form, const struct rows *places, PyObject *before, Py_ssize_t longest) {
    const int64_t *place = places->view.buf;
    PyObject *messages = PyList_New(height(places));
    uint8_t *room = malloc(longest + 1);
    if (!messages || !room) {
        Py_CLEAR(messages);
        PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; messages && i < height(places); i++) {
        const uint8_t *end = fill(form, place[i], room);
        PyObject *message = NULL, *head = PyTuple_GetItem(before, i);
        const Py_ssize_t size = PyBytes_Size(head);
        if (!end)
            PyErr_SetString(PyExc_ValueError, "this is no form, or a number does not fit 32 bits");
        else if (size >= 0 && (message = PyBytes_FromStringAndSize(NULL, size + (end - room)))) {
            uint8_t *out = (uint8_t *)PyBytes_AsString(message);
            memcpy(out, PyBytes_AsString(head), (size_t)size);
            memcpy(out + size, room, (size_t)(end - room));
        }
        if (!message || PyList_SetItem(messages, i, message) < 0)
            Py_CLEAR(messages);
    }
    free(room);
    return messages;
}

PyObject *fill_forms(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[3], *before, *result = NULL;
    Py_buffer texts;
    struct rows steps = {0}, places = {0}, *sources = NULL;
    enum array_kind *kinds = NULL;
    Py_ssize_t count = 0;
    if (!PyArg_ParseTuple(args, "Oy*O!OO!:fill_forms", given, &texts, &PyTuple_Type, given + 1, given + 2,
                          &PyTuple_Type, &before))
        return NULL;
    if (hold(&steps, given[0], 2, WHOLE, STEP, READ) < 0 || hold(&places, given[2], 1, WHOLE, -1, READ) < 0)
        goto done;
    count = PyTuple_Size(given[1]);
    sources = calloc((size_t)count + 1, sizeof *sources);
    kinds = calloc((size_t)count + 1, sizeof *kinds);
    if (!sources || !kinds) {
        PyErr_NoMemory();
        goto done;
    }
    Py_ssize_t units = -1, longest = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        if (hold(sources + k, PyTuple_GetItem(given[1], k), 2, ANY, units, READ) < 0)
            goto done;
        units = sources[k].view.shape[1];
        kinds[k] = kind_of(&sources[k].view);
    }
    const struct form form = {steps.view.buf, height(&steps), texts.buf, sources, kinds};
    int usual = steps.view.strides[0] == sizeof(struct step) || height(&steps) <= 1;
    usual = usual && height(&places) == PyTuple_Size(before) && good(&form, count, texts.len, &longest);
    for (Py_ssize_t i = 0; usual && i < height(&places); i++)
        usual = ((int64_t *)places.view.buf)[i] >= 0 && ((int64_t *)places.view.buf)[i] < units;
    if (usual)
        result = fill_all(&form, &places, before, longest);
    else
        PyErr_SetString(PyExc_ValueError, "a form asks for what is not there");
done:
    let_go(sources, sources ? (size_t)count : 0);
    let_go(&steps, 1);
    let_go(&places, 1);
    free(sources);
    free(kinds);
    PyBuffer_Release(&texts);
    return result;
}
