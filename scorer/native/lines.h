/* Lines of formulas, and what each kind gives one tile of units. */

#ifndef SCORER_LINES_H
#define SCORER_LINES_H

#include "native.h"

enum { TILE = 512 };
enum kind { CAPPED, LADDER, QUOTIENT, SLOPE, GIVEN, SUM, BEST };

/* One line, as formulas/table.py lays it out. */
struct line {
    int64_t kind;
    int64_t slot;   /* 0 for a criterion; otherwise where it stands as a part */
    int64_t first;  /* matrix row of the answer, or of the numerator; slot of the first part */
    int64_t second; /* matrix row of the denominator; how many parts */
    int64_t edges;  /* where its edges begin in the pool; their points, with those of none before, follow them */
    int64_t count;  /* of edges */
    int64_t rounds; /* whether it, or a part, leaves a rest */
    int64_t group;  /* whose sums it adds to */
    int64_t leaver; /* row of left_out, or -1 */
    int64_t leaves_when_zero;
    int64_t leaves_when_missing;
    double scale;   /* of answers: 1, -1, or a million for those in millionths */
    double start;
    double each;    /* points of one; of the whole length, or of a whole */
    double end;     /* most points of CAPPED; length of SLOPE; points of QUOTIENT when there is nothing to divide by */
    double maximum; /* what leaving it out takes from the group's maximum */
    double sign;    /* -1 for a penalty */
};

/* One tile of what a line gives. */
struct given {
    double *points;
    double *rest;     /* valid if rounds */
    uint8_t *missing;
    uint8_t *doubt;   /* valid if doubtful */
    int rounds, doubtful;
};

void capped(const struct line *line, const double *answers, Py_ssize_t n, struct given *out);
void ladder(const struct line *line, const double *pool, const double *answers, Py_ssize_t n, struct given *out);
void quotient(const struct line *line, const double *numerators, const double *denominators, Py_ssize_t n,
              struct given *out);
void slope(const struct line *line, const double *answers, Py_ssize_t n, struct given *out);
void given_before(const double *points, const double *rests, const double *missing, Py_ssize_t n, struct given *out);
void sum_of(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out);
void best_of(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out);

#endif
