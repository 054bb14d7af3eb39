/* Decides levels: which outcome each unit has in each category. */

#ifndef SCORER_LEVELS_H
#define SCORER_LEVELS_H

#include "job.h"

/* Whether every decision, rule and comparison, and every cell that a unit can reach, lies within the arrays. */
int rules_fit(const struct job *job);

/* Fills the level and the standing of units in a category: the best outcome that all rules allow. */
void decide(const struct job *job, const struct decision *decision, Py_ssize_t start, Py_ssize_t n);

#endif
