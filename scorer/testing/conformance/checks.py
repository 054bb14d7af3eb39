"""The checks, in the order in which they are best read, and how one is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from scorer.testing.conformance import costs, determinism, documentation, properties, purity, scoring
from scorer.testing.conformance.faults import Failure, NothingToCheck, Unscorable
from scorer.testing.conformance.plugin_under_test import PluginUnderTest


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
    _look: Callable[[PluginUnderTest], Iterable[str] | None]
    """Raises one of ``scorer.testing.conformance.faults``."""

    def run(self, subject: PluginUnderTest) -> Result:
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


def _check(look: Callable[[PluginUnderTest], Iterable[str] | None]) -> Check:
    return Check(look.__name__, (look.__doc__ or "").partition("\n")[0], look)


SHAPES = _check(scoring.shapes_and_dtypes)

CHECKS = (
    _check(scoring.plugin_is_ready),
    _check(documentation.documentation_is_there),
    _check(scoring.criteria_sets_are_accepted),
    SHAPES,
    _check(scoring.points_within_bounds),
    _check(properties.missing_is_not_zero),
    _check(properties.not_applicable_leaves_the_maximum),
    _check(determinism.one_unit_as_in_a_batch),
    _check(determinism.order_of_units_is_irrelevant),
    _check(determinism.same_input_same_bytes),
    _check(determinism.inputs_are_not_changed),
    _check(properties.monotone_where_declared),
    _check(purity.no_clock_network_or_chance),
    _check(costs.cost_is_reported),
)
