"""Hà Giang 2019 with two installed stand-alone plugins: each published figure gives its points."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from stand_alone import PLUGINS, install, scorer, serving

from scorer_client import Client, Province, Row, ScorerError, UnitResult
from scorer_client.results import CriterionResult

SET = "ha-giang-2019"
ANSWERS = PLUGINS / "one-stop" / "scorer_one_stop" / "answers" / "ha-giang-2019.csv"

PUBLISHED = {
    "OS.01": ("one_stop_provincial", 22, "units_provincial", 22),
    "OS.02": ("one_stop_district", 11, "units_district", 11),
    "OS.03": ("one_stop_commune", 195, "units_commune", 195),
    "OS.05": ("online_procedures_level_3", 323, "online_procedures", 1996),
    "OS.06": ("online_procedures_level_4", 82, "online_procedures", 1996),
    "OS.07": ("online_procedures_interlinked", 354, "online_procedures", 1996),
    "OS.09": ("video_conference_points", 218, "video_conference_points_planned", None),
    "OS.10": ("digital_certificates", 5000, "signing_officials", None),
    "OS.11": ("mailboxes", 16001, "mailboxes_needed", None),
    "OS.12": ("electronic_documents_a_day", 4640, "documents_a_day", None),
}
"""The printed figure by criterion, and its whole if that is printed too."""

UNITS = {"department": 22, "district": 11, "commune": 195}
"""Units by tier, all with the one-stop system."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return install(tmp_path_factory.mktemp("site"), "citizen-rating", "one-stop")


@pytest.fixture(scope="module")
def client(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(environment, tmp_path_factory.mktemp("server")) as address, Client(address) as client:
        yield client


@pytest.fixture(scope="module")
def figures(client: Client) -> Row:
    """The province's row of the answers."""
    (row,) = client.read_file(SET, ANSWERS).rows()
    return row


@pytest.fixture(scope="module")
def whole(client: Client, figures: Row) -> UnitResult:
    return client.rank_province(SET, [figures], province="Hà Giang", period="2019", full=True).unit("ha-giang")


@pytest.fixture(scope="module")
def units(client: Client) -> Province:
    """Every unit of the province by itself, the last commune without the one-stop system."""
    rows = [
        Row(f"{tier}-{n}", tier, {"one_stop_in_use": (tier, n) != ("commune", 195)})
        for tier, count in UNITS.items()
        for n in range(1, count + 1)
    ]
    return client.rank_province(SET, rows, province="Hà Giang", period="2019", full=True)


def criteria(unit: UnitResult) -> dict[str, CriterionResult]:
    return {
        item.criterion: item for category in unit.categories for group in category.groups for item in group.criteria
    }


@pytest.mark.parametrize("code", PUBLISHED)
def test_a_published_figure_gives_its_share_of_the_points(figures: Row, whole: UnitResult, code: str) -> None:
    part, printed, of, printed_whole = PUBLISHED[code]
    assert figures.answers[part] == printed
    assert printed_whole in (None, figures.answers[of])
    found = criteria(whole)[code]
    share = min(Fraction(printed) / Fraction(str(figures.answers[of])), Fraction(1))
    assert found.status == "scored"
    assert found.points == round(share * int(found.max_points) * 10**6) / 10**6


def test_all_units_have_the_one_stop_system(whole: UnitResult) -> None:
    found = criteria(whole)
    assert [found[code].points for code in ("OS.01", "OS.02", "OS.03", "OS.08")] == [5, 5, 10, 5]


def test_citizens_rate_but_how_they_rated_was_not_published(whole: UnitResult) -> None:
    found = criteria(whole)
    assert (found["CR.01"].points, found["CR.02"].points) == (5, 5)
    assert {code for code, item in found.items() if item.status != "scored"} == {"CR.03", "CR.04"}


def test_each_tier_has_the_published_number_of_units(units: Province, figures: Row) -> None:
    assert {ranking.tier: ranking.unit_count for ranking in units.rankings} == UNITS
    counted = [figures.answers[f"units_{of}"] for of in ("provincial", "district", "commune")]
    assert counted == list(UNITS.values())


@pytest.mark.parametrize("tier", UNITS)
def test_a_unit_without_the_one_stop_system_stands_out(units: Province, tier: str) -> None:
    ranking = units.ranking(tier)
    without = [unit.id for unit in ranking.units if not criteria(unit)["OS.04"].points]
    assert without == (["commune-195"] if tier == "commune" else [])
    assert ranking.tally("service").ranked == UNITS[tier]  # no minimum was published: every unit is ranked
    last = ranking.units[-1]
    assert (last.overall_rank, last.id in without) == ((195, True) if tier == "commune" else (1, False))


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("one_stop_commune", "units_commune"),
        ("online_procedures_level_4", "online_procedures"),
        ("staff_ratings", "citizens_served"),
        ("agency_ratings_satisfied", "agency_ratings"),
    ],
)
def test_a_part_larger_than_its_whole_is_refused(client: Client, part: str, whole: str) -> None:
    with pytest.raises(ScorerError) as refused:
        client.score_unit(SET, Row("ha-giang", "province", {part: 3, whole: 2}))
    (violation,) = refused.value.violations
    assert (violation.field, violation.reason) == (f'unit_answers.answers["{part}"]', "PART_LARGER_THAN_WHOLE")


def test_every_reply_has_the_assumptions(units: Province) -> None:
    assert (units.provenance.criteria_set, units.provenance.criteria_provenance) == (SET, "reconstructed")


def test_all_cases_of_the_set_pass(environment: dict[str, str]) -> None:
    done = scorer(environment, "criteria", "test", SET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout


@pytest.mark.long
def test_without_the_other_plugin_the_set_is_refused_with_the_missing_group(tmp_path: Path) -> None:
    done = scorer(install(tmp_path, "one-stop"), "criteria", "show", SET)
    assert done.returncode != 0
    assert "citizen_rating" in done.stdout + done.stderr
    bundled = scorer({**os.environ, "PYTHONPATH": str(tmp_path)}, "criteria", "show", "hue-2020")
    assert bundled.returncode == 0, bundled.stderr
