"""Finds rules that can never hold or always hold, and better levels that are easier to reach than worse ones.

The checks try each combination of intervals of the compared keys. They skip combinations that no unit can have: a
measure above its maximum, a sum that contradicts its groups, or points that contradict the percentage. They do not
consider relations between a criterion and its group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np

from scorer.criteria.model import TOTAL, Criterion
from scorer.engine.composition import Composition
from scorer.engine.plan import CategoryPlan, GroupPlan, MeasurePlan
from scorer.engine.rules import KeyKind, RulePlan, holding
from scorer.model.fixed_point import MICRO, Bools, Ints

MAX_COMBINATIONS = 200_000
"""Maximum number of combinations of intervals that are checked. If there are more, a
warning says that the rule was not checked."""
UNBOUNDED = 2**60
"""Stands for no bound: larger than every key."""


@dataclass(frozen=True)
class Finding:
    """A problem of the levels and limits of a category."""

    rule: RulePlan
    """The rule that has the problem; for an easier level, the better one."""
    message: str
    """The problem, for the author of the set."""
    refused: bool
    """Whether the set is refused because of the problem; otherwise the problem is only a warning."""


class _Excluded(Enum):
    """Which of the criteria that may not apply to a unit do not apply to it."""

    NONE = "none"
    ALL = "all"
    SOME = "some"
    """An unknown subset of them. Then only bounds of the points and maxima are known."""


def findings(plan: CategoryPlan, total: Composition, tier: str) -> Iterator[Finding]:
    """Yields the findings for one category in one tier. ``total``: how the category's groups are combined."""
    lowest = max((rule.level for rule in plan.rules), default=0)
    for rule in plan.rules:
        name = f"level {rule.level}" if rule.level else f"limit {rule.limit}"
        space = _Space(plan, total, [rule])
        if space.size > MAX_COMBINATIONS:
            message = (
                f"whether {name} can hold in tier {tier!r} was not checked: there are {space.size} cases, too many"
            )
            yield Finding(rule, message, refused=False)
            continue
        possible, held = space.possible(_Excluded.SOME), space.holds(rule)
        if not (held & possible).any():
            message = f"can never hold in tier {tier!r}" if rule.level else f"applies to every unit of tier {tier!r}"
            yield Finding(rule, message, refused=bool(rule.level))
        elif held[possible].all() and (
            rule.limit or rule.level < lowest
        ):  # a lowest level that always holds is allowed: it is for all other units
            message = f"always holds in tier {tier!r}" if rule.level else f"can never apply in tier {tier!r}"
            yield Finding(rule, message, refused=not rule.level)
    levels = [rule for rule in plan.rules if rule.level]
    limits = [rule for rule in plan.rules if rule.limit]
    for better, worse in pairwise(levels):
        yield from _easier(
            plan, total, tier, better, worse, [limit for limit in limits if better.outcomes[0] in limit.outcomes]
        )


def _easier(
    plan: CategoryPlan,
    total: Composition,
    tier: str,
    better: RulePlan,
    worse: RulePlan,
    limits: Sequence[RulePlan],
) -> Iterator[Finding]:
    """Yields a finding if a unit can reach the better level although it fails the next worse one, or if every
    unit that reaches the worse level also reaches the better one.

    ``limits`` are the limits that can forbid the better level.
    """
    space = _Space(plan, total, [better, worse, *limits])
    start = f"in tier {tier!r} level {worse.level}"
    if space.size > MAX_COMBINATIONS:
        message = (
            f"{start} was not compared with the better level {better.level}: there are {space.size} cases, too many"
        )
        yield Finding(better, message, refused=False)
        return
    worse_holds, better_holds = space.holds(worse), space.holds(better)
    for limit in limits:
        better_holds &= space.holds(limit)
    if not (worse_holds & ~better_holds & space.possible(_Excluded.SOME)).any():
        message = f"in tier {tier!r} every unit that reaches level {worse.level} reaches level {better.level} too"
        yield Finding(worse, message, refused=False)
    easier = ~worse_holds & better_holds
    certain = easier & (space.possible(_Excluded.NONE) | space.possible(_Excluded.ALL))
    cases = certain if certain.any() else easier & space.possible(_Excluded.SOME)
    if cases.any():
        case = int(np.flatnonzero(cases)[0])
        gate = plan.gates[next(gate for gate in worse.root.gates() if not space.gate_holds(gate)[case])]
        message = f"{start} requires more of {gate.name!r} than the better level {better.level}"
        if not certain.any():
            message += ", unless criteria that do not apply prevent this; whether they do was not checked"
        yield Finding(better, message, refused=bool(certain.any()))


class _Space:
    """All combinations of the intervals of the keys that some rules compare."""

    def __init__(self, plan: CategoryPlan, total: Composition, rules: Sequence[RulePlan]) -> None:
        self._plan, self._total = plan, total
        thresholds: dict[int, set[int]] = {}
        for rule in rules:
            for key, own in zip(rule.keys, rule.rule.thresholds, strict=True):
                thresholds.setdefault(key, set()).update(own)
        self._thresholds = {key: sorted(own) for key, own in thresholds.items()}
        self._position = {key: position for position, key in enumerate(thresholds)}
        self._shape = [len(own) + 1 for own in self._thresholds.values()]
        self.size = prod(self._shape)

    @cached_property
    def _intervals(self) -> Ints:
        """(keys, size) the index of the interval of each key."""
        return np.indices(self._shape).reshape(len(self._shape), -1)

    def _values(self, key: int) -> tuple[Ints, Ints]:
        """(size,) for each combination: the smallest value of the key's interval, and the smallest value above the
        interval.
        """
        own, interval = self._thresholds[key], self._intervals[self._position[key]]
        lows = np.array([-UNBOUNDED, *own], dtype=np.int64)
        highs = np.array([*own, UNBOUNDED], dtype=np.int64)
        return lows[interval], highs[interval]

    def gate_holds(self, gate: int) -> Bools:
        """(size,) whether a gate holds."""
        low, high = self._values(self._plan.gates[gate].key)
        return holding(np.where(low == -UNBOUNDED, high - 1, low), self._plan.gates[gate].test)

    def holds(self, rule: RulePlan) -> Bools:
        """(size,) whether a rule holds."""
        return rule.root.holds({gate: self.gate_holds(gate) for gate in rule.root.gates()})

    def possible(self, excluded: _Excluded) -> Bools:
        """(size,) whether a unit can have each combination of numbers."""
        possible = np.ones(self.size, dtype=np.bool_)
        groups = [_Range.of_group(group, excluded) for group in self._plan.groups]
        bounds = {index: self._measure_range(measure, groups, excluded).full(self.size)
                  for index, measure in enumerate(self._plan.measures)}  # fmt: skip
        for key in self._thresholds:
            kind, index = self._plan.keys[key].kind, self._plan.keys[key].index
            low, high = self._values(key)
            if kind is KeyKind.POINTS:
                bounds[index].narrow(low, high - 1)
            elif kind is KeyKind.PERCENT:
                bounds[index].narrow_share(low, high)
            else:
                possible &= high > (0 if kind is KeyKind.LEVEL else -1)
        for index, measure in enumerate(self._plan.measures):
            own = bounds[index]
            possible &= own.low <= own.high
            cap, floor = (self._total.cap, self._total.floor) if measure.name == TOTAL else (np.inf, -np.inf)
            members = range(len(groups)) if measure.name == TOTAL else measure.groups
            ranges = [self._member(group, groups, bounds) for group in members]
            if len(ranges) > 1 and not (measure.name == TOTAL and self._total.combine.is_mean):
                possible &= (sum(np.minimum(each.low, each.high) for each in ranges) <= own.high) | (own.high >= cap)
                possible &= (sum(each.high for each in ranges) >= own.low) | (own.low <= floor)
        return possible

    def _measure_range(self, measure: MeasurePlan, groups: Sequence[_Range], excluded: _Excluded) -> _Range:
        """The range of a measure."""
        plans = self._plan.groups
        if measure.criterion is not None:
            group, row = measure.criterion
            return _Range.of_criteria([(plans[group].criteria[row], plans[group], row)], excluded)
        if measure.name != TOTAL:
            return _Range.sum([groups[index] for index in measure.groups], np.inf, -np.inf)
        total = _Range.sum(groups, self._total.cap, self._total.floor)
        if self._total.combine.is_mean:  # the maximum of a mean is its stated points; 0 if nothing applies
            nominal = self._plan.nominal
            least = nominal if total.least_maximum else 0
            return _Range(np.array(0), np.array(nominal), least, nominal if total.maximum else 0)
        return total

    def _member(self, group: int, groups: Sequence[_Range], bounds: dict[int, _Range]) -> _Range:
        """The range of a group; already narrowed if a measure is exactly this group."""
        name = self._plan.groups[group].code
        own = (bounds[index] for index, measure in enumerate(self._plan.measures) if measure.name == name)
        return next(own, groups[group])


@dataclass
class _Range:
    """The range of the points of a sum, and the range of its applicable maximum; all in micropoints."""

    low: Ints
    """The fewest points: one number, or one per combination."""
    high: Ints
    """The most points."""
    least_maximum: int
    """The smallest applicable maximum."""
    maximum: int
    """The largest applicable maximum."""

    @classmethod
    def of_group(cls, group: GroupPlan, excluded: _Excluded) -> _Range:
        """The range of a criterion group."""
        rows = range(len(group.criteria))
        criteria = cls.of_criteria([(group.criteria[row], group, row) for row in rows], excluded)
        return cls.sum([criteria], group.cap, -np.inf)

    @classmethod
    def sum(cls, members: Sequence[_Range], cap: float, floor: float) -> _Range:
        """The range of the sum of the members, limited to ``floor`` ... ``cap``."""
        low, high = (sum(int(getattr(member, end)) for member in members) for end in ("low", "high"))
        least, maximum = (sum(getattr(member, end) for member in members) for end in ("least_maximum", "maximum"))
        return cls(
            np.array(int(min(max(low, floor), cap))),
            np.array(int(min(max(high, floor), cap))),
            int(min(least, cap)),
            int(min(maximum, cap)),
        )

    @classmethod
    def of_criteria(cls, criteria: Sequence[tuple[Criterion, GroupPlan, int]], excluded: _Excluded) -> _Range:
        """The range of the sum of criteria, each given with its group and its row."""
        low = high = least = maximum = 0
        for criterion, group, row in criteria:
            may_be_left_out = (
                group.lines is None
                or criterion.may_be_not_applicable
                or criterion.missing_leaves_out
                or criterion.formula.may_leave_out
            )
            if may_be_left_out and excluded is _Excluded.ALL:
                continue
            low += int(group.lowest[row, 0])
            high += int(group.highest[row, 0])
            maximum += int(group.maxima[row, 0])
            if not (may_be_left_out and excluded is _Excluded.SOME):
                least += int(group.maxima[row, 0])
        return cls(np.array(low), np.array(high), least, maximum)

    def full(self, size: int) -> _Range:
        """The range as arrays (size,), with the same numbers for each combination."""
        return _Range(np.full(size, self.low), np.full(size, self.high), self.least_maximum, self.maximum)

    def narrow(self, low: Ints, high: Ints) -> None:
        """Removes points below ``low`` and above ``high``."""
        self.low, self.high = np.maximum(self.low, low), np.minimum(self.high, high)

    def narrow_share(self, low: Ints, high: Ints) -> None:
        """Removes points whose percentage, as a key of ``gates.threshold``, is below ``low``, or ``high`` or more."""
        least = np.maximum(low, 0)
        reached = -(-(least // 2) * self.least_maximum // MICRO)  # for an even key: at least
        above = (least // 2) * self.least_maximum // MICRO + 1
        from_share = np.where(least % 2 == 0, reached, above)
        end = np.minimum(np.maximum(high, 0), 2**31)
        below = -(-(end // 2) * self.maximum // MICRO) - 1
        to_share = np.where(end % 2 == 0, below, (end // 2) * self.maximum // MICRO)
        to_share = np.where(high == UNBOUNDED, self.high, to_share)
        if self.maximum == 0:
            to_share = np.where(high == UNBOUNDED, self.high, -1)
        if self.least_maximum == 0:  # possibly no criterion applies; then every minimum in percent holds
            from_share = np.where(high == UNBOUNDED, np.minimum(from_share, 0), from_share)
        self.narrow(from_share, to_share)
