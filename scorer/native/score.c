/* From answers to levels, a tile of units at a time: criteria, sums of groups, percentages, scores, gates. */

#include "lines.h"

/* Rows of an array of sums (3, s, n), and of one of counts and scores (4, w, n). */
enum { POINTS, MAX_POINTS, PERCENT, SUM_ROWS };
enum { CONVERTED, PUBLISHED, MISSING_COUNT, NOT_APPLICABLE_COUNT, WHOLE_ROWS };

/* Arguments after those of lines; __init__.pyi describes them. The groups have no sums of their own when nobody needs
   them afterwards. */
enum { MAXIMA = LINE_ARGUMENTS, IS_FILLED, MEMBERS, NOMINAL, STEP, COMPARISONS, LEVEL_TABLES,
       SUMS, WHOLES, GROUP_SUMS, GROUP_WHOLES, CELLS, LEVELS, STANDINGS, FIRST, LAST, ARGUMENTS };

/* One call. */
struct job {
    struct lines lines;
    struct array arrays[ARGUMENTS];
    double step;         /* micropoints of the last published decimal */
    double *group_sums;  /* (4, g, TILE), unless the caller has arrays for them */
    double *quotients;   /* (s or g, TILE) percentages in parts per million, not rounded */
};

/* The rows of arrays of sums and wholes. */
static struct sums sums_from(const struct array *sums, const struct array *wholes, Py_ssize_t at) {
    return (struct sums){
        .points = doubles(sums, POINTS * size_of(sums, 1), at),
        .maximum = doubles(sums, MAX_POINTS * size_of(sums, 1), at),
        .missing = doubles(wholes, MISSING_COUNT * size_of(wholes, 1), at),
        .not_applicable = doubles(wholes, NOT_APPLICABLE_COUNT * size_of(wholes, 1), at),
        .stride = size_of(sums, 2),
        .count = size_of(sums, 1),
    };
}

/* The sums of groups, those that lines fill as they are before the first criterion. */
static struct sums start_groups(const struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const Py_ssize_t count = size_of(a + MAXIMA, 0), size = count * TILE;
    double *base = job->group_sums;
    const struct sums groups = base ? (struct sums){base, base + size, base + 2 * size, base + 3 * size, TILE, count}
                                    : sums_from(a + GROUP_SUMS, a + GROUP_WHOLES, at);
    for (Py_ssize_t g = 0; g < count; g++) {
        if (!*bytes(a + IS_FILLED, 0, g))
            continue;
        const Py_ssize_t row = g * groups.stride;
        for (Py_ssize_t i = 0; i < n; i++)
            groups.maximum[row + i] = *doubles(a + MAXIMA, 0, g);
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
    for (Py_ssize_t g = 0; g < size_of(job->arrays + MEMBERS, 1); g++)
        if (*bytes(job->arrays + MEMBERS, sum, g))
            add_to(groups + g * stride, n, total);
}

/* Fills all sums. The points of a category are never below 0, whatever penalties take, and all points together are
   those of the categories. */
static void add_groups(const struct job *job, const struct sums *groups, Py_ssize_t at, Py_ssize_t n) {
    const struct sums sums = sums_from(job->arrays + SUMS, job->arrays + WHOLES, at);
    const Py_ssize_t wholes = size_of(job->arrays + WHOLES, 1), all = wholes - 1;
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
static void fill_scores(const struct job *job, const struct array *rows, const struct array *wholes,
                        const struct array *nominal, Py_ssize_t at, Py_ssize_t n) {
    const struct sums sums = sums_from(rows, wholes, at);
    const Py_ssize_t count = size_of(wholes, 1);
    for (Py_ssize_t k = 0; k < sums.count; k++) {
        const double *points = sums.points + k * sums.stride, *maximum = sums.maximum + k * sums.stride;
        divide(points, maximum, n, doubles(rows, PERCENT * sums.count + k, at), job->quotients + k * TILE);
        if (k >= count)
            continue;
        double *converted = doubles(wholes, CONVERTED * count + k, at);
        convert(points, maximum, *doubles(nominal, 0, k), n, converted);
        publish(converted, job->step, n, doubles(wholes, PUBLISHED * count + k, at));
    }
}

WIDE static void move_on(const double *restrict values, double edge, int64_t stride, Py_ssize_t n,
                         int64_t *restrict cells) {
    for (Py_ssize_t i = 0; i < n; i++)
        cells[i] += values[i] >= edge ? stride : 0;
}

/* Fills the cell of each unit in the decision tables: the sum of stride x edges reached over all comparisons. */
static void find_cells(const struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const struct comparison *each = a[COMPARISONS].view.buf, *end = each + size_of(a + COMPARISONS, 0);
    const Py_ssize_t sums = size_of(a + SUMS, 1);
    for (Py_ssize_t c = 0; c < size_of(a + CELLS, 0); c++)
        memset(integers(a + CELLS, c, at), 0, n * sizeof(int64_t));
    for (; each < end; each++) {
        const double *edges = doubles(job->lines.arrays + POOL, 0, each->edges);
        const double *values = each->sum < sums ? job->quotients + each->sum * TILE
                                                : doubles(a + SUMS, POINTS * sums + each->sum - sums, at);
        for (int64_t e = 0; e < each->count; e++)
            move_on(values, edges[e], each->stride, n, integers(a + CELLS, each->category, at));
    }
}

/* Looks up the levels of cells, and whether that makes units ranked. */
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

static int score_tile(struct job *job, Py_ssize_t at, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const struct sums groups = start_groups(job, at, n);
    if (!evaluate_tile(&job->lines, at, n, &groups))
        return 0;
    if (a[GROUP_SUMS].acquired)
        fill_scores(job, a + GROUP_SUMS, a + GROUP_WHOLES, a + MAXIMA, at, n);
    add_groups(job, &groups, at, n);
    fill_scores(job, a + SUMS, a + WHOLES, a + NOMINAL, at, n);
    find_cells(job, at, n);
    for (Py_ssize_t c = 0; c < size_of(a + CELLS, 0); c++) {
        const int64_t table = *integers(a + LEVEL_TABLES, 0, c);
        decide(doubles(a + SUMS, MAX_POINTS * size_of(a + SUMS, 1) + c, at), integers(a + CELLS, c, at),
               table < 0 ? NULL : doubles(job->lines.arrays + POOL, 0, table), n, integers(a + LEVELS, c, at),
               bytes(a + STANDINGS, c, at));
    }
    return 1;
}

/* Whether every comparison, and every cell that they lead to, lies within the arrays. */
static int gates_fit(const struct job *job) {
    const struct array *a = job->arrays;
    const struct comparison *first = a[COMPARISONS].view.buf, *end = first + size_of(a + COMPARISONS, 0), *each;
    const int64_t pool = size_of(job->lines.arrays + POOL, 0), categories = size_of(a + CELLS, 0);
    if (a[COMPARISONS].view.itemsize != sizeof *first || pool > INT32_MAX)
        return 0;
    for (each = first; each < end; each++)
        if (each->category < 0 || each->category >= categories || each->sum < 0 ||
            each->sum >= 2 * size_of(a + SUMS, 1) || each->edges < 0 || each->edges > pool || each->count < 0 ||
            each->count > pool - each->edges || each->stride < 0 || each->stride > pool)
            return 0;
    for (int64_t c = 0; c < categories; c++) {
        const int64_t table = *integers(a + LEVEL_TABLES, 0, c);
        int64_t last = table; /* cell that can be reached, if there are levels */
        for (each = first; each < end && last < pool; each++)
            last += each->category == c ? each->stride * each->count : 0;
        if (table < -1 || (table >= 0 && last >= pool))
            return 0;
    }
    return 1;
}

/* Acquires and checks all arguments, and makes scratch. Returns whether that worked; otherwise an exception is set. */
static int acquire_job(struct job *job, PyObject *const *args, Py_ssize_t *first, Py_ssize_t *last) {
    struct array *a = job->arrays;
    job->step = PyFloat_AsDouble(args[STEP]);
    *first = PyLong_AsSsize_t(args[FIRST]);
    *last = PyLong_AsSsize_t(args[LAST]);
    if (PyErr_Occurred() || !acquire(a + MAXIMA, args[MAXIMA], FLOAT64, READ, SHAPE(ANY)) ||
        !acquire_lines(&job->lines, args, size_of(a + MAXIMA, 0)))
        return 0;
    const Py_ssize_t n = size_of(job->lines.arrays + ANSWERS, 1), groups = size_of(a + MAXIMA, 0);
    if (!acquire(a + NOMINAL, args[NOMINAL], FLOAT64, READ, SHAPE(ANY)) ||
        !acquire(a + SUMS, args[SUMS], FLOAT64, WRITE, SHAPE(SUM_ROWS, ANY, n)))
        return 0;
    const Py_ssize_t sums = size_of(a + SUMS, 1), wholes = size_of(a + NOMINAL, 0), categories = wholes - 1;
    if (!acquire(a + WHOLES, args[WHOLES], FLOAT64, WRITE, SHAPE(WHOLE_ROWS, wholes, n)) ||
        !acquire(a + GROUP_SUMS, args[GROUP_SUMS], FLOAT64, WRITE | OPTIONAL, SHAPE(SUM_ROWS, groups, n)) ||
        !acquire(a + GROUP_WHOLES, args[GROUP_WHOLES], FLOAT64, WRITE | OPTIONAL, SHAPE(WHOLE_ROWS, groups, n)) ||
        !acquire(a + IS_FILLED, args[IS_FILLED], BYTE, READ, SHAPE(groups)) ||
        !acquire(a + MEMBERS, args[MEMBERS], BYTE, READ, SHAPE(sums, groups)) ||
        !acquire(a + COMPARISONS, args[COMPARISONS], RECORD, READ, SHAPE(ANY)) ||
        !acquire(a + LEVEL_TABLES, args[LEVEL_TABLES], INT64, READ, SHAPE(categories)) ||
        !acquire(a + CELLS, args[CELLS], INT64, WRITE, SHAPE(categories, n)) ||
        !acquire(a + LEVELS, args[LEVELS], INT64, WRITE, SHAPE(categories, n)) ||
        !acquire(a + STANDINGS, args[STANDINGS], BYTE, WRITE, SHAPE(categories, n)))
        return 0;
    const int kept = a[GROUP_SUMS].acquired;
    if (wholes < 1 || wholes > sums || kept != a[GROUP_WHOLES].acquired || *first < 0 || *last < *first || *last > n ||
        !gates_fit(job)) {
        PyErr_SetString(PyExc_ValueError, "the arguments do not fit together");
        return 0;
    }
    job->quotients = malloc((sums > groups ? sums : groups) * TILE * sizeof(double));
    job->group_sums = kept ? NULL : malloc((4 * groups + 1) * TILE * sizeof(double));
    if (!job->quotients || (!kept && !job->group_sums))
        PyErr_NoMemory();
    return job->quotients && (kept || job->group_sums);
}

PyObject *score(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    struct job job = {0};
    Py_ssize_t first, last;
    int ok = takes(ARGUMENTS, count) && acquire_job(&job, args, &first, &last);
    if (ok) {
        job.lines.working = begin_work(last - first);
        for (Py_ssize_t at = first; ok && at < last; at += TILE)
            ok = score_tile(&job, at, last - at < TILE ? last - at : TILE);
        end_work(job.lines.working);
    }
    release_lines(&job.lines);
    release(job.arrays, ARGUMENTS);
    free(job.quotients);
    free(job.group_sums);
    return ok ? Py_NewRef(Py_None) : NULL;
}
