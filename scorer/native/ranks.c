/* Ranks units by counting sort. Score keys are whole numbers; larger is better. */

#include "layout.h"
#include "native.h"

/* Fills the ranking order: first the ranked units, then the others; both by descending key, equal units as in by_id.
   counts: scratch of 2 x width, where width = largest - smallest key + 1. */
static void fill_order(const int64_t *keys, const uint8_t *ranked, const int64_t *by_id, Py_ssize_t n, int64_t largest,
                       int64_t width, int64_t *counts, int64_t *order) {
    int64_t before = 0;
    memset(counts, 0, 2 * width * sizeof *counts);
    for (Py_ssize_t i = 0; i < n; i++) /* through by_id, so that a unit that occurs twice there is counted twice */
        counts[largest - keys[by_id[i]] + (ranked[by_id[i]] ? 0 : width)]++;
    for (int64_t k = 0; k < 2 * width; k++) {
        const int64_t units = counts[k];
        counts[k] = before;
        before += units;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        order[counts[largest - keys[by_id[i]] + (ranked[by_id[i]] ? 0 : width)]++] = by_id[i];
}

/* Fills ranks from 1; 0 for units that are not ranked. It does not need the order, which takes three times as long.
   counts: scratch of width = largest - smallest key + 1. */
static void fill_ranks(const int64_t *keys, const uint8_t *ranked, Py_ssize_t n, int64_t largest, int64_t width,
                       int dense, int64_t *counts, int64_t *ranks) {
    int64_t next = 1;
    memset(counts, 0, width * sizeof *counts);
    for (Py_ssize_t i = 0; i < n; i++)
        counts[largest - keys[i]] += ranked[i] != 0;
    for (int64_t k = 0; k < width; k++) {
        const int64_t units = counts[k];
        counts[k] = next;
        next += dense ? units > 0 : units;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        ranks[i] = ranked[i] ? counts[largest - keys[i]] : 0;
}

/* Finds the smallest and the largest number. Returns whether all numbers are between 0 and `limit`. */
static int find_range(const int64_t *numbers, Py_ssize_t n, int64_t limit, int64_t *smallest, int64_t *largest) {
    *smallest = *largest = n ? numbers[0] : 0;
    for (Py_ssize_t i = 1; i < n; i++) {
        *smallest = numbers[i] < *smallest ? numbers[i] : *smallest;
        *largest = numbers[i] > *largest ? numbers[i] : *largest;
    }
    return *smallest >= 0 && *largest <= limit;
}

PyObject *rank(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    enum { KEYS, RANKED_UNITS, BY_ID, TIES_RULES, RANKS, ORDER, ARGUMENTS };
    struct array a[ARGUMENTS] = {0};
    int64_t *counts = NULL, smallest, largest;
    int ok = 0;
    if (!check_argument_count(ARGUMENTS, count) || !acquire(a + KEYS, args[KEYS], INT64, READ, SHAPE(ANY, ANY)))
        goto done;
    const Py_ssize_t rows = size_of(a + KEYS, 0), n = size_of(a + KEYS, 1);
    if (!acquire(a + TIES_RULES, args[TIES_RULES], INT64, READ, SHAPE(rows)) ||
        !acquire(a + RANKED_UNITS, args[RANKED_UNITS], BYTE, READ, SHAPE(rows, n)) ||
        !acquire(a + BY_ID, args[BY_ID], INT64, READ, SHAPE(n)) ||
        !acquire(a + RANKS, args[RANKS], INT64, WRITE, SHAPE(rows, n)) ||
        !acquire(a + ORDER, args[ORDER], INT64, WRITE, SHAPE(n)))
        goto done;
    const int64_t *by_id = integers(a + BY_ID, 0, 0);
    int64_t *order = integers(a + ORDER, 0, 0);
    if (!find_range(by_id, n, n ? n - 1 : 0, &smallest, &largest) ||
        !find_range(integers(a + KEYS, 0, 0), rows * n, INT32_MAX, &smallest, &largest)) {
        PyErr_SetString(PyExc_ValueError, "a unit or a key is out of range");
        goto done;
    }
    if (!(counts = malloc(2 * (largest - smallest + 1) * sizeof *counts))) {
        PyErr_NoMemory();
        goto done;
    }
    PyThreadState *state = begin_work(n);
    for (Py_ssize_t row = 0; row < rows; row++) {
        const int64_t *keys = integers(a + KEYS, row, 0);
        const uint8_t *ranked = bytes(a + RANKED_UNITS, row, 0);
        const int64_t ties = *integers(a + TIES_RULES, 0, row);
        int64_t *ranks = integers(a + RANKS, row, 0);
        find_range(keys, n, INT32_MAX, &smallest, &largest);
        const int64_t width = largest - smallest + 1;
        if (ties == ORDINAL || row == rows - 1)
            fill_order(keys, ranked, by_id, n, largest, width, counts, order);
        if (ties != ORDINAL)
            fill_ranks(keys, ranked, n, largest, width, ties == DENSE, counts, ranks);
        for (Py_ssize_t i = 0; ties == ORDINAL && i < n; i++)
            ranks[order[i]] = ranked[order[i]] ? i + 1 : 0;
    }
    end_work(state);
    ok = 1;
done:
    free(counts);
    release(a, ARGUMENTS);
    return ok ? Py_NewRef(Py_None) : NULL;
}
