/* A table of lines, evaluated for a tile of units at a time, so that everything about a tile stays in the first caches. */

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

/* Lines with what they read and what they fill. */
struct lines {
    Py_buffer table, pool;
    long long parts;             /* slots of parts */
    struct array answers;        /* (rows, n) */
    struct array excluded;       /* (exclusions, n) or none */
    struct array points, status; /* (criteria, n) or none */
    struct array remainders;     /* (criteria, n) or none */
    PyObject *settle;            /* called for what doubles cannot tell: (criterion, unit) -> points, remainder */
    PyThreadState *working;      /* of begin_work() */
    struct given *slots;         /* results of parts; 0: of the criterion */
    uint8_t *excluded_here;      /* (TILE) */
    uint16_t *missing_here;      /* (groups, TILE) */
};

/* Acquires what lines read and fill, from the objects that Python passed. -1 with an exception. */
int acquire_lines(struct lines *lines, PyObject *answers, PyObject *excluded, PyObject *points, PyObject *status,
                  PyObject *remainders, Py_ssize_t groups);

/* Evaluates n units from `at` on, and adds to the sums of groups, if there are any. -1 with an exception. */
int evaluate_tile(struct lines *lines, Py_ssize_t at, Py_ssize_t n, const struct sums *groups);

void release_lines(struct lines *lines);

#endif
