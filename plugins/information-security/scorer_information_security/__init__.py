"""Information security (an toàn thông tin): a criterion group, a formula kind, and the set of Điện Biên 2020."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from scorer.plugin_api import CriterionGroup, Formula, hookimpl
from scorer_information_security.group import InformationSecurity
from scorer_information_security.progress import Progress


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The group."""
    return InformationSecurity()


@hookimpl
def scorer_formulas() -> Iterable[type[Formula]]:
    """The kind that plans with targets need."""
    return [Progress]


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The sets and their cases, by file name; the scorer knows them apart."""
    return sorted((files(__name__) / "criteria_sets").iterdir(), key=lambda file: file.name)
