/* Ranks and order by counting. Keys are whole numbers, the better the larger. */

#include "layout.h"
#include "native.h"

/* The ranked units first, the better first; equals as in by_id. Units that are not ranked follow, in the same way.
   counts: room for 2 x width, width being the number of keys from the least to `most`. */
static void fill_order(const int64_t *keys, const uint8_t *ranked, const int64_t *by_id, Py_ssize_t n, int64_t most,
                       int64_t width, int64_t *counts, int64_t *order) {
    int64_t before = 0;
    memset(counts, 0, 2 * width * sizeof *counts);
    for (Py_ssize_t i = 0; i < n; i++) /* of by_id, so that a unit given twice is counted twice, too */
        counts[most - keys[by_id[i]] + (ranked[by_id[i]] ? 0 : width)]++;
    for (int64_t at = 0; at < 2 * width; at++) {
        const int64_t here = counts[at];
        counts[at] = before;
        before += here;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        order[counts[most - keys[by_id[i]] + (ranked[by_id[i]] ? 0 : width)]++] = by_id[i];
}

/* Ranks from 1 of units in order; 0 for units that are not ranked. */
static void fill_ranks(const int64_t *keys, const uint8_t *ranked, const int64_t *order, Py_ssize_t n, enum ties ties,
                       int64_t *ranks) {
    int64_t rank = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i == 0 || ties == ORDINAL || keys[order[i]] != keys[order[i - 1]])
            rank = ties == DENSE ? rank + 1 : i + 1;
        ranks[order[i]] = ranked[order[i]] ? rank : 0;
    }
}

/* Whether all numbers are at least 0 and at most `limit`. Tells the least and the most. */
static int find_range(const int64_t *numbers, Py_ssize_t n, int64_t limit, int64_t *least, int64_t *most) {
    *least = *most = n ? numbers[0] : 0;
    for (Py_ssize_t i = 1; i < n; i++) {
        *least = numbers[i] < *least ? numbers[i] : *least;
        *most = numbers[i] > *most ? numbers[i] : *most;
    }
    return *least >= 0 && *most <= limit;
}

PyObject *rank(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    enum { KEYS, RANKED_UNITS, BY_ID, TIES_RULE, RANKS, ORDER, ARGUMENTS };
    struct array a[ARGUMENTS] = {0};
    int64_t *counts = NULL, least, most;
    int ok = 0;
    if (!takes(ARGUMENTS, count) || !acquire(a + KEYS, args[KEYS], INT64, READ, SHAPE(ANY, ANY)))
        goto done;
    const Py_ssize_t rows = size_of(a + KEYS, 0), n = size_of(a + KEYS, 1);
    const enum ties ties = (enum ties)PyLong_AsLong(args[TIES_RULE]);
    if (PyErr_Occurred() || !acquire(a + RANKED_UNITS, args[RANKED_UNITS], BYTE, READ, SHAPE(rows, n)) ||
        !acquire(a + BY_ID, args[BY_ID], INT64, READ, SHAPE(n)) ||
        !acquire(a + RANKS, args[RANKS], INT64, WRITE, SHAPE(rows, n)) ||
        !acquire(a + ORDER, args[ORDER], INT64, WRITE, SHAPE(n)))
        goto done;
    const int64_t *by_id = integers(a + BY_ID, 0, 0);
    int64_t *order = integers(a + ORDER, 0, 0);
    if (!find_range(by_id, n, n ? n - 1 : 0, &least, &most) ||
        !find_range(integers(a + KEYS, 0, 0), rows * n, INT32_MAX, &least, &most)) {
        PyErr_SetString(PyExc_ValueError, "a unit, or a key, is out of range");
        goto done;
    }
    if (!(counts = malloc(2 * (most - least + 1) * sizeof *counts))) {
        PyErr_NoMemory();
        goto done;
    }
    PyThreadState *working = begin_work(n);
    for (Py_ssize_t row = 0; row < rows; row++) {
        const int64_t *keys = integers(a + KEYS, row, 0);
        const uint8_t *ranked = bytes(a + RANKED_UNITS, row, 0);
        find_range(keys, n, INT32_MAX, &least, &most);
        fill_order(keys, ranked, by_id, n, most, most - least + 1, counts, order);
        fill_ranks(keys, ranked, order, n, ties, integers(a + RANKS, row, 0));
    }
    end_work(working);
    ok = 1;
done:
    free(counts);
    release(a, ARGUMENTS);
    return ok ? Py_NewRef(Py_None) : NULL;
}
