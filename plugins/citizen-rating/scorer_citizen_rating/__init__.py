"""Citizens rate staff and agencies (người dân đánh giá): a criterion group, and the formula kind ``rating``."""

from __future__ import annotations

from collections.abc import Iterable

from scorer.plugin_api import CriterionGroup, Formula, hookimpl
from scorer_citizen_rating.group import CitizenRating
from scorer_citizen_rating.rating import Rating


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The group."""
    return CitizenRating()


@hookimpl
def scorer_formulas() -> Iterable[type[Formula]]:
    """The kind that counts answers only when enough people gave one."""
    return [Rating]
