/* Evaluates lines: fills points, statuses and remainders of criteria, and adds to the sums of groups. */

#include "kinds.h"

static inline const double *answers_of(const struct lines *lines, int64_t row, Py_ssize_t start) {
    return doubles(lines->arrays + ANSWERS, row, start);
}

static void evaluate(const struct lines *lines, const struct line *line, Py_ssize_t start, Py_ssize_t n) {
    struct result *out = lines->results + line->slot;
    const double *answers = line->kind < SUM ? answers_of(lines, line->row, start) : NULL;
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
        quotient(line, answers, answers_of(lines, line->denominator_row, start), n, out);
        break;
    case SLOPE:
        slope(line, answers, n, out);
        break;
    case COMPUTED:
        computed(answers, answers_of(lines, line->row + 1, start), answers_of(lines, line->row + 2, start), n, out);
        break;
    case SUM:
        sum_of(lines->results + line->first_nested, line->nested_count, n, out);
        break;
    case BEST:
        best_of(lines->results + line->first_nested, line->nested_count, n, out);
        break;
    }
}

/* Marks the units to which a criterion does not apply, and sets their points to 0. Returns whether there are any. */
AVX2_CLONE static int exclude(const struct lines *lines, const struct line *line, Py_ssize_t start, Py_ssize_t n,
                              struct result *out) {
    uint8_t *restrict excluded = lines->excluded, some_excluded = 0;
    if (line->exclusion >= 0)
        memcpy(excluded, bytes(lines->arrays + EXCLUDED, line->exclusion, start), n);
    else
        memset(excluded, 0, n);
    if (line->zero_excludes) {
        const double *numerators = answers_of(lines, line->row, start);
        const double *denominators = answers_of(lines, line->denominator_row, start);
        for (Py_ssize_t i = 0; i < n; i++)
            excluded[i] |= (denominators[i] == 0) & (numerators[i] == numerators[i]);
    }
    for (Py_ssize_t i = 0; line->missing_excludes && i < n; i++)
        excluded[i] |= out->missing[i];
    for (Py_ssize_t i = 0; i < n; i++)
        some_excluded |= excluded[i];
    for (Py_ssize_t i = 0; some_excluded && i < n; i++) {
        if (!excluded[i])
            continue;
        out->points[i] = out->missing[i] = 0;
        if (out->some_inexact)
            out->inexact[i] = 0;
    }
    return some_excluded;
}

/* Replaces inexact points and remainders by those that Python computes with fractions. Returns whether this succeeded;
   otherwise an exception is set. */
static int round_exactly(struct lines *lines, int64_t criterion, Py_ssize_t start, Py_ssize_t n, struct result *out) {
    int ok = 1;
    end_work(lines->state);
    for (Py_ssize_t i = 0; ok && i < n; i++) {
        if (!out->inexact[i])
            continue;
        PyObject *exact = PyObject_CallFunction(lines->round_exactly, "Ln", (long long)criterion, start + i);
        ok = exact && PyArg_ParseTuple(exact, "dd:round_exactly", out->points + i, out->remainder + i);
        Py_XDECREF(exact);
    }
    lines->state = lines->state ? PyEval_SaveThread() : NULL;
    return ok;
}

/* Adds a criterion to the sums of a group. `excluded` is NULL if the criterion applies to all units. */
AVX2_CLONE static void add_to_group(const struct lines *lines, const uint8_t *excluded, double maximum, int64_t group,
                                    Py_ssize_t n, const struct sums *groups) {
    const Py_ssize_t row = group * groups->stride;
    const double *restrict points = lines->results->points;
    const uint8_t *restrict criterion_missing = lines->results->missing;
    double *restrict sum = groups->points + row;
    uint16_t *restrict missing = lines->missing + group * TILE;
    for (Py_ssize_t i = 0; i < n; i++)
        sum[i] += points[i];
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] += criterion_missing[i];
    for (Py_ssize_t i = 0; excluded && i < n; i++)
        if (excluded[i]) {
            groups->maximum[row + i] -= maximum;
            groups->not_applicable[row + i] += 1;
        }
}

AVX2_CLONE static void add_missing(const uint16_t *restrict missing, Py_ssize_t n, double *restrict count) {
    for (Py_ssize_t i = 0; i < n; i++)
        count[i] += missing[i];
}

AVX2_CLONE static void fill_status(const uint8_t *restrict missing, const uint8_t *excluded, Py_ssize_t n,
                                   uint8_t *restrict status) {
    for (Py_ssize_t i = 0; i < n; i++)
        status[i] = missing[i] ? MISSING : SCORED;
    for (Py_ssize_t i = 0; excluded && i < n; i++)
        status[i] = excluded[i] ? NOT_APPLICABLE : status[i];
}

int evaluate_tile(struct lines *lines, Py_ssize_t start, Py_ssize_t n, const struct sums *groups) {
    const struct array *points = lines->arrays + CRITERION_POINTS, *status = lines->arrays + STATUS,
                       *remainders = lines->arrays + REMAINDERS;
    const struct line *line = lines->arrays[LINES].view.buf, *end = line + size_of(lines->arrays + LINES, 0);
    struct result *out = lines->results; /* slot 0: the result of a criterion */
    int64_t criterion = 0;
    for (Py_ssize_t g = 0; g < groups->count; g++)
        memset(lines->missing + g * TILE, 0, n * sizeof *lines->missing);
    for (; line < end; line++) {
        if (line->slot) {
            evaluate(lines, line, start, n);
            continue;
        }
        if (points->acquired)
            out->points = doubles(points, criterion, start);
        if (remainders->acquired)
            out->remainder = doubles(remainders, criterion, start);
        evaluate(lines, line, start, n);
        const int may_be_excluded = line->exclusion >= 0 || line->zero_excludes || line->missing_excludes;
        const int some_excluded = may_be_excluded && exclude(lines, line, start, n, out);
        const uint8_t *excluded = some_excluded ? lines->excluded : NULL;
        if (remainders->acquired && !out->rounds)
            memset(out->remainder, 0, n * sizeof(double));
        if (out->some_inexact && !round_exactly(lines, criterion, start, n, out))
            return 0;
        for (Py_ssize_t i = 0; line->sign < 0 && i < n; i++)
            out->points[i] = 0 - out->points[i]; /* unlike -x, this never gives -0.0 */
        if (groups->count)
            add_to_group(lines, excluded, line->maximum, line->group, n, groups);
        if (groups->count && line->measure >= 0)
            add_to_group(lines, excluded, line->maximum, line->measure, n, groups);
        if (status->acquired)
            fill_status(out->missing, excluded, n, bytes(status, criterion, start));
        criterion++;
    }
    for (Py_ssize_t g = 0; g < groups->count; g++)
        add_missing(lines->missing + g * TILE, n, groups->missing + g * groups->stride);
    return 1;
}

/* Whether all that a line reads lies within the arrays. */
static int reads_fit(const struct line *line, int64_t rows, int64_t slots, int64_t pool) {
    const int row_fits = line->row >= 0 && line->row < rows;
    switch (line->kind) {
    case SUM:
    case BEST:
        return line->first_nested >= 1 && line->first_nested <= slots && line->nested_count >= 1 &&
               line->nested_count <= slots - line->first_nested + 1;
    case QUOTIENT:
        return row_fits && line->denominator_row >= 0 && line->denominator_row < rows;
    case COMPUTED:
        return row_fits && line->row < rows - 2;
    case LADDER:
        return row_fits && line->thresholds >= 0 && line->thresholds < pool && line->threshold_count >= 0 &&
               line->threshold_count <= (pool - line->thresholds - 1) / 2;
    default:
        return row_fits && (line->kind == CAPPED || line->kind == SLOPE);
    }
}

/* The number of criteria; -1 if a line refers to something outside the arrays. */
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
    return fit && criteria <= UINT16_MAX ? criteria : -1;
}

static int allocate_scratch(struct lines *lines, Py_ssize_t groups) {
    const size_t count = lines->slots + 1, bytes_per_slot = TILE * (2 * sizeof(double) + 2);
    lines->results = malloc(count * (sizeof *lines->results + bytes_per_slot));
    lines->excluded = malloc(TILE);
    lines->missing = malloc((groups + 1) * TILE * sizeof *lines->missing);
    if (!lines->results || !lines->excluded || !lines->missing) {
        PyErr_NoMemory();
        return 0;
    }
    for (size_t slot = 0; slot < count; slot++) {
        double *points = (double *)((char *)(lines->results + count) + slot * bytes_per_slot);
        uint8_t *missing = (uint8_t *)(points + 2 * TILE);
        lines->results[slot] = (struct result){points, points + TILE, missing, missing + TILE, 0, 0, 0};
    }
    return 1;
}

int acquire_lines(struct lines *lines, PyObject *const *args, Py_ssize_t groups) {
    struct array *a = lines->arrays;
    lines->slots = PyLong_AsLongLong(args[SLOTS]);
    lines->round_exactly = args[ROUND_EXACTLY];
    if (PyErr_Occurred() || !acquire(a + LINES, args[LINES], RECORD, READ, SHAPE(ANY)) ||
        !acquire(a + POOL, args[POOL], FLOAT64, READ, SHAPE(ANY)) ||
        !acquire(a + ANSWERS, args[ANSWERS], FLOAT64, READ, SHAPE(ANY, ANY)))
        return 0;
    const Py_ssize_t n = size_of(a + ANSWERS, 1);
    if (!acquire(a + EXCLUDED, args[EXCLUDED], BYTE, READ | OPTIONAL, SHAPE(ANY, n)))
        return 0;
    const Py_ssize_t criteria = count_criteria(lines, groups);
    if (criteria < 0) {
        PyErr_SetString(PyExc_ValueError, "a line refers to something outside the arrays");
        return 0;
    }
    return acquire(a + CRITERION_POINTS, args[CRITERION_POINTS], FLOAT64, WRITE | OPTIONAL, SHAPE(criteria, n)) &&
           acquire(a + STATUS, args[STATUS], BYTE, WRITE | OPTIONAL, SHAPE(criteria, n)) &&
           acquire(a + REMAINDERS, args[REMAINDERS], FLOAT64, WRITE | OPTIONAL, SHAPE(criteria, n)) &&
           allocate_scratch(lines, groups);
}

void release_lines(struct lines *lines) {
    release(lines->arrays, LINE_ARGUMENTS);
    free(lines->results);
    free(lines->excluded);
    free(lines->missing);
}

PyObject *evaluate_lines(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    struct lines lines = {0};
    const struct sums no_groups = {0};
    int ok = check_argument_count(LINE_ARGUMENTS, count) && acquire_lines(&lines, args, 0);
    if (ok) {
        const Py_ssize_t units = size_of(lines.arrays + ANSWERS, 1);
        lines.state = begin_work(units);
        for (Py_ssize_t start = 0; ok && start < units; start += TILE)
            ok = evaluate_tile(&lines, start, units - start < TILE ? units - start : TILE, &no_groups);
        end_work(lines.state);
    }
    release_lines(&lines);
    return ok ? Py_NewRef(Py_None) : NULL;
}
