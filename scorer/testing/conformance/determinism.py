"""Checks of what stays the same: points alone and in a batch, in any order, and again; and the answers themselves."""

from __future__ import annotations

import numpy as np

from scorer.model.units import Cohort
from scorer.testing.conformance.faults import Failure, NothingToCheck, Unscorable, failure
from scorer.testing.conformance.generated_answers import copy_cohort, read_only_copy, take_units
from scorer.testing.conformance.harness import GroupHarness, GroupOutput
from scorer.testing.conformance.plugin_under_test import PluginUnderTest
from scorer.testing.conformance.processes import in_other_processes
from scorer.testing.conformance.scoring import harnesses

ALONE = 40
"""Units that are scored one by one."""


def one_unit_as_in_a_batch(subject: PluginUnderTest) -> None:
    """A unit alone gets the points that it gets among thousands, unless a formula says that it needs the others."""
    units, looked = np.arange(ALONE), False
    for trial in harnesses(subject):
        places = [place for place, criterion in trial.criteria if not criterion.formula.needs_cohort]
        if not places:
            continue
        looked, some = True, take_units(trial.drawn, units)
        together = trial.score(trial.drawn).of(units)
        singles = [trial.score(take_units(some, units[n : n + 1])) for n in range(ALONE)]
        alone = GroupOutput(*(np.concatenate(arrays, axis=-1) for arrays in zip(*singles, strict=True)))
        for place in places:
            trial.refuse(
                together.differs(alone, place),
                f"a unit gets other points alone than among {len(trial.drawn)}",
                "read the unit's own answers only; a formula kind that has to look at the others says so by "
                "needs_cohort, and then no unit is scored alone",
                place=place,
                cohort=some,
                expected=together.told(place, "among the others"),
                actual=alone.told(place, "alone"),
            )
    if not looked:
        raise NothingToCheck("every criterion has a formula that needs the other units")


def order_of_units_is_irrelevant(subject: PluginUnderTest) -> None:
    """The same units in another order get the same points."""
    for trial in harnesses(subject):
        before = trial.score(trial.drawn)
        order = np.random.default_rng(1).permutation(len(trial.drawn))
        after = trial.score(take_units(trial.drawn, order)).of(np.argsort(order))
        for place, _ in trial.criteria:
            trial.refuse(
                before.differs(after, place),
                "points follow from the order in which units come",
                "no unit's points may be worked out from the one before it, or from its place",
                place=place,
                cohort=trial.drawn,
                expected=before.told(place),
                actual=after.told(place, "in another order"),
            )


def same_input_same_bytes(subject: PluginUnderTest) -> None:
    """The same answers give the same bytes again, whatever was scored in between, and in every process."""
    for trial in harnesses(subject):
        first = trial.bytes(trial.drawn)
        trial.score(trial.complete)
        for again in range(2):
            for name, before, after in zip(("points", "status"), first, trial.bytes(trial.drawn), strict=True):
                if before != after:
                    raise failure(
                        f"the same answers give other bytes of {name} when they are scored again",
                        where=f"{trial.where()}, {len(trial.drawn)} units, time {again + 2}",
                        mend="keep nothing between calls: no counters, no caches of answers; an int64 has other bytes "
                        "than a float64, and so has -0.0 than 0.0",
                    )
    asked = [trial.where() for trial in subject.trials if trial.asked]
    if asked and subject.installed and len(set(in_other_processes(subject.plugin))) > 1:
        raise failure(
            "the same answers give other bytes in another process",
            where="; ".join(asked),
            mend="hash() and the order of a set are others in each process: use a tuple, a dict or sorted()",
        )


def inputs_are_not_changed(subject: PluginUnderTest) -> None:
    """Scoring changes no answers, no exclusions, and no criteria; these may refuse to be written to."""
    for trial in harnesses(subject):
        given = copy_cohort(trial.drawn)
        before = _state(trial, given)
        trial.raw(given)
        if changed := [name for name, state in _state(trial, given).items() if state != before[name]]:
            raise _written(trial, f"scoring changes what it was given: {', '.join(changed)}")
        try:
            trial.raw(read_only_copy(trial.drawn))
        except Unscorable as fault:
            raise _written(trial, f"scoring fails on answers that cannot be written to: {fault}") from fault


def _written(trial: GroupHarness, what: str) -> Failure:
    return failure(
        what,
        where=trial.where(),
        mend="write into arrays of your own: np.nan_to_num(values) instead of values[np.isnan(values)] = 0, "
        "and out= only with an array made for it",
    )


def _state(trial: GroupHarness, cohort: Cohort) -> dict[str, object]:
    return {
        "answers": cohort.matrix.tobytes(),
        "exclusions": [(code, mask.tobytes()) for code, mask in cohort.excluded.items()],
        "units": cohort.unit_ids,
        "indicators": repr(cohort.indicators),
        "matrix rows": repr(cohort.rows),
        "criteria": repr(trial.group.criteria),
    }
