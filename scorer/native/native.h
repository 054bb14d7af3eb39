/* What the sources of scorer.native share: arrays that Python passes, rounding, and the interpreter's lock. */

#ifndef SCORER_NATIVE_H
#define SCORER_NATIVE_H

#define Py_LIMITED_API 0x030B0000 /* one wheel for every Python from 3.11 on */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Compiled twice where the loader can choose by processor; -ffp-contract=off makes both give the same bits. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(ONE_WAY)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* A C-contiguous NumPy array that the caller passed. Without one, all of it is 0. */
struct array {
    Py_buffer view;
    int acquired;
};

enum item { FLOAT64, INT64, BYTE, RECORD }; /* BYTE: bool or uint8 */
enum { READ = 0, WRITE = PyBUF_WRITABLE, OPTIONAL = 1 << 30 };
enum { ANY = -1 };

/* Acquires an array of the shape, in which ANY fits every size. With OPTIONAL, None is none. Returns whether it fits;
   otherwise an exception is set. */
int acquire(struct array *array, PyObject *object, enum item item, int flags, int dimensions, const Py_ssize_t *shape);
#define SHAPE(...) sizeof((Py_ssize_t[]){__VA_ARGS__}) / sizeof(Py_ssize_t), (Py_ssize_t[]){__VA_ARGS__}

/* Releases those of the arrays that were acquired. */
void release(struct array *arrays, size_t count);

/* Whether a function got as many arguments as it takes; otherwise an exception is set. */
int takes(Py_ssize_t expected, Py_ssize_t given);

static inline Py_ssize_t size_of(const struct array *array, int dimension) {
    return array->acquired ? array->view.shape[dimension] : 0;
}

static inline Py_ssize_t offset(const struct array *array, int64_t row, Py_ssize_t column) {
    return row * array->view.shape[array->view.ndim - 1] + column;
}

/* One row of an array from a column on. An array (a, b, n) has a x b rows. */
static inline double *doubles(const struct array *array, int64_t row, Py_ssize_t column) {
    return (double *)array->view.buf + offset(array, row, column);
}

static inline int64_t *integers(const struct array *array, int64_t row, Py_ssize_t column) {
    return (int64_t *)array->view.buf + offset(array, row, column);
}

static inline uint8_t *bytes(const struct array *array, int64_t row, Py_ssize_t column) {
    return (uint8_t *)array->view.buf + offset(array, row, column);
}

/* The nearest whole number, the even one of two; for numbers below 2^51. */
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

/* Lets other threads run during long work. For few units, getting the lock back would take longer than the work. */
static inline PyThreadState *begin_work(Py_ssize_t units) {
    return units < 4096 ? NULL : PyEval_SaveThread();
}

static inline void end_work(PyThreadState *state) {
    if (state)
        PyEval_RestoreThread(state);
}

/* The functions of the module, whose arguments __init__.pyi describes. */
PyObject *evaluate_lines(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *score(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *rank(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *check_answers(PyObject *module, PyObject *const *args, Py_ssize_t count);

#endif
