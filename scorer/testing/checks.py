"""The checks, in the order in which they are best read, and how one is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from scorer.testing import answers, clocks, costs, documents, laws, sameness
from scorer.testing.faults import Failure, NothingToCheck, Unscorable
from scorer.testing.subject import Subject


@dataclass(frozen=True)
class Result:
    """What came of a check."""

    outcome: Literal["ok", "failed", "skipped"]
    text: str = ""
    """Why it failed or had nothing to look at."""
    costs: tuple[str, ...] = ()
    """A line for each group that was timed."""


@dataclass(frozen=True)
class Check:
    """One promise of every plugin."""

    name: str
    title: str
    """The promise, in one line."""
    _look: Callable[[Subject], Iterable[str] | None]
    """Raises one of ``scorer.testing.faults``."""

    def run(self, subject: Subject) -> Result:
        """Whether the plugin keeps it."""
        if subject.plugin.failure and self is not CHECKS[0]:
            return Result("skipped", f"the plugin cannot be used: {subject.plugin.failure}")
        try:
            return Result("ok", costs=tuple(self._look(subject) or ()))
        except Failure as failure:
            return Result("failed", str(failure))
        except NothingToCheck as nothing:
            return Result("skipped", str(nothing))
        except Exception as fault:  # arrays of any shape and type break whatever looks at them
            if self is not SHAPES and SHAPES.run(subject).outcome == "failed":
                return Result("skipped", f"cannot be told before {SHAPES.name} holds")
            if not isinstance(fault, Unscorable):
                raise
            return Result("failed", str(fault))


def _check(look: Callable[[Subject], Iterable[str] | None]) -> Check:
    return Check(look.__name__, (look.__doc__ or "").partition("\n")[0], look)


SHAPES = _check(answers.shapes_and_dtypes)

CHECKS = (
    _check(answers.plugin_is_ready),
    _check(documents.documentation_is_there),
    _check(answers.criteria_sets_are_accepted),
    SHAPES,
    _check(answers.points_within_bounds),
    _check(laws.missing_is_not_zero),
    _check(laws.not_applicable_leaves_the_maximum),
    _check(sameness.one_unit_as_in_a_batch),
    _check(sameness.order_of_units_is_irrelevant),
    _check(sameness.same_input_same_bytes),
    _check(sameness.inputs_are_not_changed),
    _check(laws.monotone_where_declared),
    _check(clocks.no_clock_network_or_chance),
    _check(costs.cost_is_reported),
)
