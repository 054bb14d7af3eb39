"""Measures how long a group takes to score, compared with a group of as many ``flag`` criteria."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator

from scorer.criteria.loader import load
from scorer.criteria.vocabulary import GroupDeclaration, Vocabulary
from scorer.engine.compiler import compile_tier
from scorer.engine.plan import TierPlan
from scorer.engine.plugin_fault import PluginFault
from scorer.engine.scoring import assess
from scorer.formulas import KINDS
from scorer.model.indicators import Indicator
from scorer.plugins.group import CriterionGroup
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.faults import NothingToCheck
from scorer.testing.conformance.generated_answers import copy_cohort, generate
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

UNITS = 10_000
"""Number of units that are scored in each round."""
ROUNDS = 5
"""Number of rounds. The fastest one counts, because other load on the machine only makes a round slower."""


class Flags(CriterionGroup):
    """A group of ``flag`` criteria, the formula kind that is scored fastest."""

    name, api_version = "flags", 1


def cost_is_reported(subject: PluginUnderTest) -> Iterator[str]:
    """The time per unit is reported, in microseconds and as a multiple of the time for as many flags. No time fails."""
    if not subject.harnesses:
        raise NothingToCheck("the plugin scores nothing")
    for harness in subject.harnesses:
        harness.score(harness.random_cohort)  # a group that cannot be scored fails here, with a better message
        count = len(harness.group.criteria)
        try:
            group_time, flags_time = _times_per_unit(harness.service_plan, _flags_plan(count))
        except PluginFault as fault:
            raise NothingToCheck(f"the service refuses the group's points, so it is not timed: {fault}") from fault
        yield (
            f"{harness.where()}: {group_time:.2f} us per unit for {count} criteria, "
            f"{group_time / flags_time:.1f} times as much as {count} flags"
        )


def _times_per_unit(*plans: TierPlan) -> list[float]:
    """Microseconds per unit for each plan, measured alternately so that load affects all plans alike."""
    cohorts = [generate(plan, UNITS, "cost") for plan in plans]
    fastest = [float("inf")] * len(plans)
    gc.collect()
    for _ in range(ROUNDS):
        for n, (plan, cohort) in enumerate(zip(plans, cohorts, strict=True)):
            own_cohort = copy_cohort(cohort)
            started = time.perf_counter()
            assess(plan, own_cohort)
            fastest[n] = min(fastest[n], (time.perf_counter() - started) / UNITS * 1e6)
    return fastest


def _flags_plan(count: int) -> TierPlan:
    """The plan of a group with ``count`` criteria of the kind ``flag``."""
    indicators = [Indicator(f"flag{n}", kind="flag") for n in range(count)]
    criteria = [
        {"id": f"F{n}", "formula": "flag", "indicator": f"flag{n}", "points": 1, "may_be_not_applicable": True}
        for n in range(count)
    ]
    document = {
        "criteria_set": "flags",
        "title": {"en": "Flags"},
        "provenance": "reconstructed",
        "tiers": ["unit"],
        "categories": {"all": {"groups": {Flags.name: {"criteria": criteria}}}},
    }
    vocabulary = Vocabulary({Flags.name: GroupDeclaration({}, indicators)}, {kind.kind: kind for kind in KINDS}, ())
    criteria_set, _ = load(json.dumps(document), "flags", vocabulary)
    assert criteria_set is not None
    return compile_tier(criteria_set, "unit", {Flags.name: Plugin(Flags.name, group=Flags())})
