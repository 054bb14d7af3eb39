"""Compares results of the Python client with those that the conformance vectors record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from scorer_client import Province, UnitResult
from scorer_client.rankings import Ranking
from scorer_client.results import CategoryResult

Json = Mapping[str, Any]


def word(enum: str) -> str:
    """STANDING_BELOW_MINIMUM is below_minimum."""
    for prefix in ("STANDING_", "CRITERION_STATUS_", "GATE_UNIT_"):
        enum = enum.removeprefix(prefix)
    return enum.lower()


def gate(given: Json) -> dict[str, Any]:
    rare = {"upper": False, "indicator": "", "options": (), "category": "", "excluded": False, "limit": 0}
    return {**rare, "category_level": 0, **given, "unit": word(given["unit"])}


def fields(found: NamedTuple) -> dict[str, Any]:
    """The fields by their JSON names; absent messages are left out."""
    return {camel(name): value for name, value in found._asdict().items() if value is not None}


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def category(found: CategoryResult, *, rows: bool) -> dict[str, Any]:
    groups = [
        {
            "group": group.group,
            "score": fields(group.score),
            "criteria": [fields(criterion) for criterion in group.criteria],
        }
        for group in found.groups
    ]
    return {
        "category": found.category,
        "score": fields(found.score),
        "standing": found.standing,
        "level": found.level,
        "levelCode": found.level_code,
        "rank": found.rank,
        "failing": [one._asdict() for one in found.causes],
        "groups": groups,
        **({"measures": [fields(measure) for measure in found.measures]} if rows else {}),
    }


def expected_category(given: Json, *, rows: bool) -> dict[str, Any]:
    """The expected category without the complete list of gates, which the client does not return."""
    groups = [
        {
            "group": group["group"],
            "score": group["score"],
            "criteria": [{**c, "status": word(c["status"])} for c in group["criteria"]],
        }
        for group in given["groups"]
    ]
    return {
        **{name: given[name] for name in ("category", "score", "level", "levelCode", "rank")},
        "standing": word(given["standing"]),
        "failing": [
            {
                "answer": "",
                "reached_level": 0,
                "at_least": 0,
                "out_of": 0,
                "of": (),
                **gate(one["gate"]),
                "value": one["value"],
            }
            for one in given["failing"]
        ],
        "groups": groups,
        **({"measures": given["measures"]} if rows else {}),
    }


def assert_unit(found: UnitResult, card: Json, *, rows: bool = True) -> None:
    assert {name: getattr(found, name) for name in ("id", "name", "tier", "parent")} == card["unit"]
    for actual, expected in zip(found.categories, card["categories"], strict=True):
        assert category(actual, rows=rows) == expected_category(expected, rows=rows)
    overall = {"score": fields(found.overall), "rank": found.overall_rank, "lacking": list(found.lacking)}
    assert (overall, found.commended) == (card["overall"], card["commended"])


def assert_ranking(found: Ranking, given: Json, *, rows: bool) -> None:
    head = ("tier", "cohort", "unit_count", "overall_ranked")
    assert [getattr(found, name) for name in head] == [given[camel(name)] for name in head]
    for actual, expected in zip(found.tallies, given["tallies"], strict=True):
        assert (actual.category, actual.ranked) == (expected["category"], expected["ranked"])
        assert actual.levels == {count["level"]: count["units"] for count in expected["levels"]}
        failing = [{**gate(count["gate"]), "units": count["units"]} for count in expected["failing"]]
        assert [count._asdict() for count in actual.failing] == failing
        assert [fields(count) for count in actual.criteria] == expected["criteria"]
    for unit, card in zip(found.units, given["scorecards"], strict=True):
        assert_unit(unit, card, rows=rows)


def assert_province(found: Province, response: Json, *, rows: bool) -> None:
    for actual, expected in zip(found.rankings, response["rankings"], strict=True):
        assert_ranking(actual, expected, rows=rows)
    assert response["provenance"].items() <= fields(found.provenance).items()
    assert len(found.provenance.revision) == 64
    assert found.next_page_token == ""
