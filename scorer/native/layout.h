/* The codes and records that Python and C share. They are defined here only: the module exports them to Python. */

#ifndef SCORER_LAYOUT_H
#define SCORER_LAYOUT_H

#include <stdint.h>

/* Kinds of lines, as formulas/lines.py describes them. */
#define KINDS(CODE) \
    CODE(CAPPED)    \
    CODE(LADDER)    \
    CODE(QUOTIENT)  \
    CODE(SLOPE)     \
    CODE(GIVEN)     \
    CODE(SUM)       \
    CODE(BEST)

/* What became of a criterion of a unit: scorer.plugins.group.Status. */
#define STATUSES(CODE) \
    CODE(UNSET_STATUS) \
    CODE(SCORED)       \
    CODE(MISSING)      \
    CODE(NOT_APPLICABLE)

/* Whether a unit is ranked in a category: scorer.engine.scoring.Standing. */
#define STANDINGS(CODE) \
    CODE(UNSET_STANDING) \
    CODE(RANKED)         \
    CODE(BELOW_MINIMUM)  \
    CODE(NOTHING_APPLICABLE)

/* How units with equal scores are ranked. */
#define TIES(CODE) \
    CODE(COMPETITION) \
    CODE(DENSE)       \
    CODE(ORDINAL)

#define ENUMERATOR(name) name,
enum kind { KINDS(ENUMERATOR) };
enum status { STATUSES(ENUMERATOR) };
enum standing { STANDINGS(ENUMERATOR) };
enum ties { TIES(ENUMERATOR) };

/* One line: a formula with its most points, or a part of one. Parts stand before the line that they belong to. */
#define LINE(WHOLE, REAL)                                                                                          \
    WHOLE(kind)                                                                                                    \
    WHOLE(slot)        /* 0 for a criterion; otherwise where the result of this part is kept */                    \
    WHOLE(first)       /* row of the answer, or of the numerator; slot of the first part */                        \
    WHOLE(second)      /* row of the denominator; number of parts */                                               \
    WHOLE(edges)       /* where its edges begin in the pool; the points below and from each follow them */         \
    WHOLE(count)       /* of edges */                                                                              \
    WHOLE(rounds)      /* whether rounding it, or a part of it, leaves a remainder */                              \
    WHOLE(group)       /* the group whose sums it adds to */                                                       \
    WHOLE(measure)     /* another group, which is this criterion alone because gates compare it; or -1 */          \
    WHOLE(exclusion)   /* row of the units for which it does not apply; or -1 */                                   \
    WHOLE(zero_excludes)    /* whether it does not apply when its denominator is 0 */                              \
    WHOLE(missing_excludes) /* whether it does not apply when an answer is missing */                              \
    REAL(scale)        /* of answers: 1, -1, or a million for answers in millionths */                             \
    REAL(start)                                                                                                    \
    REAL(each)         /* points of one; of the whole length, or of a whole */                                     \
    REAL(end)          /* most points of CAPPED; length of SLOPE; points of QUOTIENT when the denominator is 0 */  \
    REAL(maximum)      /* what its group's maximum loses when it does not apply */                                 \
    REAL(sign)         /* -1 for a penalty */

/* What the gates of one category compare with one sum: each edge that the sum reaches moves a unit to the cell that
   is `stride` further in the category's decision table. */
#define COMPARISON(WHOLE, REAL)                                                    \
    WHOLE(category)                                                                \
    WHOLE(sum)   /* of which the percentage is compared; s + k: points of sum k */ \
    WHOLE(edges) /* where they begin in the pool */                                \
    WHOLE(count) /* of edges */                                                    \
    WHOLE(stride)

#define WHOLE_MEMBER(name) int64_t name;
#define REAL_MEMBER(name) double name;
struct line {
    LINE(WHOLE_MEMBER, REAL_MEMBER)
};
struct comparison {
    COMPARISON(WHOLE_MEMBER, REAL_MEMBER)
};

#endif
