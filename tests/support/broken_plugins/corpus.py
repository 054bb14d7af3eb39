"""The broken plugins. Each is a small change of a sound plugin, so that a check can find nothing but the change."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from harness import plugin

from broken_plugins import changes
from broken_plugins.sound import HERE, TAPS_SET, WELLS_SET, ShareOfDay, Taps, Wells
from scorer.plugin_api import (
    Cohort,
    Criterion,
    CriterionGroup,
    GroupPoints,
    Indicator,
    PartOf,
)


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
        score=scoring(changes.transposed),
    ),
    "nothing at all": wells("shapes_and_dtypes", "gives None", *ALL_THAT_SCORES, score=scoring(lambda *_: None)),
    "points as words": wells(
        "shapes_and_dtypes",
        "<U32",
        "cost_is_reported",
        score=scoring(lambda given, *_: given._replace(points=given.points.astype(str))),
    ),
    "exact points of nobody": taps(
        "points_within_bounds", "exact() of formula share_of_day raised", exact=changes.no_exact
    ),
    "raises where nothing is reported": wells(
        "shapes_and_dtypes",
        "ZeroDivisionError",
        "points_within_bounds",
        *ALL_THAT_SCORES[3:7],
        "no_clock_network_or_chance",
        "cost_is_reported",
        score=scoring(changes.nobody_answers),
    ),
    "one number for all units": taps(
        "shapes_and_dtypes", "one value per unit", *ALL_THAT_SCORES, evaluate=changes.one_for_all
    ),
    "more than there is": wells(
        "points_within_bounds", "whole micropoints from 0 to", "cost_is_reported", score=scoring(changes.one_too_many)
    ),
    "half a micropoint": wells("points_within_bounds", "actual", "cost_is_reported", score=scoring(changes.halves)),
    "a penalty that adds": wells(
        "points_within_bounds", "W.04", "cost_is_reported", score=scoring(changes.penalties_add)
    ),
    "rounding that knows nothing": taps("points_within_bounds", "wrong remainder", evaluate=changes.no_rest),
    "missing is zero": wells(
        "missing_is_not_zero", "wells, if it is not reported, does not make", score=scoring(changes.missing_is_zero)
    ),
    "missing leaves out": wells(
        "missing_is_not_zero", "MISSING without wells", score=scoring(changes.missing_leaves_out)
    ),
    "zero is missing": wells("missing_is_not_zero", "with wells = 0", score=scoring(changes.zero_is_missing)),
    "reads more than it says": wells(
        "missing_is_not_zero", "lit, if it is not reported, changes the points", score=scoring(changes.reads_more)
    ),
    "not applicable halves another": wells(
        "not_applicable_shrinks_the_maximum", "W.02 does not apply", score=scoring(changes.gives_to_others)
    ),
    "leaves out without a word": taps(
        "not_applicable_shrinks_the_maximum", "may_leave_out", evaluate=changes.leaves_out
    ),
    "by the number of units": wells("one_unit_as_in_a_batch", "alone", score=scoring(changes.by_size)),
    "best so far": taps(
        "order_of_units_is_irrelevant", "order", evaluate=changes.running_best, needs_cohort=property(lambda self: True)
    ),
    "counts its calls": Broken(
        plugin(changes.Restless(), sets=[WELLS_SET]), "same_input_same_bytes", "bytes of points"
    ),
    "writes on the answers": wells(
        "inputs_are_not_changed",
        "changes its input: answers",
        "cost_is_reported",
        score=scoring(changes.answers_zeroed),
    ),
    "writes on the exclusions": wells(
        "inputs_are_not_changed", ": exclusions", "cost_is_reported", score=scoring(changes.exclusions_cleared)
    ),
    "more gives less": wells(
        "monotone_where_declared", "wells says that more is better", score=scoring(changes.too_many_wells)
    ),
    "the clock": wells(CLOCK, "uses the clock", score=asking(time.time)),
    "the day": wells(CLOCK, "calls now", score=asking(lambda: datetime.now().year)),
    "chance": wells(CLOCK, "uses random numbers", score=asking(lambda: random.choice([1, 2]))),
    "NumPy's chance": wells(CLOCK, "global generator", score=asking(np.random.rand)),
    "a generator of another seed each time": wells(CLOCK, "urandom", score=asking(np.random.default_rng)),
    "the network": wells(CLOCK, "uses the network", score=asking(changes.connect)),
    "another process": wells(
        CLOCK,
        "uses another process",
        score=asking(lambda: subprocess.run([sys.executable, "-V"], stdout=subprocess.DEVNULL)),
    ),
}
