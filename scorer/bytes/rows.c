/* Answers of rows, taken out of a request's bytes and read where they came. */

#include "native.h"

/* The fields of scorer.proto's UnitAnswers.answers and Answer, each as one byte. */
enum tag { KEY = 1 << 3 | LENGTH_DELIMITED, VALUE = 2 << 3 | LENGTH_DELIMITED };
enum kind {
    AS_NUMBER = 1 << 3 | FIXED64,
    AS_FLAG = 2 << 3 | VARINT,
    AS_CHOICE = 3 << 3 | LENGTH_DELIMITED,
    AS_DATE = 4 << 3 | LENGTH_DELIMITED,
};

/* The fields of google.type.Date. */
enum date { YEAR = 1 << 3 | VARINT, MONTH = 2 << 3 | VARINT, DAY = 3 << 3 | VARINT };

struct text {
    const uint8_t *letters;
    Py_ssize_t size;
};

struct answer {
    struct text key;
    uint8_t kind;
    double number; /* or whether the flag is set, or days since 1970-01-01; NaN: no number, no day */
    struct text choice;
};

/* Whether all of at..end is a short text in ASCII behind a tag. */
static int read_text(const uint8_t *at, const uint8_t *end, uint8_t tag, struct text *text) {
    if (end - at < 2 || at[0] != tag || at[1] > 127 || at[1] != end - at - 2)
        return 0;
    uint8_t beyond = 0;
    for (const uint8_t *letter = at + 2; letter < end; letter++)
        beyond |= *letter;
    *text = (struct text){at + 2, end - at - 2};
    return beyond < 128;
}

/* Days from 1970-01-01 to another day of the Gregorian calendar, from the year 1 to 9999; NaN if there is none. */
static double days(int year, int month, int day) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    const int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > before[month] - before[month - 1] + (leap && month == 2))
        return NAN;
    const int past = year - 1, full = 365 * past + past / 4 - past / 100 + past / 400;
    return full + before[month - 1] + (leap && month > 2) + day - 1 - 719162;
}

/* Whether all of at..end is a date with its year, month and day. */
static int read_date(const uint8_t *at, const uint8_t *end, double *number) {
    if (end - at != 9 || at[0] != AS_DATE || at[1] != 7 || at[2] != YEAR || at[3] < 128 || at[4] > 127 ||
        at[5] != MONTH || at[6] > 127 || at[7] != DAY || at[8] > 127)
        return 0;
    *number = days((at[3] & 127) | at[4] << 7, at[6], at[8]);
    return 1;
}

/* Whether all of at..end is an entry of the map as every protobuf library writes it: a key, then an answer with a
   number, a flag, a choice or a date. */
static int read_answer(const uint8_t *at, const uint8_t *end, struct answer *answer) {
    if (end - at < 4 || at[1] > 127 || end - at - 4 < at[1])
        return 0;
    const uint8_t *value = at + 2 + at[1];
    if (!read_text(at, value, KEY, &answer->key) || value[0] != VALUE || value[1] > 127 ||
        value[1] != end - value - 2 || value[1] < 2)
        return 0;
    value += 2;
    answer->kind = value[0];
    if (value[0] == AS_NUMBER && end - value == 1 + (Py_ssize_t)sizeof(double)) {
        memcpy(&answer->number, value + 1, sizeof(double));
        return 1;
    }
    if (value[0] == AS_FLAG && end - value == 2) {
        answer->number = value[1];
        return value[1] < 2;
    }
    return read_text(value, end, AS_CHOICE, &answer->choice) || read_date(value, end, &answer->number);
}

/* The next field of at..end, all fields; NULL if it is none. */
static const uint8_t *next_of(const uint8_t *at, const uint8_t *end, uint64_t wanted, struct wire_field *field) {
    at = next_field(at, end, field);
    return at && (field->tag >> 3 != wanted || (field->tag & 7) == LENGTH_DELIMITED) ? at : NULL;
}

/* How many bytes the entries of a row take up; 0 if some are not as usual; -1 if it is no message. */
static Py_ssize_t size_of_answers(const uint8_t *at, const uint8_t *end, uint64_t map) {
    struct wire_field field;
    struct answer answer;
    Py_ssize_t size = 0;
    int usual = 1;
    while (at < end) {
        const uint8_t *begin = at;
        if (!(at = next_of(at, end, map, &field)))
            return -1;
        if (field.tag >> 3 == map) {
            usual = usual && read_answer(field.content, at, &answer);
            size += at - begin;
        }
    }
    return usual ? size : 0;
}

/* Writes a row without the entries, and these apart. */
static uint8_t *part(const uint8_t *at, const uint8_t *end, uint64_t map, uint8_t *rest, uint8_t *entries) {
    struct wire_field field;
    while (at < end) {
        const uint8_t *begin = at;
        at = next_field(at, end, &field);
        uint8_t **out = field.tag >> 3 == map ? &entries : &rest;
        memcpy(*out, begin, at - begin);
        *out += at - begin;
    }
    return rest;
}

PyObject *take_answers(PyObject *module, PyObject *args) {
    (void)module;
    Py_buffer data;
    Py_ssize_t first, last;
    unsigned long long holder, map;
    PyObject *result = NULL, *taken = NULL;
    uint8_t *rest = NULL;
    if (!PyArg_ParseTuple(args, "y*nnKK:take_answers", &data, &first, &last, &holder, &map))
        return NULL;
    if (first < 0 || first > last || last > data.len) {
        PyErr_SetString(PyExc_ValueError, "these are no bytes of the message");
        goto done;
    }
    const uint8_t *at = (uint8_t *)data.buf + first, *end = (uint8_t *)data.buf + last;
    if (!(taken = PyList_New(0)))
        goto done;
    if (!(rest = malloc(last - first + 1))) {
        PyErr_NoMemory();
        goto done;
    }
    uint8_t *out = rest;
    struct wire_field field;
    while (at < end) {
        const uint8_t *begin = at;
        Py_ssize_t size = 0;
        if (!(at = next_of(at, end, holder, &field)) ||
            (field.tag >> 3 == holder && (size = size_of_answers(field.content, at, map)) < 0)) {
            result = Py_NewRef(Py_None);
            goto done;
        }
        if (field.tag >> 3 != holder) {
            memcpy(out, begin, at - begin);
            out += at - begin;
            continue;
        }
        PyObject *entries = PyBytes_FromStringAndSize(NULL, size);
        const int failed = !entries || PyList_Append(taken, entries) < 0;
        Py_XDECREF(entries);
        if (failed)
            goto done;
        out = varint(varint(out, field.tag), (uint64_t)(at - field.content - size));
        if (size)
            out = part(field.content, at, map, out, (uint8_t *)PyBytes_AsString(entries));
        else {
            memcpy(out, field.content, at - field.content);
            out += at - field.content;
        }
    }
    result = Py_BuildValue("(y#O)", rest, (Py_ssize_t)(out - rest), taken);
done:
    free(rest);
    Py_XDECREF(taken);
    PyBuffer_Release(&data);
    return result;
}

/* Looks a text up in a dictionary of bytes; a borrowed reference, or NULL, with an exception or without. */
static PyObject *get(PyObject *dictionary, struct text text) {
    PyObject *key = PyBytes_FromStringAndSize((const char *)text.letters, text.size);
    if (!key)
        return NULL;
    PyObject *found = PyDict_GetItemWithError(dictionary, key);
    Py_DECREF(key);
    return found;
}

/* Fills the column of a unit with a row's answers: 0, or 1 if any is in doubt; -1 with an exception. */
static int read_row(PyObject *entries, PyObject *asked, const struct rows *matrix, Py_ssize_t unit) {
    const uint8_t *at = (const uint8_t *)PyBytes_AsString(entries), *end = at ? at + PyBytes_Size(entries) : NULL;
    struct wire_field field;
    struct answer answer;
    if (!at)
        return -1;
    while (at < end) {
        at = next_field(at, end, &field);
        if (!at || !read_answer(field.content, at, &answer))
            return 1;
        PyObject *found = get(asked, answer.key);
        if (!found)
            return PyErr_Occurred() ? -1 : 1;
        const Py_ssize_t row = PyLong_AsSsize_t(PyTuple_GetItem(found, 0));
        const long number = PyLong_AsLong(PyTuple_GetItem(found, 1));
        if (PyErr_Occurred())
            return -1;
        if (row < 0 || row >= height(matrix)) {
            PyErr_SetString(PyExc_IndexError, "the matrix has no such row");
            return -1;
        }
        if (answer.kind >> 3 != number)
            return 1;
        if (answer.kind == AS_CHOICE) {
            PyObject *place = get(PyTuple_GetItem(found, 2), answer.choice);
            if (place)
                answer.number = PyFloat_AsDouble(place);
            if (!place || PyErr_Occurred())
                return PyErr_Occurred() ? -1 : 1;
        }
        if (isnan(answer.number))
            return 1;
        *(double *)row_of(matrix, row, unit) = answer.number;
    }
    return 0;
}

PyObject *read_answers(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *entries, *asked, *given, *doubts = NULL;
    struct rows matrix = {0};
    if (!PyArg_ParseTuple(args, "O!O!O:read_answers", &PyTuple_Type, &entries, &PyDict_Type, &asked, &given))
        return NULL;
    const Py_ssize_t units = PyTuple_Size(entries);
    if (hold(&matrix, given, 2, NUMBER, units, WRITE) < 0 || !(doubts = PyList_New(0)))
        goto failed;
    for (Py_ssize_t unit = 0; unit < units; unit++) {
        const int doubt = read_row(PyTuple_GetItem(entries, unit), asked, &matrix, unit);
        if (doubt < 0 || (doubt && append_number(doubts, unit) < 0))
            goto failed;
    }
    let_go(&matrix, 1);
    return doubts;
failed:
    Py_XDECREF(doubts);
    let_go(&matrix, 1);
    return NULL;
}
