/* Ranks and order by counting: steps are small whole numbers, the better the larger. */

#include "native.h"

/* Whether every step is from 0 to `most`, and every place from 0 to n - 1. */
static int in_range(const int64_t *numbers, Py_ssize_t n, int64_t most) {
    int64_t bad = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        bad |= numbers[i] < 0 || numbers[i] > most;
    return !bad;
}

/* Competition ranks, or dense ones; 0 for who is not ranked. counts: (most + 1) zeros. */
static void ranks_of(const int64_t *steps, const uint8_t *ranked, Py_ssize_t n, int64_t most, int dense,
                     int64_t *counts, int64_t *ranks) {
    int64_t next = 1;
    for (Py_ssize_t i = 0; i < n; i++)
        counts[steps[i]] += ranked[i];
    for (int64_t step = most; step >= 0; step--) {
        int64_t units = counts[step];
        counts[step] = next;
        next += dense ? units > 0 : units;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        ranks[i] = ranked[i] ? counts[steps[i]] : 0;
}

/* Ranked units first, the better first, equals by id. counts: 2 (most + 1) zeros; units: in order of id. */
static void order_of(const int64_t *steps, const uint8_t *ranked, const int64_t *units, Py_ssize_t n, int64_t most,
                     int64_t *counts, int64_t *order) {
    const int64_t unranked = most + 1;
    int64_t before = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        counts[most - steps[i] + (ranked[i] ? 0 : unranked)]++;
    for (int64_t at = 0; at < 2 * unranked; at++) {
        int64_t here = counts[at];
        counts[at] = before;
        before += here;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        const int64_t unit = units[i];
        order[counts[most - steps[unit] + (ranked[unit] ? 0 : unranked)]++] = unit;
    }
}

PyObject *rank_steps(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[3], *result = NULL;
    long long most;
    int dense;
    int64_t *counts = NULL;
    struct rows rows[3] = {0};
    struct rows *steps = rows, *ranked = rows + 1, *ranks = rows + 2;
    if (!PyArg_ParseTuple(args, "OOLpO:rank_steps", given, given + 1, &most, &dense, given + 2) ||
        hold(steps, given[0], 1, WHOLE, -1, READ) < 0)
        goto done;
    const Py_ssize_t n = height(steps);
    if (hold(ranked, given[1], 1, TRUTH, n, READ) < 0 || hold(ranks, given[2], 1, WHOLE, n, WRITE) < 0)
        goto done;
    if (most < 0 || most > INT32_MAX || !in_range(steps->view.buf, n, most)) {
        PyErr_SetString(PyExc_ValueError, "a step is out of range");
        goto done;
    }
    if (!(counts = calloc(most + 1, sizeof *counts))) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS;
    ranks_of(steps->view.buf, ranked->view.buf, n, most, dense, counts, ranks->view.buf);
    Py_END_ALLOW_THREADS;
    result = Py_NewRef(Py_None);
done:
    free(counts);
    let_go(rows, 3);
    return result;
}

PyObject *order_steps(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given[4], *result = NULL;
    long long most;
    int64_t *counts = NULL;
    struct rows rows[4] = {0};
    struct rows *steps = rows, *ranked = rows + 1, *units = rows + 2, *order = rows + 3;
    if (!PyArg_ParseTuple(args, "OOOLO:order_steps", given, given + 1, given + 2, &most, given + 3) ||
        hold(steps, given[0], 1, WHOLE, -1, READ) < 0)
        goto done;
    const Py_ssize_t n = height(steps);
    if (hold(ranked, given[1], 1, TRUTH, n, READ) < 0 || hold(units, given[2], 1, WHOLE, n, READ) < 0 ||
        hold(order, given[3], 1, WHOLE, n, WRITE) < 0)
        goto done;
    if (most < 0 || most > INT32_MAX || !in_range(steps->view.buf, n, most) ||
        !in_range(units->view.buf, n, n - 1)) {
        PyErr_SetString(PyExc_ValueError, "a step or a unit's place is out of range");
        goto done;
    }
    if (!(counts = calloc(2 * (most + 1), sizeof *counts))) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS;
    order_of(steps->view.buf, ranked->view.buf, units->view.buf, n, most, counts, order->view.buf);
    Py_END_ALLOW_THREADS;
    result = Py_NewRef(Py_None);
done:
    free(counts);
    let_go(rows, 4);
    return result;
}
