"""All that a plugin imports; ``scorer.testing`` is for its tests. Everything else is private and may change.

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl

class Water(CriterionGroup):
    name, api_version = "water", 1
    indicators = (Indicator("wells", kind="count", unit="wells", title={"en": "Wells"}),)

@hookimpl
def scorer_criterion_group():
    return Water()

A plugin is imported twice: in a process that tries it out, and where it scores. To come through there, importing it and
asking its hooks takes less than ten seconds together, prints little, does not fork and leaves no threads.
"""

from scorer.cohort import Cohort
from scorer.criteria.model import Criterion, Effect
from scorer.formulas import Formula, Outcome, Read
from scorer.formulas.base import NUMBERS, Amount, Edge
from scorer.groups import API_VERSION, CriterionGroup, GroupPoints, PartOf, Status
from scorer.hookspecs import hookimpl
from scorer.indicators import Indicator, IndicatorKind
from scorer.points import MICRO, PointsByTier, round_ratio

__all__ = [
    "API_VERSION",
    "MICRO",
    "NUMBERS",
    "Amount",
    "Cohort",
    "Criterion",
    "CriterionGroup",
    "Edge",
    "Effect",
    "Formula",
    "GroupPoints",
    "Indicator",
    "IndicatorKind",
    "Outcome",
    "PartOf",
    "PointsByTier",
    "Read",
    "Status",
    "hookimpl",
    "round_ratio",
]
