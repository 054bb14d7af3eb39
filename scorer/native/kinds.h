/* The arithmetic of the kinds of lines in formulas/lines.py, for one tile of units. */

#ifndef SCORER_KINDS_H
#define SCORER_KINDS_H

#include "lines.h"

/* What a line gives one tile of units. */
struct given {
    double *points;
    double *remainder;  /* exact points minus rounded points; valid if rounds */
    uint8_t *missing;   /* whether an answer is missing */
    uint8_t *inexact;   /* whether doubles cannot tell the points; valid if some_inexact */
    int rounds, some_inexact;
    int approximate;    /* whether a remainder that is a half as a double may be another number close by */
};

/* Below this, rounding a x b / c of whole numbers gives the exactly rounded quotient. A true quotient q = p / c that is
   no exact half lies at least 1 / (2c) = q / (2p) from one, and with p below 2^52 that is more than half a unit in the
   last place of q, so the division cannot round it onto the half. One bit less, as rounded() needs. */
static const double EXACT = 0x1p51;
static const double NEAR_HALF = 1e-3; /* so near to half a micropoint, sums of remainders within 10^-6 decide nothing */

WIDE static void note_missing(const double *restrict answers, Py_ssize_t n, uint8_t *restrict missing) {
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = answers[i] != answers[i];
}

/* start + each x answer, between 0 and end. No product that a double rounds is below the end. */
WIDE static void capped(const struct line *line, const double *restrict answers, Py_ssize_t n, struct given *out) {
    const double start = line->start, each = line->each, end = line->end;
    double *restrict points = out->points;
    for (Py_ssize_t i = 0; i < n; i++) {
        double sum = start + each * answers[i];
        sum = sum < end ? sum : end;
        sum = rounded(sum > 0 ? sum : 0);
        points[i] = answers[i] == answers[i] ? sum : 0;
    }
    note_missing(answers, n, out->missing);
}

/* Points of the last edge that an answer reaches. */
WIDE static void ladder(const struct line *line, const double *restrict pool, const double *restrict answers,
                        Py_ssize_t n, struct given *out) {
    const double *edges = pool + line->edges, *gives = edges + line->count;
    const double scale = line->scale;
    double *restrict points = out->points;
    for (Py_ssize_t i = 0; i < n; i++)
        points[i] = gives[0];
    for (int64_t j = 0; j < line->count; j++) {
        const double edge = edges[j], give = gives[j + 1];
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] = answers[i] * scale >= edge ? give : points[i];
    }
    note_missing(answers, n, out->missing);
}

/* part / whole x each for whole numbers, 0 <= part <= whole, whose product a double may not hold; an exact half goes to
   the even number. Inexact are a whole beyond whole doubles, and a remainder that is a half only as a double. */
static double divide_exactly(double part, double whole, double each, double *remainder, uint8_t *inexact) {
    if (!(whole >= 1 && whole < 0x1p53 && each < 0x1p62)) {
        *inexact = 1;
        *remainder = 0;
        return 0;
    }
    const __int128 product = (__int128)part * (int64_t)each, divisor = (int64_t)whole;
    __int128 nearest = product / divisor, left = product % divisor;
    if (2 * left > divisor || (2 * left == divisor && nearest % 2)) {
        nearest++;
        left -= divisor;
    }
    *remainder = (double)left / whole;
    *inexact = fabs(*remainder) == 0.5 && 2 * left != divisor && 2 * left != -divisor;
    return (double)nearest;
}

/* (numerator / denominator, at most 1) x each. Multiplied first: dividing first is wrong now and then. */
WIDE static void quotient(const struct line *line, const double *restrict numerators,
                          const double *restrict denominators, Py_ssize_t n, struct given *out) {
    const double each = line->each, nothing = line->end, scale = line->scale;
    double *restrict points = out->points, *restrict remainder = out->remainder;
    uint8_t *restrict missing = out->missing, *restrict inexact = out->inexact;
    int64_t large = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        double part = numerators[i] * scale, whole = denominators[i] * scale;
        if (scale != 1) {
            part = rounded(part);
            whole = rounded(whole);
        }
        double product = (part < whole ? part : whole) * each, exact = product / whole, nearest = rounded(exact);
        double left = whole == 0 ? 0 : exact - nearest;
        nearest = whole == 0 ? nothing : nearest;
        points[i] = __builtin_isunordered(part, whole) ? 0 : nearest;
        remainder[i] = __builtin_isunordered(part, whole) ? 0 : left;
        large |= (product >= EXACT ? 1 : 0) | (whole >= EXACT / 2 ? 1 : 0);
    }
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = __builtin_isunordered(numerators[i], denominators[i]);
    out->some_inexact = large != 0;
    for (Py_ssize_t i = 0; large && i < n; i++) {
        const double part = scale == 1 ? numerators[i] : millionths(numerators[i]);
        const double whole = scale == 1 ? denominators[i] : millionths(denominators[i]);
        const double less = part < whole ? part : whole;
        inexact[i] = 0;
        if (!missing[i] && (less * each >= EXACT || whole >= EXACT / 2))
            points[i] = divide_exactly(less, whole, each, remainder + i, inexact + i);
    }
}

/* How far an answer is on the way from start to its end, of which all is each points. */
WIDE static void slope(const struct line *line, const double *restrict answers, Py_ssize_t n, struct given *out) {
    const double start = line->start, length = line->end, each = line->each, sign = line->scale;
    double *restrict points = out->points, *restrict remainder = out->remainder;
    uint8_t *restrict missing = out->missing, *restrict inexact = out->inexact;
    int64_t large = length >= EXACT; /* an answer beyond whole doubles from the start is beyond a shorter end, too */
    for (Py_ssize_t i = 0; i < n; i++) {
        double answer = rounded(answers[i] * 1e6), way = (answer - start) * sign;
        way = way < length ? way : length;
        way = way > 0 ? way : 0;
        double product = way * each, exact = product / length, nearest = rounded(exact);
        points[i] = answers[i] == answers[i] ? nearest : 0;
        remainder[i] = answers[i] == answers[i] ? exact - nearest : 0;
        large |= (product >= EXACT ? 1 : 0) | (fabs(answer) >= EXACT / 2 ? 1 : 0);
    }
    note_missing(answers, n, out->missing);
    out->some_inexact = large != 0;
    for (Py_ssize_t i = 0; large && i < n; i++) {
        const double answer = millionths(answers[i]);
        double way = (answer - start) * sign;
        way = way < length ? way : length;
        way = way > 0 ? way : 0;
        inexact[i] = 0;
        if (!missing[i] && (way * each >= EXACT || fabs(answer) >= EXACT / 2 || length >= EXACT))
            points[i] = divide_exactly(way, length, each, remainder + i, inexact + i);
    }
}

/* Points, remainders, and whether an answer is missing, worked out before by something that is no line. */
WIDE static void given_before(const double *restrict points, const double *restrict remainders,
                              const double *restrict missing, Py_ssize_t n, struct given *out) {
    memcpy(out->points, points, n * sizeof(double));
    memcpy(out->remainder, remainders, n * sizeof(double));
    for (Py_ssize_t i = 0; i < n; i++)
        out->missing[i] = missing[i] != 0;
    out->approximate = 1;
}

/* What sums and bests have in common: the whole misses an answer, or is inexact, where a part is. */
WIDE static void combine(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out) {
    memcpy(out->missing, parts[0].missing, n);
    for (int64_t p = 1; p < count; p++)
        for (Py_ssize_t i = 0; i < n; i++)
            out->missing[i] |= parts[p].missing[i];
    memset(out->inexact, 0, TILE);
    for (int64_t p = 0; p < count; p++) {
        out->approximate |= parts[p].approximate;
        if (parts[p].some_inexact) {
            out->some_inexact = 1;
            for (Py_ssize_t i = 0; i < n; i++)
                out->inexact[i] |= parts[p].inexact[i];
        }
    }
}

/* Parts added up, and rounded once: three thirds make a whole. */
WIDE static void sum_of(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out) {
    double *restrict points = out->points, *restrict remainder = out->remainder;
    int64_t rounding = 0, odd = 0;
    combine(parts, count, n, out);
    memset(points, 0, n * sizeof(double));
    memset(remainder, 0, n * sizeof(double));
    for (int64_t p = 0; p < count; p++) {
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] += parts[p].points[i];
        if (!parts[p].rounds)
            continue;
        rounding++;
        for (Py_ssize_t i = 0; i < n; i++)
            remainder[i] += parts[p].remainder[i];
    }
    if (rounding == 1) /* an exact half, which went to the even number before, may have to go to the other one */
        for (Py_ssize_t i = 0; i < n; i++) {
            double half = points[i] / 2;
            const int is_half = remainder[i] == 0.5 || remainder[i] == -0.5;
            double over = is_half && rounded(half) != half ? 2 * remainder[i] : 0;
            points[i] += over;
            remainder[i] -= over;
            odd |= over != 0 ? 1 : 0;
            out->inexact[i] |= out->approximate && over != 0;
        }
    out->some_inexact |= out->approximate && odd;
    if (rounding > 1) {
        int64_t some_inexact = 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            double carry = rounded(remainder[i]);
            points[i] += carry;
            remainder[i] -= carry;
            some_inexact |= (remainder[i] > 0.5 - NEAR_HALF ? 1 : 0) | (remainder[i] < NEAR_HALF - 0.5 ? 1 : 0);
        }
        if (some_inexact) {
            out->some_inexact = 1;
            for (Py_ssize_t i = 0; i < n; i++)
                out->inexact[i] |= remainder[i] > 0.5 - NEAR_HALF || remainder[i] < NEAR_HALF - 0.5;
        }
    }
}

/* The best of alternatives; of several with the same rounded points, what rounding left of the largest. */
WIDE static void best_of(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out) {
    double *restrict points = out->points, *restrict remainder = out->remainder;
    combine(parts, count, n, out);
    for (Py_ssize_t i = 0; i < n; i++)
        points[i] = remainder[i] = -HUGE_VAL;
    for (int64_t p = 0; p < count; p++)
        for (Py_ssize_t i = 0; i < n; i++) {
            double given = parts[p].points[i], left = parts[p].rounds ? parts[p].remainder[i] : 0;
            double larger = left > remainder[i] ? left : remainder[i];
            remainder[i] = given > points[i] ? left : given == points[i] ? larger : remainder[i];
            points[i] = given > points[i] ? given : points[i];
        }
}

#endif
