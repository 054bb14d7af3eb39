"""Conditions of levels, and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracle.categories import measured
from oracle.numbers import exact, of_tier
from oracle.results import CategoryResult, Document, Unit


def condition_holds(condition: Any, unit: Unit, category: CategoryResult, reached: Mapping[str, int]) -> bool | None:
    """Whether a condition holds; None if none of its gates exists in the unit's tier.

    Args:
        condition: as the document has it.
        unit: the unit.
        category: the unit's result in the category; its level is not used.
        reached: the level reached by category; 0 if none.
    """
    if "not" in condition:
        inner = condition_holds(condition["not"], unit, category, reached)
        return None if inner is None else not inner
    for key in ("all", "any", "of"):
        if key in condition:
            parts = [condition_holds(part, unit, category, reached) for part in condition[key]]
            found = [part for part in parts if part is not None]
            whole = key == "all" or (key == "of" and condition["at_least"] == len(parts))
            needed = len(found) if whole else condition.get("at_least", 1)
            return sum(found) >= needed if found else None
    if "indicator" in condition:
        wanted = condition["is"] if isinstance(condition["is"], list) else [condition["is"]]
        return unit.answers.get(condition["indicator"]) in wanted
    if "category" in condition:
        return 0 < reached[condition["category"]] <= condition["level"]
    return _bound_holds(condition, unit, category)


def _bound_holds(condition: Document, unit: Unit, category: CategoryResult) -> bool | None:
    """If nothing applies, ``at_least`` and ``above`` hold for every percentage, and the others do not."""
    bound = next(key for key in ("at_least", "above", "at_most", "below") if key in condition)
    minimum = of_tier(condition[bound], unit.tier)
    if minimum is None or minimum == "none":
        return None
    name = "+".join(term.strip() for term in condition["measure"].split("+"))
    points, maximum = measured(name, category.groups, category.score)
    if isinstance(minimum, str):
        if maximum == 0:
            return bound in ("at_least", "above")
        value, edge = points * 100, exact(minimum.removesuffix("%").strip()) * maximum
    else:
        value, edge = points, exact(minimum)
    return {"at_least": value >= edge, "above": value > edge, "at_most": value <= edge, "below": value < edge}[bound]


def level_by_conditions(
    body: Document, unit: Unit, category: CategoryResult, reached: Mapping[str, int]
) -> tuple[int, str]:
    """The level and the standing of a unit in a category whose levels have conditions, and that may have limits."""
    if category.score.max_points == 0:
        return 0, "nothing_applicable"
    levels = [level["level"] for level in body.get("levels", ())]
    allowed = {
        level["level"]
        for level in body.get("levels", ())
        if condition_holds(level["when"] if "when" in level else {"all": level["gates"]}, unit, category, reached)
    }
    for limit in body.get("limits", ()):
        if condition_holds(limit["when"], unit, category, reached):
            if limit.get("not_ranked"):
                return 0, "excluded"
            allowed -= set(range(limit["no_better_than"]))
    if not levels:
        return 0, "ranked"
    return (min(allowed), "ranked") if allowed else (0, "below_minimum")
