"""The public API for plugins. Except for ``scorer.testing``, all other modules of ``scorer`` are private.

    from scorer.plugin_api import CriterionGroup, Indicator, hookimpl

    class Water(CriterionGroup):
        name, api_version = "water", 1
        indicators = (Indicator("wells", kind="count", unit="wells", title={"en": "Wells"}),)

    @hookimpl
    def scorer_criterion_group():
        return Water()

A plugin is imported twice: first in a separate probe process, then in the process that scores. The probe accepts the
plugin only if importing it and calling its hooks takes less than ten seconds, prints little, and leaves no child
processes or threads.

``scorer plugins new NAME`` creates a distribution to start from; docs/plugins.md is the guide.
"""

from scorer.criteria.model import Criterion, Effect
from scorer.formulas import Formula, NestedFormula, Outcome, Read
from scorer.formulas.base import NUMBERS, Amount, Edge, Path, Percent
from scorer.formulas.native_lines import round_ratio
from scorer.formulas.sum_and_best import NestedFormulas
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MICRO, Bools, Floats, PointsByTier
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.plugins.group import API_VERSION, Check, CriterionFault, CriterionGroup, GroupPoints, PartOf, Status
from scorer.plugins.hookspecs import hookimpl

__all__ = [
    "API_VERSION",
    "MICRO",
    "NUMBERS",
    "Amount",
    "Bools",
    "Check",
    "Cohort",
    "Criterion",
    "CriterionFault",
    "CriterionGroup",
    "Edge",
    "Effect",
    "Floats",
    "Formula",
    "GroupPoints",
    "Indicator",
    "IndicatorKind",
    "NestedFormula",
    "NestedFormulas",
    "Outcome",
    "PartOf",
    "Path",
    "Percent",
    "PointsByTier",
    "Read",
    "Status",
    "hookimpl",
    "round_ratio",
]
