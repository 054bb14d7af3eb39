"""Plugins that break one rule each, made from two sound ones: a group with its own scoring, and a formula kind.

Each is a small change of a sound plugin, so that a check can find nothing but the change.
"""

from __future__ import annotations

import logging
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from harness import plugin

from scorer.plugin_api import (
    NUMBERS,
    Cohort,
    Criterion,
    CriterionGroup,
    Effect,
    Formula,
    GroupPoints,
    Indicator,
    Outcome,
    PartOf,
    Read,
    Status,
)

HERE = Path(__file__).parent
WELLS_SET, TAPS_SET = HERE / "wells-2024.yaml", HERE / "taps-2024.yaml"
Array = Any


class Wells(CriterionGroup):
    """Scores by a curve that no formula kind has: the first well counts for more than the tenth."""

    name, api_version = "wells", 1
    title: ClassVar = {"en": "Wells", "vi": "Giếng"}
    indicators = (
        Indicator("wells", "count", "wells", {"en": "Wells", "vi": "Số giếng"}, better="more"),
        Indicator("dry", "count", "wells", {"en": "Dry wells", "vi": "Số giếng cạn"}, better="less"),
        Indicator("depth", "number", "metres", {"en": "Depth", "vi": "Độ sâu"}),
        Indicator("lit", "flag", title={"en": "Lit at night", "vi": "Có đèn"}, better="more"),
    )
    checks = (PartOf("dry", "wells"),)

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        points = np.empty((len(criteria), len(cohort)))
        status = np.full(points.shape, Status.SCORED, dtype=np.uint8)
        for row, criterion in enumerate(criteria):
            values = self.values(cohort, next(iter(criterion.formula.reads())).indicator)
            share = self.share(np.nan_to_num(values))
            points[row] = np.rint(share * (criterion.points.of(cohort.tier) or 0))
            if criterion.effect is Effect.PENALTY:
                points[row] *= -1
            status[row, np.isnan(values)] = Status.MISSING
        return GroupPoints(points + 0.0, status)

    def values(self, cohort: Cohort, code: str) -> Array:
        return cohort.values(code)

    def share(self, values: Array) -> Array:
        return np.abs(values) / (np.abs(values) + 10)


class ShareOfDay(Formula):
    """Hours / 24 x points: 12 hours give half."""

    kind: ClassVar[str] = "share_of_day"
    indicator: str

    def reads(self) -> Iterable[Read]:
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        return {self.indicator: (0, 24)}

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
        hours = cohort.values(self.indicator)
        exact = np.nan_to_num(hours) * maximum / 24
        return Outcome(np.rint(exact), np.isnan(hours), None, exact - np.rint(exact))

    def exact(self, maximum: int, cohort: Cohort, excluded: Array, unit: int) -> Fraction:
        return Fraction(int(np.nan_to_num(cohort.values(self.indicator)[unit]))) * maximum / 24


class Taps(CriterionGroup):
    """Scores by the formulas that the set names."""

    name, api_version = "taps", 1
    title: ClassVar = {"en": "Taps"}
    indicators = (
        Indicator("hours", "count", "hours", {"en": "Hours of water a day"}, better="more"),
        Indicator("metered", "flag", title={"en": "Metered"}),
    )


@dataclass(frozen=True)
class AtMostHalf(PartOf):
    """The part is at most half of the whole."""

    def violated(self, cohort: Cohort) -> Array:
        return 2 * cohort.values(self.part) > cohort.values(self.whole)


class Place(Formula):
    """The share of units that report less, of all points."""

    kind: ClassVar[str] = "place"
    indicator: str

    @property
    def needs_cohort(self) -> bool:
        return True

    def reads(self) -> Iterable[Read]:
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
        values = cohort.values(self.indicator)
        counted = np.sort(values[~np.isnan(values) & (True if excluded is None else ~excluded)])
        below = np.searchsorted(counted, np.nan_to_num(values))
        return Outcome(np.floor(below * maximum / max(len(counted), 1)), np.isnan(values))


class Pipes(CriterionGroup):
    """Scores by the formulas of the set, some of which look at all units, and writes it into a log."""

    name, api_version = "pipes", 1
    title: ClassVar = {"en": "Pipes"}
    indicators = (
        Indicator("length", "number", "km", {"en": "Length"}, minimum=0, better="more"),
        Indicator("leaking", "number", "km", {"en": "Leaking"}, minimum=0, better="less"),
        Indicator("laid", "date", title={"en": "Laid"}),
        Indicator("material", "choice", title={"en": "Material"}, options=("steel", "lead")),
    )
    checks = (AtMostHalf("leaking", "length"),)

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        logging.getLogger("pipes").info("%d units", len(cohort))  # looks at the clock
        return super().score(criteria, cohort)


class Untitled(CriterionGroup):
    name, api_version = "untitled", 1
    indicators = (
        Indicator("pumps", "count", title={"vi": "Số máy bơm"}),
        Indicator("rate", "number", "l/s", {"en": "Rate"}, better="less", minimum=0, maximum=50),
        Indicator("kind", "choice", title={"en": "Kind"}, options=("electric", "hand")),
        Indicator("since", "date", title={"en": "Since"}),
        Indicator("broken", "count", "pumps", {"en": "Broken pumps"}),
    )
    checks = (PartOf("broken", "pumps"),)


@dataclass(frozen=True)
class Broken:
    """A plugin and the check that it fails."""

    plugin: object
    check: str
    says: str
    """Words of the failure."""
    skipped: frozenset[str] = frozenset()
    """Checks that have nothing to look at."""


def wells(check: str, says: str, *skipped: str, sets: Sequence[Path] = (WELLS_SET,), **changes: Any) -> Broken:
    """The sound group with attributes changed."""
    group = type("Wells", (Wells,), {"__doc__": Wells.__doc__, **changes})()
    return Broken(plugin(group, sets=sets), check, says, frozenset(skipped))


def taps(check: str, says: str, *skipped: str, sets: Sequence[Path] = (TAPS_SET,), **changes: Any) -> Broken:
    """The sound formula kind with attributes changed."""
    kind = type("ShareOfDay", (ShareOfDay,), {"__doc__": ShareOfDay.__doc__, "__module__": __name__, **changes})
    return Broken(plugin(Taps(), [kind], sets), check, says, frozenset(skipped))


def scoring(change: Callable[[GroupPoints, Sequence[Criterion], Cohort], Any]) -> Callable[..., Any]:
    """A ``score`` that changes what the sound one gives."""

    def score(self: Wells, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
        return change(Wells.score(self, criteria, cohort), criteria, cohort)

    return score


def asking(ask: Callable[[], object]) -> Callable[..., Any]:
    """A ``score`` that asks for something and does nothing with it."""

    def score(self: Wells, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        ask()
        return Wells.score(self, criteria, cohort)

    return score


# What each change does, in words, is the key of CORPUS.


def _transposed(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return GroupPoints(given.points.T, given.status.T)


def _nobody_answers(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given if np.nanmax(cohort.matrix, axis=0, initial=-np.inf).min() > -np.inf else 1 / 0


def _one_too_many(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.points[0, cohort.values("wells") > 1e9] += 1e7
    return given


def _halves(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(points=np.where(given.points > 1000, given.points - 0.5, given.points))


def _penalties_add(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(points=np.abs(given.points))


def _missing_is_zero(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(status=np.full_like(given.status, Status.SCORED))


def _missing_leaves_out(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(status=np.where(given.status == Status.MISSING, np.uint8(3), given.status))


def _zero_is_missing(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.status[0, cohort.values("wells") == 0] = Status.MISSING
    return given


def _reads_more(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.points[1] *= np.nan_to_num(cohort.values("lit"))  # W.02 does not say that it reads it
    return given


def _gives_to_others(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    for code, mask in cohort.excluded.items():
        if code == "W.02":
            given.points[0, mask] = np.rint(given.points[0, mask] / 2)
    return given


def _by_size(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(points=np.rint(given.points * min(len(cohort), 9) / 9))


def _answers_zeroed(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    cohort.matrix[np.isnan(cohort.matrix)] = 0
    return given


def _exclusions_cleared(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    for mask in cohort.excluded.values():
        mask[:] = False
    return given


def _too_many_wells(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.points[0, cohort.values("wells") > 50] = 0
    return given


class Restless(Wells):
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        self.times += 1
        points, status = Wells.score(self, criteria, cohort)
        return GroupPoints(points if self.times % 2 else points.astype(np.int64), status)


def _leaves_out(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
    return ShareOfDay.evaluate(self, maximum, cohort, excluded)._replace(not_applicable=cohort.values("hours") == 24)


def _running_best(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
    hours = cohort.values(self.indicator)
    counted = np.where(np.isnan(hours) | (False if excluded is None else excluded), 0, hours)
    best = np.maximum(np.maximum.accumulate(counted), 1)  # of the units so far
    return Outcome(np.rint(np.minimum(counted / best, 1) * maximum), np.isnan(hours))


def _one_for_all(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Any:
    return Outcome(np.array([maximum]), np.isnan(cohort.values(self.indicator)))


def _no_rest(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
    outcome = ShareOfDay.evaluate(self, maximum, cohort, excluded)
    return outcome._replace(remainders=np.zeros(len(cohort)))


def _no_exact(self: ShareOfDay, *_: Any) -> Fraction:
    raise ArithmeticError


def _connect() -> None:
    with socket.socket() as own:
        own.settimeout(0)
        own.connect_ex(("127.0.0.1", 9))


ALL_BUT_READY = (
    "documentation_is_complete", "criteria_sets_are_accepted", "shapes_and_dtypes", "points_within_bounds",
    "missing_is_not_zero", "not_applicable_shrinks_the_maximum", "one_unit_as_in_a_batch",
    "order_of_units_is_irrelevant", "same_input_same_bytes", "inputs_are_not_changed", "monotone_where_declared",
    "no_clock_network_or_chance", "cost_is_reported",
)  # fmt: skip
ALL_THAT_SCORES = ALL_BUT_READY[3:]
CLOCK = "no_clock_network_or_chance"

CORPUS: dict[str, Broken] = {
    "written for another version": wells("plugin_is_ready", "API version 99", *ALL_BUT_READY, api_version=99),
    "no documentation": Broken(
        plugin(Untitled()),
        "documentation_is_complete",
        "group 'untitled' has no English title",
        frozenset({"criteria_sets_are_accepted", CLOCK}),
    ),
    "half a form in Vietnamese": wells(
        "documentation_is_complete",
        "indicator 'lit' has no title in 'vi'",
        indicators=(*Wells.indicators[:3], Indicator("lit", "flag", title={"en": "Lit"}, better="more")),
    ),
    "a count of what": wells(
        "documentation_is_complete",
        "indicator 'wells' is a count without a unit",
        indicators=(
            Indicator("wells", "count", title=Wells.indicators[0].title, better="more"),
            *Wells.indicators[1:],
        ),
    ),
    "formula kind without a word": taps("documentation_is_complete", "'share_of_day' has no docstring", __doc__=" "),
    "set is refused": wells(
        "criteria_sets_are_accepted",
        "broken.yaml:8:7: categories.supply.groups.ponds",
        *ALL_THAT_SCORES,
        "shapes_and_dtypes",
        sets=[HERE / "broken.yaml"],
    ),
    "a check of an indicator that is not": wells(
        "plugin_is_ready", "did you mean 'depth'?", checks=(PartOf("dephth", "wells"),)
    ),
    "formula kind in no set": Broken(
        plugin(None, [type("Unused", (ShareOfDay,), {"__doc__": "x", "__module__": __name__, "kind": "unused"})]),
        "criteria_sets_are_accepted",
        "no installed criteria set uses formula kind 'unused'",
        frozenset(ALL_BUT_READY[2:]),
    ),
    "points in small floats": wells(
        "shapes_and_dtypes",
        "float32",
        "cost_is_reported",
        score=scoring(lambda given, *_: given._replace(points=given.points.astype("f4"))),
    ),
    "status in large numbers": wells(
        "shapes_and_dtypes",
        "status int64",
        "cost_is_reported",
        score=scoring(lambda given, *_: given._replace(status=given.status.astype(int))),
    ),
    "a column a criterion": wells(
        "shapes_and_dtypes",
        "GroupPoints(",
        *set(ALL_THAT_SCORES) - {"inputs_are_not_changed", CLOCK},
        score=scoring(_transposed),
    ),
    "nothing at all": wells("shapes_and_dtypes", "gives None", *ALL_THAT_SCORES, score=scoring(lambda *_: None)),
    "points as words": wells(
        "shapes_and_dtypes",
        "<U32",
        "cost_is_reported",
        score=scoring(lambda given, *_: given._replace(points=given.points.astype(str))),
    ),
    "exact points of nobody": taps("points_within_bounds", "exact() of formula share_of_day raised", exact=_no_exact),
    "raises where nothing is reported": wells(
        "shapes_and_dtypes",
        "ZeroDivisionError",
        "points_within_bounds",
        *ALL_THAT_SCORES[3:7],
        "no_clock_network_or_chance",
        "cost_is_reported",
        score=scoring(_nobody_answers),
    ),
    "one number for all units": taps(
        "shapes_and_dtypes", "one value per unit", *ALL_THAT_SCORES, evaluate=_one_for_all
    ),
    "more than there is": wells(
        "points_within_bounds", "whole micropoints from 0 to", "cost_is_reported", score=scoring(_one_too_many)
    ),
    "half a micropoint": wells("points_within_bounds", "actual", "cost_is_reported", score=scoring(_halves)),
    "a penalty that adds": wells("points_within_bounds", "W.04", "cost_is_reported", score=scoring(_penalties_add)),
    "rounding that knows nothing": taps("points_within_bounds", "wrong remainder", evaluate=_no_rest),
    "missing is zero": wells(
        "missing_is_not_zero", "wells, if it is not reported, does not make", score=scoring(_missing_is_zero)
    ),
    "missing leaves out": wells("missing_is_not_zero", "MISSING without wells", score=scoring(_missing_leaves_out)),
    "zero is missing": wells("missing_is_not_zero", "with wells = 0", score=scoring(_zero_is_missing)),
    "reads more than it says": wells(
        "missing_is_not_zero", "lit, if it is not reported, changes the points", score=scoring(_reads_more)
    ),
    "not applicable halves another": wells(
        "not_applicable_shrinks_the_maximum", "W.02 does not apply", score=scoring(_gives_to_others)
    ),
    "leaves out without a word": taps("not_applicable_shrinks_the_maximum", "may_leave_out", evaluate=_leaves_out),
    "by the number of units": wells("one_unit_as_in_a_batch", "alone", score=scoring(_by_size)),
    "best so far": taps(
        "order_of_units_is_irrelevant", "order", evaluate=_running_best, needs_cohort=property(lambda self: True)
    ),
    "counts its calls": Broken(plugin(Restless(), sets=[WELLS_SET]), "same_input_same_bytes", "bytes of points"),
    "writes on the answers": wells(
        "inputs_are_not_changed",
        "changes its input: answers",
        "cost_is_reported",
        score=scoring(_answers_zeroed),
    ),
    "writes on the exclusions": wells(
        "inputs_are_not_changed", ": exclusions", "cost_is_reported", score=scoring(_exclusions_cleared)
    ),
    "more gives less": wells(
        "monotone_where_declared", "wells says that more is better", score=scoring(_too_many_wells)
    ),
    "the clock": wells(CLOCK, "uses the clock", score=asking(time.time)),
    "the day": wells(CLOCK, "calls now", score=asking(lambda: datetime.now().year)),
    "chance": wells(CLOCK, "uses random numbers", score=asking(lambda: random.choice([1, 2]))),
    "NumPy's chance": wells(CLOCK, "global generator", score=asking(np.random.rand)),
    "a generator of another seed each time": wells(CLOCK, "urandom", score=asking(np.random.default_rng)),
    "the network": wells(CLOCK, "uses the network", score=asking(_connect)),
    "another process": wells(
        CLOCK,
        "uses another process",
        score=asking(lambda: subprocess.run([sys.executable, "-V"], stdout=subprocess.DEVNULL)),
    ),
}

SOUND = {
    "own scoring": plugin(Wells(), sets=[WELLS_SET]),
    "own formula kind": plugin(Taps(), [ShareOfDay], [TAPS_SET]),
    "looks at all units": plugin(Pipes(), [Place], [HERE / "pipes-2024.yaml"]),
}
