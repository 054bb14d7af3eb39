"""Plugins with a group or a formula kind, and sets that use them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from harness import group

from scorer.formulas import Outcome, Read
from scorer.plugin_api import Cohort, Formula, Indicator, IndicatorKind

WELLS = group("wells", Indicator("dug", kind="count"))
ROADS = group("roads", Indicator("paved", kind="number"))


class Root(Formula):
    """A third-party formula kind: the root of the share."""

    kind: ClassVar[str] = "root"
    indicator: str
    full: int = 100

    def reads(self) -> Iterable[Read]:
        return [Read(("indicator",), self.indicator, frozenset({IndicatorKind.COUNT}))]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Any) -> Outcome:
        values = cohort.values(self.indicator)
        share = np.sqrt(np.minimum(np.nan_to_num(values) / self.full, 1))
        return Outcome(np.rint(share * maximum), np.isnan(values))


def document(code: str, *groups: str, formula: str = "count, each: 1", indicator: str = "dug") -> str:
    """A set of these groups, each with one criterion."""
    each = "".join(
        f"      {name}:\n        criteria:\n"
        f"          - {{id: C{n}, formula: {formula}, indicator: {indicator}, points: 5}}\n"
        for n, name in enumerate(groups)
    )
    return (
        f"criteria_set: {code}\ntitle: {{en: {code}}}\nprovenance: published\ntiers: [district]\n"
        f"categories:\n  readiness:\n    groups:\n{each}"
    )
