"""Ratings of staff and agencies by citizens (người dân đánh giá): a criterion group and the formula kind ``rating``."""

from __future__ import annotations

from collections.abc import Iterable

from scorer.plugin_api import CriterionGroup, Formula, hookimpl
from scorer_citizen_rating.group import CitizenRating
from scorer_citizen_rating.rating import Rating


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return CitizenRating()


@hookimpl
def scorer_formulas() -> Iterable[type[Formula]]:
    """The formula kind of this plugin."""
    return [Rating]
