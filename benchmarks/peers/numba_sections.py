"""Scores blocks of units: criteria, groups, categories, gates and levels."""

from __future__ import annotations

import numpy as np

from peers.numba_leaves import FIRST, KIND, LINEAR, RATIO, SECOND, add_divided, add_leaf, exact_sum, jit, to_even

ALWAYS = 2.0**53 - 1.0
"""The key of a percentage if no criterion applies. It passes every gate."""


@jit
def fill_line(line, alternatives, leaves, numbers, extra, matrix, start, end, points, missing, spare, rest):
    """Fills points of one criterion, and 1 where an answer is missing. Returns whether numbers were too large."""
    over, size = 0, end - start
    missing[:size] = 0.0
    for n in range(line[0], line[1]):
        first, last, quotients = alternatives[n]
        into = points if n == line[0] else spare
        into[:size] = 0.0
        if quotients == 0 or last - first == 1:
            for leaf in range(first, last):
                over |= add_leaf(leaves[leaf], numbers[leaf], extra, matrix, start, end, into, missing)
        else:
            over |= fill_sum(first, last, quotients, leaves, numbers, extra, matrix, start, end, into, missing, rest)
        if n > line[0]:
            for i in range(size):
                points[i] = max(points[i], spare[i])
    for i in range(size):
        missing[i] = min(missing[i], 1.0)
    return over


@jit
def fill_sum(first, last, quotients, leaves, numbers, extra, matrix, start, end, into, missing, rest):
    """Fills a sum with at least one quotient, rounded once."""
    over, size = 0, end - start
    rest[:size] = 0.0
    for leaf in range(first, last):
        if leaves[leaf, KIND] in (RATIO, LINEAR):
            over |= add_divided(leaves[leaf], numbers[leaf], matrix, start, end, into, rest, missing)
        else:
            over |= add_leaf(leaves[leaf], numbers[leaf], extra, matrix, start, end, into, missing)
    if quotients == 1:
        to_even(into[:size], rest[:size])
        return over
    for i in range(size):
        carry = np.rint(rest[i])
        if abs(rest[i] - carry) > 0.499:
            others = into[i]
            for leaf in range(first, last):
                if leaves[leaf, KIND] in (RATIO, LINEAR):
                    one, nothing, none = np.zeros(1), np.zeros(1), np.zeros(1)
                    add_divided(leaves[leaf], numbers[leaf], matrix, start + i, start + i + 1, one, nothing, none)
                    others -= one[0]
            into[i] = exact_sum(leaves, numbers, first, last, matrix, start + i, others)
            over |= np.int64(into[i] < 0.0)
        else:
            into[i] += carry
    return over


@jit
def leave_out(line, leaf, matrix, start, end, mask, mask_row, points, missing, left):
    """Sets ``left`` to 1 where the criterion does not apply, and points and missing to 0 there."""
    size = end - start
    if line[4]:
        for i in range(size):
            left[i] = missing[i]
    else:
        left[:size] = 0.0
    if line[5]:
        x, y = matrix[leaf[FIRST], start:end], matrix[leaf[SECOND], start:end]
        for i in range(size):
            left[i] = 1.0 if (y[i] == 0.0) & (x[i] == x[i]) else left[i]
    if mask_row >= 0:
        out = mask[mask_row, start:end]
        for i in range(size):
            left[i] = 1.0 if out[i] else left[i]
    for i in range(size):
        points[i] = 0.0 if left[i] != 0.0 else points[i]
        missing[i] = 0.0 if left[i] != 0.0 else missing[i]


@jit
def fill_sums(points, maximum, missing, left, nominal, step, sums, counts):
    """Fills the columns of a sum of criteria, for one block. Every division is corrected to be exact."""
    half = float(step // 2)
    narrow = nominal < 94_000_000.0  # the square of the nominal maximum is exact as a double
    coarse = 65_536.0
    high = np.floor(nominal / coarse)
    low = nominal - high * coarse
    for i in range(len(points)):
        p, m = points[i], maximum[i]
        some = m > 0.0
        d = m if some else 1.0
        sums[0, i], sums[1, i] = p, m
        ppm = np.floor(p * 1e6 / d)
        left_over = p * 1e6 - ppm * d
        ppm += (1.0 if left_over >= d else 0.0) - (1.0 if left_over < 0.0 else 0.0)
        sums[2, i] = ppm if some else 0.0
        counts[0, i], counts[1, i] = missing[i], left[i]
    for i in range(len(points)):
        p, m = points[i], maximum[i]
        some = m > 0.0
        d = m if some else 1.0
        if narrow:
            q = np.floor(p * nominal / d)
            r = p * nominal - q * d
            q += (1.0 if r >= d else 0.0) - (1.0 if r < 0.0 else 0.0)
        else:
            a = np.floor(p * high / d)
            r = p * high - a * d
            a += (1.0 if r >= d else 0.0) - (1.0 if r < 0.0 else 0.0)
            s = (p * high - a * d) * coarse + p * low
            b = np.floor(s / d)
            r = s - b * d
            b += (1.0 if r >= d else 0.0) - (1.0 if r < 0.0 else 0.0)
            q = a * coarse + b
        q = q if some else 0.0
        sums[3, i] = q
        size = np.floor((abs(q) + half) / step) * step
        sums[4, i] = size if q >= 0.0 else -size


@jit
def fill_key(points, maximum, percent, value, key):
    """Fills the value of a measure, and the whole number that gates compare."""
    for i in range(len(points)):
        p, m = points[i], maximum[i]
        if percent:
            d = m if m > 0.0 else 1.0
            ppm = np.floor(p * 1e6 / d)
            r = p * 1e6 - ppm * d
            ppm += (1.0 if r >= d else 0.0) - (1.0 if r < 0.0 else 0.0)
            value[i] = ppm if m > 0.0 else 0.0
            key[i] = 2.0 * ppm + (1.0 if p * 1e6 != ppm * d else 0.0) if m > 0.0 else ALWAYS
        else:
            value[i] = key[i] = p


@jit
def fill_level(keys, gates, levels, maximum, failed, level, standing):
    """Fills the failed gates, the best level without failed gates, and the standing."""
    size = len(maximum)
    failed[:] = 0
    for gate in range(0, len(gates), 2):  # two gates per loop
        last = min(gate + 1, len(gates) - 1)
        key, threshold, bit = keys[gates[gate, 0]], float(gates[gate, 1]), np.uint64(1) << np.uint64(gate)
        key2, threshold2, bit2 = keys[gates[last, 0]], float(gates[last, 1]), np.uint64(1) << np.uint64(last)
        for i in range(size):
            failed[i] |= (bit if key[i] < threshold else np.uint64(0)) | (
                bit2 if key2[i] < threshold2 else np.uint64(0)
            )
    level[:] = 0
    standing[:] = 1 if len(levels) == 0 else 2
    for n in range(len(levels) - 1, -1, -1):
        mask, number = np.uint64(levels[n, 0]), np.uint8(levels[n, 1])
        for i in range(size):
            holds = (failed[i] & mask) == 0
            level[i] = number if holds else level[i]
            standing[i] = 1 if holds else standing[i]
    for i in range(size):
        nothing = maximum[i] == 0.0
        level[i] = 0 if nothing else level[i]
        standing[i] = 3 if nothing else standing[i]


@jit
def score_blocks(
    matrix, masks, mask_rows, lines, alternatives, leaves, numbers, extra,
    groups, sections, measures, terms, gates, levels, slots,
    requires, nominal, step, block, full,
    sums, counts, failed, values, standing, criteria, status,
):  # fmt: skip
    """Scores all units. Returns whether numbers were too large for doubles."""
    units, over = matrix.shape[1], 0
    group_sums = np.empty((len(groups), 4, block))
    section_sums = np.empty((len(sections) + 1, 4, block))
    slot_sums = np.empty((slots, 2, block))
    line_points, line_missing, line_left = np.empty(block), np.empty(block), np.empty(block)
    spare, rest, measure_sums = np.empty(block), np.empty(block), np.empty((2, block))
    keys = np.empty((len(measures), block))
    for start in range(0, units, block):
        end = min(start + block, units)
        size = end - start
        overall = section_sums[len(sections)]
        overall[:] = 0.0
        for s in range(len(sections)):
            total = section_sums[s]
            total[:] = 0.0
            for g in range(sections[s, 0], sections[s, 1]):
                here = group_sums[g]
                points, maximum, missing, left = here[0, :size], here[1, :size], here[2, :size], here[3, :size]
                points[:], maximum[:], missing[:], left[:] = 0.0, float(groups[g, 2]), 0.0, 0.0
                for n in range(groups[g, 0], groups[g, 1]):
                    line = lines[n]
                    leaf = alternatives[line[0], 0]
                    one = line[1] - line[0] == 1 and alternatives[line[0], 1] - leaf == 1
                    can = line[4] or line[5] or mask_rows[n] >= 0
                    if one and not can and line[2] > 0 and line[6] < 0 and not full:
                        over |= add_leaf(leaves[leaf], numbers[leaf], extra, matrix, start, end, points, missing)
                        continue
                    over |= fill_line(
                        line, alternatives, leaves, numbers, extra, matrix, start, end,
                        line_points, line_missing, spare, rest,
                    )  # fmt: skip
                    sign, line_maximum = float(line[2]), float(line[3])
                    if can:
                        leave_out(
                            line,
                            leaves[leaf],
                            matrix,
                            start,
                            end,
                            masks,
                            mask_rows[n],
                            line_points,
                            line_missing,
                            line_left,
                        )
                        for i in range(size):
                            maximum[i] -= line_maximum * line_left[i]
                            left[i] += line_left[i]
                    for i in range(size):
                        points[i] += sign * line_points[i]
                        missing[i] += line_missing[i]
                    if line[6] >= 0:
                        for i in range(size):
                            slot_sums[line[6], 0, i] = sign * line_points[i]
                            slot_sums[line[6], 1, i] = line_maximum * (1.0 - (line_left[i] if can else 0.0))
                    if full:
                        given, state = criteria[n, start:end], status[n, start:end]
                        for i in range(size):
                            given[i] = sign * line_points[i]
                        if can:
                            for i in range(size):
                                state[i] = np.uint8(1.0 + line_missing[i] + 2.0 * line_left[i])
                        else:
                            for i in range(size):
                                state[i] = np.uint8(1.0 + line_missing[i])
                for n in range(4):
                    into, part = total[n, :size], here[n, :size]
                    for i in range(size):
                        into[i] += part[i]
                if full:
                    fill_sums(
                        points, maximum, missing, left, float(groups[g, 2]), step,
                        sums[len(sections) + 1 + g, :, start:end], counts[len(sections) + 1 + g, :, start:end],
                    )  # fmt: skip
            for i in range(size):
                total[0, i] = max(total[0, i], 0.0)
            for n in range(4):
                into, part = overall[n, :size], total[n, :size]
                for i in range(size):
                    into[i] += part[i]
            fill_sums(
                total[0, :size], total[1, :size], total[2, :size], total[3, :size], float(sections[s, 8]), step,
                sums[s, :, start:end], counts[s, :, start:end],
            )  # fmt: skip
            for m in range(sections[s, 2], sections[s, 3]):
                points, maximum = measure_sums[0, :size], measure_sums[1, :size]
                if measures[m, 2]:
                    points, maximum = total[0, :size], total[1, :size]
                elif measures[m, 3] >= 0:
                    points, maximum = slot_sums[measures[m, 3], 0, :size], slot_sums[measures[m, 3], 1, :size]
                else:
                    points[:], maximum[:] = 0.0, 0.0
                    for t in range(measures[m, 0], measures[m, 1]):
                        part = group_sums[sections[s, 0] + terms[t]]
                        for i in range(size):
                            points[i] += part[0, i]
                            maximum[i] += part[1, i]
                fill_key(points, maximum, measures[m, 4] != 0, values[m, start:end], keys[m - sections[s, 2], :size])
            fill_level(
                keys, gates[sections[s, 4] : sections[s, 5]], levels[sections[s, 6] : sections[s, 7]], total[1, :size],
                failed[s, start:end], standing[s, 0, start:end], standing[s, 1, start:end],
            )  # fmt: skip
        fill_sums(
            overall[0, :size], overall[1, :size], overall[2, :size], overall[3, :size], float(nominal), step,
            sums[len(sections), :, start:end], counts[len(sections), :, start:end],
        )  # fmt: skip
        eligible = standing[len(sections), 1, start:end]
        eligible[:] = 1
        for required in requires:
            one_standing = standing[required, 1, start:end]
            for i in range(size):
                eligible[i] = eligible[i] if one_standing[i] == 1 else 0
    return over
