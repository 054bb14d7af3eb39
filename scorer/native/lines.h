/* A table of lines, evaluated for a tile of units at a time. */

#ifndef SCORER_LINES_H
#define SCORER_LINES_H

#include "layout.h"
#include "native.h"

enum { TILE = 2048 }; /* units: fewer read too little of each row of answers at a time, more leave the second cache */

/* Sums of groups, or of groups of groups: a row each, from the first unit of a tile on. */
struct sums {
    double *points, *maximum, *missing, *not_applicable;
    Py_ssize_t stride; /* between rows */
    Py_ssize_t count;  /* of rows */
};

/* The first arguments of functions that evaluate lines. */
enum { LINES, POOL, SLOTS, ANSWERS, EXCLUDED, CRITERION_POINTS, STATUS, REMAINDERS, SETTLE, LINE_ARGUMENTS };

/* Lines with what they read and what they fill. */
struct lines {
    struct array arrays[LINE_ARGUMENTS];
    long long slots;         /* of parts */
    PyObject *settle;        /* called for what doubles cannot tell: (criterion, unit) -> points, remainder */
    PyThreadState *working;  /* of begin_work() */
    struct given *given;     /* results of parts; 0: of the criterion */
    uint8_t *excluded;       /* (TILE) units for which the criterion does not apply */
};

/* Acquires the first arguments, and makes the scratch of a tile. Returns whether that worked; otherwise an exception is
   set. Either way, the lines are to be released. */
int acquire_lines(struct lines *lines, PyObject *const *args, Py_ssize_t groups);
void release_lines(struct lines *lines);

/* Evaluates n units from `at` on, and adds to the sums of groups, if there are any. Returns whether that worked. */
int evaluate_tile(struct lines *lines, Py_ssize_t at, Py_ssize_t n, const struct sums *groups);

#endif
