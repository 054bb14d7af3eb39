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
    """The criterion group of this plugin."""
    return InformationSecurity()


@hookimpl
def scorer_formulas() -> Iterable[type[Formula]]:
    """The formula kind of this plugin."""
    return [Progress]


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The criteria sets and their cases, sorted by file name; the scorer tells them apart."""
    return sorted((files(__name__) / "criteria_sets").iterdir(), key=lambda file: file.name)
