"""Checks that a plugin has titles, units of measurement and docstrings."""

from __future__ import annotations

from collections.abc import Iterator

from scorer.model.indicators import Indicator, IndicatorKind
from scorer.plugins.group import CriterionGroup
from scorer.testing.conformance.faults import Failure, NothingToCheck
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

ENGLISH = "en"


def documentation_is_complete(subject: PluginUnderTest) -> None:
    """Groups and indicators have titles; counts and numbers have a unit; groups and formula kinds have a docstring."""
    if not subject.provides:
        raise NothingToCheck("the plugin provides neither a criterion group nor a formula kind")
    gaps = [*_group_gaps(subject.plugin.group), *_formula_gaps(subject)]
    if gaps:
        raise Failure(
            "\n".join(
                [
                    "these texts are missing; people who fill in forms or read results see texts, not codes:",
                    *(f"  {gap}" for gap in gaps),
                ]
            )
        )


def _group_gaps(group: CriterionGroup | None) -> Iterator[str]:
    """A message for each title or docstring that the group lacks."""
    if group is None:
        return
    if not group.title.get(ENGLISH):
        yield f'group {group.name!r} has no English title: title = {{"en": "..."}}'
    if not (type(group).__doc__ or "").strip():
        yield f"class {type(group).__name__} has no docstring: say what is scored, and which legal document requires it"
    for indicator in group.indicators:
        yield from _indicator_gaps(indicator, tuple(group.title))


def _indicator_gaps(indicator: Indicator, languages: tuple[str, ...]) -> Iterator[str]:
    """A message for each title or unit that the indicator lacks; it needs a title in each language of its group."""
    for language in dict.fromkeys((ENGLISH, *languages)):
        if not indicator.title.get(language):
            yield f'indicator {indicator.code!r} has no title in {language!r}: title={{"{language}": "..."}}'
    if indicator.kind in (IndicatorKind.COUNT, IndicatorKind.NUMBER) and not indicator.unit.strip():
        yield f'indicator {indicator.code!r} is a {indicator.kind} without a unit: unit="machines", unit="%"'


def _formula_gaps(subject: PluginUnderTest) -> Iterator[str]:
    """A message for each formula kind without a docstring."""
    for kind in subject.plugin.formulas:
        if not (kind.__doc__ or "").strip():
            yield f"formula kind {kind.kind!r} has no docstring: say how many points it gives, with an example"
