/* Combines groups into categories, and categories into the overall sum. */

#ifndef SCORER_COMBINE_H
#define SCORER_COMBINE_H

#include "lines.h"

/* How the categories and the overall sum are combined. */
struct combining {
    const struct composition *compositions; /* (c + 1) the categories, then the overall sum */
    Py_ssize_t categories;                  /* c */
    const uint8_t *members;                 /* (s, groups) which groups each sum includes */
    const double *nominal;                  /* (c + 1 or more) maximum of each sum if every criterion applied */
    const double *pool;                     /* holds the weights of means */
    PyObject *mean_exactly;                 /* called if doubles are not precise enough: (sum, points and maxima) */
    struct lines *lines;                    /* holds the interpreter's state */
};

/* Limits the points and the applicable maxima of groups to their caps. */
void cap_groups(const double *caps, const struct sums *groups, Py_ssize_t n);

/* Fills all sums of groups except the overall sum. Returns whether this succeeded; otherwise an exception is set. */
int combine_groups(const struct combining *job, const struct sums *groups, const struct sums *sums, Py_ssize_t scored,
                   Py_ssize_t n);

/* Fills the overall sum from those of the categories; `converted` are their converted scores, with the stride of sums.
   Returns whether this succeeded; otherwise an exception is set. */
int combine_categories(const struct combining *job, const struct sums *sums, const double *converted, Py_ssize_t n);

#endif
