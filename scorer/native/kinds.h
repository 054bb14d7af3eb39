/* The arithmetic of each kind of line, for one tile of units. formulas/native_lines.py describes the kinds. */

#ifndef SCORER_KINDS_H
#define SCORER_KINDS_H

#include "lines.h"

/* The results of one line for one tile of units. */
struct result {
    double *points;
    double *remainder;  /* exact points minus rounded points; valid if `rounds` */
    uint8_t *missing;   /* whether an answer is missing */
    uint8_t *inexact;   /* whether doubles are not precise enough for the points; valid if `some_inexact` */
    int rounds, some_inexact;
    int approximate;    /* whether a remainder of 0.5 as a double may be close to a half instead of equal to it */
};

/* Below this limit, rounding a x b / c of whole numbers gives the exactly rounded quotient. A true quotient q = p / c
   that is not an exact half is at least 1 / (2c) = q / (2p) away from one. With p below 2^52, this is more than half a
   unit in the last place of q, so the division cannot round it to the half. The limit is one bit less because of
   rounded(). */
static const double EXACT = 0x1p51;
/* Remainders this close to half a micropoint need round_exactly(): sums of remainders are exact only to 10^-6. */
static const double NEAR_HALF = 1e-3;

AVX2_CLONE static void find_missing(const double *restrict answers, Py_ssize_t n, uint8_t *restrict missing) {
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = answers[i] != answers[i];
}

/* start + each x answer, between 0 and cap. A product that is too large to be exact is above the cap. */
AVX2_CLONE static void capped(const struct line *line, const double *restrict answers, Py_ssize_t n,
                              struct result *out) {
    const double start = line->start, each = line->each, cap = line->cap;
    double *restrict points = out->points;
    for (Py_ssize_t i = 0; i < n; i++) {
        double sum = start + each * answers[i];
        sum = sum < cap ? sum : cap;
        sum = rounded(sum > 0 ? sum : 0);
        points[i] = answers[i] == answers[i] ? sum : 0;
    }
    find_missing(answers, n, out->missing);
}

/* The points of the last threshold that an answer reaches. */
AVX2_CLONE static void ladder(const struct line *line, const double *restrict pool, const double *restrict answers,
                              Py_ssize_t n, struct result *out) {
    const double *thresholds = pool + line->thresholds, *points_from = thresholds + line->threshold_count;
    const double scale = line->scale;
    double *restrict points = out->points;
    for (Py_ssize_t i = 0; i < n; i++)
        points[i] = points_from[0];
    for (int64_t j = 0; j < line->threshold_count; j++) {
        const double threshold = thresholds[j], reached = points_from[j + 1];
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] = answers[i] * scale >= threshold ? reached : points[i];
    }
    find_missing(answers, n, out->missing);
}

/* part / whole x cap for whole numbers, also if a double cannot hold them; an exact half is rounded to even. Sets
   *inexact if even 128 bits cannot hold the product, or if the remainder is 0.5 only as a double. */
static double divide_exactly(__int128 part, __int128 whole, double cap, double *remainder, uint8_t *inexact) {
    if (!(whole >= 1 && (double)whole * cap < 0x1p125 && cap < 0x1p62)) {
        *inexact = 1;
        *remainder = 0;
        return 0;
    }
    const __int128 product = (part < whole ? part : whole) * (int64_t)cap;
    __int128 nearest = product / whole, left = product % whole;
    if (2 * left > whole || (2 * left == whole && nearest % 2)) {
        nearest++;
        left -= whole;
    }
    *remainder = (double)left / (double)whole;
    *inexact = fabs(*remainder) == 0.5 && 2 * left != whole && 2 * left != -whole;
    return (double)nearest;
}

/* Whether a whole number is small enough for a double to be exact. */
static inline int is_exact(double number) {
    return fabs(number) < 0x1p53;
}

/* The answer must be a whole number below 2^53, so that it is exact; factors are below 2^40, see MAX_SHARE. */
static inline __int128 multiply(double answer, double factor) {
    return (__int128)answer * (int64_t)factor;
}

/* Sets points to 0 where the quotient is below the floor. */
static void quotient_floor(const struct line *line, const double *numerators, const double *denominators, Py_ssize_t n,
                           struct result *out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const double part = line->scale == 1 ? numerators[i] : millionths(numerators[i]);
        const double whole = line->scale == 1 ? denominators[i] : millionths(denominators[i]);
        if (out->missing[i] || (out->some_inexact && out->inexact[i]) || !is_exact(part) || !is_exact(whole))
            continue;
        if (multiply(part, line->floor_factor) < multiply(whole, line->floor))
            out->points[i] = out->remainder[i] = 0;
    }
}

/* (numerator / denominator, relative to a target, at most 1) x cap. It multiplies first, because dividing first is
   sometimes wrong. */
AVX2_CLONE static void quotient(const struct line *line, const double *restrict numerators,
                                const double *restrict denominators, Py_ssize_t n, struct result *out) {
    const double cap = line->cap, when_zero = line->when_zero, scale = line->scale;
    const double factor = line->factor, denominator_factor = line->denominator_factor;
    double *restrict points = out->points, *restrict remainder = out->remainder;
    uint8_t *restrict missing = out->missing, *restrict inexact = out->inexact;
    int64_t some_large = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        double part = numerators[i] * scale, whole = denominators[i] * scale;
        if (scale != 1) {
            part = rounded(part);
            whole = rounded(whole);
        }
        part *= factor;
        whole *= denominator_factor;
        double product = (part < whole ? part : whole) * cap, exact = product / whole, nearest = rounded(exact);
        double left = whole == 0 ? 0 : exact - nearest;
        nearest = whole == 0 ? when_zero : nearest;
        points[i] = __builtin_isunordered(part, whole) ? 0 : nearest;
        remainder[i] = __builtin_isunordered(part, whole) ? 0 : left;
        some_large |= (product >= EXACT ? 1 : 0) | (whole >= EXACT / 2 ? 1 : 0);
    }
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = __builtin_isunordered(numerators[i], denominators[i]);
    out->some_inexact = some_large != 0;
    for (Py_ssize_t i = 0; some_large && i < n; i++) {
        const double part = scale == 1 ? numerators[i] : millionths(numerators[i]);
        const double whole = scale == 1 ? denominators[i] : millionths(denominators[i]);
        const double divisor = whole * denominator_factor, limited = part * factor < divisor ? part * factor : divisor;
        inexact[i] = 0;
        if (!missing[i] && (limited * cap >= EXACT || divisor >= EXACT / 2)) {
            inexact[i] = !is_exact(part) || !is_exact(whole);
            if (!inexact[i])
                points[i] = divide_exactly(multiply(part, factor), multiply(whole, denominator_factor), cap,
                                           remainder + i, inexact + i);
        }
    }
    if (line->floor > 0)
        quotient_floor(line, numerators, denominators, n, out);
}

/* The distance of `answer` from the line's start, between 0 and its length. */
static inline double distance(double answer, double start, double sign, double length) {
    double limited = (answer - start) * sign;
    limited = limited < length ? limited : length;
    return limited > 0 ? limited : 0;
}

/* Sets points to 0 before the floor, and to the cap from the target on. */
static void slope_ends(const struct line *line, const double *answers, Py_ssize_t n, struct result *out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const double part = (millionths(answers[i]) - line->start) * line->scale; /* negative before the start */
        if (out->missing[i] || (out->some_inexact && out->inexact[i]) || (part >= line->floor && part < line->target))
            continue;
        out->points[i] = part < line->floor ? 0 : line->cap;
        out->remainder[i] = 0;
    }
}

/* (distance of the answer from start) / length x cap. */
AVX2_CLONE static void slope(const struct line *line, const double *restrict answers, Py_ssize_t n,
                             struct result *out) {
    const double start = line->start, length = line->length, cap = line->cap, sign = line->scale;
    double *restrict points = out->points, *restrict remainder = out->remainder;
    uint8_t *restrict missing = out->missing, *restrict inexact = out->inexact;
    /* With a shorter length, a distance that is too large for a double to be exact is limited to the length. */
    int64_t some_large = length >= EXACT;
    for (Py_ssize_t i = 0; i < n; i++) {
        double answer = rounded(answers[i] * 1e6);
        double product = distance(answer, start, sign, length) * cap, exact = product / length;
        double nearest = rounded(exact);
        points[i] = answers[i] == answers[i] ? nearest : 0;
        remainder[i] = answers[i] == answers[i] ? exact - nearest : 0;
        some_large |= (product >= EXACT ? 1 : 0) | (fabs(answer) >= EXACT / 2 ? 1 : 0);
    }
    find_missing(answers, n, out->missing);
    out->some_inexact = some_large != 0;
    for (Py_ssize_t i = 0; some_large && i < n; i++) {
        const double answer = millionths(answers[i]), part = distance(answer, start, sign, length);
        inexact[i] = 0;
        if (!missing[i] && (part * cap >= EXACT || fabs(answer) >= EXACT / 2 || length >= EXACT)) {
            inexact[i] = !is_exact(length);
            if (!inexact[i])
                points[i] = divide_exactly((__int128)part, (__int128)length, cap, remainder + i, inexact + i);
        }
    }
    if (line->floor > 0 || line->target < length)
        slope_ends(line, answers, n, out);
}

/* Copies the results of a formula that Python has evaluated. */
AVX2_CLONE static void computed(const double *restrict points, const double *restrict remainders,
                                const double *restrict missing, Py_ssize_t n, struct result *out) {
    memcpy(out->points, points, n * sizeof(double));
    memcpy(out->remainder, remainders, n * sizeof(double));
    for (Py_ssize_t i = 0; i < n; i++)
        out->missing[i] = missing[i] != 0;
    out->approximate = 1;
}

/* Common to SUM and BEST: if a nested line is missing or inexact, so is the line. */
AVX2_CLONE static void combine(const struct result *nested, int64_t count, Py_ssize_t n, struct result *out) {
    memcpy(out->missing, nested[0].missing, n);
    for (int64_t p = 1; p < count; p++)
        for (Py_ssize_t i = 0; i < n; i++)
            out->missing[i] |= nested[p].missing[i];
    memset(out->inexact, 0, TILE);
    for (int64_t p = 0; p < count; p++) {
        out->approximate |= nested[p].approximate;
        if (nested[p].some_inexact) {
            out->some_inexact = 1;
            for (Py_ssize_t i = 0; i < n; i++)
                out->inexact[i] |= nested[p].inexact[i];
        }
    }
}

/* The sum of the nested, rounded once, so that three thirds make a whole. */
AVX2_CLONE static void sum_of(const struct result *nested, int64_t count, Py_ssize_t n, struct result *out) {
    double *restrict points = out->points, *restrict remainder = out->remainder;
    int64_t rounded_parts = 0, some_moved = 0;
    combine(nested, count, n, out);
    memset(points, 0, n * sizeof(double));
    memset(remainder, 0, n * sizeof(double));
    for (int64_t p = 0; p < count; p++) {
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] += nested[p].points[i];
        if (!nested[p].rounds)
            continue;
        rounded_parts++;
        for (Py_ssize_t i = 0; i < n; i++)
            remainder[i] += nested[p].remainder[i];
    }
    /* The nested line rounded an exact half to even. Adding the others can make the sum odd: then move it to even. */
    if (rounded_parts == 1)
        for (Py_ssize_t i = 0; i < n; i++) {
            double half = points[i] / 2;
            const int is_half = remainder[i] == 0.5 || remainder[i] == -0.5;
            double move = is_half && rounded(half) != half ? 2 * remainder[i] : 0;
            points[i] += move;
            remainder[i] -= move;
            some_moved |= move != 0 ? 1 : 0;
            out->inexact[i] |= out->approximate && move != 0;
        }
    out->some_inexact |= out->approximate && some_moved;
    if (rounded_parts > 1) {
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

/* The nested line with the most points. If several have the same rounded points: the one with the largest remainder. */
AVX2_CLONE static void best_of(const struct result *nested, int64_t count, Py_ssize_t n, struct result *out) {
    double *restrict points = out->points, *restrict remainder = out->remainder;
    combine(nested, count, n, out);
    for (Py_ssize_t i = 0; i < n; i++)
        points[i] = remainder[i] = -HUGE_VAL;
    for (int64_t p = 0; p < count; p++)
        for (Py_ssize_t i = 0; i < n; i++) {
            double of_nested = nested[p].points[i], left = nested[p].rounds ? nested[p].remainder[i] : 0;
            double larger = left > remainder[i] ? left : remainder[i];
            remainder[i] = of_nested > points[i] ? left : of_nested == points[i] ? larger : remainder[i];
            points[i] = of_nested > points[i] ? of_nested : points[i];
        }
}

#endif
