"""The criteria set bac-kan-2020 and its answers: what they contain, and both forms of sending them."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import grpc
import pyarrow as pa
import pytest
from arrow_tables import as_message, read
from bac_kan_results import ACHIEVEMENT_GROUPS, LINES, READINESS_GROUPS, SET, Tier, criteria, left_out
from harness import Service, refusal

from egov.scorer.v1 import criteria_pb2, scorer_pb2

TOOL = Path(__file__).resolve().parents[2] / "tools" / "bac_kan_2020.py"
ABOUT_UNITS = ("id", "name", "tier", "parent", "not_applicable")


@pytest.mark.parametrize("tier", ["department", "district", "commune"])
def test_every_tier_has_50_criteria_or_more_in_all_seven_groups(issued: criteria_pb2.CriteriaSet, tier: str) -> None:
    here = [c for c in criteria(issued) if any(points.tier == tier for points in c.points)]
    assert len(here) >= 50
    groups = {
        group.code
        for category in issued.categories
        for group in category.groups
        if any(points.tier == tier for c in group.criteria for points in c.points)
    }
    assert groups == {*READINESS_GROUPS, *ACHIEVEMENT_GROUPS}


def test_the_set_uses_flags_choices_ratios_steps_counts_alternatives_sums_and_linear_scales(
    issued: criteria_pb2.CriteriaSet,
) -> None:
    used, by_date = set(), False
    for criterion in criteria(issued):
        used |= {criterion.formula, *re.findall(r'"formula": "(\w+)"', criterion.parameters)}
        by_date |= criterion.formula == "steps" and bool(re.search(r'"at_most": "2020-', criterion.parameters))
    assert used >= {"flag", "choice", "ratio", "steps", "count", "best", "sum", "linear"}
    assert "ratio_to_best" not in used
    assert by_date


def test_everything_has_a_title_in_english_and_vietnamese(issued: criteria_pb2.CriteriaSet) -> None:
    groups = [group for category in issued.categories for group in category.groups]
    for item in [issued.summary, *issued.categories, *groups, *criteria(issued), *issued.indicators]:
        assert [text.language for text in item.titles] == ["en", "vi"], item


def test_points_of_criteria_are_multiples_of_one_half(issued: criteria_pb2.CriteriaSet) -> None:
    assert all((2 * points.points).is_integer() for c in criteria(issued) for points in c.points)


def test_the_set_says_what_is_assumed(issued: criteria_pb2.CriteriaSet) -> None:
    notes = {note.language: note.text for note in issued.notes}
    assert "Assumed" in notes["en"]
    assert "Giả định" in notes["vi"]
    assert issued.summary.provenance == "reconstructed"
    assert all(group.provenance == "reconstructed" for category in issued.categories for group in category.groups)


def test_some_criteria_may_not_apply_and_some_units_use_it(issued: criteria_pb2.CriteriaSet, departments: Tier) -> None:
    allowed = {criterion.id for criterion in criteria(issued) if criterion.may_be_not_applicable}
    used = {code for line in LINES for code in left_out(line)}
    assert used
    assert used <= allowed
    card = departments.cards["s-thanh-tra-tinh"]
    assert card.statuses["TX.10"] == scorer_pb2.CRITERION_STATUS_NOT_APPLICABLE
    assert card["achievement"].score.max_points == 99


def test_some_answers_are_missing_which_is_not_zero(communes: Tier) -> None:
    card = communes.cards["x-nhan-mon"]
    assert communes.lines["x-nhan-mon"]["security_incidents"] == ""
    assert card.statuses["INF.15"] == scorer_pb2.CRITERION_STATUS_MISSING
    assert card.sums["INF.15"] == (0, 0.5)
    assert card["readiness"].score.missing == 1


def test_units_answer_nearly_everything_that_their_tier_reads(issued: criteria_pb2.CriteriaSet) -> None:
    for tier in ("department", "district", "commune"):
        here = [c for c in criteria(issued) if any(points.tier == tier for points in c.points)]
        lines = [line for line in LINES if line["tier"] == tier]
        answered, asked = 0, 0
        for line in lines:
            wanted = {code for c in here if c.id not in left_out(line) for code in c.indicators}
            known = sum(1 for code in wanted if line[code])
            assert known >= 0.95 * len(wanted), line["id"]
            answered, asked = answered + known, asked + len(wanted)
            # Nobody answers what nobody asks of the tier.
            assert {code for code, text in line.items() if code not in ABOUT_UNITS and text} <= wanted
        assert answered >= 0.99 * asked


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("online_files", "files"), ("procedures_level_4", "procedures_online"), ("computers_antivirus", "computers"),
        ("staff_trained", "staff"), ("documents_out_signed", "documents_out_electronic"),
        ("it_plan_tasks_done", "it_plan_tasks"), ("questions_answered", "questions_received"),
        ("electronic_citizens", "staff"),
    ],
)  # fmt: skip
def test_an_answer_for_a_part_above_its_whole_is_refused(
    service: Service, rows: list[scorer_pb2.UnitAnswers], part: str, whole: str
) -> None:
    unit = scorer_pb2.UnitAnswers(unit={"id": "x", "tier": "commune"})
    unit.answers[whole].number, unit.answers[part].number = 10, 11
    request = scorer_pb2.ScoreUnitRequest(criteria_set=SET, unit_answers=unit)
    with refusal() as refused:
        service.scorer.ScoreUnit(request)
    assert refused[0].code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused[0].fields == {f'unit_answers.answers["{part}"]': "PART_LARGER_THAN_WHOLE"}


# --- the file and both forms ---------------------------------------------------------------------------------------


def test_the_bundled_answers_are_those_that_the_script_generates() -> None:
    done = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "plugins/scorer_plugins/answers/bac-kan-2020.csv is up to date\n"


def column(kind: int, texts: Sequence[str]) -> pa.Array:
    if kind == criteria_pb2.INDICATOR_KIND_CHOICE:
        return pa.array([text or None for text in texts], pa.string())
    if kind == criteria_pb2.INDICATOR_KIND_DATE:
        return pa.array([datetime.date.fromisoformat(text) if text else None for text in texts], pa.date32())
    return pa.array([float(text) if text else None for text in texts], pa.float64())


def test_a_table_gives_the_rankings_of_rows(
    service: Service, issued: criteria_pb2.CriteriaSet, reply: scorer_pb2.RankProvinceResponse
) -> None:
    texts = {name: [line[name] for line in LINES] for name in ("id", "name", "tier", "parent")}
    answers = {i.code: column(i.kind, [line[i.code] for line in LINES]) for i in issued.indicators}
    table = as_message(pa.table({**texts, "not_applicable": [left_out(line) for line in LINES], **answers}))
    request = scorer_pb2.RankProvinceRequest(
        criteria_set=SET, period="2020-H1", table=table, view=scorer_pb2.SCORECARD_VIEW_FULL
    )
    for ours, theirs in zip(service.scorer.RankProvince(request).rankings, reply.rankings, strict=True):
        assert ours.tallies == theirs.tallies
        for row, card in zip(read(ours).to_pylist(), theirs.scorecards, strict=True):
            assert (row["id"], row["rank"] or 0, row["points"]) == (
                card.unit.id, card.overall.rank, card.overall.score.points,
            )  # fmt: skip
            for category in card.categories:
                assert (row[f"{category.category}.rank"] or 0) == category.rank
                assert (row[f"{category.category}.level"] or 0) == category.level
                for group in category.groups:
                    assert row[f"{category.category}.{group.group}.points"] == group.score.points
                    for criterion in group.criteria:
                        assert row[f"{category.category}.{criterion.criterion}.points"] == criterion.points


def test_every_criterion_gives_points_to_at_least_one_unit(
    issued: criteria_pb2.CriteriaSet, departments: Tier, districts: Tier, communes: Tier
) -> None:
    cards = [card for tier in (departments, districts, communes) for card in tier.cards.values()]
    for criterion in criteria(issued):
        given = {card.sums[criterion.id][0] for card in cards if criterion.id in card.sums}
        assert len(given) > 1, criterion.id
