"""The method of a tier as plain numbers and names, for the peers.

Points are in micropoints, percentages in parts per million.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from scorer.criteria.combine import Combine
from scorer.criteria.conditions import MeasureGate
from scorer.criteria.model import Criterion, Effect
from scorer.criteria.ranking_method import RankingMethod
from scorer.engine.plan import CategoryPlan, GroupPlan, OrderPlan, RankKeyPlan, SetPlan, TierPlan
from scorer.engine.rules import KeyKind, Node
from scorer.formulas import Formula
from scorer.formulas.ratios import Ratio
from scorer.formulas.single_indicator import Awarded, Choice, Count, Fault, Flag, Linear, Steps
from scorer.formulas.sum_and_best import Best, Sum
from scorer.model.fixed_point import MICRO
from scorer.model.indicators import IndicatorKind
from scorer.plugins.group import CriterionGroup

Columns = dict[str, NDArray[Any]]
"""Results: arrays (n,), or (k, n) for criteria, by the names that ``result_columns.py`` describes."""

LARGEST_SUM = 2**32
"""The sum of all points must be below this limit, so that a million times the sum is exact as a double."""


class PeerCannot(Exception):
    """A peer does not support something in the set or in the answers; the text says what."""


@dataclass(frozen=True)
class Leaf:
    """A formula that does not combine others."""

    kind: str
    maximum: int
    reads: tuple[str, ...]
    """Numerator and denominator of a ratio; otherwise one indicator."""
    micro: bool = False
    """Whether answers may have decimals, so that millionths are used."""
    steps: tuple[tuple[str, float, int], ...] = ()
    """The best step first: comparison, threshold, and micropoints."""
    options: tuple[int, ...] = ()
    """Micropoints by index of the option."""
    each: int = 0
    start: int = 0
    """The ends of a ``linear`` formula, in millionths."""
    end: int = 0
    when_zero: str = ""

    @property
    def divides(self) -> bool:
        """Whether the formula's points are rounded."""
        return self.kind in ("ratio", "linear")


@dataclass(frozen=True)
class Line:
    """One criterion: the best of its alternatives. Each is a sum of leaves, rounded once."""

    id: str
    alternatives: tuple[tuple[Leaf, ...], ...]
    maximum: int
    """The points that it adds to the maximum; 0 for a bonus or a penalty."""
    sign: int
    missing_leaves_out: bool
    zero_leaves_out: bool
    may_be_excluded: bool

    def leaves(self) -> Iterator[Leaf]:
        """The leaves of all alternatives."""
        for alternative in self.alternatives:
            yield from alternative

    @property
    def may_be_left_out(self) -> bool:
        """Whether the criterion may not apply to some units."""
        return self.missing_leaves_out or self.zero_leaves_out or self.may_be_excluded


@dataclass(frozen=True)
class Measure:
    """A sum that gates compare, in percent or in points."""

    name: str
    unit: str
    groups: tuple[int, ...]
    """Indices of the groups; all groups for the total."""
    total: bool
    criterion: tuple[int, int] | None


class Gate(NamedTuple):
    """A minimum of a measure."""

    level_index: int
    key: int
    """Index of the measure."""
    threshold: int
    minimum: int
    strict: bool


@dataclass(frozen=True)
class Section:
    """One category."""

    code: str
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    nominal: int
    levels: tuple[int, ...]
    measures: tuple[Measure, ...]
    gates: tuple[Gate, ...]

    def level_gates(self, level: int) -> list[int]:
        """Indices of the gates of the level with this index."""
        return [n for n, gate in enumerate(self.gates) if gate.level_index == level]


@dataclass(frozen=True)
class Method:
    """The method of one tier."""

    sections: tuple[Section, ...]
    requires: tuple[int, ...]
    nominal: int
    decimals: int
    exact_ranks: bool
    """Whether ranks compare converted scores; otherwise published scores."""

    @classmethod
    def of(cls, set_plan: SetPlan, plan: TierPlan) -> Method:
        """Reads the plan of a tier.

        Raises:
            PeerCannot: the plan has something that peers do not support.
        """
        ranking: RankingMethod = set_plan.criteria_set.ranking
        if ranking.ties != "competition":
            raise PeerCannot(f"{ranking.ties} ranks")
        own = range(len(plan.categories) + 1)
        orders = [OrderPlan(ranking.ties, ranking.exact, (RankKeyPlan(False, index),)) for index in own]
        if list(plan.orders) != orders or plan.rounding != "half_up":
            raise PeerCannot("further keys of ranks, ranks by category, or other rounding")
        limits = [(composition.combine, composition.cap) for composition in plan.sums.compositions]
        if any(limit != (Combine.SUM, math.inf) for limit in limits) or any(
            composition.floor for composition in plan.sums.compositions[:-1]
        ):
            raise PeerCannot("means, converted sums, caps, or categories that may be negative")
        if any(group.cap < math.inf for group in plan.groups):
            raise PeerCannot("caps of groups")
        sections = tuple(_section(category, plan.tier, set_plan) for category in plan.categories)
        amounts = sum(
            leaf.maximum for s in sections for _, lines in s.groups for line in lines for leaf in line.leaves()
        )
        if amounts >= LARGEST_SUM:
            raise PeerCannot("sums of points that doubles do not hold")
        return cls(
            sections, plan.requires, sum(section.nominal for section in sections), plan.decimals, ranking.exact
        )  # fmt: skip

    def lines(self) -> Iterator[Line]:
        """All criteria, in the set's order."""
        for section in self.sections:
            for _, lines in section.groups:
                yield from lines

    def indicators(self) -> list[str]:
        """All indicators, in the order in which criteria first read them."""
        return list(dict.fromkeys(code for line in self.lines() for leaf in line.leaves() for code in leaf.reads))


def _section(category: CategoryPlan, tier: str, set_plan: SetPlan) -> Section:
    measures = []
    for key in category.keys:
        if key.kind not in (KeyKind.PERCENT, KeyKind.POINTS):
            raise PeerCannot("gates on answers or levels")
        plan, unit = category.measures[key.index], str(key.kind)
        total = not plan.groups and plan.criterion is None
        groups = tuple(range(len(category.groups))) if total else plan.groups
        measures.append(Measure(plan.name, unit, groups, total, plan.criterion))
    if len(category.gates) > 64:
        raise PeerCannot("more than 64 gates in a category")
    return Section(
        category.code,
        tuple((group.code, _lines(group, tier, set_plan)) for group in category.groups),
        category.nominal,
        category.levels,
        tuple(measures),
        tuple(_gates(category)),
    )


def _gates(category: CategoryPlan) -> Iterator[Gate]:
    for rule in category.rules:
        if rule.limit or any(isinstance(condition, Node) for condition in rule.root.required()):
            raise PeerCannot("levels whose gates need not all hold, or limits")
        for index in rule.root.gates():
            plan = category.gates[index]
            ((threshold, _),) = plan.test
            if threshold is None or not isinstance(plan.gate, MeasureGate):
                raise PeerCannot("gates that are not minimums")
            yield Gate(rule.outcomes[0], plan.key, threshold, plan.minimum, plan.gate.strict)


def _lines(group: GroupPlan, tier: str, set_plan: SetPlan) -> tuple[Line, ...]:
    if type(group.plugin).score is not CriterionGroup.score:
        raise PeerCannot(f"group {group.code}, which has a score() of its own")
    return tuple(_line(criterion, tier, set_plan) for criterion in group.criteria)


def _line(criterion: Criterion, tier: str, set_plan: SetPlan) -> Line:
    alternatives = tuple(_alternatives(criterion.formula, criterion.points.of(tier) or 0, tier, set_plan))
    return Line(
        criterion.id,
        alternatives,
        criterion.maximum(tier),
        -1 if criterion.effect is Effect.PENALTY else 1,
        criterion.missing_leaves_out,
        criterion.formula.may_leave_out,
        criterion.may_be_not_applicable,
    )


def _alternatives(formula: Formula, maximum: int, tier: str, set_plan: SetPlan) -> Iterator[tuple[Leaf, ...]]:
    if isinstance(formula, Best):
        for inner in formula.alternatives:
            yield from _alternatives(inner.formula, inner.points.of(tier) or 0, tier, set_plan)
    else:
        yield tuple(_terms(formula, maximum, tier, set_plan))


def _terms(formula: Formula, maximum: int, tier: str, set_plan: SetPlan) -> Iterator[Leaf]:
    if isinstance(formula, Sum):
        for term in formula.terms:
            yield from _terms(term.formula, term.points.of(tier) or 0, tier, set_plan)
    else:
        yield _leaf(formula, maximum, tier, set_plan)


def _leaf(formula: Formula, maximum: int, tier: str, set_plan: SetPlan) -> Leaf:
    reads = tuple(read.indicator for read in formula.reads())
    indicators = set_plan.criteria_set.indicators
    if isinstance(formula, Ratio | Linear) and (formula.floor is not None or formula.target not in (1, None)):
        raise PeerCannot(f"formula kind {formula.kind!r} with a target or a floor")
    if type(formula) is Ratio:
        reads = (formula.numerator, formula.denominator)
        micro = any(indicators[code].kind is IndicatorKind.NUMBER for code in reads)
        return Leaf("ratio", maximum, reads, micro=micro, when_zero=formula.when_zero)
    match formula:
        case Flag() | Fault() | Awarded():
            return Leaf(formula.kind, maximum, reads)
        case Choice():
            options = indicators[formula.indicator].options
            return Leaf(
                "choice", maximum, reads, options=tuple(formula.options[code].of(tier) or 0 for code in options)
            )
        case Steps():
            steps = [
                (comparison, edge.value, step.points.of(tier) or 0)
                for step in formula.steps
                for comparison, edge in [step.edge]
            ]
            return Leaf("steps", maximum, reads, steps=tuple(steps))
        case Count():
            return Leaf("count", maximum, reads, each=formula.each.of(tier) or 1)
        case Linear():
            micro = indicators[formula.indicator].kind is IndicatorKind.NUMBER
            return Leaf("linear", maximum, reads, micro=micro, start=formula.start.micro, end=formula.to.micro)
    raise PeerCannot(f"formula kind {formula.kind!r} here")


def whole(decimals: int) -> int:
    """Micropoints in the last published decimal."""
    return MICRO // int(10**decimals)
