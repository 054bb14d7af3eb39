"""The formula kind ``rating`` of the plugin citizen-rating over the socket, with every combination of its keys."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from example_counts import scaled
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from stand_alone import install, scorer, serving

from scorer_client import Client, Row
from scorer_client.results import CriterionResult

MARGINS = {"5%": Fraction(1, 20), "3.5%": Fraction(7, 200), "17.5%": Fraction(7, 40), "0.07%": Fraction(7, 10_000)}


class Way(NamedTuple):
    """One combination of the keys of ``rating``."""

    margin: str
    when_too_few: str
    when_zero: str
    points: int

    @property
    def formula(self) -> str:
        return (
            "formula: rating, satisfied: staff_ratings_satisfied, answered: staff_ratings, served: citizens_served, "
            f"margin: {self.margin}, when_too_few: {self.when_too_few}, when_zero: {self.when_zero}, "
            f"points: {self.points}"
        )


WAYS = {
    f"R.{n}": Way(*way, points)
    for n, (way, points) in enumerate(
        zip(
            itertools.product(MARGINS, ("zero", "not_applicable"), ("full", "zero", "not_applicable")),
            itertools.cycle((10, 7, 3)),
            strict=False,
        ),
        start=1,
    )
}

HEAD = """
criteria_set: ratings
title: {en: Every way to rate}
provenance: reconstructed
tiers: [district]
categories:
  service:
    groups:
      citizen_rating:
        criteria:
"""
SUM = "          - {id: S.1, formula: sum, points: 10, terms: [%s]}\n"
AGENCY = (
    "{formula: rating, satisfied: agency_ratings_satisfied, answered: agency_ratings, served: citizens_served, "
    "margin: 5%, when_too_few: zero, when_zero: full, points: 3}"
)
STAFF = "{" + Way("5%", "zero", "zero", 7).formula + "}"
DOCUMENT = (
    HEAD
    + "".join(f"          - {{id: {code}, {way.formula}}}\n" for code, way in WAYS.items())
    + (SUM % f"{STAFF}, {AGENCY}")
)

ISSUER = """
from pathlib import Path

from scorer.plugin_api import hookimpl


@hookimpl
def scorer_criteria_sets():
    return [Path(__file__).with_name("ratings.yaml")]
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that finds the plugin, and another plugin with the set."""
    site = tmp_path_factory.mktemp("site")
    found = install(site, "citizen-rating")
    (site / "ratings.yaml").write_text(DOCUMENT, encoding="utf-8")
    (site / "ratings.py").write_text(ISSUER, encoding="utf-8")
    about = site / "ratings-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ratings\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[scorer.plugins]\nratings = ratings\n", encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def client(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(environment, tmp_path_factory.mktemp("server")) as address, Client(address) as client:
        yield client


class Ratings(NamedTuple):
    """The answers of a unit."""

    served: int
    answered: int
    satisfied: int


def needed(served: int, margin: Fraction) -> int:
    """N / (1 + N e^2), rounded up."""
    return math.ceil(Fraction(served) / (1 + served * margin**2))


def expected(way: Way, ratings: Ratings) -> tuple[Fraction, str]:
    """Micropoints, not rounded, and status."""
    if ratings.served == 0:
        full = Fraction(way.points * 10**6 if way.when_zero == "full" else 0)
        return full, "not_applicable" if way.when_zero == "not_applicable" else "scored"
    if ratings.answered < needed(ratings.served, MARGINS[way.margin]):
        return Fraction(0), "not_applicable" if way.when_too_few == "not_applicable" else "scored"
    return Fraction(ratings.satisfied, ratings.answered) * way.points * 10**6, "scored"


def results(client: Client, staff: list[Ratings], agency: list[Ratings]) -> list[dict[str, CriterionResult]]:
    """Criteria by id for each unit, in order; both kinds of ratings have the same numbers."""
    rows = [
        Row(
            str(n),
            "district",
            {
                "citizens_served": ours.served,
                "staff_ratings": ours.answered,
                "staff_ratings_satisfied": ours.satisfied,
                "agency_ratings": theirs.answered,
                "agency_ratings_satisfied": theirs.satisfied,
            },
        )
        for n, (ours, theirs) in enumerate(zip(staff, agency, strict=True))
    ]
    province = client.rank_province("ratings", rows, full=True)
    found = []
    for n in range(len(rows)):
        (category,) = province.unit(str(n)).categories
        found.append({item.criterion: item for group in category.groups for item in group.criteria})
    return found


@st.composite
def rated(draw: st.DrawFn, served: int) -> Ratings:
    """Answers that are often exactly enough, one fewer, none or all."""
    edge = needed(served, MARGINS[draw(st.sampled_from(sorted(MARGINS)))])
    near = [count for count in (0, edge - 1, edge, edge + 1, served) if 0 <= count <= served]
    answered = draw(st.one_of(st.sampled_from(near), st.integers(0, served)))
    return Ratings(served, answered, draw(st.one_of(st.just(answered), st.integers(0, answered))))


@st.composite
def province(draw: st.DrawFn) -> tuple[list[Ratings], list[Ratings]]:
    sizes = st.one_of(st.integers(0, 50), st.integers(0, 5000), st.integers(0, 100_000_000))
    people = draw(st.lists(sizes, min_size=1, max_size=12))
    return [draw(rated(served)) for served in people], [draw(rated(served)) for served in people]


@settings(max_examples=scaled(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(units=province())
@example(units=([Ratings(400, 200, 199)] * 2, [Ratings(400, 199, 199), Ratings(400, 200, 0)]))
@example(units=([Ratings(100_000_000, 1_999_999, 1)], [Ratings(100_000_000, 100_000_000, 99_999_999)]))
def test_points_equal_exact_fractions(client: Client, units: tuple[list[Ratings], list[Ratings]]) -> None:
    staff, agency = units
    for ours, theirs, found in zip(staff, agency, results(client, *units), strict=True):
        for code, way in WAYS.items():
            points, status = expected(way, ours)
            assert (found[code].points, found[code].status) == (round(points) / 10**6, status), (way, ours)
        both = expected(Way("5%", "zero", "zero", 7), ours)[0] + expected(Way("5%", "zero", "full", 3), theirs)[0]
        assert found["S.1"].points == round(both) / 10**6, (ours, theirs)  # a sum rounds once


@pytest.mark.parametrize(
    ("margin", "served", "enough"),
    [
        ("5%", 1, 1),
        ("5%", 19, 19),
        ("5%", 20, 20),
        ("5%", 100, 80),
        ("5%", 400, 200),
        ("5%", 1000, 286),
        ("5%", 1_000_000, 400),
        ("17.5%", 1600, 32),  # exactly 32: doubles say 33
    ],
)
def test_enough_ratings_count_and_one_fewer_does_not(client: Client, margin: str, served: int, enough: int) -> None:
    some = [Ratings(served, answered, answered) for answered in (enough, enough - 1)]
    (code,) = (c for c, way in WAYS.items() if way[:3] == (margin, "zero", "not_applicable"))
    found = [unit[code] for unit in results(client, some, some)]
    assert [(item.points, item.status) for item in found] == [(WAYS[code].points, "scored"), (0, "scored")]


@pytest.mark.parametrize("missing", ["citizens_served", "staff_ratings", "staff_ratings_satisfied"])
def test_only_missing_answers_make_a_rating_missing(client: Client, missing: str) -> None:
    answers = {"citizens_served": 0, "staff_ratings": 0, "staff_ratings_satisfied": 0}
    del answers[missing]
    unit = client.score_unit("ratings", Row("1", "district", answers), full=True)
    (group,) = unit.categories[0].groups
    assert {item.status for item in group.criteria} == {"missing"}
    assert {item.points for item in group.criteria} == {0}


@pytest.mark.long
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("margin: 5", "expected a percentage with at most four decimals, such as 80%, not 5"),
        ("margin: 0%", "margin of error above 0% and below 100%, such as 5%"),
        ("margin: 100%", "margin of error above 0% and below 100%, such as 5%"),
        ("margin: 0.001%", "margin of error above 0% and below 100%, such as 5%"),
        ("when_too_few: full", "when_too_few"),
        ("when_zero: maybe", "when_zero"),
        ("served: staff_rating_tool", "staff_rating_tool"),
        ("served: citizens", "citizens_served"),
        ("", "when_too_few"),
    ],
)
def test_a_rating_without_a_required_key_is_refused(
    environment: dict[str, str], tmp_path: Path, wrong: str, said: str
) -> None:
    key = wrong.partition(":")[0] or "when_too_few"
    parts = [part for part in WAYS["R.1"].formula.split(", ") if not part.startswith(key)]
    file = tmp_path / "wrong.yaml"
    file.write_text(
        HEAD.replace(": ratings", ": wrong")
        + f"          - {{id: R.1, {', '.join([*parts, *filter(None, [wrong])])}}}\n",
        encoding="utf-8",
    )
    done = scorer(environment, "criteria", "check", file)
    assert done.returncode == 2
    assert said in " ".join((done.stdout + done.stderr).split())
