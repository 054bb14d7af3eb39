/* The codes and records that Python and C share. They are defined here only: the module exports them to Python. */

#ifndef SCORER_LAYOUT_H
#define SCORER_LAYOUT_H

#include <stdint.h>

/* Kinds of lines; formulas/native_lines.py describes them. */
#define KINDS(CODE) \
    CODE(CAPPED)    \
    CODE(LADDER)    \
    CODE(QUOTIENT)  \
    CODE(SLOPE)     \
    CODE(COMPUTED)  \
    CODE(SUM)       \
    CODE(BEST)

/* Status of one criterion of one unit: scorer.plugins.group.Status. */
#define STATUSES(CODE) \
    CODE(UNSET_STATUS) \
    CODE(SCORED)       \
    CODE(MISSING)      \
    CODE(NOT_APPLICABLE)

/* Whether a unit is ranked in a category: scorer.engine.scoring.Standing. */
#define STANDINGS(CODE)      \
    CODE(UNSET_STANDING)     \
    CODE(RANKED)             \
    CODE(BELOW_MINIMUM)      \
    CODE(NOTHING_APPLICABLE) \
    CODE(EXCLUDED_BY_LIMIT)

/* How units with equal scores are ranked. */
#define TIES(CODE) \
    CODE(COMPETITION) \
    CODE(DENSE)       \
    CODE(ORDINAL)

/* How a category or the overall sum is combined: scorer.engine.composition. */
#define METHODS(CODE)      \
    CODE(SUM_OF_POINTS)    \
    CODE(SUM_OF_CONVERTED) \
    CODE(ARITHMETIC_MEAN)  \
    CODE(GEOMETRIC_MEAN)

/* How converted scores are rounded to published ones. DOWN is towards zero, UP away from zero. */
#define ROUNDINGS(CODE) \
    CODE(HALF_UP)       \
    CODE(HALF_EVEN)     \
    CODE(DOWN)          \
    CODE(UP)

#define ENUMERATOR(name) name,
enum kind { KINDS(ENUMERATOR) };
enum status { STATUSES(ENUMERATOR) };
enum standing { STANDINGS(ENUMERATOR) };
enum ties { TIES(ENUMERATOR) };
enum method { METHODS(ENUMERATOR) };
enum rounding { ROUNDINGS(ENUMERATOR) };

/* The fields of a line. A line is the formula of a criterion, or a formula nested in it. Nested lines come before the line that
   combines them. Which fields a line uses depends on its kind. */
#define LINE(INTEGER, REAL)                                                                                            \
    INTEGER(kind)                                                                                                      \
    INTEGER(slot)             /* 0 for a criterion; nested: the slot that keeps its result */                      \
    INTEGER(row)              /* matrix row of the answer; QUOTIENT: of the numerator; COMPUTED: of the points */      \
    INTEGER(denominator_row)  /* QUOTIENT: matrix row of the denominator */                                            \
    INTEGER(first_nested)     /* SUM and BEST: slot of the first nested line; the others follow it */                    \
    INTEGER(nested_count)     /* SUM and BEST */                                                                       \
    INTEGER(thresholds)       /* LADDER: pool index of the first threshold; the points below the first threshold, */   \
                              /* and from each threshold on, follow the last threshold */                              \
    INTEGER(threshold_count)  /* LADDER */                                                                             \
    INTEGER(rounds)           /* whether the line or one of its nested lines can have a remainder */                          \
    INTEGER(group)            /* the group to which the criterion is added */                                          \
    INTEGER(measure)          /* a further group, with this criterion only, because gates compare it; or -1 */         \
    INTEGER(exclusion)        /* row of `excluded`: the units to which the criterion does not apply; or -1 */          \
    INTEGER(zero_excludes)    /* QUOTIENT: whether the criterion does not apply if the denominator is 0 */             \
    INTEGER(missing_excludes) /* whether the criterion does not apply if an answer is missing */                       \
    REAL(scale)               /* factor for answers: 1, -1, or 1e6 for answers in millionths */                        \
    REAL(start)               /* CAPPED: points if the answer is 0; SLOPE: the answer that gives 0 points */           \
    REAL(each)                /* CAPPED: points per 1 of the answer */                                                 \
    REAL(cap)                 /* CAPPED, QUOTIENT, SLOPE: the most points */                                           \
    REAL(length)              /* SLOPE: distance from `start` to the answer at the end of the line */                  \
    REAL(target)              /* SLOPE: distance from `start` from which on the most points are given */               \
    REAL(factor)              /* QUOTIENT: numerators are multiplied by it, */                                         \
    REAL(denominator_factor)  /* and denominators by this, so that the quotient is relative to a target */             \
    REAL(floor)               /* SLOPE: no points below this distance from `start`; QUOTIENT: no points if */          \
    REAL(floor_factor)        /* numerator x floor_factor < denominator x floor */                                     \
    REAL(when_zero)           /* QUOTIENT: points if the denominator is 0 */                                           \
    REAL(maximum)             /* is subtracted from the group's maximum where the criterion does not apply */          \
    REAL(sign)                /* -1 for a penalty, otherwise 1 */

/* The fields of a comparison of a rule: one number of each unit with thresholds. Each threshold that the number reaches
   moves a unit `stride` cells further in the rule's table. */
#define COMPARISON(INTEGER, REAL)                                                                                      \
    INTEGER(compared)         /* of s sums, r answers and the levels of all categories: k is the percent of sum k, */  \
                              /* s + k its points, 2 s + k the answer in matrix row k, and 2 s + r + k the level of */ \
                              /* category k, counted from its worst level, 1; 0: none */                               \
    INTEGER(thresholds)       /* pool index of the first threshold */                                                  \
    INTEGER(threshold_count)                                                                                           \
    INTEGER(stride)

/* The fields of a rule: the condition of a level, or what a limit requires. */
#define RULE(INTEGER, REAL)                                                                                            \
    INTEGER(first_comparison)                                                                                          \
    INTEGER(comparison_count)                                                                                          \
    INTEGER(table)            /* index of its first cell in `tables` */

/* The fields of a decision: which outcome a unit has in a category. */
#define DECISION(INTEGER, REAL)                                                                                        \
    INTEGER(category)                                                                                                  \
    INTEGER(first_rule)                                                                                                \
    INTEGER(rule_count)                                                                                                \
    INTEGER(outcomes)         /* pool index of the levels, best first; 0 alone: units are ranked without a level */    \
    INTEGER(outcome_count)

/* The fields of a composition: how the groups of a category, or the categories, make up its points and its maximum. */
#define COMPOSITION(INTEGER, REAL)                                                                                     \
    INTEGER(method)                                                                                                    \
    INTEGER(weights)          /* means: pool index of the weights, one for each group or for each category */          \
    REAL(points)              /* means: points of a mean of 1, before the cap */                                       \
    REAL(floor)               /* fewest points; -infinity: none */                                                     \
    REAL(cap)                 /* upper limit of points and maximum; infinity: none */

#define INTEGER_MEMBER(name) int64_t name;
#define REAL_MEMBER(name) double name;
struct line {
    LINE(INTEGER_MEMBER, REAL_MEMBER)
};
struct composition {
    COMPOSITION(INTEGER_MEMBER, REAL_MEMBER)
};
struct comparison {
    COMPARISON(INTEGER_MEMBER, REAL_MEMBER)
};
struct rule {
    RULE(INTEGER_MEMBER, REAL_MEMBER)
};
struct decision {
    DECISION(INTEGER_MEMBER, REAL_MEMBER)
};

#endif
