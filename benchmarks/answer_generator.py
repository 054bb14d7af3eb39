"""Draws random answers for a tier, such that some units reach each level and others do not.

Each unit has a quality: the share of points that it should get. Formulas are inverted to find answers that give about
this share. Some answers are missing, some wholes are zero, and some criteria do not apply.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import Criterion
from scorer.engine.plan import TierPlan
from scorer.formulas import Formula
from scorer.formulas.ratios import Ratio
from scorer.formulas.single_indicator import Awarded, Choice, Count, Fault, Flag, Linear, Steps
from scorer.formulas.sum_and_best import Best, Sum, nested_formulas
from scorer.model.cohort import six_decimals
from scorer.model.fixed_point import MICRO
from scorer.model.indicators import Indicator, IndicatorKind

Floats = NDArray[np.float64]

MISSING = 0.02
ZERO = 0.01
"""Share of wholes that are zero."""
EXCLUDED = 0.05
LARGE = 1_000.0
"""Largest answer that is drawn for an indicator without a formula that limits it."""


def leaves(formula: Formula, points: int, tier: str) -> Iterator[tuple[Formula, int]]:
    """The formula, or the formulas that it combines, each with its maximum in micropoints."""
    if isinstance(formula, Sum | Best):
        for inner in nested_formulas(formula):
            yield from leaves(inner.formula, inner.points.of(tier) or 0, tier)
    else:
        yield formula, points


class AnswerGenerator:
    """Generates the answers of n units of one tier."""

    def __init__(
        self, plan: TierPlan, indicators: Mapping[str, Indicator], random: np.random.Generator, units: int
    ) -> None:
        self._plan, self._indicators, self._random, self._units = plan, indicators, random, units
        self._quality = np.minimum(random.uniform(0.6, 1.15, units), 1.0)
        self._columns: dict[str, Floats] = {}
        self._formulas: dict[str, list[tuple[Formula, int]]] = defaultdict(list)
        self._wholes: dict[str, list[str]] = defaultdict(list)
        for check in plan.checks:
            part, whole = check.check.reads()
            self._wholes[part].append(whole)
        for criterion in self._criteria():
            for leaf, points in leaves(criterion.formula, criterion.points.of(plan.tier) or 0, plan.tier):
                for read in leaf.reads():
                    if not (isinstance(leaf, Ratio) and read.indicator == leaf.denominator):
                        self._formulas[read.indicator].append((leaf, points))

    def _criteria(self) -> Iterator[Criterion]:
        for category in self._plan.categories:
            for group in category.groups:
                yield from group.criteria

    def exclusions(self) -> dict[str, NDArray[np.bool_]]:
        """For each criterion, by id: (n,) whether it does not apply to the unit."""
        return {
            criterion.id: self._random.random(self._units) < EXCLUDED
            for criterion in self._criteria()
            if criterion.may_be_not_applicable
        }

    def columns(self) -> dict[str, Floats]:
        """For each indicator, by code: (n,) answers; NaN means not reported."""
        for code in self._indicators:
            self._column(code, ())
        for values in self._columns.values():
            values[self._random.random(self._units) < MISSING] = np.nan
        return self._columns

    def _column(self, code: str, pending: tuple[str, ...]) -> Floats:
        """The answers for an indicator, limited by the wholes of which it is a part.

        ``pending``: indicators that are being drawn, to stop at cycles.
        """
        if code in self._columns:
            return self._columns[code]
        wholes = [
            self._column(whole, (*pending, code)) for whole in self._wholes[code] if whole not in (*pending, code)
        ]  # fmt: skip
        values = self._drawn(code, pending)
        for whole in wholes:
            values = np.minimum(values, whole)
        low, high = self._plan.ranges[code]
        indicator = self._indicators[code]
        if indicator.kind is IndicatorKind.NUMBER:
            values = six_decimals(np.clip(np.round(values, 2), low, high))
        else:
            values = np.clip(np.rint(values), math.ceil(low), math.floor(high))
        return self._columns.setdefault(code, values)

    def _drawn(self, code: str, pending: tuple[str, ...]) -> Floats:
        """Answers that give about the intended share of the points of the first formula that reads them."""
        indicator = self._indicators[code]
        for formula, points in self._formulas[code]:
            share = np.clip(self._quality + self._random.normal(0.0, 0.03, self._units), 0.0, 1.0)
            if isinstance(formula, Ratio) and formula.denominator not in (*pending, code):
                return share * self._column(formula.denominator, (*pending, code))
            drawn = self._inverted(formula, points, indicator, np.where(self._quality == 1.0, 1.0, share))
            if drawn is not None:
                return drawn
        return self._whole(indicator)

    def _inverted(self, formula: Formula, points: int, indicator: Indicator, share: Floats) -> Floats | None:
        """Answers that give a share of a formula's points; None for an unknown formula kind."""
        lucky = self._random.random(self._units) < share
        match formula:
            case Flag():
                return lucky.astype(np.float64)
            case Fault():
                return np.where(lucky, 0.0, self._random.integers(1, 4, self._units))
            case Choice():
                amounts = [formula.options[option].of(self._plan.tier) or 0 for option in indicator.options]
                order = np.argsort(amounts)
                return order[self._nearest(np.sort(amounts), points, share)].astype(np.float64)
            case Steps():
                return self._on_steps(formula, points, share)
            case Count():
                return np.rint(share * points / (formula.each.of(self._plan.tier) or 1)) + (share == 1.0) * lucky
            case Linear():
                start, end = formula.start.value, formula.to.value
                return start + share * (end - start)
            case Awarded():
                return np.round(share * points / MICRO, 2)
        return None

    def _nearest(self, amounts: NDArray[np.int64], points: int, share: Floats) -> NDArray[np.intp]:
        """Index of one of the ascending amounts: randomly one of the two around the wanted points."""
        wanted = share * points
        above = np.clip(np.searchsorted(amounts, wanted), 0, len(amounts) - 1)
        below = np.maximum(above - 1, 0)
        gap = np.maximum(amounts[above] - amounts[below], 1)
        return np.where(self._random.random(self._units) * gap < wanted - amounts[below], above, below)

    def _on_steps(self, formula: Steps, points: int, share: Floats) -> Floats:
        """Answers at a step's threshold, or slightly beyond it; for no points, before the easiest threshold."""
        steps = list(reversed(formula.steps))
        upwards = steps[0].edge[0] in ("at_least", "above")
        sign = 1.0 if upwards else -1.0
        thresholds = [step.edge[1].value + sign * (step.edge[0] in ("above", "below")) for step in steps]
        amounts = np.array([0, *(step.points.of(self._plan.tier) or 0 for step in steps)])
        index = self._nearest(amounts, points, share)
        return np.array([thresholds[0] - 2 * sign, *thresholds])[index] + sign * self._random.integers(
            0, 2, self._units
        )

    def _whole(self, indicator: Indicator) -> Floats:
        """Answers for wholes, and for indicators that no known formula reads."""
        low, high = self._plan.ranges[indicator.code]
        if indicator.kind in (IndicatorKind.COUNT, IndicatorKind.NUMBER):
            values = self._random.uniform(max(low, min(50.0, high)), max(min(high, LARGE), low), self._units)
            return np.where(self._random.random(self._units) < ZERO, 0.0, values)
        if indicator.kind is IndicatorKind.DATE:
            return 18_262.0 + self._random.integers(-365, 366, self._units)
        return self._random.integers(math.ceil(low), math.floor(high), self._units, endpoint=True).astype(np.float64)
