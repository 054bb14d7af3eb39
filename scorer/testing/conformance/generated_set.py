"""Generates a criteria set for a group that no set uses yet, with criteria for its indicators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scorer.formulas.base import NUMBERS
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.plugins.group import CriterionGroup, PartOf

NAME = "generated from its indicators"
"""The document's name in messages."""
TIER = "unit"
DAY = "2020-06-30"
"""The day that criteria for dates compare with."""


def generate_set(group: CriterionGroup) -> str:
    """A document with one category and one tier, as JSON, which is valid YAML. Days are unquoted, as YAML requires."""
    criteria = [{"id": f"C.{n:02}", **criterion} for n, criterion in enumerate(_criteria(group), start=1)]
    document = {
        "criteria_set": "generated-from-indicators",
        "title": {"en": "Generated from the indicators of a group"},
        "provenance": "reconstructed",
        "tiers": [TIER],
        "categories": {f"{group.name[:50]}_category": {"groups": {group.name: {"criteria": criteria}}}},
    }
    return json.dumps(document).replace(f'"{DAY}"', DAY)


def _criteria(group: CriterionGroup) -> Iterator[dict[str, Any]]:
    """A criterion for each indicator, and a ratio for each part and whole that are numbers."""
    by_code = {indicator.code: indicator for indicator in group.indicators}
    for indicator in group.indicators:
        yield {"indicator": indicator.code, **_formula(indicator)}
    for check in group.checks:
        if not isinstance(check, PartOf):
            continue
        part, whole = by_code.get(check.part), by_code.get(check.whole)
        if not (part and whole and {part.kind, whole.kind} <= NUMBERS):
            continue
        if part.better != "less" and whole.better != "more":
            ratio = {"formula": "ratio", "numerator": part.code, "denominator": whole.code}
            yield {**ratio, "when_zero": "not_applicable", "points": 3}


def _formula(indicator: Indicator) -> dict[str, Any]:
    """A formula that respects the indicator's ``better``: more (or less) never gives fewer points."""
    less = indicator.better == "less"
    match IndicatorKind(indicator.kind):
        case IndicatorKind.FLAG:
            return {"formula": "fault" if less else "flag", "points": 2}
        case IndicatorKind.COUNT:
            return {"formula": "fault", "points": 2} if less else {"formula": "count", "each": 0.5, "points": 5}
        case IndicatorKind.NUMBER:
            ends = {"from": 100, "to": 0} if less else {"from": 0, "to": 100}
            return {"formula": "linear", **ends, "points": 5}
        case IndicatorKind.CHOICE:
            options = {option: len(indicator.options) - n for n, option in enumerate(indicator.options)}
            return {"formula": "choice", "options": options, "points": len(indicator.options)}
        case IndicatorKind.DATE:
            return {"formula": "steps", "points": 1, "steps": [{"at_most" if less else "at_least": DAY, "points": 1}]}
