/* What lines give the units of a matrix: the arithmetic of formulas/lines.py.

   Units go through all lines a tile at a time, so that what a tile takes stays in the first caches. Points are whole
   micropoints in doubles. What doubles leave in doubt is listed, and the caller settles it with fractions. */

#include "lines.h"

/* The sums of groups (4, groups, n). */
enum sum { POINTS, MAXIMUM, MISSING, LEFT_OUT };

static inline double *sum_of_group(const struct rows *sums, enum sum which, int64_t group, Py_ssize_t unit) {
    return (double *)((char *)row_of(sums, which, unit) + group * sums->view.strides[1]);
}

/* A unit whose points of a criterion are in doubt. */
struct doubt {
    int64_t line, unit;
    double points;
};

/* One call. */
struct job {
    const struct line *lines;
    int64_t count;
    const double *pool;
    Py_ssize_t units;
    int64_t groups, parts;
    struct rows answers, left_out, points, missing, rests, sums;
    struct doubt *doubts;
    size_t doubt_count, doubt_room;
};

static int note_doubt(struct job *job, int64_t line, int64_t unit, double points) {
    if (job->doubt_count == job->doubt_room) {
        size_t room = job->doubt_room ? 2 * job->doubt_room : 64;
        struct doubt *larger = realloc(job->doubts, room * sizeof(struct doubt));
        if (!larger)
            return -1;
        job->doubts = larger;
        job->doubt_room = room;
    }
    job->doubts[job->doubt_count++] = (struct doubt){line, unit, points};
    return 0;
}

/* Takes out the units for which a criterion does not apply. */
WIDE static void leave_out(struct job *job, const struct line *line, Py_ssize_t at, Py_ssize_t n, struct given *out) {
    uint8_t *restrict left_out = row_of(&job->left_out, line->leaver, at);
    uint8_t any = 0;
    if (line->leaves_when_zero) {
        const double *numerators = row_of(&job->answers, line->first, at);
        const double *denominators = row_of(&job->answers, line->second, at);
        for (Py_ssize_t i = 0; i < n; i++)
            left_out[i] |= (denominators[i] == 0) & (numerators[i] == numerators[i]);
    }
    for (Py_ssize_t i = 0; line->leaves_when_missing && i < n; i++)
        left_out[i] |= out->missing[i];
    for (Py_ssize_t i = 0; i < n; i++)
        any |= left_out[i];
    if (!any)
        return;
    double *maximum = job->sums.held ? sum_of_group(&job->sums, MAXIMUM, line->group, at) : NULL;
    double *count = job->sums.held ? sum_of_group(&job->sums, LEFT_OUT, line->group, at) : NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!left_out[i])
            continue;
        out->points[i] = 0;
        out->missing[i] = 0;
        if (out->doubtful)
            out->doubt[i] = 0;
        if (maximum) {
            maximum[i] -= line->maximum;
            count[i] += 1;
        }
    }
}

/* Adds a criterion to the sums of its group; what is missing is counted in short numbers. */
WIDE static void add_up(struct job *job, const struct line *line, Py_ssize_t at, Py_ssize_t n, const struct given *out,
                        uint16_t *restrict missing) {
    double *restrict sum = sum_of_group(&job->sums, POINTS, line->group, at);
    for (Py_ssize_t i = 0; i < n; i++)
        sum[i] += out->points[i];
    for (Py_ssize_t i = 0; i < n; i++)
        missing[i] += out->missing[i];
}

WIDE static void count_missing(const uint16_t *restrict missing, double *restrict count, Py_ssize_t n) {
    for (Py_ssize_t i = 0; i < n; i++)
        count[i] = missing[i];
}

static void work_out(const struct job *job, const struct line *line, Py_ssize_t at, Py_ssize_t n, struct given *given) {
    struct given *out = given + line->slot;
    const double *answers = line->kind < SUM ? row_of(&job->answers, line->first, at) : NULL;
    out->rounds = line->rounds != 0;
    out->doubtful = out->loose = 0;
    switch (line->kind) {
    case CAPPED:
        capped(line, answers, n, out);
        break;
    case LADDER:
        ladder(line, job->pool, answers, n, out);
        break;
    case QUOTIENT:
        quotient(line, answers, row_of(&job->answers, line->second, at), n, out);
        break;
    case SLOPE:
        slope(line, answers, n, out);
        break;
    case GIVEN:
        given_before(answers, row_of(&job->answers, line->first + 1, at), row_of(&job->answers, line->first + 2, at), n,
                     out);
        break;
    case SUM:
        sum_of(given + line->first, line->second, n, out);
        break;
    case BEST:
        best_of(given + line->first, line->second, n, out);
        break;
    }
}

/* All lines for one tile of units, whose scratch is `given` and `missing`, (groups, TILE). */
static int work_tile(struct job *job, Py_ssize_t at, Py_ssize_t n, struct given *given, uint16_t *missing) {
    const struct given scratch = given[0];
    int64_t place = 0; /* of the criterion */
    memset(missing, 0, job->groups * TILE * sizeof *missing);
    for (int64_t g = 0; g < job->groups; g++)
        memset(sum_of_group(&job->sums, POINTS, g, at), 0, n * sizeof(double));
    for (int64_t k = 0; k < job->count; k++) {
        const struct line *line = job->lines + k;
        struct given *out = given + line->slot;
        if (line->slot == 0) {
            *out = scratch;
            if (job->points.held)
                out->points = row_of(&job->points, place, at);
            if (job->missing.held)
                out->missing = row_of(&job->missing, place, at);
            if (job->rests.held)
                out->rest = row_of(&job->rests, place, at);
        }
        work_out(job, line, at, n, given);
        if (line->slot != 0)
            continue;
        if (line->leaver >= 0)
            leave_out(job, line, at, n, out);
        if (job->rests.held && !out->rounds)
            memset(out->rest, 0, n * sizeof(double));
        for (Py_ssize_t i = 0; line->sign < 0 && i < n; i++)
            out->points[i] = -out->points[i];
        if (job->sums.held)
            add_up(job, line, at, n, out, missing + line->group * TILE);
        for (Py_ssize_t i = 0; out->doubtful && i < n; i++)
            if (out->doubt[i] && note_doubt(job, place, at + i, out->points[i]) < 0)
                return -1;
        place++;
    }
    for (int64_t g = 0; g < job->groups; g++)
        count_missing(missing + g * TILE, sum_of_group(&job->sums, MISSING, g, at), n);
    *given = scratch;
    return 0;
}

static int work(struct job *job) {
    const size_t slots = job->parts + 1, room = TILE * (2 * sizeof(double) + 2);
    struct given *given = malloc(slots * sizeof *given);
    char *scratch = malloc(slots * room);
    uint16_t *missing = malloc(((size_t)job->groups * TILE + 1) * sizeof *missing);
    int failed = !given || !scratch || !missing;
    for (size_t slot = 0; !failed && slot < slots; slot++) {
        char *mine = scratch + slot * room;
        given[slot].points = (double *)mine;
        given[slot].rest = (double *)mine + TILE;
        given[slot].missing = (uint8_t *)((double *)mine + 2 * TILE);
        given[slot].doubt = given[slot].missing + TILE;
    }
    for (Py_ssize_t at = 0; !failed && at < job->units; at += TILE)
        failed = work_tile(job, at, job->units - at < TILE ? job->units - at : TILE, given, missing) < 0;
    free(given);
    free(scratch);
    free(missing);
    return failed ? -1 : 0;
}

/* Whether every line stays within the arrays: they are written by a compiler of plans, and memory is at stake. */
static int fits(const struct job *job, Py_ssize_t pool) {
    int64_t criteria = 0;
    for (int64_t k = 0; k < job->count; k++) {
        const struct line *line = job->lines + k;
        int own = line->kind < SUM, pair = line->kind == QUOTIENT;
        if (line->kind < CAPPED || line->kind > BEST || line->slot < 0 || line->slot > job->parts)
            return 0;
        if (own ? line->first < 0 || line->first >= height(&job->answers) - (line->kind == GIVEN ? 2 : 0)
                : line->first < 1 || line->first > job->parts || line->second < 1 ||
                      line->second > job->parts - line->first + 1)
            return 0;
        if (pair && (line->second < 0 || line->second >= height(&job->answers)))
            return 0;
        if (line->kind == LADDER && (line->edges < 0 || line->edges >= pool || line->count < 0 ||
                                     line->count > (pool - line->edges - 1) / 2))
            return 0;
        if (line->slot)
            continue;
        criteria++;
        if (line->group < 0 || (job->sums.held && line->group >= job->groups))
            return 0;
        if (line->leaver >= height(&job->left_out) || (line->leaves_when_zero && !pair))
            return 0;
    }
    return criteria < UINT16_MAX && (!job->points.held || height(&job->points) >= criteria) &&
           (!job->missing.held || height(&job->missing) >= criteria) &&
           (!job->rests.held || height(&job->rests) >= criteria);
}

/* The doubts as (criterion, unit, points). */
static PyObject *listed(const struct job *job) {
    PyObject *list = PyList_New(0);
    for (size_t d = 0; list && d < job->doubt_count; d++) {
        const struct doubt *doubt = job->doubts + d;
        PyObject *item = Py_BuildValue("(LLd)", (long long)doubt->line, (long long)doubt->unit, doubt->points);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

PyObject *award(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *answers, *left_out, *sums, *points, *missing, *rests, *doubts = NULL;
    Py_buffer lines, pool;
    long long parts;
    struct job job = {0};
    if (!PyArg_ParseTuple(args, "y*y*LOOOOOO:award", &lines, &pool, &parts, &answers, &left_out, &sums, &points,
                          &missing, &rests))
        return NULL;
    job.lines = lines.buf;
    job.count = lines.len / (Py_ssize_t)sizeof(struct line);
    job.pool = pool.buf;
    job.parts = parts;
    if (hold(&job.answers, answers, 2, NUMBER, -1, READ) < 0)
        goto done;
    const Py_ssize_t n = job.units = job.answers.view.shape[1];
    if (hold(&job.left_out, left_out, 2, TRUTH, n, WRITE) < 0 ||
        hold(&job.sums, sums, 3, NUMBER, n, WRITE | OPTIONAL) < 0 ||
        hold(&job.points, points, 2, NUMBER, n, WRITE | OPTIONAL) < 0 ||
        hold(&job.missing, missing, 2, TRUTH, n, WRITE | OPTIONAL) < 0 ||
        hold(&job.rests, rests, 2, NUMBER, n, WRITE | OPTIONAL) < 0)
        goto done;
    job.groups = job.sums.held ? job.sums.view.shape[1] : 0;
    if (lines.len % (Py_ssize_t)sizeof(struct line) || parts < 0 || parts > UINT16_MAX ||
        (job.sums.held && job.sums.view.shape[0] != 4) || !fits(&job, pool.len / (Py_ssize_t)sizeof(double))) {
        PyErr_SetString(PyExc_ValueError, "lines lead beyond the arrays");
        goto done;
    }
    int failed;
    PyThreadState *working = begin_work(n);
    failed = work(&job);
    end_work(working);
    doubts = failed ? PyErr_NoMemory() : listed(&job);
done:
    struct rows *held[] = {&job.answers, &job.left_out, &job.points, &job.missing, &job.rests, &job.sums};
    for (size_t k = 0; k < sizeof held / sizeof *held; k++)
        let_go(held[k], 1);
    free(job.doubts);
    PyBuffer_Release(&lines);
    PyBuffer_Release(&pool);
    return doubts;
}
