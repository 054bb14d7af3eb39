"""The method in loops that numba compiles, over blocks of units that fit the L1 cache: the practical limit.

It uses one thread. Each answer is read once, from the same matrix as the scorer reads. Sums, percentages, gates and
levels of a block are computed before the next block. Ranks use counting sort if there are many units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from peers.method import Columns, Leaf, Line, Method, PeerCannot, Section, whole
from peers.numba_leaves import AWARDED, CHOICE, COUNT, FAULT, FLAG, LINEAR, RATIO, STEPS
from peers.numba_ranks import rank_all
from peers.numba_sections import score_blocks
from scorer.model.cohort import Cohort

SUMS = ("points", "max_points", "percent", "converted", "published", "missing", "not_applicable")
KINDS = {"flag": FLAG, "fault": FAULT, "choice": CHOICE, "steps": STEPS, "count": COUNT, "ratio": RATIO,
         "linear": LINEAR, "awarded": AWARDED}  # fmt: skip
BLOCK = 2_048
"""Units per block: smaller blocks are dominated by the overhead of loops, larger ones leave the caches."""


class NumbaBlocks:
    """The method as tables of numbers, which the compiled loops read."""

    def __init__(self, method: Method) -> None:
        self._method = method
        lines, alternatives, leaves, numbers, extra = [], [], [], [], []
        self._reads: list[tuple[str, ...]] = []
        measured = {
            (s, *measure.criterion)
            for s, section in enumerate(method.sections)
            for measure in section.measures
            if measure.criterion
        }
        slots = {index: n for n, index in enumerate(sorted(measured))}
        for s, section in enumerate(method.sections):
            for g, (_, group) in enumerate(section.groups):
                for row, line in enumerate(group):
                    first = len(alternatives)
                    for alternative in line.alternatives:
                        begin = len(leaves)
                        for leaf in alternative:
                            _add_leaf(leaf, leaves, numbers, extra)
                            self._reads.append(leaf.reads)
                        alternatives.append((begin, len(leaves), sum(leaf.divides for leaf in alternative)))
                    slot = slots.get((s, g, row), -1)
                    lines.append((first, len(alternatives), line.sign, line.maximum, *_left_out(line), slot))
        self._lines, self._alternatives = _table(lines), _table(alternatives)
        self._leaves, self._numbers, self._extra = _table(leaves), np.array(numbers), np.array(extra or [0.0])
        self._sections, self._groups, self._measures, self._terms, self._gates, self._levels = _shape(method, slots)
        self._slots = max(1, len(slots))
        self._line_indices = {line.id: index for index, line in enumerate(method.lines())}
        self._requires = np.array(method.requires)
        self._rows: Mapping[str, int] | None = None

    def score(self, cohort: Cohort, *, full: bool = False) -> Columns:
        """The columns of a cohort.

        Raises:
            PeerCannot: products of answers are too large for doubles.
        """
        method, units = self._method, len(cohort)
        if self._rows is not cohort.rows:
            self._rows = cohort.rows
            self._leaves[:, 1:3] = [(cohort.rows[reads[0]], cohort.rows[reads[-1]]) for reads in self._reads]
        excluded = [criterion for criterion in cohort.excluded if criterion in self._line_indices]
        masks = np.array([cohort.excluded[criterion] for criterion in excluded] or [[False]])
        mask_rows = np.full(len(self._line_indices), -1)
        for index, criterion in enumerate(excluded):
            mask_rows[self._line_indices[criterion]] = index
        shape = Shape(method, units, full=full)
        over = score_blocks(
            cohort.matrix, masks, mask_rows, self._lines, self._alternatives, self._leaves, self._numbers, self._extra,
            self._groups, self._sections, self._measures, self._terms, self._gates, self._levels, self._slots,
            self._requires, method.nominal, whole(method.decimals), min(BLOCK, max(units, 1)), full,
            shape.sums, shape.counts, shape.failed, shape.values, shape.standing, shape.criteria, shape.status,
        )  # fmt: skip
        if over:
            raise PeerCannot("products of answers that doubles do not hold")
        compared = 3 if method.exact_ranks else 4
        ranks, order = rank_all(
            shape.sums[:, compared],
            shape.standing,
            cohort.unit_ids,
            1 if method.exact_ranks else whole(method.decimals),
        )
        return shape.columns(ranks, order)


class Shape:
    """Arrays for results: of the s categories, overall, and for FULL of the g groups."""

    def __init__(self, method: Method, units: int, *, full: bool) -> None:
        self._method, self._full = method, full
        sections, lines, groups = len(method.sections), 0, 0
        if full:
            lines = sum(1 for _ in method.lines())
            groups = sum(len(section.groups) for section in method.sections)
        self.sums = np.empty((sections + 1 + groups, 5, units))
        self.counts = np.empty((sections + 1 + groups, 2, units), np.int32)
        self.failed = np.empty((sections, units), np.uint64)
        self.values = np.empty((max(1, sum(len(section.measures) for section in method.sections)), units))
        self.standing = np.empty((sections + 1, 2, units), np.uint8)
        self.criteria = np.empty((lines, units) if full else (1, 1))
        self.status = np.empty((lines, units) if full else (1, 1), np.uint8)

    def columns(self, ranks: NDArray[np.int64], order: NDArray[np.int64]) -> Columns:
        """The columns by name, without copying."""
        arrays: Columns = {"order": order, "overall.rank": ranks[-1]}
        method, sections = self._method, len(self._method.sections)
        names = [section.code for section in method.sections] + ["overall"]
        if self._full:
            names += [f"{section.code}/{group}" for section in method.sections for group, _ in section.groups]
        for name, sums, counts in zip(names, self.sums, self.counts, strict=True):
            arrays |= {f"{name}.{field}": values for field, values in zip(SUMS, [*sums, *counts], strict=True)}
        value = line = 0
        for s, section in enumerate(method.sections):
            arrays[f"{section.code}.level"], arrays[f"{section.code}.standing"] = self.standing[s]
            arrays[f"{section.code}.failed"], arrays[f"{section.code}.rank"] = self.failed[s], ranks[s]
            for measure in section.measures:
                arrays[f"{section.code}.{measure.name}.{measure.unit}"] = self.values[value]
                value += 1
            for group, lines in section.groups if self._full else ():
                arrays[f"{section.code}/{group}.criteria"] = self.criteria[line : line + len(lines)]
                arrays[f"{section.code}/{group}.status"] = self.status[line : line + len(lines)]
                line += len(lines)
        assert sections + 1 == len(ranks)
        return arrays


def _add_leaf(leaf: Leaf, leaves: list, numbers: list, extra: list) -> None:
    """Adds one row to the table of leaves, and its numbers."""
    begin, more = len(extra), (0.0, 0.0, 0.0)
    if leaf.kind == "steps":
        sign, edges = _ascending(leaf)
        more = (sign, 0.0, 0.0)
        extra += edges
    elif leaf.kind == "choice":
        # Stored are differences: points of option n minus points of option n - 1.
        more = (1.0, 0.0, 0.0)
        for index, (before, points) in enumerate(zip((0, *leaf.options), leaf.options, strict=False)):
            extra += [float(index), float(points - before)]
    elif leaf.kind == "count":
        more = (float(leaf.each), 0.0, 0.0)
    elif leaf.kind == "linear":
        more = (float(leaf.start), float(abs(leaf.end - leaf.start)), 1.0 if leaf.end > leaf.start else -1.0)
    while (len(extra) - begin) % 8:
        extra += [math.inf, 0.0]
    leaves.append(
        (KINDS[leaf.kind], 0, 0, begin, len(extra), leaf.when_zero == "full", leaf.micro)
    )  # fmt: skip
    numbers.append((float(leaf.maximum), *more))


def _ascending(leaf: Leaf) -> tuple[float, list[float]]:
    """Steps as (threshold, points minus those of the step before), the easiest first; all thresholds ascend."""
    sign = 1.0 if leaf.steps[0][0] in ("at_least", "above") else -1.0
    extra, before = [], 0
    for comparison, edge, points in reversed(leaf.steps):
        inclusive = sign * edge if comparison in ("at_least", "at_most") else math.nextafter(sign * edge, math.inf)
        extra += [inclusive, float(points - before)]
        before = points
    return sign, extra


def _left_out(line: Line) -> tuple[bool, bool]:
    return line.missing_leaves_out, line.zero_leaves_out


def _table(rows: list) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64)


def _shape(method: Method, slots: dict[tuple[int, ...], int]) -> tuple[NDArray[np.int64], ...]:
    """Tables of sections, groups, measures with their terms, gates and levels."""
    sections, groups, measures, terms, gates, levels = [], [], [], [], [], []
    line = 0
    for s, section in enumerate(method.sections):
        first_group, first_measure, first_gate, first_level = len(groups), len(measures), len(gates), len(levels)
        for _, lines in section.groups:
            groups.append((line, line + len(lines), sum(criterion.maximum for criterion in lines)))
            line += len(lines)
        for measure in section.measures:
            begin = len(terms)
            terms += measure.groups
            slot = slots[(s, *measure.criterion)] if measure.criterion else -1
            measures.append((begin, len(terms), measure.total, slot, measure.unit == "percent"))
        gates += [(gate.key, gate.threshold) for gate in section.gates]
        levels += _level_masks(section)
        sections.append(
            (first_group, len(groups), first_measure, len(measures), first_gate, len(gates), first_level, len(levels),
             section.nominal)
        )  # fmt: skip
    return (
        _table(sections), _table(groups), _table(measures or [(0,) * 5]), _table(terms or [0]),
        _table(gates or [(0, 0)]), _table(levels or [(0, 0)]),
    )  # fmt: skip


def _level_masks(section: Section) -> list[tuple[int, int]]:
    """The gates of each level as bits, and the level's number, the best level first; bit 63 is the sign."""
    masks = [sum(1 << gate for gate in section.level_gates(index)) for index in range(len(section.levels))]
    return [(mask - (mask >> 63 << 64), level) for mask, level in zip(masks, section.levels, strict=True)]
