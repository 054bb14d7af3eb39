"""A set with levels and limits of any conditions, over groups with one criterion each."""

from __future__ import annotations

from typing import Any

import harness

from scorer.plugin_api import Indicator

TIERS = ("district", "commune")
GROUPS = ("north", "south", "west")
"""Each has one criterion; communes lack the group west."""
HOST = harness.host(
    harness.group("north", Indicator("north_points", kind="number"), Indicator("incident", kind="flag")),
    harness.group("south", Indicator("south_points", kind="number"),
                  Indicator("lan", kind="choice", options=("structured", "simple", "none"))),
    harness.group("west", Indicator("west_points", kind="number")),
    harness.group("base", Indicator("base_points", kind="number")),
)  # fmt: skip


def criterion(group: str, points: Any, **keys: Any) -> dict[str, Any]:
    body = {"id": group.upper(), "formula": "awarded", "indicator": f"{group}_points", "points": points, **keys}
    return {"criteria": [body]}


WITHOUT_POINTS = (
    {"id": "INCIDENT", "formula": "flag", "indicator": "incident", "points": 0},
    {"id": "LAN", "formula": "choice", "indicator": "lan", "points": 0,
     "options": {"structured": 0, "simple": 0, "none": 0}},
)  # fmt: skip
"""Criteria that read all answers, so that units may report them also if no gate reads them."""


def document(levels: list[Any], limits: list[Any], **keys: Any) -> dict[str, Any]:
    """A category ``main`` with these rules, and a category ``other`` whose levels gates can name."""
    groups = {
        "north": criterion("north", 10),
        "south": criterion("south", 5, may_be_not_applicable=True),
        "west": criterion("west", {"district": 7}),
    }
    other = [{"level": 1, "gates": [{"measure": "total", "at_least": "80%"}]},
             {"level": 2, "gates": [{"measure": "total", "above": "40%"}]}]  # fmt: skip
    base = {"criteria": [*criterion("base", 10)["criteria"], *WITHOUT_POINTS]}
    return {
        "criteria_set": "ruled",
        "title": {"en": "Rules"},
        "provenance": "published",
        "tiers": list(TIERS),
        "categories": {
            "main": {"groups": groups, "levels": levels, "limits": limits, **keys},
            "other": {"groups": {"base": base}, "levels": other},
        },
    }


def north(bound: str = "at_least", minimum: Any = "80%") -> dict[str, Any]:
    return {"measure": "north", bound: minimum}


def south(bound: str = "at_least", minimum: Any = "50%") -> dict[str, Any]:
    return {"measure": "south", bound: minimum}


INCIDENT = {"indicator": "incident", "is": True}
LAN = {"indicator": "lan", "is": ["structured", "none"]}
WEST = {"measure": "west", "at_least": {"district": 3}}
OTHER = {"category": "other", "level": 1}
