/* Decides levels: which outcome each unit has in each category. */

#include "levels.h"

static int in_range(int64_t first, int64_t count, int64_t size) {
    return first >= 0 && count >= 0 && first <= size && count <= size - first;
}

int rules_fit(const struct job *job) {
    const struct array *a = job->arrays;
    const struct decision *decisions = a[DECISIONS].view.buf;
    const struct rule *rules = a[RULES].view.buf;
    const struct comparison *comparisons = a[COMPARISONS].view.buf;
    const int64_t pool = size_of(job->lines.arrays + POOL, 0), categories = size_of(a + LEVELS, 0);
    const int64_t numbers = 2 * size_of(a + SUMS, 1) + size_of(job->lines.arrays + ANSWERS, 0) + categories;
    const int64_t cells = size_of(a + TABLES, 0);
    if (a[DECISIONS].view.itemsize != sizeof *decisions || a[RULES].view.itemsize != sizeof *rules ||
        a[COMPARISONS].view.itemsize != sizeof *comparisons || pool > INT32_MAX || cells > INT32_MAX)
        return 0;
    for (int64_t d = 0; d < size_of(a + DECISIONS, 0); d++)
        if (!in_range(decisions[d].category, 1, categories) ||
            !in_range(decisions[d].first_rule, decisions[d].rule_count, size_of(a + RULES, 0)) ||
            !in_range(decisions[d].outcomes, decisions[d].outcome_count, pool) || decisions[d].outcome_count > 63)
            return 0;
    for (int64_t r = 0; r < size_of(a + RULES, 0); r++) {
        if (!in_range(rules[r].first_comparison, rules[r].comparison_count, size_of(a + COMPARISONS, 0)))
            return 0;
        int64_t last = rules[r].table; /* the last cell that a unit can reach */
        const struct comparison *each = comparisons + rules[r].first_comparison;
        for (const struct comparison *end = each + rules[r].comparison_count; each < end && last < cells; each++) {
            if (!in_range(each->compared, 1, numbers) || !in_range(each->thresholds, each->threshold_count, pool) ||
                each->stride < 0 || each->stride > cells)
                return 0;
            last += each->stride * each->threshold_count;
        }
        if (rules[r].table < 0 || last >= cells)
            return 0;
    }
    return 1;
}

AVX2_CLONE static void add_stride(const double *restrict values, double threshold, int64_t stride, Py_ssize_t n,
                                  int64_t *restrict cells) {
    for (Py_ssize_t i = 0; i < n; i++)
        cells[i] += values[i] >= threshold ? stride : 0;
}

AVX2_CLONE static void allow(const int64_t *restrict table, const int64_t *restrict cells, Py_ssize_t n,
                             int64_t *restrict allowed) {
    for (Py_ssize_t i = 0; i < n; i++)
        allowed[i] &= table[cells[i]];
}

/* Forbids all outcomes of units to which no criterion applies. */
AVX2_CLONE static void forbid_all(const double *restrict maximum, Py_ssize_t n, int64_t *restrict allowed) {
    for (Py_ssize_t i = 0; i < n; i++)
        allowed[i] = maximum[i] == 0 ? 0 : allowed[i];
}

/* Sets the level, and the level counted from the worst one (`rank`), of units to which the outcome is allowed. It uses
   no branches, because they could not be predicted. */
AVX2_CLONE static void set_outcome(const int64_t *restrict allowed, int64_t bit, int64_t level, double rank,
                                   Py_ssize_t n, int64_t *restrict levels, double *restrict reached) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const int64_t is_allowed = allowed[i] & bit;
        levels[i] = is_allowed ? level : levels[i];
        reached[i] = is_allowed ? rank : reached[i];
    }
}

/* The numbers that a comparison compares, from unit `start` on. */
static const double *compared(const struct job *job, int64_t number, Py_ssize_t start) {
    const struct array *a = job->arrays, *answers = job->lines.arrays + ANSWERS;
    const int64_t sums = size_of(a + SUMS, 1), rows = size_of(answers, 0);
    if (number < sums)
        return job->shares + number * TILE;
    if (number < 2 * sums)
        return doubles(a + SUMS, POINTS * sums + number - sums, start);
    if (number < 2 * sums + rows)
        return doubles(answers, number - 2 * sums, start);
    return job->reached + (number - 2 * sums - rows) * TILE;
}

/* Fills the cells of a rule: the sum over comparisons of (thresholds reached) x stride. Then forbids the outcomes that
   the rule does not allow. */
static void apply_rule(const struct job *job, Py_ssize_t rule, Py_ssize_t start, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const struct rule *own = (const struct rule *)a[RULES].view.buf + rule;
    const struct comparison *each = (const struct comparison *)a[COMPARISONS].view.buf + own->first_comparison;
    int64_t *cells = integers(a + CELLS, rule, start);
    memset(cells, 0, n * sizeof(int64_t));
    for (const struct comparison *end = each + own->comparison_count; each < end; each++) {
        const double *thresholds = doubles(job->lines.arrays + POOL, 0, each->thresholds);
        const double *values = compared(job, each->compared, start);
        for (int64_t e = 0; e < each->threshold_count; e++)
            add_stride(values, thresholds[e], each->stride, n, cells);
    }
    allow(integers(a + TABLES, 0, own->table), cells, n, job->allowed);
}

void decide(const struct job *job, const struct decision *decision, Py_ssize_t start, Py_ssize_t n) {
    const struct array *a = job->arrays;
    const int64_t category = decision->category, count = decision->outcome_count;
    const double *maximum = doubles(a + SUMS, MAX_POINTS * size_of(a + SUMS, 1) + category, start);
    const double *outcomes = doubles(job->lines.arrays + POOL, 0, decision->outcomes);
    int64_t *levels = integers(a + LEVELS, category, start);
    uint8_t *standings = bytes(a + STANDINGS, category, start);
    double *reached = job->reached + category * TILE;
    for (Py_ssize_t i = 0; i < n; i++)
        job->allowed[i] = -1;
    for (int64_t rule = 0; rule < decision->rule_count; rule++)
        apply_rule(job, decision->first_rule + rule, start, n);
    forbid_all(maximum, n, job->allowed);
    memset(levels, 0, n * sizeof(int64_t));
    memset(reached, 0, n * sizeof(double));
    for (int64_t outcome = count - 1; outcome >= 0; outcome--) /* a better outcome overwrites a worse one */
        set_outcome(job->allowed, (int64_t)1 << outcome, (int64_t)outcomes[outcome], (double)(count - outcome), n, levels,
                    reached);
    for (Py_ssize_t i = 0; i < n; i++)
        standings[i] = maximum[i] == 0 ? NOTHING_APPLICABLE : reached[i] > 0 ? RANKED : BELOW_MINIMUM;
}
