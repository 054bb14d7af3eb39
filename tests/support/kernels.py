"""Lines and kernels for tests of native code, and their expected results in exact fractions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
from hypothesis import strategies as st
from oracle import numbers
from oracle.numbers import weighted_mean

from scorer.criteria.combine import Combine
from scorer.criteria.model import Rounding
from scorer.engine.composition import Composition
from scorer.engine.gates import GateTable
from scorer.engine.kernel import Decision, Kernel, Results, RuleTable
from scorer.engine.score_table import ScoreTable
from scorer.engine.scoring import Standing
from scorer.formulas.native_lines import BestLine, CappedLine, LadderLine, QuotientLine, SlopeLine, SumLine
from scorer.formulas.native_table import CriterionLine, Line
from scorer.model.fixed_point import MAX_MICROPOINTS, MICRO
from scorer.plugins.group import Status

ROWS = 6


def lines(most: int = MAX_MICROPOINTS) -> st.SearchStrategy[Line]:
    """Lines, or sums and bests of up to six lines, each with at most ``most`` micropoints."""
    points = st.one_of(st.integers(1, min(most, 5_000_000)), st.integers(1, most))
    wholes, rows = st.integers(0, ROWS // 2 - 1), st.integers(0, ROWS - 1)
    zero = st.sampled_from(["full", "zero"])
    targets = st.sampled_from([Fraction(1), Fraction(4, 5), Fraction(999_999, 10**6), Fraction(7), Fraction(10**6)])
    floors = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1, 3), Fraction(1, 10**6)])

    @st.composite
    def ladders(draw: st.DrawFn) -> Line:
        edges = sorted(draw(st.sets(st.integers(-5, 50), max_size=6)))
        gives = draw(st.lists(points, min_size=len(edges), max_size=len(edges)))
        return LadderLine(draw(rows), tuple(map(float, edges)), tuple(gives), draw(st.sampled_from([1, -1])))

    @st.composite
    def slopes(draw: st.DrawFn) -> Line:
        length, sign = draw(st.integers(1, 10**9)), draw(st.sampled_from([1, -1]))
        floor, target = sorted(draw(st.lists(st.integers(0, length), min_size=2, max_size=2)))
        ends = draw(st.sampled_from([(None, 0), (target, 0), (None, floor), (target, floor)]))
        return SlopeLine(draw(rows), draw(st.integers(-(10**8), 10**8)), sign * length, draw(points), *ends)

    each = st.integers(-5_000_000, 5_000_000)
    simple = st.one_of(
        st.builds(CappedLine, wholes, each=each, cap=points, start=st.integers(0, 5_000_000)),
        ladders(),
        st.builds(QuotientLine, wholes, wholes, points, zero, st.just(False), targets, floors),
        st.builds(QuotientLine, rows, rows, points, zero, st.just(True), targets, floors),
        slopes(),
    )
    some = st.lists(simple, min_size=1, max_size=4).map(tuple)
    return st.recursive(simple, lambda inner: st.one_of(some.map(SumLine), some.map(BestLine)) | inner, max_leaves=6)


def answers(seed: int, units: int, large: bool) -> np.ndarray:
    """Answers (ROWS, units), half of them with decimals, some of which nobody reported, and some very large."""
    random = np.random.default_rng(seed)
    answers = random.integers(0, 60, (ROWS, units)).astype(np.float64)
    answers[ROWS // 2 :] += random.integers(0, 2, (ROWS // 2, units)) * 0.25
    if large:
        answers[random.random(answers.shape) < 0.01] = 4_503_599_627.0
        answers[ROWS // 2 :][random.random((ROWS // 2, units)) < 0.01] = 3_141_592_653.123456
    answers[random.random(answers.shape) < 0.1] = np.nan
    return answers


@dataclass(frozen=True)
class Drawn:
    """The inputs of a generated kernel."""

    criteria: list[CriterionLine]
    maxima: list[int]
    caps: list[float]
    members: np.ndarray
    compositions: list[Composition]
    nominal: list[int]
    decisions: list[Decision]
    order: list[int]
    """Of the decisions."""
    decimals: int
    rounding: Rounding

    def kernel(self) -> Kernel:
        exclusions = {str(row): row for row in range(len(self.criteria))}
        return Kernel(
            self.criteria,
            exclusions,
            self.maxima,
            self.caps,
            self.members,
            self.compositions,
            self.nominal,
            self.decisions,
            self.order,
            self.decimals,
            self.rounding,
        )

    def results(self, units: int) -> Results:
        """Arrays for all results, filled with wrong values."""
        categories, k = len(self.decisions), len(self.criteria)
        rules = sum(len(decision.rules) for decision in self.decisions)
        tables = (
            ScoreTable(self.nominal, len(self.members) - len(self.nominal), units),
            ScoreTable(self.maxima, 0, units),
        )
        for table in tables:
            table.sums[...], table.wholes[...] = np.nan, np.nan
        cells = np.full((rules, units), -7, dtype=np.int64)
        levels = np.full((categories, units), -7, dtype=np.int64)
        standings = np.full((categories, units), 77, dtype=np.uint8)
        points, status = np.full((k, units), np.nan), np.full((k, units), 77, dtype=np.uint8)
        return Results(tables[0], cells, levels, standings, tables[1], points, status)


@st.composite
def kernels(draw: st.DrawFn) -> Drawn:
    """Of one to three groups in up to two categories, with measures, gates and exclusions; all sums are exact."""
    groups, categories = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    measured = draw(st.integers(0, 1))
    most = st.integers(0, MAX_MICROPOINTS // 40)
    criteria = [
        CriterionLine(
            draw(lines(MAX_MICROPOINTS // 40)),
            group=draw(st.integers(0, groups - 1)),
            measure=groups if measured and row == 0 else -1,
            maximum=draw(most),
            exclusion=draw(st.sampled_from([-1, row])),
            missing_excludes=draw(st.booleans()),
            penalty=draw(st.booleans()),
        )
        for row in range(draw(st.integers(1, 5)))
    ]
    # A group without a criterion would have to be given.
    groups_used = {criterion.group for criterion in criteria}
    criteria += [CriterionLine(draw(lines(MAX_MICROPOINTS // 40)), group=g) for g in set(range(groups)) - groups_used]
    maxima = [sum(c.maximum for c in criteria if g in (c.group, c.measure)) for g in range(groups + measured)]
    category_of = [draw(st.integers(0, categories - 1)) for _ in range(groups)]
    members = [[at == c for at in category_of] + [False] * measured for c in range(categories)]
    members.append([True] * groups + [False] * measured)
    members += draw(
        st.lists(st.lists(st.booleans(), min_size=groups + measured, max_size=groups + measured), max_size=2)
    )
    nominal = [draw(st.integers(0, MAX_MICROPOINTS)) for _ in range(categories + 1)]
    order = draw(st.permutations(range(categories)))
    decided: dict[int, Decision] = {}
    for category in order:
        decided[category] = draw(decisions(len(members), sorted(decided)))
    found = [decided[category] for category in range(categories)]
    caps = [draw(st.one_of(st.just(math.inf), most.map(float))) for _ in range(groups)] + [math.inf] * measured
    compositions = [draw(ways([float(is_in) for is_in in own])) for own in [*members[:categories], [True] * categories]]
    rounding = draw(st.sampled_from(["half_up", "half_even", "down", "up"]))
    return Drawn(
        criteria,
        maxima,
        caps,
        np.array(members),
        compositions,
        nominal,
        found,
        order,
        draw(st.integers(0, 6)),
        rounding,
    )


@st.composite
def ways(draw: st.DrawFn, parts: list[float]) -> Composition:
    """How some of these parts are combined into a whole."""
    combine = draw(st.sampled_from([Combine.SUM, Combine.SUM, Combine.ARITHMETIC_MEAN, Combine.GEOMETRIC_MEAN]))
    weights = [
        draw(st.sampled_from([Fraction(1, 3), Fraction(2, 9), Fraction(1)])) if part else Fraction(0) for part in parts
    ]
    floor = draw(st.sampled_from([0.0, -math.inf]))
    cap = draw(st.one_of(st.just(math.inf), st.integers(1, MAX_MICROPOINTS // 40).map(float)))
    return Composition(combine, draw(st.integers(0, MAX_MICROPOINTS)), tuple(weights), floor, cap)


@st.composite
def decisions(draw: st.DrawFn, sums: int, decided: list[int]) -> Decision:
    """Levels and rules that decide anything; they compare sums, answers, and levels of decided categories."""
    outcomes = draw(st.sampled_from([[0], [1], [1, 2], [2, 5, 7]]))
    rules = draw(st.lists(rule_tables(sums, decided, len(outcomes)), max_size=3))
    return Decision(outcomes, rules)


@st.composite
def rule_tables(draw: st.DrawFn, sums: int, decided: list[int], outcomes: int) -> RuleTable:
    """A rule that holds anywhere, and is needed for any outcomes."""
    thresholds = {
        "percent": st.integers(0, 2_000_001), "points": st.integers(0, MAX_MICROPOINTS // 20),
        "answer": st.integers(0, 60), "level": st.integers(1, 3),
    }  # fmt: skip
    kinds = draw(st.lists(st.sampled_from(sorted(thresholds)), min_size=1, max_size=2))
    kinds = [kind for kind in kinds if kind != "level" or decided] or ["points"]
    numbers = {
        "percent": st.integers(0, sums - 1), "points": st.integers(sums, 2 * sums - 1),
        "answer": st.integers(2 * sums, 2 * sums + ROWS - 1),
        "level": st.sampled_from([2 * sums + ROWS + category for category in decided] or [0]),
    }  # fmt: skip
    compared = [draw(numbers[kind]) for kind in kinds]
    edges = tuple(tuple(sorted(draw(st.sets(thresholds[kind], max_size=3)))) for kind in kinds)
    cells = prod(len(own) + 1 for own in edges)
    holds = np.array(draw(st.lists(st.booleans(), min_size=cells, max_size=cells)))
    first = draw(st.integers(0, outcomes))
    return RuleTable(GateTable(edges, holds), compared, kinds, range(first, draw(st.integers(first, outcomes))))


def check_unit(drawn: Drawn, found: Results, answers: Sequence[float], unit: int) -> None:
    """Compares one unit's results with what follows from its criteria's points and statuses, in whole numbers."""
    assert found.points is not None
    assert found.status is not None
    assert found.groups is not None
    points = found.points[:, unit].tolist()
    status = found.status[:, unit].tolist()
    groups = []
    for g, maximum in enumerate(drawn.maxima):
        mine = [k for k, criterion in enumerate(drawn.criteria) if g in (criterion.group, criterion.measure)]
        out = [k for k in mine if status[k] == Status.NOT_APPLICABLE]
        left = maximum - sum(drawn.criteria[k].maximum for k in out)
        missing = sum(status[k] == Status.MISSING for k in mine)
        cap = drawn.caps[g]
        groups.append([int(min(sum(int(points[k]) for k in mine), cap)), int(min(left, cap)), missing, len(out)])
        check_scores(found.groups, g, unit, groups[-1], int(min(drawn.maxima[g], cap)), drawn)
    sums = [[sum(row[at] for row, is_in in zip(groups, members, strict=True) if is_in) for at in range(4)]
            for members in drawn.members.tolist()]  # fmt: skip
    categories = len(drawn.decisions)
    for at in range(categories):
        combine(drawn.compositions[at], groups, sums[at])
    sums[categories][:2] = [sum(row[at] for row in sums[:categories]) for at in (0, 1)]
    combine(drawn.compositions[categories], sums[:categories], sums[categories])
    for at, row in enumerate(sums):
        check_scores(found.sums, at, unit, row, drawn.nominal[at] if at <= categories else None, drawn)
    reached: dict[int, int] = {}
    first_rule = [sum(len(decision.rules) for decision in drawn.decisions[:at]) for at in range(categories)]
    for at in drawn.order:
        decision = drawn.decisions[at]
        allowed = set(range(len(decision.outcomes)))
        for row, rule in enumerate(decision.rules, first_rule[at]):
            cell = sum(
                stride * sum(reaches(sums, answers, reached, compared, threshold) for threshold in thresholds)
                for compared, thresholds, stride in zip(
                    rule.compared, rule.table.thresholds, rule.strides(), strict=True
                )
            )
            assert found.cells[row, unit] == cell
            if not rule.table.holds[cell]:
                allowed -= set(rule.outcomes)
        if sums[at][1] == 0:
            level, standing, allowed = 0, Standing.NOTHING_APPLICABLE, set()
        elif allowed:
            level, standing = decision.outcomes[min(allowed)], Standing.RANKED
        else:
            level, standing = 0, Standing.BELOW_MINIMUM
        reached[at] = len(decision.outcomes) - min(allowed) if allowed else 0
        assert (found.levels[at, unit], found.standings[at, unit]) == (level, standing)


def combine(way: Composition, parts: list[list[int]], whole: list[int]) -> None:
    """Sets points and maximum of a whole, which are the sums of its parts, as the way says."""
    if way.combine is not Combine.SUM:
        shares = [
            (weight, min(max(Fraction(part[0], part[1]), Fraction(0)), Fraction(1)))
            for weight, part in zip(way.weights, parts, strict=True)
            if weight and part[1]
        ]
        whole[:2] = (weighted_mean(way.combine, shares) * way.points).__round__(), way.points
        if not shares:
            whole[:2] = 0, 0
    whole[0] = int(min(max(whole[0], way.floor), way.cap))
    whole[1] = int(min(whole[1], way.cap))


def reaches(
    sums: list[list[int]], answers: Sequence[float], reached: Mapping[int, int], compared: int, threshold: int
) -> bool:
    """Whether a compared number reaches a threshold; NaN reaches none."""
    if compared >= 2 * len(sums) + ROWS:
        return reached[compared - 2 * len(sums) - ROWS] >= threshold
    if compared >= 2 * len(sums):
        return answers[compared - 2 * len(sums)] >= threshold
    points, maximum = sums[compared % len(sums)][:2]
    if compared >= len(sums):
        return points >= threshold
    share = Fraction(points * MICRO, maximum) if maximum else None
    return share is None or (share > threshold // 2 if threshold % 2 else share >= threshold // 2)


def check_scores(
    table: ScoreTable, row: int, unit: int, sums: tuple[int, ...] | list[int], nominal: int | None, drawn: Drawn
) -> None:
    points, maximum, missing, left_out = sums
    percent = points * MICRO // maximum if maximum else 0
    assert [table.points[row, unit], table.max_points[row, unit], table.percent[row, unit]] == [
        points,
        maximum,
        percent,
    ]
    if nominal is None:
        return
    converted = points * nominal // maximum if maximum else 0
    published = numbers.published(Fraction(converted, MICRO), drawn.decimals, drawn.rounding) * MICRO
    wholes = [table.converted, table.published, table.missing, table.not_applicable]
    assert [whole[row, unit] for whole in wholes] == [float(converted), published, missing, left_out]
