/* Evaluates a table of lines for one tile of units at a time. */

#ifndef SCORER_LINES_H
#define SCORER_LINES_H

#include "layout.h"
#include "native.h"

enum { TILE = 2048 }; /* units; smaller tiles read too little of each row at a time, larger ones leave the L2 cache */

/* Sums, such as those of groups: arrays with one row per sum, at the first unit of a tile. */
struct sums {
    double *points, *maximum, *missing, *not_applicable;
    Py_ssize_t stride; /* distance between rows */
    Py_ssize_t count;  /* number of rows */
};

/* The first arguments of functions that evaluate lines. */
enum { LINES, POOL, SLOTS, ANSWERS, EXCLUDED, CRITERION_POINTS, STATUS, REMAINDERS, ROUND_EXACTLY,
       LINE_ARGUMENTS };

/* The lines of a call, the arrays that they read and fill, and scratch memory. */
struct lines {
    struct array arrays[LINE_ARGUMENTS];
    long long slots;          /* number of slots for nested lines */
    PyObject *round_exactly;  /* called if doubles are not precise enough: (criterion, unit) -> points, remainder */
    PyThreadState *state;     /* from begin_work() */
    struct result *results;   /* by slot; 0: of the criterion */
    uint8_t *excluded;        /* (TILE) whether the criterion does not apply to a unit */
    uint16_t *missing;        /* (groups, TILE) counts; more short numbers than doubles fit a register */
};

/* Acquires the first arguments and allocates scratch memory for a tile. Returns whether this succeeded; otherwise an
   exception is set. In both cases, the caller calls release_lines(). */
int acquire_lines(struct lines *lines, PyObject *const *args, Py_ssize_t groups);
void release_lines(struct lines *lines);

/* Evaluates n units from `start` on, and adds their points to the sums of `groups`, which may have no rows. Returns
   whether this succeeded; otherwise an exception is set. */
int evaluate_tile(struct lines *lines, Py_ssize_t start, Py_ssize_t n, const struct sums *groups);

#endif
