/* Combines groups into categories, and categories into the overall sum. */

#include "combine.h"

/* A mean whose fraction is this close to a half is rounded by mean_exactly(). Doubles are exact to 10^-4 micropoints:
   the largest mean has 2^32 micropoints, and sums of logarithms are exact to 10^-14. */
static const double MEAN_NEAR_HALF = 1e-3;

AVX2_CLONE static void add_to(const double *restrict from, Py_ssize_t n, double *restrict to) {
    for (Py_ssize_t i = 0; i < n; i++)
        to[i] += from[i];
}

AVX2_CLONE static void limit_above(double high, Py_ssize_t n, double *restrict values) {
    for (Py_ssize_t i = 0; i < n; i++)
        values[i] = values[i] < high ? values[i] : high;
}

AVX2_CLONE static void limit_below(double low, Py_ssize_t n, double *restrict values) {
    for (Py_ssize_t i = 0; i < n; i++)
        values[i] = values[i] > low ? values[i] : low;
}

void cap_groups(const double *caps, const struct sums *groups, Py_ssize_t n) {
    for (Py_ssize_t g = 0; g < groups->count; g++)
        if (caps[g] < HUGE_VAL) {
            limit_above(caps[g], n, groups->points + g * groups->stride);
            limit_above(caps[g], n, groups->maximum + g * groups->stride);
        }
}

/* Adds up the groups that are members of a sum. */
static void add_members(const uint8_t *members, const struct sums *groups, const double *values, Py_ssize_t n,
                        double *total) {
    memset(total, 0, n * sizeof(double));
    for (Py_ssize_t g = 0; g < groups->count; g++)
        if (members[g])
            add_to(values + g * groups->stride, n, total);
}

/* The mean of one unit, from exact fractions. Returns whether this succeeded; otherwise an exception is set. */
static int mean_exactly(const struct combining *job, Py_ssize_t sum, const struct sums *from, Py_ssize_t unit,
                        double *mean) {
    end_work(job->lines->state);
    PyObject *values = PyTuple_New(2 * from->count), *result = NULL;
    for (Py_ssize_t k = 0; values && k < 2 * from->count; k++) {
        const double *row = k < from->count ? from->points + k * from->stride
                                            : from->maximum + (k - from->count) * from->stride;
        PyObject *value = PyFloat_FromDouble(row[unit]);
        if (!value || PyTuple_SetItem(values, k, value) < 0)
            Py_CLEAR(values);
    }
    if (values)
        result = PyObject_CallFunction(job->mean_exactly, "nO", sum, values);
    if (result)
        *mean = PyFloat_AsDouble(result);
    const int ok = result && !PyErr_Occurred();
    Py_XDECREF(result);
    Py_XDECREF(values);
    job->lines->state = job->lines->state ? PyEval_SaveThread() : NULL;
    return ok;
}

/* Fills a sum with the weighted mean of shares. A share is points / maximum, from 0 to 1; members whose
   maximum is 0 are left out. `members` is NULL if all are members. */
static int fill_mean(const struct combining *job, Py_ssize_t sum, const struct sums *from, const uint8_t *members,
                     Py_ssize_t n, double *points, double *maximum) {
    const struct composition *own = job->compositions + sum;
    const double *weights = job->pool + own->weights, whole = own->points;
    const int geometric = own->method == GEOMETRIC_MEAN;
    for (Py_ssize_t i = 0; i < n; i++) {
        double total = 0, weight = 0;
        for (Py_ssize_t m = 0; m < from->count; m++) {
            const double most = from->maximum[m * from->stride + i];
            if (most == 0 || (members && !members[m]))
                continue;
            double share = from->points[m * from->stride + i] / most;
            share = share < 1 ? share : 1;
            share = share > 0 ? share : 0;
            total += weights[m] * (geometric ? log(share) : share);
            weight += weights[m];
        }
        maximum[i] = weight == 0 ? 0 : whole;
        points[i] = 0;
        if (weight == 0)
            continue;
        const double exact = (geometric ? exp(total / weight) : total / weight) * whole;
        points[i] = rint(exact);
        if (fabs(exact - points[i]) > 0.5 - MEAN_NEAR_HALF && !mean_exactly(job, sum, from, i, points + i))
            return 0;
    }
    return 1;
}

static void limit_sum(const struct composition *own, Py_ssize_t n, double *points, double *maximum) {
    if (own->floor > -HUGE_VAL)
        limit_below(own->floor, n, points);
    if (own->cap < HUGE_VAL) {
        limit_above(own->cap, n, points);
        limit_above(own->cap, n, maximum);
    }
}

int combine_groups(const struct combining *job, const struct sums *groups, const struct sums *sums, Py_ssize_t scored,
                   Py_ssize_t n) {
    for (Py_ssize_t k = 0; k < sums->count; k++) {
        const Py_ssize_t row = k * sums->stride;
        const uint8_t *members = job->members + k * groups->count;
        double *points = sums->points + row, *maximum = sums->maximum + row;
        if (k < scored) {
            add_members(members, groups, groups->missing, n, sums->missing + row);
            add_members(members, groups, groups->not_applicable, n, sums->not_applicable + row);
        }
        if (k == job->categories)
            continue;
        if (k < job->categories && job->compositions[k].method != SUM_OF_POINTS) {
            if (!fill_mean(job, k, groups, members, n, points, maximum))
                return 0;
        } else {
            add_members(members, groups, groups->points, n, points);
            add_members(members, groups, groups->maximum, n, maximum);
        }
        if (k < job->categories)
            limit_sum(job->compositions + k, n, points, maximum);
    }
    return 1;
}

int combine_categories(const struct combining *job, const struct sums *sums, const double *converted, Py_ssize_t n) {
    const Py_ssize_t overall = job->categories;
    const int method = (int)job->compositions[overall].method;
    struct sums categories = *sums;
    categories.count = overall;
    double *points = sums->points + overall * sums->stride, *maximum = sums->maximum + overall * sums->stride;
    if (method == ARITHMETIC_MEAN || method == GEOMETRIC_MEAN) {
        if (!fill_mean(job, overall, &categories, NULL, n, points, maximum))
            return 0;
    } else {
        memset(points, 0, n * sizeof(double));
        memset(maximum, 0, n * sizeof(double));
        for (Py_ssize_t k = 0; k < overall; k++) {
            const double *own = sums->maximum + k * sums->stride;
            add_to((method == SUM_OF_CONVERTED ? converted : sums->points) + k * sums->stride, n, points);
            if (method != SUM_OF_CONVERTED)
                add_to(own, n, maximum);
            for (Py_ssize_t i = 0; method == SUM_OF_CONVERTED && i < n; i++)
                maximum[i] += own[i] == 0 ? 0 : job->nominal[k];
        }
    }
    limit_sum(job->compositions + overall, n, points, maximum);
    return 1;
}
