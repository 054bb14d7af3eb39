"""The list of conformance checks, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from scorer.testing.conformance import costs, determinism, documentation, properties, purity, scoring
from scorer.testing.conformance.faults import Failure, NothingToCheck, Unscorable
from scorer.testing.conformance.plugin_under_test import PluginUnderTest


@dataclass(frozen=True)
class Result:
    """The result of a check."""

    outcome: Literal["ok", "failed", "skipped"]
    text: str = ""
    """Why the check failed or was skipped."""
    costs: tuple[str, ...] = ()
    """One line for each group whose scoring was timed."""


@dataclass(frozen=True)
class Check:
    """One requirement that every plugin has to meet."""

    name: str
    title: str
    """The requirement, in one line."""
    _function: Callable[[PluginUnderTest], Iterable[str] | None]
    """Raises an exception of ``scorer.testing.conformance.faults`` unless the plugin passes; may return cost lines."""

    def run(self, subject: PluginUnderTest) -> Result:
        """Checks one plugin."""
        if subject.plugin.failure and self is not CHECKS[0]:
            return Result("skipped", f"the plugin cannot be used: {subject.plugin.failure}")
        try:
            return Result("ok", costs=tuple(self._function(subject) or ()))
        except Failure as failure:
            return Result("failed", str(failure))
        except NothingToCheck as reason:
            return Result("skipped", str(reason))
        except Exception as error:  # arrays of a wrong shape or type can raise anything in the code of a check
            if self is not SHAPES and SHAPES.run(subject).outcome == "failed":
                return Result("skipped", f"cannot be checked until the plugin passes {SHAPES.name}")
            if not isinstance(error, Unscorable):
                raise
            return Result("failed", str(error))


def _check(function: Callable[[PluginUnderTest], Iterable[str] | None]) -> Check:
    return Check(function.__name__, (function.__doc__ or "").partition("\n")[0], function)


SHAPES = _check(scoring.shapes_and_dtypes)

CHECKS = (
    _check(scoring.plugin_is_ready),
    _check(documentation.documentation_is_complete),
    _check(scoring.criteria_sets_are_accepted),
    SHAPES,
    _check(scoring.points_within_bounds),
    _check(properties.missing_is_not_zero),
    _check(properties.not_applicable_shrinks_the_maximum),
    _check(determinism.one_unit_as_in_a_batch),
    _check(determinism.order_of_units_is_irrelevant),
    _check(determinism.same_input_same_bytes),
    _check(determinism.inputs_are_not_changed),
    _check(properties.monotone_where_declared),
    _check(purity.no_clock_network_or_chance),
    _check(costs.cost_is_reported),
)
