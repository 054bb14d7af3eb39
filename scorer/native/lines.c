/* Evaluates lines: points, statuses and remainders of criteria, and the sums of their groups. */

#include "kinds.h"

static inline const double *answers_of(const struct lines *lines, int64_t row, Py_ssize_t at) {
    return doubles(lines->arrays + ANSWERS, row, at);
}

static void evaluate(const struct lines *lines, const struct line *line, Py_ssize_t at, Py_ssize_t n) {
    struct given *out = lines->given + line->slot;
    const double *answers = line->kind < SUM ? answers_of(lines, line->first, at) : NULL;
    out->rounds = line->rounds != 0;
    out->some_inexact = out->approximate = 0;
    switch (line->kind) {
    case CAPPED:
        capped(line, answers, n, out);
        break;
    case LADDER:
        ladder(line, doubles(lines->arrays + POOL, 0, 0), answers, n, out);
        break;
    case QUOTIENT:
        quotient(line, answers, answers_of(lines, line->second, at), n, out);
        break;
    case SLOPE:
        slope(line, answers, n, out);
        break;
    case GIVEN:
        given_before(answers, answers_of(lines, line->first + 1, at), answers_of(lines, line->first + 2, at), n, out);
        break;
    case SUM:
        sum_of(lines->given + line->first, line->second, n, out);
        break;
    case BEST:
        best_of(lines->given + line->first, line->second, n, out);
        break;
    }
}

/* Marks the units for which a criterion does not apply, and takes their points. Returns whether there are any. */
WIDE static int exclude(const struct lines *lines, const struct line *line, Py_ssize_t at, Py_ssize_t n,
                        struct given *out) {
    uint8_t *restrict excluded = lines->excluded, any = 0;
    if (line->exclusion >= 0)
        memcpy(excluded, bytes(lines->arrays + EXCLUDED, line->exclusion, at), n);
    else
        memset(excluded, 0, n);
    if (line->zero_excludes) {
        const double *numerators = answers_of(lines, line->first, at);
        const double *denominators = answers_of(lines, line->second, at);
        for (Py_ssize_t i = 0; i < n; i++)
            excluded[i] |= (denominators[i] == 0) & (numerators[i] == numerators[i]);
    }
    for (Py_ssize_t i = 0; line->missing_excludes && i < n; i++)
        excluded[i] |= out->missing[i];
    for (Py_ssize_t i = 0; i < n; i++)
        any |= excluded[i];
    for (Py_ssize_t i = 0; any && i < n; i++) {
        if (!excluded[i])
            continue;
        out->points[i] = out->missing[i] = 0;
        if (out->some_inexact)
            out->inexact[i] = 0;
    }
    return any;
}

/* Asks Python, which works with fractions, for points that doubles cannot tell. Returns whether that worked. */
static int settle(struct lines *lines, int64_t criterion, Py_ssize_t at, Py_ssize_t n, struct given *out) {
    int ok = 1;
    end_work(lines->working);
    for (Py_ssize_t i = 0; ok && i < n; i++) {
        if (!out->inexact[i])
            continue;
        PyObject *exact = PyObject_CallFunction(lines->settle, "Ln", (long long)criterion, at + i);
        ok = exact && PyArg_ParseTuple(exact, "dd:settle", out->points + i, out->remainder + i);
        Py_XDECREF(exact);
    }
    lines->working = lines->working ? PyEval_SaveThread() : NULL;
    return ok;
}

/* Adds a criterion to the sums of a group. `excluded` is NULL when it applies to all units. */
WIDE static void add_to_group(const struct given *out, const uint8_t *excluded, double maximum, int64_t group,
                              Py_ssize_t n, const struct sums *groups) {
    const Py_ssize_t row = group * groups->stride;
    const double *restrict points = out->points;
    const uint8_t *restrict missing = out->missing;
    double *restrict sum = groups->points + row, *restrict count = groups->missing + row;
    for (Py_ssize_t i = 0; i < n; i++)
        sum[i] += points[i];
    for (Py_ssize_t i = 0; i < n; i++)
        count[i] += missing[i];
    for (Py_ssize_t i = 0; excluded && i < n; i++)
        if (excluded[i]) {
            groups->maximum[row + i] -= maximum;
            groups->not_applicable[row + i] += 1;
        }
}

WIDE static void fill_status(const uint8_t *restrict missing, const uint8_t *excluded, Py_ssize_t n,
                             uint8_t *restrict status) {
    for (Py_ssize_t i = 0; i < n; i++)
        status[i] = missing[i] ? MISSING : SCORED;
    for (Py_ssize_t i = 0; excluded && i < n; i++)
        status[i] = excluded[i] ? NOT_APPLICABLE : status[i];
}

int evaluate_tile(struct lines *lines, Py_ssize_t at, Py_ssize_t n, const struct sums *groups) {
    const struct array *points = lines->arrays + CRITERION_POINTS, *status = lines->arrays + STATUS,
                       *remainders = lines->arrays + REMAINDERS;
    const struct line *line = lines->arrays[LINES].view.buf, *end = line + size_of(lines->arrays + LINES, 0);
    struct given *out = lines->given; /* of the criterion */
    int64_t criterion = 0;
    for (; line < end; line++) {
        if (line->slot) {
            evaluate(lines, line, at, n);
            continue;
        }
        if (points->acquired)
            out->points = doubles(points, criterion, at);
        if (remainders->acquired)
            out->remainder = doubles(remainders, criterion, at);
        evaluate(lines, line, at, n);
        const int may_be_excluded = line->exclusion >= 0 || line->zero_excludes || line->missing_excludes;
        const int any = may_be_excluded && exclude(lines, line, at, n, out);
        const uint8_t *excluded = any ? lines->excluded : NULL;
        if (remainders->acquired && !out->rounds)
            memset(out->remainder, 0, n * sizeof(double));
        if (out->some_inexact && !settle(lines, criterion, at, n, out))
            return 0;
        for (Py_ssize_t i = 0; line->sign < 0 && i < n; i++)
            out->points[i] = 0 - out->points[i]; /* never -0.0 */
        if (groups->count)
            add_to_group(out, excluded, line->maximum, line->group, n, groups);
        if (groups->count && line->measure >= 0)
            add_to_group(out, excluded, line->maximum, line->measure, n, groups);
        if (status->acquired)
            fill_status(out->missing, excluded, n, bytes(status, criterion, at));
        criterion++;
    }
    return 1;
}

static int reads_fit(const struct line *line, int64_t rows, int64_t slots, int64_t pool) {
    const int first_fits = line->first >= 0 && line->first < rows;
    switch (line->kind) {
    case SUM:
    case BEST:
        return line->first >= 1 && line->first <= slots && line->second >= 1 && line->second <= slots - line->first + 1;
    case QUOTIENT:
        return first_fits && line->second >= 0 && line->second < rows;
    case GIVEN:
        return first_fits && line->first < rows - 2;
    case LADDER:
        return first_fits && line->edges >= 0 && line->edges < pool && line->count >= 0 &&
               line->count <= (pool - line->edges - 1) / 2;
    default:
        return first_fits && (line->kind == CAPPED || line->kind == SLOPE);
    }
}

/* The number of criteria; -1 if a line, or a group it adds to, lies beyond the arrays. */
static Py_ssize_t count_criteria(const struct lines *lines, Py_ssize_t groups) {
    const struct line *line = lines->arrays[LINES].view.buf, *end = line + size_of(lines->arrays + LINES, 0);
    const Py_ssize_t rows = size_of(lines->arrays + ANSWERS, 0), pool = size_of(lines->arrays + POOL, 0);
    Py_ssize_t criteria = 0;
    int fit = lines->arrays[LINES].view.itemsize == sizeof *line && lines->slots >= 0 && lines->slots < UINT16_MAX;
    for (; fit && line < end; line++) {
        fit = line->slot >= 0 && line->slot <= lines->slots && reads_fit(line, rows, lines->slots, pool);
        if (!line->slot) {
            criteria++;
            fit = fit && line->exclusion < size_of(lines->arrays + EXCLUDED, 0) &&
                  (line->kind == QUOTIENT || !line->zero_excludes) &&
                  (!groups || (line->group >= 0 && line->group < groups && line->measure < groups));
        }
    }
    return fit ? criteria : -1;
}

static int make_scratch(struct lines *lines) {
    const size_t count = lines->slots + 1, room = TILE * (2 * sizeof(double) + 2);
    lines->given = malloc(count * (sizeof *lines->given + room));
    lines->excluded = malloc(TILE);
    if (!lines->given || !lines->excluded) {
        PyErr_NoMemory();
        return 0;
    }
    for (size_t slot = 0; slot < count; slot++) {
        double *points = (double *)((char *)(lines->given + count) + slot * room);
        uint8_t *missing = (uint8_t *)(points + 2 * TILE);
        lines->given[slot] = (struct given){points, points + TILE, missing, missing + TILE, 0, 0, 0};
    }
    return 1;
}

int acquire_lines(struct lines *lines, PyObject *const *args, Py_ssize_t groups) {
    struct array *a = lines->arrays;
    lines->slots = PyLong_AsLongLong(args[SLOTS]);
    lines->settle = args[SETTLE];
    if (PyErr_Occurred() || !acquire(a + LINES, args[LINES], RECORD, READ, SHAPE(ANY)) ||
        !acquire(a + POOL, args[POOL], FLOAT64, READ, SHAPE(ANY)) ||
        !acquire(a + ANSWERS, args[ANSWERS], FLOAT64, READ, SHAPE(ANY, ANY)))
        return 0;
    const Py_ssize_t n = size_of(a + ANSWERS, 1);
    if (!acquire(a + EXCLUDED, args[EXCLUDED], BYTE, READ | OPTIONAL, SHAPE(ANY, n)))
        return 0;
    const Py_ssize_t criteria = count_criteria(lines, groups);
    if (criteria < 0) {
        PyErr_SetString(PyExc_ValueError, "a line leads beyond the arrays");
        return 0;
    }
    return acquire(a + CRITERION_POINTS, args[CRITERION_POINTS], FLOAT64, WRITE | OPTIONAL, SHAPE(criteria, n)) &&
           acquire(a + STATUS, args[STATUS], BYTE, WRITE | OPTIONAL, SHAPE(criteria, n)) &&
           acquire(a + REMAINDERS, args[REMAINDERS], FLOAT64, WRITE | OPTIONAL, SHAPE(criteria, n)) &&
           make_scratch(lines);
}

void release_lines(struct lines *lines) {
    release(lines->arrays, LINE_ARGUMENTS);
    free(lines->given);
    free(lines->excluded);
}

PyObject *evaluate_lines(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    struct lines lines = {0};
    const struct sums none = {0};
    int ok = takes(LINE_ARGUMENTS, count) && acquire_lines(&lines, args, 0);
    if (ok) {
        const Py_ssize_t units = size_of(lines.arrays + ANSWERS, 1);
        lines.working = begin_work(units);
        for (Py_ssize_t at = 0; ok && at < units; at += TILE)
            ok = evaluate_tile(&lines, at, units - at < TILE ? units - at : TILE, &none);
        end_work(lines.working);
    }
    release_lines(&lines);
    return ok ? Py_NewRef(Py_None) : NULL;
}
