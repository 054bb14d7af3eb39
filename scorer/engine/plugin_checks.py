"""Runs the checks between answers that plugins declare, and verifies the values that the checks return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scorer.engine.plugin_fault import PluginFault, plugin_code
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Ints
from scorer.model.untrusted import one_line, safe_repr
from scorer.plugins.group import Check
from scorer.plugins.plugin import Provider


@dataclass(frozen=True)
class PluginCheck:
    """A check, and the plugin that declares it."""

    check: Check
    provider: Provider

    @property
    def indicator(self) -> str:
        """The indicator for which violations are reported."""
        return self.check.reads()[0]

    @property
    def reason(self) -> str:
        """The reason of the check's violations: a word in capitals."""
        return self.check.reason

    def violating(self, cohort: Cohort) -> Ints:
        """The indices of the units that violate the check.

        Raises:
            PluginFault: the check raised an exception, changed the process, or did not return one truth value per unit.
        """
        with plugin_code(self.provider, self._name("violated")):
            result = self.check.violated(cohort.read_only())
            violated = np.asarray(result)
        if np.ma.isMaskedArray(result):
            raise self._fault("violated", "returned a masked array; its mask would be ignored")
        if violated.shape != (len(cohort),) or violated.dtype != np.bool_:
            problem = f"returned {violated.dtype} of shape {violated.shape}, not bool of shape {(len(cohort),)}"
            raise self._fault("violated", problem)
        return np.flatnonzero(violated)

    def describe(self, cohort: Cohort, unit: int) -> str:
        """What is wrong with the answers of a unit, as one printable line.

        Raises:
            PluginFault: the check raised an exception, changed the process, or did not return a text.
        """
        with plugin_code(self.provider, self._name("describe")):
            text = self.check.describe(cohort.read_only(), unit)
            line = one_line(text) if isinstance(text, str) else None
        if line is None:
            raise self._fault("describe", f"returned {safe_repr(text)}, not a text")
        return line

    def _fault(self, method: str, problem: str) -> PluginFault:
        return PluginFault(self.provider, "", f"{self._name(method)} {problem}")

    def _name(self, method: str) -> str:
        """The name of a method in messages."""
        return f"{method}() of check {self.reason}"
