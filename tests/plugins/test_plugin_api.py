"""The plugin API: every name has a docstring, and plugins can add formula kinds, checks and scoring with it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import grpc
import numpy as np
import pytest
from harness import catalogue, good, group, host, refusal, serving

import scorer
from egov.scorer.v1 import scorer_pb2 as pb
from scorer import plugin_api
from scorer.plugin_api import (
    Check,
    Cohort,
    CriterionFault,
    CriterionGroup,
    Formula,
    GroupPoints,
    Indicator,
    NestedFormula,
    NestedFormulas,
    Outcome,
    Read,
)

COUNTS = [Indicator(code, kind="count") for code in ("open_days", "visitors")]


@cache
def constants() -> dict[str, str]:
    """The text below each assignment of a module of the scorer, by name."""
    found = {}
    for file in Path(scorer.__path__[0]).rglob("*.py"):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        for assignment, after in pairwise(body):
            text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and after.value.value
            if isinstance(assignment, ast.Assign) and isinstance(text, str):
                found |= {target.id: text for target in assignment.targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("name", plugin_api.__all__)
def test_every_exported_name_has_a_docstring(name: str) -> None:
    exported, texts = getattr(plugin_api, name), constants()
    if not inspect.isclass(exported) and not inspect.isfunction(exported):
        assert len(texts[name]) > 30
        return
    assert len(exported.__doc__) > 20
    assert inspect.isfunction(exported) or exported.__dict__["__doc__"], "not inherited"
    for member, value in vars(exported).items():
        if not member.startswith(("_", "model_")) and (inspect.isfunction(value) or isinstance(value, property)):
            text = inspect.getdoc(value) or ""
            assert text, f"{name}.{member}"
            assert not re.fullmatch(r"See ``.*``\.", text), f"{name}.{member}"


def wells(*criteria: str) -> str:
    """A set of one group with these criteria."""
    each = "".join(f"          - {{id: C{n}, {text}}}\n" for n, text in enumerate(criteria))
    return (
        "criteria_set: a\ntitle: {en: A}\nprovenance: published\ntiers: [district]\n"
        f"categories:\n  readiness:\n    groups:\n      wells:\n        criteria:\n{each}"
    )


def rank(sets: Any, *answers: Mapping[str, float]) -> list[pb.Scorecard]:
    """Scorecards of units in their order."""
    request = pb.RankProvinceRequest(criteria_set="a", view=pb.SCORECARD_VIEW_FULL)
    for n, given in enumerate(answers):
        row = request.rows.units.add(unit=pb.Unit(id=f"u{n}", tier="district"))
        for code, value in given.items():
            row.answers[code].number = value
    with serving(good(sets)) as service:
        (ranking,) = service.scorer.RankProvince(request).rankings
    return sorted(ranking.scorecards, key=lambda card: card.unit.id)


# A check that compares no part with a whole


@dataclasses.dataclass(frozen=True)
class OpenWhenVisited(Check):
    """A unit with visitors must have been open."""

    reason: ClassVar[str] = "VISITED_BUT_CLOSED"

    def reads(self) -> tuple[str, ...]:
        return "open_days", "visitors"

    def violated(self, cohort: Cohort) -> Any:
        return (cohort.values("open_days") == 0) & (cohort.values("visitors") > 0)

    def describe(self, cohort: Cohort, unit: int) -> str:
        return f"closed all year, but {cohort.values('visitors')[unit]:.0f} visitors"


def test_a_check_of_a_plugin_refuses_with_its_reason_and_message() -> None:
    checked = group("wells", *COUNTS, checks=[OpenWhenVisited()])
    text = wells(
        "formula: count, indicator: visitors, each: 1, points: 5", "formula: fault, indicator: open_days, points: 1"
    )
    sets = catalogue(host(checked), text)
    with refusal() as caught:
        rank(sets, {"open_days": 3, "visitors": 7}, {"open_days": 0, "visitors": 7}, {"visitors": 7})
    (violation,) = caught[0].bad.field_violations
    assert violation.field == 'rows.units[1].answers["open_days"]'
    assert violation.reason == "VISITED_BUT_CLOSED"
    assert violation.description == "closed all year, but 7 visitors"
    assert [card.overall.score.points for card in rank(sets, {"open_days": 3, "visitors": 2})] == [2]


def test_a_bound_of_a_date_that_is_an_int_is_shown_as_a_day() -> None:
    opened = Indicator("opened", kind="date", minimum=0, maximum=31)
    assert [opened.show(bound) for bound in opened.range()] == ["1970-01-01", "1970-02-01"]


def test_a_check_without_a_required_method_cannot_be_created() -> None:
    with pytest.raises(TypeError, match="describe"):
        type("Half", (Check,), {"reads": lambda self: (), "violated": lambda self, cohort: None})()


# A kind made of other kinds


class Least(Formula):
    """The points of the alternative with the fewest points."""

    kind: ClassVar[str] = "least"
    nested: ClassVar[str | None] = "links"
    links: NestedFormulas

    def reads(self) -> Iterable[Read]:
        for n, link in enumerate(self.links):
            for read in link.formula.reads():
                yield read._replace(path=("links", n, *read.path))

    def problems(self, points: Any, tiers: Iterable[str]) -> Iterator[tuple[plugin_api.Path, str]]:
        for n, link in enumerate(self.links):
            yield from ((("links", n, *path), text) for path, text in link.formula.problems(link.points, tiers))
            if link.points != points:
                yield ("links", n, "points"), "every link gives the criterion's points"

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Any) -> Outcome:
        given = [link.evaluate(cohort, excluded) for link in self.links]
        points = np.minimum.reduce([outcome.points for outcome in given])
        return Outcome(points, np.logical_or.reduce([outcome.missing for outcome in given]))


LINKS = (
    "formula: least, points: 4, links: [{formula: count, indicator: visitors, each: 0.5, points: 4}, "
    "{formula: linear, indicator: open_days, from: 0, to: 300, points: %s}]"
)


def test_a_formula_kind_may_combine_other_kinds() -> None:
    sets = catalogue(host(group("wells", *COUNTS), formulas=[Least]), wells(LINKS % 4))
    cards = rank(sets, {"visitors": 2, "open_days": 300}, {"visitors": 90, "open_days": 100}, {"visitors": 9})
    points = [card.categories[0].groups[0].criteria[0].points for card in cards]
    assert points == [1, 1.333333, 0]
    assert [card.overall.score.missing for card in cards] == [0, 0, 1]
    assert isinstance(next(iter(sets.sets["a"].criteria_set.criteria.values())).formula.links[0], NestedFormula)


def test_mistakes_in_nested_formulas_are_named_at_their_place() -> None:
    sets = catalogue(host(group("wells", *COUNTS), formulas=[Least]), wells(LINKS % 3))
    (problem,) = sets.refused[0].problems
    assert problem.path == "categories.readiness.groups.wells.criteria[0].links[1].points"
    assert problem.message == "every link gives the criterion's points"


# Scoring of one's own


class Halved(CriterionGroup):
    """Units that were closed for half a year get half of the points."""

    name, api_version = "wells", 1
    indicators = tuple(COUNTS)

    def score(self, criteria: Any, cohort: Cohort) -> GroupPoints:
        given = super().score(criteria, cohort)
        half = np.where(cohort.values("open_days") < 183, 2, 1)
        return GroupPoints(np.floor(given.points / half), given.status)


class Broken(Halved):
    """Fails at the second criterion, and names it."""

    def score(self, criteria: Any, cohort: Cohort) -> GroupPoints:
        for criterion in criteria[1:]:
            raise CriterionFault(criterion.id, LookupError("no ladder")) from LookupError("no ladder")
        return super().score(criteria, cohort)


VISITORS = "formula: count, indicator: visitors, each: 1, points: 5"
OPEN_DAYS = "formula: count, indicator: open_days, each: 0.01, points: 3"


def test_a_group_may_override_score() -> None:
    text = wells(VISITORS, OPEN_DAYS)
    cards = rank(catalogue(host(Halved()), text), {"visitors": 3, "open_days": 200}, {"visitors": 3, "open_days": 100})
    assert [card.overall.score.points for card in cards] == [5, 2]


def test_a_group_that_overrides_score_can_name_the_faulty_criterion(caplog: pytest.LogCaptureFixture) -> None:
    text = wells(VISITORS, OPEN_DAYS)
    sets = catalogue(host(Broken()), text)
    with refusal() as caught:
        rank(sets, {"visitors": 3, "open_days": 200})
    assert caught[0].code is grpc.StatusCode.INTERNAL
    assert caught[0].info.metadata["criterion"] == "C1"
    assert "no ladder" in caplog.text


class Forger(Halved):
    """Names a criterion that would control a terminal."""

    def score(self, criteria: Any, cohort: Cohort) -> GroupPoints:
        raise CriterionFault("nope\x1b[31m\nforged", ValueError())


def test_the_criterion_that_a_plugin_names_is_escaped() -> None:
    with refusal() as caught:
        rank(catalogue(host(Forger()), wells(VISITORS, OPEN_DAYS)), {"visitors": 3, "open_days": 200})
    assert caught[0].info.metadata["criterion"] == "nope\\x1b[31m forged"
    assert ", criterion nope\\x1b[31m forged: " in caught[0].details
