"""Formula kinds that read a single indicator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scorer.formulas.base import NUMBERS, Amount, Edge, LineFormula, Path, Read, Threshold, wrong_maximum
from scorer.formulas.native_lines import CappedLine, LadderLine, SlopeLine
from scorer.formulas.native_table import Line
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MICRO, PointsByTier, plain
from scorer.model.indicators import IndicatorKind


class Flag(LineFormula):
    """Yes gives all points, no gives none."""

    kind: ClassVar[str] = "flag"
    indicator: str

    def reads(self) -> Iterable[Read]:
        """The flag."""
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.FLAG}))]

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """All points or none."""
        return CappedLine(cohort.rows[self.indicator], each=maximum, cap=maximum)


class Fault(LineFormula):
    """A single fault takes all points: one unlawfully handled document gives 0 instead of 2."""

    kind: ClassVar[str] = "fault"
    indicator: str

    def reads(self) -> Iterable[Read]:
        """A count of faults, or a flag for whether there was one."""
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.FLAG, IndicatorKind.COUNT}))]

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """All points if the answer is 0 or no."""
        return CappedLine(cohort.rows[self.indicator], each=-maximum, cap=maximum, start=maximum)


class Choice(LineFormula):
    """Points by option: for example, all if the chairman heads the committee, half if a deputy does."""

    kind: ClassVar[str] = "choice"
    indicator: str
    options: dict[str, Amount] = Field(min_length=1)

    def reads(self) -> Iterable[Read]:
        """The choice. The indicator must have exactly the options that have points in the formula."""
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.CHOICE}), tuple(self.options))]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports a best option that does not give the criterion's points."""
        return wrong_maximum(("options",), "the best option", list(self.options.values()), points, tiers)

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """Answers are indices of options, so the threshold of an option is its index."""
        del maximum
        options = cohort.indicators[self.indicator].options
        points = tuple(self.options[option].of(cohort.tier) or 0 for option in options)
        return LadderLine(cohort.rows[self.indicator], tuple(map(float, range(len(options)))), points)


class Step(BaseModel):
    """One step: a condition on the answer, and the points if it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_least: Edge | None = None
    above: Edge | None = None
    at_most: Edge | None = None
    below: Edge | None = None
    points: Amount

    @model_validator(mode="after")
    def _one_edge(self) -> Step:
        if sum(edge is not None for edge in (self.at_least, self.above, self.at_most, self.below)) != 1:
            raise ValueError("a step needs exactly one of at_least, above, at_most, below")
        return self

    @property
    def edge(self) -> tuple[Literal["at_least", "above", "at_most", "below"], Threshold]:
        """The comparison, and the threshold."""
        if self.at_least is not None:
            return "at_least", self.at_least
        if self.above is not None:
            return "above", self.above
        if self.at_most is not None:
            return "at_most", self.at_most
        assert self.below is not None
        return "below", self.below


class Steps(LineFormula):
    """Points by steps, best first. A unit gets the points of the first step that holds, 0 if none holds.

    Thresholds may be days.
    """

    kind: ClassVar[str] = "steps"
    indicator: str
    steps: tuple[Step, ...] = Field(min_length=1)

    def reads(self) -> Iterable[Read]:
        """A number; or a day, if the thresholds are days."""
        dates = self.steps[0].edge[1].is_date
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.DATE}) if dates else NUMBERS)]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports steps that are in a wrong order.

        The first step must give the criterion's points. Each further step must be easier than the step before it, and
        give fewer points.
        """
        tiers = list(tiers)
        yield from wrong_maximum(("steps", 0, "points"), "the first step", self.steps[0].points, points, tiers)
        for n, (better, worse) in enumerate(zip(self.steps, self.steps[1:], strict=False), start=1):
            (comparison, edge), (next_comparison, next_edge) = better.edge, worse.edge
            upwards = comparison in ("at_least", "above")
            if edge.is_date != next_edge.is_date or upwards != (next_comparison in ("at_least", "above")):
                yield ("steps", n), "steps must all compare numbers or all days, and all in one direction"
                continue
            gap = (edge.micro - next_edge.micro) * (1 if upwards else -1)
            # With equal thresholds, the strict comparison is harder and may come first.
            strict_first = comparison in ("above", "below") and next_comparison in ("at_least", "at_most")
            if gap < 0 or (gap == 0 and not strict_first):
                yield ("steps", n), "can never count: the step before it holds whenever this one does"
            for tier in tiers:
                more, less = better.points.of(tier), worse.points.of(tier)
                if points.of(tier) is not None and less is None:
                    yield ("steps", n, "points"), f"has no points for tier {tier!r}, but the criterion has"
                elif more is not None and less is not None and less >= more:
                    yield ("steps", n, "points"), "must give less than the step before it"

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """The steps from worst to best. A strict comparison is an inclusive one with the next double."""
        del maximum
        sign = 1 if self.steps[0].edge[0] in ("at_least", "above") else -1
        edges = []
        for step in reversed(self.steps):
            comparison, edge = step.edge
            value = sign * edge.value
            edges.append(math.nextafter(value, math.inf) if comparison in ("above", "below") else value)
        points = tuple(step.points.of(cohort.tier) or 0 for step in reversed(self.steps))
        return LadderLine(cohort.rows[self.indicator], tuple(edges), points, sign)


class Count(LineFormula):
    """Points per item, up to the maximum: 1 point per application, at most 5."""

    kind: ClassVar[str] = "count"
    indicator: str
    each: Amount

    def reads(self) -> Iterable[Read]:
        """The count."""
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.COUNT}))]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports tiers in which the criterion has points but ``each`` is 0 or missing."""
        for tier in tiers:
            if points.of(tier) and not self.each.of(tier):
                yield ("each",), f"gives no points in tier {tier!r}"

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """``each`` x answer, up to the maximum."""
        return CappedLine(cohort.rows[self.indicator], each=self.each.of(cohort.tier) or 1, cap=maximum)


class Linear(LineFormula):
    """Points grow evenly from 0 at ``from`` to all points at ``to``, which may be the smaller number."""

    kind: ClassVar[str] = "linear"
    indicator: str
    start: Edge = Field(alias="from")
    to: Edge
    target: Edge | None = None
    """The answer from which on all points are given; None: ``to``."""
    floor: Edge | None = None
    """An answer that is worse than this one gives no points."""

    @model_validator(mode="after")
    def _a_line(self) -> Linear:
        if self.start.is_date or self.to.is_date or self.start.micro == self.to.micro:
            raise ValueError("from and to must be two different numbers")
        return self

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports a target or floor that is not between ``from`` and ``to``, and a floor that is not worse than the
        target.
        """
        del points, tiers
        length = abs(self.to.micro - self.start.micro)
        ends = f"between 'from' ({plain(self.start.micro)}) and 'to' ({plain(self.to.micro)})"
        for name, edge in (("target", self.target), ("floor", self.floor)):
            if edge is not None and (edge.is_date or not 0 < self._distance(edge) < length):
                yield (name,), f"must be a number {ends}"
                return
        if self.target and self.floor and self._distance(self.floor) >= self._distance(self.target):
            message = (
                f"must be worse than the target, which is {plain(self.target.micro)}; for all points or none, use steps"
            )
            yield ("floor",), message

    def _distance(self, edge: Threshold) -> int:
        """Millionths from ``from`` to a threshold, counted towards ``to``; negative on the other side of ``from``."""
        return (edge.micro - self.start.micro) * (1 if self.to.micro > self.start.micro else -1)

    def reads(self) -> Iterable[Read]:
        """A number."""
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """The slope between ``from`` and ``to``."""
        length = self.to.micro - self.start.micro
        target = None if self.target is None else self._distance(self.target)
        floor = 0 if self.floor is None else self._distance(self.floor)
        return SlopeLine(cohort.rows[self.indicator], self.start.micro, length, maximum, target, floor)


class Awarded(LineFormula):
    """The answer itself is the points, which a verifier or a survey awarded."""

    kind: ClassVar[str] = "awarded"
    indicator: str

    def reads(self) -> Iterable[Read]:
        """The points."""
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """The answer is the points: from 0 to the criterion's maximum."""
        del tier
        return {self.indicator: (0.0, maximum / MICRO)}

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """The answer in micropoints."""
        return CappedLine(cohort.rows[self.indicator], each=MICRO, cap=maximum)
