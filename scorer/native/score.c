/* Scores one tile of units at a time, from answers to levels: criteria, sums, percent, converted scores, levels. */

#include "levels.h"

/* Pointers into an array of sums, and into the array with the scores and counts of the first of these sums. */
static struct sums sums_from(const struct array *sums, const struct array *scored, Py_ssize_t start) {
    return (struct sums){
        .points = doubles(sums, POINTS * size_of(sums, 1), start),
        .maximum = doubles(sums, MAX_POINTS * size_of(sums, 1), start),
        .missing = doubles(scored, MISSING_COUNT * size_of(scored, 1), start),
        .not_applicable = doubles(scored, NOT_APPLICABLE_COUNT * size_of(scored, 1), start),
        .stride = size_of(sums, 2),
        .count = size_of(sums, 1),
    };
}

/* The sums of groups; sums of groups that have lines are reset to the state before the first criterion. */
static struct sums start_groups(const struct job *job, Py_ssize_t start, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const Py_ssize_t count = size_of(a + MAXIMA, 0), block = count * TILE;
    double *base = job->group_sums;
    const struct sums groups = base ? (struct sums){base, base + block, base + 2 * block, base + 3 * block, TILE, count}
                                    : sums_from(a + GROUP_SUMS, a + GROUP_SCORES, start);
    for (Py_ssize_t g = 0; g < count; g++) {
        if (!*bytes(a + HAS_LINES, 0, g))
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

/* Fills points / maximum in parts per million: `percent` is rounded down, and 0 where the maximum is 0; `share` is not
   rounded, and infinite where the maximum is 0. Products are below 2^53, so the rounding of a double cannot turn a
   share that is not whole into a whole number. */
AVX2_CLONE static void fill_percent(const double *restrict points, const double *restrict maximum, Py_ssize_t n,
                                    double *restrict percent, double *restrict share) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const double exact = points[i] * 1e6 / maximum[i];
        percent[i] = maximum[i] == 0 ? 0 : floor(exact);
        share[i] = maximum[i] == 0 ? HUGE_VAL : exact;
    }
}

/* floor(points x nominal / maximum) of whole numbers, also if a double cannot hold the product; 0 for other numbers. */
static double convert_exactly(double points, double maximum, double nominal) {
    if (!(fabs(points) < 0x1p53 && maximum >= 1 && maximum < 0x1p53 && fabs(nominal) < 0x1p53))
        return 0;
    const __int128 product = (__int128)points * (int64_t)nominal, divisor = (int64_t)maximum, whole = product / divisor;
    return (double)(whole - (whole * divisor > product ? 1 : 0));
}

/* Fills points x nominal / maximum, rounded down. This equals points + points x (nominal - maximum) / maximum, whose
   product is usually small. */
AVX2_CLONE static void fill_converted(const double *restrict points, const double *restrict maximum, double nominal,
                                      Py_ssize_t n, double *restrict converted) {
    int64_t some_large = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        const double change = points[i] * (nominal - maximum[i]);
        some_large |= (change >= 0x1p53 ? 1 : 0) | (change <= -0x1p53 ? 1 : 0);
        converted[i] = maximum[i] == 0 ? 0 : points[i] + floor(change / maximum[i]);
    }
    for (Py_ssize_t i = 0; some_large && i < n; i++)
        if (fabs(points[i] * (nominal - maximum[i])) >= 0x1p53)
            converted[i] = convert_exactly(points[i], maximum[i], nominal);
}

/* Rounds scores, which are whole numbers, to multiples of step; see ROUNDINGS. Never gives -0.0, which equals 0 but has
   other bytes. */
AVX2_CLONE static void fill_published(const double *restrict converted, double step, enum rounding rounding,
                                      Py_ssize_t n, double *restrict published) {
    const double half = floor(step / 2), added = rounding == UP ? step - 1 : rounding == DOWN ? 0 : half;
    for (Py_ssize_t i = 0; i < n; i++) {
        const double magnitude = floor((fabs(converted[i]) + added) / step) * step;
        published[i] = (converted[i] < 0 ? -magnitude : magnitude) + 0.0;
    }
    for (Py_ssize_t i = 0; rounding == HALF_EVEN && step > 1 && i < n; i++) {
        const double magnitude = fabs(published[i]), pair = 2 * step;
        if (magnitude - fabs(converted[i]) == half && floor(magnitude / pair) * pair != magnitude)
            published[i] = (converted[i] < 0 ? step - magnitude : magnitude - step) + 0.0;
    }
}

/* Fills percent, converted and published scores of the sums from `first` on, from points and maxima. `caps` limit the
   nominal maxima; NULL: there are none. */
static void fill_scores(const struct job *job, const struct array *array, const struct array *scored,
                        const struct array *nominal, const double *caps, Py_ssize_t first, Py_ssize_t stop,
                        Py_ssize_t start, Py_ssize_t n) {
    const struct sums sums = sums_from(array, scored, start);
    const Py_ssize_t count = size_of(scored, 1);
    for (Py_ssize_t k = first; k < stop; k++) {
        const double *points = sums.points + k * sums.stride, *maximum = sums.maximum + k * sums.stride;
        fill_percent(points, maximum, n, doubles(array, PERCENT * sums.count + k, start), job->shares + k * TILE);
        if (k >= count)
            continue;
        double *converted = doubles(scored, CONVERTED * count + k, start);
        const double most = *doubles(nominal, 0, k);
        fill_converted(points, maximum, caps && caps[k] < most ? caps[k] : most, n, converted);
        fill_published(converted, job->step, job->rounding, n, doubles(scored, PUBLISHED * count + k, start));
    }
}

static int score_tile(struct job *job, Py_ssize_t start, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const struct sums groups = start_groups(job, start, n);
    if (!evaluate_tile(&job->lines, start, n, &groups))
        return 0;
    const double *caps = doubles(a + CAPS, 0, 0);
    cap_groups(caps, &groups, n);
    if (a[GROUP_SUMS].acquired)
        fill_scores(job, a + GROUP_SUMS, a + GROUP_SCORES, a + MAXIMA, caps, 0, groups.count, start, n);
    const struct sums sums = sums_from(a + SUMS, a + SCORES, start);
    const Py_ssize_t categories = job->combining.categories;
    if (!combine_groups(&job->combining, &groups, &sums, size_of(a + SCORES, 1), n))
        return 0;
    fill_scores(job, a + SUMS, a + SCORES, a + NOMINAL, NULL, 0, categories, start, n);
    if (!combine_categories(&job->combining, &sums, doubles(a + SCORES, CONVERTED * size_of(a + SCORES, 1), start), n))
        return 0;
    fill_scores(job, a + SUMS, a + SCORES, a + NOMINAL, NULL, categories, sums.count, start, n);
    const struct decision *decisions = a[DECISIONS].view.buf;
    for (Py_ssize_t d = 0; d < size_of(a + DECISIONS, 0); d++)
        decide(job, decisions + d, start, n);
    return 1;
}

/* Prepares combining. Returns whether all compositions lie within the arrays. */
static int compositions_fit(struct job *job) {
    const struct array *a = job->arrays;
    const struct composition *each = a[COMPOSITIONS].view.buf;
    const int64_t pool = size_of(job->lines.arrays + POOL, 0), groups = size_of(a + MAXIMA, 0);
    const Py_ssize_t categories = size_of(a + COMPOSITIONS, 0) - 1;
    job->combining = (struct combining){
        .compositions = each,
        .categories = categories,
        .members = bytes(a + MEMBERS, 0, 0),
        .nominal = doubles(a + NOMINAL, 0, 0),
        .pool = doubles(job->lines.arrays + POOL, 0, 0),
        .lines = &job->lines,
    };
    if (a[COMPOSITIONS].view.itemsize != sizeof *each || categories < 0)
        return 0;
    for (Py_ssize_t k = 0; k <= categories; k++) {
        const int64_t weights = k < categories ? groups : categories;
        const int is_mean = each[k].method == ARITHMETIC_MEAN || each[k].method == GEOMETRIC_MEAN;
        if ((!is_mean && each[k].method != SUM_OF_POINTS && (k < categories || each[k].method != SUM_OF_CONVERTED)) ||
            (is_mean && (each[k].weights < 0 || each[k].weights > pool || weights > pool - each[k].weights)))
            return 0;
    }
    return 1;
}

/* Acquires and checks all arguments, and allocates scratch memory. Returns whether this succeeded; otherwise an
   exception is set. */
static int acquire_job(struct job *job, PyObject *const *args, Py_ssize_t *first, Py_ssize_t *stop) {
    struct array *a = job->arrays;
    job->step = PyFloat_AsDouble(args[STEP]);
    job->rounding = (enum rounding)PyLong_AsLong(args[ROUNDING]);
    *first = PyLong_AsSsize_t(args[FIRST]);
    *stop = PyLong_AsSsize_t(args[STOP]);
    if (PyErr_Occurred() || !acquire(a + MAXIMA, args[MAXIMA], FLOAT64, READ, SHAPE(ANY)) ||
        !acquire_lines(&job->lines, args, size_of(a + MAXIMA, 0)))
        return 0;
    const Py_ssize_t n = size_of(job->lines.arrays + ANSWERS, 1), groups = size_of(a + MAXIMA, 0);
    if (!acquire(a + NOMINAL, args[NOMINAL], FLOAT64, READ, SHAPE(ANY)) ||
        !acquire(a + SUMS, args[SUMS], FLOAT64, WRITE, SHAPE(SUM_ROWS, ANY, n)))
        return 0;
    const Py_ssize_t sums = size_of(a + SUMS, 1), scored = size_of(a + NOMINAL, 0);
    if (!acquire(a + COMPOSITIONS, args[COMPOSITIONS], RECORD, READ, SHAPE(ANY)))
        return 0;
    const Py_ssize_t categories = size_of(a + COMPOSITIONS, 0) - 1;
    if (!acquire(a + CAPS, args[CAPS], FLOAT64, READ, SHAPE(groups)) ||
        !acquire(a + SCORES, args[SCORES], FLOAT64, WRITE, SHAPE(SCORE_ROWS, scored, n)) ||
        !acquire(a + GROUP_SUMS, args[GROUP_SUMS], FLOAT64, WRITE | OPTIONAL, SHAPE(SUM_ROWS, groups, n)) ||
        !acquire(a + GROUP_SCORES, args[GROUP_SCORES], FLOAT64, WRITE | OPTIONAL, SHAPE(SCORE_ROWS, groups, n)) ||
        !acquire(a + HAS_LINES, args[HAS_LINES], BYTE, READ, SHAPE(groups)) ||
        !acquire(a + MEMBERS, args[MEMBERS], BYTE, READ, SHAPE(sums, groups)) ||
        !acquire(a + DECISIONS, args[DECISIONS], RECORD, READ, SHAPE(categories)) ||
        !acquire(a + RULES, args[RULES], RECORD, READ, SHAPE(ANY)) ||
        !acquire(a + COMPARISONS, args[COMPARISONS], RECORD, READ, SHAPE(ANY)) ||
        !acquire(a + TABLES, args[TABLES], INT64, READ, SHAPE(ANY)) ||
        !acquire(a + CELLS, args[CELLS], INT64, WRITE, SHAPE(size_of(a + RULES, 0), n)) ||
        !acquire(a + LEVELS, args[LEVELS], INT64, WRITE, SHAPE(categories, n)) ||
        !acquire(a + STANDINGS, args[STANDINGS], BYTE, WRITE, SHAPE(categories, n)))
        return 0;
    const int has_group_sums = a[GROUP_SUMS].acquired;
    if (!compositions_fit(job) || scored <= categories || scored > sums ||
        has_group_sums != a[GROUP_SCORES].acquired || *first < 0 || *stop < *first || *stop > n || !rules_fit(job)) {
        PyErr_SetString(PyExc_ValueError, "the arguments do not fit together");
        return 0;
    }
    job->combining.mean_exactly = args[MEAN_EXACTLY];
    job->shares = malloc((sums > groups ? sums : groups) * TILE * sizeof(double));
    job->group_sums = has_group_sums ? NULL : malloc((4 * groups + 1) * TILE * sizeof(double));
    job->reached = calloc((categories + 1) * TILE, sizeof(double));
    job->allowed = malloc(TILE * sizeof(int64_t));
    const int complete = job->shares && job->reached && job->allowed && (has_group_sums || job->group_sums);
    if (!complete)
        PyErr_NoMemory();
    return complete;
}

PyObject *score(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    struct job job = {0};
    Py_ssize_t first, stop;
    int ok = check_argument_count(ARGUMENTS, count) && acquire_job(&job, args, &first, &stop);
    if (ok) {
        job.lines.state = begin_work(stop - first);
        for (Py_ssize_t start = first; ok && start < stop; start += TILE)
            ok = score_tile(&job, start, stop - start < TILE ? stop - start : TILE);
        end_work(job.lines.state);
    }
    release_lines(&job.lines);
    release(job.arrays, ARGUMENTS);
    free(job.shares);
    free(job.group_sums);
    free(job.reached);
    free(job.allowed);
    return ok ? Py_NewRef(Py_None) : NULL;
}
