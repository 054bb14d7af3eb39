/* The arithmetic of the kinds of lines in formulas/lines.py, for one tile of units. */

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
    int loose;        /* whether a rest of a half may only be so near to one that a double is */
};

/* Below this, rounding a x b / c of whole numbers gives the exactly rounded quotient. A true quotient q = p / c that is
   no exact half lies at least 1 / (2c) = q / (2p) from one, and with p below 2^52 that is more than half a unit in the
   last place of q, so the division cannot round it onto the half. One bit less, as rounded() needs. */
static const double EXACT = 0x1p51;
static const double HALF_DOUBT = 1e-3; /* how near to half a micropoint rests, each within 10^-6, are in doubt */

/* start + each x answer, between 0 and end. No product that a double rounds is below the end. */
WIDE static void capped(const struct line *line, const double *restrict answers, Py_ssize_t n, struct given *out) {
    const double start = line->start, each = line->each, end = line->end;
    double *restrict points = out->points;
    uint8_t *restrict missing = out->missing;
    for (Py_ssize_t i = 0; i < n; i++) {
        double sum = start + each * answers[i];
        sum = sum < end ? sum : end;
        sum = rounded(sum > 0 ? sum : 0);
        points[i] = answers[i] == answers[i] ? sum : 0;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = answers[i] != answers[i];
}

/* Points of the last edge that an answer reaches. */
WIDE static void ladder(const struct line *line, const double *restrict pool, const double *restrict answers,
                        Py_ssize_t n, struct given *out) {
    const double *edges = pool + line->edges, *gives = edges + line->count;
    const double scale = line->scale;
    double *restrict points = out->points;
    uint8_t *restrict missing = out->missing;
    for (Py_ssize_t i = 0; i < n; i++)
        points[i] = gives[0];
    for (int64_t j = 0; j < line->count; j++) {
        const double edge = edges[j], give = gives[j + 1];
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] = answers[i] * scale >= edge ? give : points[i];
    }
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = answers[i] != answers[i];
}

/* part / whole x each of whole numbers, 0 <= part <= whole, whose product a double may not hold: rounded, an exact half
   to the even number, and what that left. In doubt: a whole beyond whole doubles, and a rest that only as a double is a
   half. */
static double divide_exactly(double part, double whole, double each, double *rest, uint8_t *doubt) {
    if (!(whole >= 1 && whole < 0x1p53 && each < 0x1p62)) {
        *doubt = 1;
        *rest = 0;
        return 0;
    }
    const __int128 product = (__int128)part * (int64_t)each, divisor = (int64_t)whole;
    __int128 nearest = product / divisor, left = product % divisor;
    if (2 * left > divisor || (2 * left == divisor && nearest % 2)) {
        nearest++;
        left -= divisor;
    }
    *rest = (double)left / whole;
    *doubt = fabs(*rest) == 0.5 && 2 * left != divisor && 2 * left != -divisor;
    return (double)nearest;
}

/* (numerator / denominator, at most 1) x each. Multiplied first: dividing first is wrong now and then. */
WIDE static void quotient(const struct line *line, const double *restrict numerators,
                          const double *restrict denominators, Py_ssize_t n, struct given *out) {
    const double each = line->each, nothing = line->end, scale = line->scale;
    double *restrict points = out->points, *restrict rest = out->rest;
    uint8_t *restrict missing = out->missing, *restrict doubt = out->doubt;
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
        rest[i] = __builtin_isunordered(part, whole) ? 0 : left;
        large |= (product >= EXACT ? 1 : 0) | (whole >= EXACT / 2 ? 1 : 0);
    }
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = __builtin_isunordered(numerators[i], denominators[i]);
    out->doubtful = large != 0;
    for (Py_ssize_t i = 0; large && i < n; i++) {
        const double part = scale == 1 ? numerators[i] : millionths(numerators[i]);
        const double whole = scale == 1 ? denominators[i] : millionths(denominators[i]);
        const double less = part < whole ? part : whole;
        doubt[i] = 0;
        if (!missing[i] && (less * each >= EXACT || whole >= EXACT / 2))
            points[i] = divide_exactly(less, whole, each, rest + i, doubt + i);
    }
}

/* How far an answer is on the way from start to its end, of which all is each points. */
WIDE static void slope(const struct line *line, const double *restrict answers, Py_ssize_t n, struct given *out) {
    const double start = line->start, length = line->end, each = line->each, sign = line->scale;
    double *restrict points = out->points, *restrict rest = out->rest;
    uint8_t *restrict missing = out->missing, *restrict doubt = out->doubt;
    int64_t large = length >= EXACT; /* an answer beyond whole doubles from the start is beyond a shorter end, too */
    for (Py_ssize_t i = 0; i < n; i++) {
        double answer = rounded(answers[i] * 1e6), way = (answer - start) * sign;
        way = way < length ? way : length;
        way = way > 0 ? way : 0;
        double product = way * each, exact = product / length, nearest = rounded(exact);
        points[i] = answers[i] == answers[i] ? nearest : 0;
        rest[i] = answers[i] == answers[i] ? exact - nearest : 0;
        large |= (product >= EXACT ? 1 : 0) | (fabs(answer) >= EXACT / 2 ? 1 : 0);
    }
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] = answers[i] != answers[i];
    out->doubtful = large != 0;
    for (Py_ssize_t i = 0; large && i < n; i++) {
        const double answer = millionths(answers[i]);
        double way = (answer - start) * sign;
        way = way < length ? way : length;
        way = way > 0 ? way : 0;
        doubt[i] = 0;
        if (!missing[i] && (way * each >= EXACT || fabs(answer) >= EXACT / 2 || length >= EXACT))
            points[i] = divide_exactly(way, length, each, rest + i, doubt + i);
    }
}

/* Rows of points, of rests, and of whether an answer is missing, which something else worked out. */
WIDE static void given_before(const double *restrict points, const double *restrict rests,
                              const double *restrict missing, Py_ssize_t n, struct given *out) {
    memcpy(out->points, points, n * sizeof(double));
    memcpy(out->rest, rests, n * sizeof(double));
    for (Py_ssize_t i = 0; i < n; i++)
        out->missing[i] = missing[i] != 0;
    out->loose = 1;
}

/* What is common to lines made of others: a part that misses an answer makes the whole miss it, and so do doubts. */
WIDE static void parts_alike(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out) {
    memcpy(out->missing, parts[0].missing, n);
    for (int64_t p = 1; p < count; p++)
        for (Py_ssize_t i = 0; i < n; i++)
            out->missing[i] |= parts[p].missing[i];
    memset(out->doubt, 0, TILE);
    for (int64_t p = 0; p < count; p++) {
        out->loose |= parts[p].loose;
        if (parts[p].doubtful) {
            out->doubtful = 1;
            for (Py_ssize_t i = 0; i < n; i++)
                out->doubt[i] |= parts[p].doubt[i];
        }
    }
}

/* Parts added up, and rounded once: three thirds make a whole. */
WIDE static void sum_of(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out) {
    double *restrict points = out->points, *restrict rest = out->rest;
    int64_t rounding = 0, odd = 0;
    parts_alike(parts, count, n, out);
    memset(points, 0, n * sizeof(double));
    memset(rest, 0, n * sizeof(double));
    for (int64_t p = 0; p < count; p++) {
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] += parts[p].points[i];
        if (!parts[p].rounds)
            continue;
        rounding++;
        for (Py_ssize_t i = 0; i < n; i++)
            rest[i] += parts[p].rest[i];
    }
    if (rounding == 1) /* an exact half, which went to the even number before, may have to go to the other one */
        for (Py_ssize_t i = 0; i < n; i++) {
            double half = points[i] / 2;
            double over = (rest[i] == 0.5 || rest[i] == -0.5) && rounded(half) != half ? 2 * rest[i] : 0;
            points[i] += over;
            rest[i] -= over;
            odd |= over != 0 ? 1 : 0;
            out->doubt[i] |= out->loose && over != 0;
        }
    out->doubtful |= out->loose && odd;
    if (rounding > 1) {
        int64_t doubtful = 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            double carry = rounded(rest[i]);
            points[i] += carry;
            rest[i] -= carry;
            doubtful |= (rest[i] > 0.5 - HALF_DOUBT ? 1 : 0) | (rest[i] < HALF_DOUBT - 0.5 ? 1 : 0);
        }
        if (doubtful) {
            out->doubtful = 1;
            for (Py_ssize_t i = 0; i < n; i++)
                out->doubt[i] |= rest[i] > 0.5 - HALF_DOUBT || rest[i] < HALF_DOUBT - 0.5;
        }
    }
}

/* The best of alternatives; of several with the same rounded points, what rounding left of the largest. */
WIDE static void best_of(const struct given *parts, int64_t count, Py_ssize_t n, struct given *out) {
    double *restrict points = out->points, *restrict rest = out->rest;
    parts_alike(parts, count, n, out);
    for (Py_ssize_t i = 0; i < n; i++)
        points[i] = rest[i] = -HUGE_VAL;
    for (int64_t p = 0; p < count; p++)
        for (Py_ssize_t i = 0; i < n; i++) {
            double given = parts[p].points[i], left = parts[p].rounds ? parts[p].rest[i] : 0;
            double larger = left > rest[i] ? left : rest[i];
            rest[i] = given > points[i] ? left : given == points[i] ? larger : rest[i];
            points[i] = given > points[i] ? given : points[i];
        }
}

#endif
