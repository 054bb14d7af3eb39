/* Shared by the sources of scorer.native: array arguments, rounding, and the interpreter's lock. */

#ifndef SCORER_NATIVE_H
#define SCORER_NATIVE_H

#define Py_LIMITED_API 0x030B0000 /* one wheel for every Python from 3.11 on */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Compiles a function twice, with and without AVX2, where the loader can choose between them. Because of
   -ffp-contract=off, both give the same bits. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(NO_AVX2_CLONE)
#define AVX2_CLONE __attribute__((target_clones("avx2", "default")))
#else
#define AVX2_CLONE
#endif

/* A C-contiguous NumPy array from the arguments. All zeros if the argument is None. */
struct array {
    Py_buffer view;
    int acquired;
};

enum item { FLOAT64, INT64, BYTE, RECORD }; /* BYTE: bool or uint8 */
enum { READ = 0, WRITE = PyBUF_WRITABLE, OPTIONAL = 1 << 30 };
enum { ANY = -1 };

/* Acquires the buffer of an argument, which must have this shape; ANY allows every size, and
   OPTIONAL allows None. Returns whether it fits; otherwise an exception is set. */
int acquire(struct array *array, PyObject *object, enum item item, int flags, int dimensions, const Py_ssize_t *shape);
#define SHAPE(...) sizeof((Py_ssize_t[]){__VA_ARGS__}) / sizeof(Py_ssize_t), (Py_ssize_t[]){__VA_ARGS__}

/* Releases the arrays that were acquired. */
void release(struct array *arrays, size_t count);

/* Returns whether a function was called with the expected number of arguments; otherwise an exception is set. */
int check_argument_count(Py_ssize_t expected, Py_ssize_t count);

static inline Py_ssize_t size_of(const struct array *array, int dimension) {
    return array->acquired ? array->view.shape[dimension] : 0;
}

/* The index of an item in a flat array. An array (a, b, n) has a x b rows. */
static inline Py_ssize_t offset(const struct array *array, int64_t row, Py_ssize_t column) {
    return row * array->view.shape[array->view.ndim - 1] + column;
}

/* A pointer into one row of an array, at the given column. */
static inline double *doubles(const struct array *array, int64_t row, Py_ssize_t column) {
    return (double *)array->view.buf + offset(array, row, column);
}

static inline int64_t *integers(const struct array *array, int64_t row, Py_ssize_t column) {
    return (int64_t *)array->view.buf + offset(array, row, column);
}

static inline uint8_t *bytes(const struct array *array, int64_t row, Py_ssize_t column) {
    return (uint8_t *)array->view.buf + offset(array, row, column);
}

/* The nearest whole number, an exact half to even; for numbers below 2^51. */
static inline double rounded(double value) {
    return (value + 0x1.8p52) - 0x1.8p52;
}

/* The nearest whole number of millionths. For the double nearest to k / 10^6, this is k, up to 8,000,000,000. (From
   2,000,000,000 on, doubles are so far apart that the product alone can be rounded to k - 1 or k + 1.) */
static inline double millionths(double value) {
    const double micro = rint(value * 1e6), back = micro / 1e6;
    if (back == value || !(fabs(micro) >= 2e15))
        return micro;
    const double near = micro + (value > back ? 1 : value < back ? -1 : 0);
    return near / 1e6 == value ? near : micro;
}

/* Releases the interpreter's lock during long work. For few units, taking the lock again costs more than the work. */
static inline PyThreadState *begin_work(Py_ssize_t units) {
    return units < 4096 ? NULL : PyEval_SaveThread();
}

static inline void end_work(PyThreadState *state) {
    if (state)
        PyEval_RestoreThread(state);
}

/* The functions of the module; __init__.pyi describes their arguments. */
PyObject *evaluate_lines(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *score(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *rank(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *check_answers(PyObject *module, PyObject *const *args, Py_ssize_t count);

#endif
