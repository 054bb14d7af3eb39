/* Evaluates lines: points, statuses and remainders of criteria, and the sums of their groups. */

#include "kinds.h"

static inline const struct line *line_at(const struct lines *lines, Py_ssize_t k) {
    return (const struct line *)lines->table.buf + k;
}

static inline Py_ssize_t line_count(const struct lines *lines) {
    return lines->table.len / (Py_ssize_t)sizeof(struct line);
}

static void evaluate(const struct lines *lines, const struct line *line, Py_ssize_t at, Py_ssize_t n) {
    struct given *out = lines->slots + line->slot;
    const double *answers = line->kind < SUM ? doubles(&lines->answers, line->first, at) : NULL;
    out->rounds = line->rounds != 0;
    out->some_inexact = out->approximate = 0;
    switch (line->kind) {
    case CAPPED:
        capped(line, answers, n, out);
        break;
    case LADDER:
        ladder(line, lines->pool.buf, answers, n, out);
        break;
    case QUOTIENT:
        quotient(line, answers, doubles(&lines->answers, line->second, at), n, out);
        break;
    case SLOPE:
        slope(line, answers, n, out);
        break;
    case GIVEN:
        given_before(answers, doubles(&lines->answers, line->first + 1, at),
                     doubles(&lines->answers, line->first + 2, at), n, out);
        break;
    case SUM:
        sum_of(lines->slots + line->first, line->second, n, out);
        break;
    case BEST:
        best_of(lines->slots + line->first, line->second, n, out);
        break;
    }
}

/* Marks the units for which a criterion does not apply, and takes their points. Returns whether there are any. */
WIDE static int exclude(const struct lines *lines, const struct line *line, Py_ssize_t at, Py_ssize_t n,
                        struct given *out, uint8_t *restrict excluded) {
    uint8_t any = 0;
    if (line->exclusion >= 0)
        memcpy(excluded, bytes(&lines->excluded, line->exclusion, at), n);
    else
        memset(excluded, 0, n);
    if (line->zero_excludes) {
        const double *numerators = doubles(&lines->answers, line->first, at);
        const double *denominators = doubles(&lines->answers, line->second, at);
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

/* Asks Python, which works with fractions, for points that doubles cannot tell. */
static int settle(struct lines *lines, int64_t criterion, Py_ssize_t at, Py_ssize_t n, struct given *out) {
    int failed = 0;
    if (lines->working)
        PyEval_RestoreThread(lines->working);
    for (Py_ssize_t i = 0; !failed && i < n; i++) {
        if (!out->inexact[i])
            continue;
        PyObject *exact = PyObject_CallFunction(lines->settle, "Ln", (long long)criterion, at + i);
        failed = !exact || !PyArg_ParseTuple(exact, "dd:settle", out->points + i, out->remainder + i);
        Py_XDECREF(exact);
    }
    if (lines->working)
        lines->working = PyEval_SaveThread();
    return failed ? -1 : 0;
}

/* Adds points to a sum, and counts missing answers in short numbers, of which more fit a register. */
WIDE static void add_up(const double *restrict points, const uint8_t *restrict is_missing, Py_ssize_t n,
                        double *restrict sum, uint16_t *restrict missing) {
    for (Py_ssize_t i = 0; i < n; i++)
        sum[i] += points[i];
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] += is_missing[i];
}

WIDE static void add_missing(const uint16_t *restrict missing, Py_ssize_t n, double *restrict count) {
    for (Py_ssize_t i = 0; i < n; i++)
        count[i] += missing[i];
}

/* Adds a criterion to a group. `excluded` is NULL when it applies to all units. */
static void add_to_group(const struct lines *lines, const struct given *out, const uint8_t *excluded, double maximum,
                         int64_t group, Py_ssize_t n, const struct sums *groups) {
    const Py_ssize_t row = group * groups->stride;
    add_up(out->points, out->missing, n, groups->points + row, lines->missing_here + group * TILE);
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
    const struct given scratch = lines->slots[0];
    struct given *out = lines->slots;
    int64_t criterion = 0;
    memset(lines->missing_here, 0, groups->count * TILE * sizeof *lines->missing_here);
    for (Py_ssize_t k = 0; k < line_count(lines); k++) {
        const struct line *line = line_at(lines, k);
        if (line->slot) {
            evaluate(lines, line, at, n);
            continue;
        }
        if (lines->points.acquired)
            out->points = doubles(&lines->points, criterion, at);
        if (lines->remainders.acquired)
            out->remainder = doubles(&lines->remainders, criterion, at);
        evaluate(lines, line, at, n);
        const int may_be_excluded = line->exclusion >= 0 || line->zero_excludes || line->missing_excludes;
        const int any = may_be_excluded && exclude(lines, line, at, n, out, lines->excluded_here);
        const uint8_t *excluded = any ? lines->excluded_here : NULL;
        if (lines->remainders.acquired && !out->rounds)
            memset(out->remainder, 0, n * sizeof(double));
        if (out->some_inexact && settle(lines, criterion, at, n, out) < 0)
            return -1;
        for (Py_ssize_t i = 0; line->sign < 0 && i < n; i++)
            out->points[i] = 0 - out->points[i]; /* never -0.0 */
        if (groups->count)
            add_to_group(lines, out, excluded, line->maximum, line->group, n, groups);
        if (groups->count && line->measure >= 0)
            add_to_group(lines, out, excluded, line->maximum, line->measure, n, groups);
        if (lines->status.acquired)
            fill_status(out->missing, excluded, n, bytes(&lines->status, criterion, at));
        criterion++;
    }
    for (Py_ssize_t g = 0; g < groups->count; g++)
        add_missing(lines->missing_here + g * TILE, n, groups->missing + g * groups->stride);
    *out = scratch;
    return 0;
}

static int reads_fit(const struct line *line, int64_t rows, int64_t parts, int64_t pool) {
    switch (line->kind) {
    case SUM:
    case BEST:
        return line->first >= 1 && line->first <= parts && line->second >= 1 && line->second <= parts - line->first + 1;
    case QUOTIENT:
        return line->first >= 0 && line->first < rows && line->second >= 0 && line->second < rows;
    case GIVEN:
        return line->first >= 0 && line->first < rows - 2;
    case LADDER:
        return line->first >= 0 && line->first < rows && line->edges >= 0 && line->edges < pool && line->count >= 0 &&
               line->count <= (pool - line->edges - 1) / 2;
    case CAPPED:
    case SLOPE:
        return line->first >= 0 && line->first < rows;
    default:
        return 0;
    }
}

/* The number of criteria; -1 if a line, or a group it adds to, lies beyond the arrays. */
static int64_t count_criteria(const struct lines *lines, int64_t groups) {
    const int64_t rows = size_of(&lines->answers, 0), pool = lines->pool.len / (Py_ssize_t)sizeof(double);
    int64_t criteria = 0;
    if (lines->table.len % sizeof(struct line) || lines->parts < 0 || lines->parts > UINT16_MAX)
        return -1;
    for (Py_ssize_t k = 0; k < line_count(lines); k++) {
        const struct line *line = line_at(lines, k);
        if (line->slot < 0 || line->slot > lines->parts || !reads_fit(line, rows, lines->parts, pool))
            return -1;
        if (line->slot)
            continue;
        criteria++;
        if (groups && (line->group < 0 || line->group >= groups || line->measure >= groups))
            return -1;
        if (line->exclusion >= size_of(&lines->excluded, 0) || (line->zero_excludes && line->kind != QUOTIENT))
            return -1;
    }
    return criteria < UINT16_MAX ? criteria : -1;
}

/* Makes the scratch of a tile. */
static int make_scratch(struct lines *lines, Py_ssize_t groups) {
    const size_t slots = lines->parts + 1, room = TILE * (2 * sizeof(double) + 2);
    lines->slots = malloc(slots * (sizeof *lines->slots + room));
    lines->excluded_here = malloc(TILE);
    lines->missing_here = malloc((groups + 1) * TILE * sizeof *lines->missing_here);
    if (!lines->slots || !lines->excluded_here || !lines->missing_here) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t slot = 0; slot < slots; slot++) {
        double *points = (double *)((char *)(lines->slots + slots) + slot * room);
        uint8_t *missing = (uint8_t *)(points + 2 * TILE);
        lines->slots[slot] = (struct given){points, points + TILE, missing, missing + TILE, 0, 0, 0};
    }
    return 0;
}

int acquire_lines(struct lines *lines, PyObject *answers, PyObject *excluded, PyObject *points, PyObject *status,
                  PyObject *remainders, Py_ssize_t groups) {
    if (acquire(&lines->answers, answers, FLOAT64, READ, SHAPE(ANY, ANY)) < 0)
        return -1;
    const Py_ssize_t n = size_of(&lines->answers, 1);
    if (acquire(&lines->excluded, excluded, BYTE, READ | OPTIONAL, SHAPE(ANY, n)) < 0)
        return -1;
    const Py_ssize_t criteria = count_criteria(lines, groups);
    if (criteria < 0) {
        PyErr_SetString(PyExc_ValueError, "a line leads beyond the arrays");
        return -1;
    }
    if (acquire(&lines->points, points, FLOAT64, WRITE | OPTIONAL, SHAPE(criteria, n)) < 0 ||
        acquire(&lines->status, status, BYTE, WRITE | OPTIONAL, SHAPE(criteria, n)) < 0 ||
        acquire(&lines->remainders, remainders, FLOAT64, WRITE | OPTIONAL, SHAPE(criteria, n)) < 0)
        return -1;
    return make_scratch(lines, groups);
}

void release_lines(struct lines *lines) {
    struct array *arrays[] = {&lines->answers, &lines->excluded, &lines->points, &lines->status, &lines->remainders};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        release(arrays[k], 1);
    PyBuffer_Release(&lines->table);
    PyBuffer_Release(&lines->pool);
    free(lines->slots);
    free(lines->excluded_here);
    free(lines->missing_here);
}

PyObject *evaluate_lines(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *answers, *points, *status, *remainders;
    struct lines lines = {0};
    int failed = 1;
    if (!PyArg_ParseTuple(args, "(y*y*L)OOOOO:evaluate_lines", &lines.table, &lines.pool, &lines.parts, &answers,
                          &points, &status, &remainders, &lines.settle))
        return NULL;
    if (acquire_lines(&lines, answers, Py_None, points, status, remainders, 0) < 0)
        goto done;
    const Py_ssize_t units = size_of(&lines.answers, 1);
    lines.working = begin_work(units);
    failed = 0;
    for (Py_ssize_t at = 0; !failed && at < units; at += TILE)
        failed = evaluate_tile(&lines, at, units - at < TILE ? units - at : TILE, &(struct sums){0}) < 0;
    end_work(lines.working);
done:
    release_lines(&lines);
    return failed ? NULL : Py_NewRef(Py_None);
}
