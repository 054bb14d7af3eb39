/* What the sources of scorer.compiled share: the interpreter, arrays of the caller's, and rounding. */

#ifndef SCORER_NATIVE_H
#define SCORER_NATIVE_H

#define Py_LIMITED_API 0x030B0000 /* one wheel for every Python from 3.11 on */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers go over the wire as they are in memory, the least significant byte first"
#endif

/* Compiled twice where the loader can choose by processor; -ffp-contract=off makes all of them give the same bits. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(ONE_WAY)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* An array of the caller's whose last dimension is units (or anything else, side by side), or none. */
struct rows {
    Py_buffer view;
    int held;
};

/* OPTIONAL: None is taken, and not held. */
enum { READ = 0, WRITE = PyBUF_WRITABLE, OPTIONAL = 1 << 30 };

/* float64, int64, bool or uint8, or any of these. */
enum array_kind { NUMBER, WHOLE, TRUTH, ANY };

/* The kind of an array; ANY: none of the others. */
enum array_kind kind_of(const Py_buffer *view);

/* Holds an array of so many dimensions; units < 0: any number of them. Sets an exception at -1. */
int hold(struct rows *rows, PyObject *array, int dimensions, enum array_kind kind, Py_ssize_t units, int flags);

/* Lets go of those that are held. */
void let_go(struct rows *rows, size_t count);

/* Adds a number to a list; -1 with an exception. */
int append_number(PyObject *list, Py_ssize_t number);

static inline void *row_of(const struct rows *rows, int64_t row, Py_ssize_t unit) {
    return (char *)rows->view.buf + row * rows->view.strides[0] + unit * rows->view.itemsize;
}

/* How long the first dimension is. */
static inline Py_ssize_t height(const struct rows *rows) {
    return rows->held ? rows->view.shape[0] : 0;
}

/* The nearest whole number, of an exact half the even one; below 2^51. */
static inline double rounded(double value) {
    return (value + 0x1.8p52) - 0x1.8p52;
}

/* The nearest whole number of millionths. The double nearest to k millionths gives k, up to 8,000,000,000 units: from
   2,000,000,000 on, doubles are so far apart that the product alone can round to a neighbour. */
static inline double millionths(double value) {
    const double micro = rint(value * 1e6), back = micro / 1e6;
    if (back == value || !(fabs(micro) >= 2e15))
        return micro;
    const double near = micro + (value > back ? 1 : value < back ? -1 : 0);
    return near / 1e6 == value ? near : micro;
}

/* A number as it goes over the wire: seven bits a byte, the least first, the eighth if another byte follows. */
static inline uint8_t *varint(uint8_t *out, uint64_t number) {
    for (; number > 127; number >>= 7)
        *out++ = (uint8_t)(number & 127) | 128;
    *out++ = (uint8_t)number;
    return out;
}

static inline int varint_size(uint64_t number) {
    int size = 1;
    for (; number > 127; number >>= 7)
        size++;
    return size;
}

/* How the fields of a message go over the wire. */
enum wire { VARINT = 0, FIXED64 = 1, LENGTH_DELIMITED = 2, FIXED32 = 5 };

/* A field of a message: its number and wire type as they came, and where its content begins. */
struct wire_field {
    uint64_t tag;
    const uint8_t *content;
};

/* Reads the field at the start of at..end and gives where it ends; NULL if there is none. */
const uint8_t *next_field(const uint8_t *at, const uint8_t *end, struct wire_field *field);

/* Lets other threads work while there is much to do: with little, waiting for the interpreter again takes longer. */
enum { MUCH = 4096 };

static inline PyThreadState *begin_work(Py_ssize_t units) {
    return units < MUCH ? NULL : PyEval_SaveThread();
}

static inline void end_work(PyThreadState *state) {
    if (state)
        PyEval_RestoreThread(state);
}

PyObject *place_columns(PyObject *module, PyObject *args);
PyObject *find_field(PyObject *module, PyObject *args);
PyObject *take_answers(PyObject *module, PyObject *args);
PyObject *read_answers(PyObject *module, PyObject *args);
PyObject *fill_forms(PyObject *module, PyObject *args);
PyObject *look_up(PyObject *module, PyObject *args);
PyObject *packed_texts(PyObject *module, PyObject *args);
PyObject *packed_columns(PyObject *module, PyObject *args);

#endif
