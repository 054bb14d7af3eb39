/* The arguments and the scratch memory of score(). */

#ifndef SCORER_JOB_H
#define SCORER_JOB_H

#include "combine.h"

/* First index of an array of sums (3, s, n), and of an array of scores and counts (4, w, n). */
enum { POINTS, MAX_POINTS, PERCENT, SUM_ROWS };
enum { CONVERTED, PUBLISHED, MISSING_COUNT, NOT_APPLICABLE_COUNT, SCORE_ROWS };

/* The arguments after those of evaluate_lines(); __init__.pyi describes them. GROUP_SUMS and GROUP_SCORES are None if
   the caller does not need them. */
enum { MAXIMA = LINE_ARGUMENTS, HAS_LINES, MEMBERS, NOMINAL, STEP, ROUNDING, CAPS, COMPOSITIONS,
       MEAN_EXACTLY, DECISIONS, RULES, COMPARISONS, TABLES,
       SUMS, SCORES, GROUP_SUMS, GROUP_SCORES, CELLS, LEVELS, STANDINGS, FIRST, STOP, ARGUMENTS };

/* One call. */
struct job {
    struct lines lines;
    struct array arrays[ARGUMENTS];
    struct combining combining;
    double step;         /* micropoints in the last published decimal */
    enum rounding rounding;
    double *group_sums;  /* (4, g, TILE) in place of GROUP_SUMS and GROUP_SCORES, if these are None */
    double *shares;      /* (s or g, TILE) points / maximum in parts per million, not rounded */
    double *reached;     /* (c, TILE) levels reached, counted from the worst level, 1; 0: none */
    int64_t *allowed;    /* (TILE) bit i is set if no rule forbids outcome i */
};

#endif
