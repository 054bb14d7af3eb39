/* From answers to levels, a tile of units at a time: criteria, sums of groups, percentages, scores, gates. */

#include "lines.h"

/* Rows of an array of sums (3, s, n), and of one of counts and scores (4, w, n). */
enum { POINTS, MAX_POINTS, PERCENT, SUM_ROWS };
enum { CONVERTED, PUBLISHED, MISSING_COUNT, NOT_APPLICABLE_COUNT, WHOLE_ROWS };

/* Sums with all that follows from them. The first w of s sums have scores and counts, too. */
struct table {
    struct array sums, wholes, nominal; /* nominal (w,): maxima if everything applied */
};

/* One call. */
struct job {
    struct lines lines;
    struct table table, groups;           /* groups may have no sums: then nobody needs them afterwards */
    struct array is_filled, members;      /* (g,) whether lines add to a group; (s, g) which groups a sum adds up */
    struct array level_tables;            /* (c,) where the level of each cell stands in the pool; -1: no levels */
    struct array cells, levels, standings; /* (c, n) */
    Py_buffer comparisons;
    double step;                          /* micropoints of the last published decimal */
    double *group_sums;                   /* (4, g, TILE), if nobody needs them afterwards */
    double *quotients;                    /* (s or g, TILE) percentages in parts per million, not rounded */
};

static struct sums sums_from(const struct table *table, Py_ssize_t at) {
    const Py_ssize_t count = size_of(&table->sums, 1), wholes = size_of(&table->wholes, 1);
    return (struct sums){
        .points = doubles(&table->sums, POINTS * count, at),
        .maximum = doubles(&table->sums, MAX_POINTS * count, at),
        .missing = doubles(&table->wholes, MISSING_COUNT * wholes, at),
        .not_applicable = doubles(&table->wholes, NOT_APPLICABLE_COUNT * wholes, at),
        .stride = size_of(&table->sums, 2),
        .count = count,
    };
}

/* The sums of groups, those that lines fill as they are before the first criterion. */
static struct sums start_groups(const struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const Py_ssize_t count = size_of(&job->groups.nominal, 0);
    double *base = job->group_sums;
    const struct sums groups =
        base ? (struct sums){base, base + count * TILE, base + 2 * count * TILE, base + 3 * count * TILE, TILE, count}
             : sums_from(&job->groups, at);
    for (Py_ssize_t g = 0; g < count; g++) {
        if (!*bytes(&job->is_filled, 0, g))
            continue;
        const Py_ssize_t row = g * groups.stride;
        const double nominal = *doubles(&job->groups.nominal, 0, g);
        for (Py_ssize_t i = 0; i < n; i++)
            groups.maximum[row + i] = nominal;
        memset(groups.points + row, 0, n * sizeof(double));
        memset(groups.missing + row, 0, n * sizeof(double));
        memset(groups.not_applicable + row, 0, n * sizeof(double));
    }
    return groups;
}

WIDE static void add_to(const double *restrict from, Py_ssize_t n, double *restrict to) {
    for (Py_ssize_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* Adds up the groups that are members of a sum. */
static void add_members(const struct job *job, Py_ssize_t sum, const double *groups, Py_ssize_t stride, Py_ssize_t n,
                        double *total) {
    memset(total, 0, n * sizeof(double));
    for (Py_ssize_t g = 0; g < size_of(&job->members, 1); g++)
        if (*bytes(&job->members, sum, g))
            add_to(groups + g * stride, n, total);
}

/* Fills all sums. The points of a category are never below 0, whatever penalties take, and all points together are
   those of the categories. */
static void add_groups(const struct job *job, const struct sums *groups, Py_ssize_t at, Py_ssize_t n) {
    const struct sums sums = sums_from(&job->table, at);
    const Py_ssize_t wholes = size_of(&job->table.wholes, 1), all = wholes - 1;
    for (Py_ssize_t k = 0; k < sums.count; k++) {
        const Py_ssize_t row = k * sums.stride;
        add_members(job, k, groups->maximum, groups->stride, n, sums.maximum + row);
        if (k < wholes) {
            add_members(job, k, groups->missing, groups->stride, n, sums.missing + row);
            add_members(job, k, groups->not_applicable, groups->stride, n, sums.not_applicable + row);
        }
        if (k != all)
            add_members(job, k, groups->points, groups->stride, n, sums.points + row);
    }
    double *total = sums.points + all * sums.stride;
    memset(total, 0, n * sizeof(double));
    for (Py_ssize_t k = 0; k < all; k++) {
        double *points = sums.points + k * sums.stride;
        for (Py_ssize_t i = 0; i < n; i++)
            points[i] = points[i] > 0 ? points[i] : 0;
        add_to(points, n, total);
    }
}

/* points / maximum in parts per million, rounded down, and not rounded; 0 and infinite where the maximum is 0.
   Products stay below 2^53, so that a quotient that is no whole number is further from one than a double's rounding. */
WIDE static void divide(const double *restrict points, const double *restrict maximum, Py_ssize_t n,
                        double *restrict percent, double *restrict quotient) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const double exact = points[i] * 1e6 / maximum[i];
        percent[i] = maximum[i] == 0 ? 0 : floor(exact);
        quotient[i] = maximum[i] == 0 ? HUGE_VAL : exact;
    }
}

/* floor(points x nominal / maximum), of whole numbers whose product may not fit a double; others give nothing. */
static double convert_exactly(double points, double maximum, double nominal) {
    if (!(fabs(points) < 0x1p53 && maximum >= 1 && maximum < 0x1p53 && fabs(nominal) < 0x1p53))
        return 0;
    const __int128 product = (__int128)points * (int64_t)nominal, divisor = (int64_t)maximum, whole = product / divisor;
    return (double)(whole - (whole * divisor > product ? 1 : 0));
}

/* points x nominal / maximum rounded down: the points, and what points that do not apply would have given. */
WIDE static void convert(const double *restrict points, const double *restrict maximum, double nominal, Py_ssize_t n,
                         double *restrict converted) {
    int64_t large = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        const double gain = points[i] * (nominal - maximum[i]);
        large |= (gain >= 0x1p53 ? 1 : 0) | (gain <= -0x1p53 ? 1 : 0);
        converted[i] = maximum[i] == 0 ? 0 : points[i] + floor(gain / maximum[i]);
    }
    for (Py_ssize_t i = 0; large && i < n; i++)
        if (fabs(points[i] * (nominal - maximum[i])) >= 0x1p53)
            converted[i] = convert_exactly(points[i], maximum[i], nominal);
}

/* The nearest step, an exact half away from zero; never -0.0, which equals 0 but has other bytes. */
WIDE static void publish(const double *restrict converted, double step, Py_ssize_t n, double *restrict published) {
    const double half = floor(step / 2);
    for (Py_ssize_t i = 0; i < n; i++) {
        const double size = floor((fabs(converted[i]) + half) / step) * step;
        published[i] = (converted[i] < 0 ? -size : size) + 0.0;
    }
}

/* Fills what follows from sums of points and maxima. */
static void fill_scores(const struct job *job, const struct table *table, Py_ssize_t at, Py_ssize_t n) {
    const struct sums sums = sums_from(table, at);
    const Py_ssize_t wholes = size_of(&table->wholes, 1);
    for (Py_ssize_t k = 0; k < sums.count; k++) {
        const double *points = sums.points + k * sums.stride, *maximum = sums.maximum + k * sums.stride;
        divide(points, maximum, n, doubles(&table->sums, PERCENT * sums.count + k, at), job->quotients + k * TILE);
        if (k >= wholes)
            continue;
        double *converted = doubles(&table->wholes, CONVERTED * wholes + k, at);
        convert(points, maximum, *doubles(&table->nominal, 0, k), n, converted);
        publish(converted, job->step, n, doubles(&table->wholes, PUBLISHED * wholes + k, at));
    }
}

WIDE static void move_on(const double *restrict values, double edge, int64_t stride, Py_ssize_t n,
                         int64_t *restrict cells) {
    for (Py_ssize_t i = 0; i < n; i++)
        cells[i] += values[i] >= edge ? stride : 0;
}

/* Fills the cell of each unit in the decision tables: the sum of stride x edges reached over all comparisons. */
static void find_cells(const struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const struct comparison *comparisons = job->comparisons.buf;
    const Py_ssize_t sums = size_of(&job->table.sums, 1), categories = size_of(&job->cells, 0);
    for (Py_ssize_t c = 0; c < categories; c++)
        memset(integers(&job->cells, c, at), 0, n * sizeof(int64_t));
    for (size_t k = 0; k < job->comparisons.len / sizeof *comparisons; k++) {
        const struct comparison *comparison = comparisons + k;
        const double *edges = (const double *)job->lines.pool.buf + comparison->edges;
        const double *values = comparison->sum < sums
                                   ? job->quotients + comparison->sum * TILE
                                   : doubles(&job->table.sums, POINTS * sums + comparison->sum - sums, at);
        for (int64_t e = 0; e < comparison->count; e++)
            move_on(values, edges[e], comparison->stride, n, integers(&job->cells, comparison->category, at));
    }
}

/* Looks the level of a cell up, and whether that makes a unit ranked. */
static void decide(const double *maximum, const int64_t *cells, const double *level_of_cell, Py_ssize_t n,
                   int64_t *levels, uint8_t *standings) {
    for (Py_ssize_t i = 0; i < n; i++) {
        levels[i] = level_of_cell ? (int64_t)level_of_cell[cells[i]] : 0;
        standings[i] = level_of_cell && !levels[i] ? BELOW_MINIMUM : RANKED;
        if (maximum[i] == 0) {
            levels[i] = 0;
            standings[i] = NOTHING_APPLICABLE;
        }
    }
}

static void decide_levels(const struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const Py_ssize_t sums = size_of(&job->table.sums, 1);
    for (Py_ssize_t c = 0; c < size_of(&job->cells, 0); c++) {
        const int64_t level_table = *integers(&job->level_tables, 0, c);
        decide(doubles(&job->table.sums, MAX_POINTS * sums + c, at), integers(&job->cells, c, at),
               level_table < 0 ? NULL : (const double *)job->lines.pool.buf + level_table, n,
               integers(&job->levels, c, at), bytes(&job->standings, c, at));
    }
}

static int score_tile(struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const struct sums groups = start_groups(job, at, n);
    if (evaluate_tile(&job->lines, at, n, &groups) < 0)
        return -1;
    if (job->groups.sums.acquired)
        fill_scores(job, &job->groups, at, n);
    add_groups(job, &groups, at, n);
    fill_scores(job, &job->table, at, n);
    find_cells(job, at, n);
    decide_levels(job, at, n);
    return 0;
}

/* Whether every comparison, and every cell that they lead to, lies within the arrays. */
static int gates_fit(const struct job *job) {
    const struct comparison *comparisons = job->comparisons.buf;
    const size_t count = job->comparisons.len / sizeof *comparisons;
    const int64_t pool = job->lines.pool.len / (Py_ssize_t)sizeof(double), categories = size_of(&job->cells, 0);
    if (job->comparisons.len % sizeof *comparisons)
        return 0;
    for (size_t k = 0; k < count; k++) {
        const struct comparison *each = comparisons + k;
        if (each->category < 0 || each->category >= categories || each->sum < 0 ||
            each->sum >= 2 * size_of(&job->table.sums, 1) || each->edges < 0 || each->edges > pool || each->count < 0 ||
            each->count > pool - each->edges || each->stride < 0 || each->stride > INT32_MAX || pool > INT32_MAX)
            return 0;
    }
    for (int64_t c = 0; c < categories; c++) {
        const int64_t level_table = *integers(&job->level_tables, 0, c);
        int64_t last = level_table;
        for (size_t k = 0; k < count && last < pool; k++)
            last += comparisons[k].category == c ? comparisons[k].stride * comparisons[k].count : 0;
        if (level_table < -1 || (level_table >= 0 && last >= pool))
            return 0;
    }
    return 1;
}

static int acquire_table(struct table *table, PyObject *sums, PyObject *wholes, Py_ssize_t n, int flags) {
    const Py_ssize_t count = size_of(&table->nominal, 0);
    return acquire(&table->sums, sums, FLOAT64, WRITE | flags, SHAPE(SUM_ROWS, ANY, n)) < 0 ||
                   acquire(&table->wholes, wholes, FLOAT64, WRITE | flags, SHAPE(WHOLE_ROWS, count, n)) < 0
               ? -1
               : 0;
}

/* Acquires and checks everything that a call needs, and makes its scratch. -1 with an exception. */
static int acquire_job(struct job *job, PyObject *args, Py_ssize_t *first, Py_ssize_t *last) {
    PyObject *maxima, *is_filled, *members, *nominal, *level_tables; /* fixed for a tier */
    PyObject *answers, *excluded, *sums, *wholes, *cells, *levels, *standings, *group_sums, *group_wholes, *points, *status;
    if (!PyArg_ParseTuple(args, "(y*y*LOOOOdy*O)OOOOOOOOOOOOnn:score", &job->lines.table, &job->lines.pool,
                          &job->lines.parts, &maxima, &is_filled, &members, &nominal, &job->step, &job->comparisons,
                          &level_tables, &answers, &excluded, &sums, &wholes, &cells, &levels, &standings, &group_sums,
                          &group_wholes, &points, &status, &job->lines.settle, first, last) ||
        acquire(&job->groups.nominal, maxima, FLOAT64, READ, SHAPE(ANY)) < 0)
        return -1;
    const Py_ssize_t groups = size_of(&job->groups.nominal, 0);
    if (acquire_lines(&job->lines, answers, excluded, points, status, Py_None, groups) < 0)
        return -1;
    const Py_ssize_t n = size_of(&job->lines.answers, 1);
    if (acquire(&job->table.nominal, nominal, FLOAT64, READ, SHAPE(ANY)) < 0 ||
        acquire_table(&job->table, sums, wholes, n, 0) < 0 ||
        acquire_table(&job->groups, group_sums, group_wholes, n, OPTIONAL) < 0)
        return -1;
    const Py_ssize_t count = size_of(&job->table.sums, 1), categories = size_of(&job->table.nominal, 0) - 1;
    if (acquire(&job->is_filled, is_filled, BYTE, READ, SHAPE(groups)) < 0 ||
        acquire(&job->members, members, BYTE, READ, SHAPE(count, groups)) < 0 ||
        acquire(&job->level_tables, level_tables, INT64, READ, SHAPE(categories)) < 0 ||
        acquire(&job->cells, cells, INT64, WRITE, SHAPE(categories, n)) < 0 ||
        acquire(&job->levels, levels, INT64, WRITE, SHAPE(categories, n)) < 0 ||
        acquire(&job->standings, standings, BYTE, WRITE, SHAPE(categories, n)) < 0)
        return -1;
    const int kept = job->groups.sums.acquired;
    if (categories < 0 || count <= categories || kept != job->groups.wholes.acquired ||
        (kept && size_of(&job->groups.sums, 1) != groups) || *first < 0 || *last < *first || *last > n || !gates_fit(job)) {
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
        return -1;
    }
    job->quotients = malloc((count > groups ? count : groups) * TILE * sizeof(double));
    job->group_sums = kept ? NULL : malloc((4 * groups + 1) * TILE * sizeof(double));
    if (job->quotients && (kept || job->group_sums))
        return 0;
    PyErr_NoMemory();
    return -1;
}

PyObject *score(PyObject *module, PyObject *args) {
    (void)module;
    struct job job = {0};
    Py_ssize_t first, last;
    int failed = acquire_job(&job, args, &first, &last) < 0;
    if (!failed) {
        job.lines.working = begin_work(last - first);
        for (Py_ssize_t at = first; !failed && at < last; at += TILE)
            failed = score_tile(&job, at, last - at < TILE ? last - at : TILE) < 0;
        end_work(job.lines.working);
    }
    struct array *arrays[] = {&job.table.sums, &job.table.wholes, &job.table.nominal, &job.groups.sums,
                              &job.groups.wholes, &job.groups.nominal, &job.is_filled, &job.members,
                              &job.level_tables, &job.cells, &job.levels, &job.standings};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        release(arrays[k], 1);
    release_lines(&job.lines);
    PyBuffer_Release(&job.comparisons);
    free(job.quotients);
    free(job.group_sums);
    return failed ? NULL : Py_NewRef(Py_None);
}
