"""All that a plugin author imports; everything else in ``scorer`` but ``scorer.testing`` is private and may change.

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl

class Water(CriterionGroup):
    name, api_version = "water", 1
    indicators = (Indicator("wells", kind="count", unit="wells", title={"en": "Wells"}),)

@hookimpl
def scorer_criterion_group():
    return Water()

A plugin is imported twice: in a process that tries it out, and where it scores. To come through there, importing it and
asking its hooks takes less than ten seconds together, prints little, does not fork and leaves no threads.

``scorer plugins new NAME`` writes a whole distribution to start from; docs/plugins.md is the guide.
"""

from scorer.criteria.model import Criterion, Effect
from scorer.formulas import Formula, Outcome, Part, Read
from scorer.formulas.base import NUMBERS, Amount, Edge, Path
from scorer.formulas.combined import Parts
from scorer.formulas.lines import round_ratio
from scorer.model.fixed_point import MICRO, Bools, Floats, PointsByTier
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.units import Cohort
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
    "Outcome",
    "Part",
    "PartOf",
    "Parts",
    "Path",
    "PointsByTier",
    "Read",
    "Status",
    "hookimpl",
    "round_ratio",
]
