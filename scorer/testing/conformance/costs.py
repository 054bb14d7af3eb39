"""What a group takes, beside as many flags: measured in turn, as the service scores."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator

from scorer.criteria.loader import GroupDeclaration, Vocabulary, load
from scorer.engine.compiler import compile_tier
from scorer.engine.plan import TierPlan
from scorer.engine.plugin_scoring import PluginFault
from scorer.engine.scoring import assess
from scorer.formulas import KINDS
from scorer.model.indicators import Indicator
from scorer.plugins.group import CriterionGroup
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.faults import NothingToCheck
from scorer.testing.conformance.generated_answers import copy_cohort, generate
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

UNITS = 10_000
ROUNDS = 5
"""The fastest of so many counts: what else the machine does only ever adds."""


class Flags(CriterionGroup):
    """Yes or no, some times over: what nobody scores faster."""

    name, api_version = "flags", 1


def cost_is_reported(subject: PluginUnderTest) -> Iterator[str]:
    """What a unit costs in microseconds, beside as many flags: reported, not judged."""
    if not subject.trials:
        raise NothingToCheck("nothing is scored")
    for trial in subject.trials:
        trial.score(trial.drawn)  # says what is wrong with a group that cannot be timed
        count = len(trial.group.criteria)
        try:
            own, flags = _in_turn(trial.served, _flags(count))
        except PluginFault as fault:
            raise NothingToCheck(f"what the service refuses is not timed: {fault}") from fault
        yield (
            f"{trial.where()}: {own:.2f} us a unit for {count} criteria, "
            f"{own / flags:.1f} times as much as {count} flags"
        )


def _in_turn(*plans: TierPlan) -> list[float]:
    """Microseconds a unit of each, at ``UNITS`` units."""
    drawn = [(plan, generate(plan, UNITS, "cost")) for plan in plans]
    best = [float("inf")] * len(drawn)
    gc.collect()
    for _ in range(ROUNDS):
        for n, (plan, cohort) in enumerate(drawn):
            own = copy_cohort(cohort)
            started = time.perf_counter()
            assess(plan, own)
            best[n] = min(best[n], (time.perf_counter() - started) / UNITS * 1e6)
    return best


def _flags(count: int) -> TierPlan:
    """The plan of so many flags."""
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
