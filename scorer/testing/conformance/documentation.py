"""Checks of what a plugin says about itself: titles, units and docstrings."""

from __future__ import annotations

from collections.abc import Iterator

from scorer.model.indicators import Indicator, IndicatorKind
from scorer.plugins.group import CriterionGroup
from scorer.testing.conformance.faults import Failure, NothingToCheck
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

ENGLISH = "en"


def documentation_is_there(subject: PluginUnderTest) -> None:
    """Groups and indicators have titles, counts and numbers a unit, groups and formula kinds a docstring."""
    if not subject.brings:
        raise NothingToCheck("the plugin brings neither a criterion group nor a formula kind")
    lacking = [*_group(subject.plugin.group), *_formulas(subject)]
    if lacking:
        raise Failure(
            "\n".join(["whoever fills in a form has only these words to go by:", *map("  ".__add__, lacking)])
        )


def _group(group: CriterionGroup | None) -> Iterator[str]:
    if group is None:
        return
    if not group.title.get(ENGLISH):
        yield f'group {group.name!r} has no English title: title = {{"en": "..."}}'
    if not (type(group).__doc__ or "").strip():
        yield f"class {type(group).__name__} has no docstring: say what is scored, and by which document"
    for indicator in group.indicators:
        yield from _indicator(indicator, tuple(group.title))


def _indicator(indicator: Indicator, languages: tuple[str, ...]) -> Iterator[str]:
    """A group's other languages are asked of its indicators too: half a form in Vietnamese is of no use."""
    for language in dict.fromkeys((ENGLISH, *languages)):
        if not indicator.title.get(language):
            yield f'indicator {indicator.code!r} has no title in {language!r}: title={{"{language}": "..."}}'
    if indicator.kind in (IndicatorKind.COUNT, IndicatorKind.NUMBER) and not indicator.unit.strip():
        yield f'indicator {indicator.code!r} is a {indicator.kind} without a unit: unit="machines", unit="%"'


def _formulas(subject: PluginUnderTest) -> Iterator[str]:
    for kind in subject.plugin.formulas:
        if not (kind.__doc__ or "").strip():
            yield f"formula kind {kind.kind!r} has no docstring: say what it gives, with an example"
