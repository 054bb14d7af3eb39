"""Checks that scoring is deterministic: the same result alone or in a batch, in any order, and when repeated; and that
inputs do not change.
"""

from __future__ import annotations

import numpy as np

from scorer.model.cohort import Cohort
from scorer.testing.conformance.faults import Failure, NothingToCheck, Unscorable, failure
from scorer.testing.conformance.generated_answers import copy_cohort, read_only_copy, take_units
from scorer.testing.conformance.harness import GroupHarness, GroupOutput, count_units
from scorer.testing.conformance.plugin_under_test import PluginUnderTest
from scorer.testing.conformance.processes import in_other_processes
from scorer.testing.conformance.scoring import require_harnesses

SINGLE_UNITS = 40
"""Number of units that are scored one by one."""


def one_unit_as_in_a_batch(subject: PluginUnderTest) -> None:
    """A unit gets the same points alone as among thousands, unless a formula says that it needs the other units."""
    units, compared = np.arange(SINGLE_UNITS), False
    for harness in require_harnesses(subject):
        rows = [row for row, criterion in harness.criteria if not criterion.formula.needs_cohort]
        if not rows:
            continue
        compared, cohort = True, take_units(harness.random_cohort, units)
        together = harness.score(harness.random_cohort).select(units)
        singles = [harness.score(take_units(cohort, units[n : n + 1])) for n in range(SINGLE_UNITS)]
        alone = GroupOutput(*(np.concatenate(arrays, axis=-1) for arrays in zip(*singles, strict=True)))
        for row in rows:
            harness.fail_if_any(
                together.differs(alone, row),
                f"a unit that is scored alone gets different points than among {len(harness.random_cohort)}",
                "read only the unit's own answers; if a formula kind must read those of other units, let "
                "needs_cohort return True; then no unit is scored alone",
                row=row,
                cohort=cohort,
                expected=together.describe(row, "among the others"),
                actual=alone.describe(row, "alone"),
            )
    if not compared:
        raise NothingToCheck("every criterion has a formula that needs the other units")


def order_of_units_is_irrelevant(subject: PluginUnderTest) -> None:
    """The same units in another order get the same points."""
    for harness in require_harnesses(subject):
        before = harness.score(harness.random_cohort)
        order = np.random.default_rng(1).permutation(len(harness.random_cohort))
        after = harness.score(take_units(harness.random_cohort, order)).select(np.argsort(order))
        for row, _ in harness.criteria:
            harness.fail_if_any(
                before.differs(after, row),
                "points depend on the order of the units",
                "do not use the index of a unit, or the units before it, to compute its points",
                row=row,
                cohort=harness.random_cohort,
                expected=before.describe(row),
                actual=after.describe(row, "in another order"),
            )


def same_input_same_bytes(subject: PluginUnderTest) -> None:
    """The same answers give the same bytes when scored again, in every process, after any other calls."""
    for harness in require_harnesses(subject):
        first = harness.output_bytes(harness.random_cohort)
        harness.score(harness.complete_cohort)
        for call in (2, 3):
            repeated = harness.output_bytes(harness.random_cohort)
            for name, before, after in zip(("points", "status"), first, repeated, strict=True):
                if before != after:
                    raise failure(
                        f"when the same answers are scored again, the bytes of {name} differ",
                        where=f"{harness.where()}, {count_units(len(harness.random_cohort))}, call {call}",
                        fix="keep nothing between calls: no counters, no caches of answers; int64 and float64 have "
                        "different bytes, and so have -0.0 and 0.0",
                    )
    own_scoring = [harness.where() for harness in subject.harnesses if harness.calls_score]
    if own_scoring and subject.installed and len(set(in_other_processes(subject.plugin))) > 1:
        raise failure(
            "when another process scores the same answers, the bytes of the result differ",
            where="; ".join(own_scoring),
            fix="hash() and the order of a set differ between processes: use a tuple, a dict or sorted()",
        )


def inputs_are_not_changed(subject: PluginUnderTest) -> None:
    """Scoring does not change answers, exclusions or criteria, and works if the arrays are read-only."""
    for harness in require_harnesses(subject):
        cohort = copy_cohort(harness.random_cohort)
        before = _state(harness, cohort)
        harness.call_score(cohort)
        if changed := [name for name, state in _state(harness, cohort).items() if state != before[name]]:
            raise _input_changed(harness, f"scoring changes its input: {', '.join(changed)}")
        try:
            harness.call_score(read_only_copy(harness.random_cohort))
        except Unscorable as fault:
            raise _input_changed(harness, f"scoring fails on read-only answers: {fault}") from fault


def _input_changed(harness: GroupHarness, message: str) -> Failure:
    return failure(
        message,
        where=harness.where(),
        fix="write into arrays of your own: np.nan_to_num(values) instead of values[np.isnan(values)] = 0, "
        "and pass only your own arrays as out=",
    )


def _state(harness: GroupHarness, cohort: Cohort) -> dict[str, object]:
    """The inputs of ``score`` in a form that can be compared, by name."""
    return {
        "answers": cohort.matrix.tobytes(),
        "exclusions": [(code, mask.tobytes()) for code, mask in cohort.excluded.items()],
        "units": cohort.unit_ids,
        "indicators": repr(cohort.indicators),
        "matrix rows": repr(cohort.rows),
        "criteria": repr(harness.group.criteria),
    }
