"""All that a plugin author imports; everything else in ``scorer`` is private and may change.

from scorer.plugin_api import CriterionGroup, Indicator, hookimpl

class Water(CriterionGroup):
    name, api_version = "water", 1
    indicators = (Indicator("wells", kind="count", unit="wells", title={"en": "Wells"}),)

@hookimpl
def scorer_criterion_group():
    return Water()
"""

from scorer.cohort import Cohort
from scorer.criteria.model import Criterion, Effect
from scorer.formulas import Formula, Outcome, Read
from scorer.groups import API_VERSION, CriterionGroup, GroupPoints, PartOf, Status
from scorer.hookspecs import hookimpl
from scorer.indicators import Indicator, IndicatorKind

__all__ = [
    "API_VERSION",
    "Cohort",
    "Criterion",
    "CriterionGroup",
    "Effect",
    "Formula",
    "GroupPoints",
    "Indicator",
    "IndicatorKind",
    "Outcome",
    "PartOf",
    "Read",
    "Status",
    "hookimpl",
]
