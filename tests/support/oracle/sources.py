"""Answers from several sources, and answers that are computed from those of children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from oracle.results import Document, Unit


def with_children(document: Document, units: Sequence[Unit]) -> list[Unit]:
    """The units with the answers that are computed from their children."""
    found = {unit.id: unit for unit in units}
    rules = document.get("from_children", {})
    for code, rule in [*rules.items()] * (len(rules) + len(units)):  # repeated, for sums of sums
        [(how, read)] = ((how, rule[how]) for how in ("sum", "mean", "share", "count") if how in rule)
        for unit in units:
            children = [found[child.id] for child in units if child.parent == unit.id]
            if unit.tier != rule["tier"] or not children:
                continue
            answers = {name: value for name, value in found[unit.id].answers.items() if name != code}
            if all(read in child.answers for child in children):
                values = [Fraction(str(int(v) if isinstance(v := c.answers[read], bool) else v)) for c in children]
                exact = sum(values, Fraction(0)) / (len(children) if how in ("mean", "share") else 1)
                answers[code] = Decimal(round(exact * 10**6)) / 10**6
            found[unit.id] = replace(found[unit.id], answers=answers)
    return [found[unit.id] for unit in units]


def indicators_of(body: Any) -> set[str]:
    """The indicators that a criterion or part reads."""
    found = {body[key] for key in ("indicator", "numerator", "denominator") if key in body}
    found |= set(body.get("weights", ()))
    return found.union(*(indicators_of(part) for key in ("terms", "alternatives") for part in body.get(key, ())))


def sources_of(document: Document) -> dict[str, list[str]]:
    """The sources of each criterion's answers."""
    everywhere = document.get("sources", ["self_reported"])
    return {
        criterion["id"]: criterion.get("sources", everywhere)
        for category in document["categories"].values()
        for group in category["groups"].values()
        for criterion in group["criteria"]
    }


def counted(document: Document, unit: Unit) -> Unit:
    """The unit with the answers that count: those of the last source that has one."""
    answers, sources = dict(unit.answers), sources_of(document)
    for category in document["categories"].values():
        for criterion in (criterion for group in category["groups"].values() for criterion in group["criteria"]):
            for source in sources[criterion["id"]][1:]:
                for code in indicators_of(criterion):
                    if f"{code}@{source}" in unit.answers:
                        answers[code] = unit.answers[f"{code}@{source}"]
    return replace(unit, answers=answers)
