/* Ranks and order by counting. Keys are small whole numbers, the better the larger. */

#include "layout.h"
#include "native.h"

/* The ranked units first, the better first; equals as in by_id. Units that are not ranked follow, in the same way.
   counts: room for 2 x width. */
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

/* Ranks from 1; 0 for units that are not ranked. counts: room for width. */
static void fill_ranks(const int64_t *keys, const uint8_t *ranked, Py_ssize_t n, int64_t most, int64_t width, int dense,
                       int64_t *counts, int64_t *ranks) {
    int64_t next = 1;
    memset(counts, 0, width * sizeof *counts);
    for (Py_ssize_t i = 0; i < n; i++)
        counts[most - keys[i]] += ranked[i] != 0;
    for (int64_t at = 0; at < width; at++) {
        const int64_t units = counts[at];
        counts[at] = next;
        next += dense ? units > 0 : units;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        ranks[i] = ranked[i] ? counts[most - keys[i]] : 0;
}

static void find_range(const int64_t *numbers, Py_ssize_t n, int64_t *least, int64_t *most) {
    *least = *most = n ? numbers[0] : 0;
    for (Py_ssize_t i = 1; i < n; i++) {
        *least = numbers[i] < *least ? numbers[i] : *least;
        *most = numbers[i] > *most ? numbers[i] : *most;
    }
}

PyObject *rank(PyObject *module, PyObject *args) {
    (void)module;
    enum { KEYS, RANKED_UNITS, BY_ID, RANKS, ORDER, ARRAYS };
    PyObject *o[ARRAYS], *result = NULL;
    struct array a[ARRAYS] = {0};
    int64_t *counts = NULL;
    int ties;
    if (!PyArg_ParseTuple(args, "OOOiOO:rank", o + KEYS, o + RANKED_UNITS, o + BY_ID, &ties, o + RANKS, o + ORDER) ||
        acquire(a + KEYS, o[KEYS], INT64, READ, SHAPE(ANY, ANY)) < 0)
        goto done;
    const Py_ssize_t rows = size_of(a + KEYS, 0), n = size_of(a + KEYS, 1);
    if (acquire(a + RANKED_UNITS, o[RANKED_UNITS], BYTE, READ, SHAPE(rows, n)) < 0 ||
        acquire(a + BY_ID, o[BY_ID], INT64, READ, SHAPE(n)) < 0 ||
        acquire(a + RANKS, o[RANKS], INT64, WRITE, SHAPE(rows, n)) < 0 ||
        acquire(a + ORDER, o[ORDER], INT64, WRITE, SHAPE(n)) < 0)
        goto done;
    const int64_t *by_id = a[BY_ID].view.buf;
    int64_t *order = a[ORDER].view.buf, least, most;
    find_range(a[KEYS].view.buf, rows * n, &least, &most);
    int fits = least >= 0 && most <= INT32_MAX;
    find_range(by_id, n, &least, &most);
    if (!fits || least < 0 || most >= (n ? n : 1)) {
        PyErr_SetString(PyExc_ValueError, "a key, or a unit, is out of range");
        goto done;
    }
    PyThreadState *working = begin_work(n);
    for (Py_ssize_t row = 0; fits && row < rows; row++) {
        const int64_t *keys = integers(a + KEYS, row, 0);
        const uint8_t *ranked = bytes(a + RANKED_UNITS, row, 0);
        int64_t *ranks = integers(a + RANKS, row, 0);
        find_range(keys, n, &least, &most);
        const int64_t width = most - least + 1;
        free(counts);
        if (!(fits = (counts = malloc(2 * width * sizeof *counts)) != NULL))
            break;
        if (ties == ORDINAL || row == rows - 1)
            fill_order(keys, ranked, by_id, n, most, width, counts, order);
        if (ties != ORDINAL)
            fill_ranks(keys, ranked, n, most, width, ties == DENSE, counts, ranks);
        for (Py_ssize_t i = 0; ties == ORDINAL && i < n; i++)
            ranks[order[i]] = ranked[order[i]] ? i + 1 : 0;
    }
    end_work(working);
    result = fits ? Py_NewRef(Py_None) : PyErr_NoMemory();
done:
    free(counts);
    release(a, ARRAYS);
    return result;
}
