"""Subtotals add up criteria across groups, over the socket and in every output, and influence no other result."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import oracle
import pyarrow as pa
import pytest
import unit_messages
from cli_in_process import Run, local_runner
from expected_replies import assert_same, expected_reply
from expected_table_json import columns, ranking_columns
from harness import Service, catalogue, good, group, host, serving
from oracle import Unit
from ruamel.yaml import YAML

from egov.scorer.v1 import criteria_pb2 as cpb
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import CriterionGroup, Indicator
from scorer_client.criteria_set_form import form_of
from scorer_client.replies import province

SET = """\
criteria_set: fields-2026
title: {en: Fields, vi: Lĩnh vực}
provenance: reconstructed
notes: {en: Made up.}
tiers: [district, commune]
sources: [self_reported, verified]
subtotals:
  people: {title: {en: People, vi: Con người}}
  office: {title: {en: Equipment of offices, vi: Trang thiết bị}}
  district_only: {title: {en: Districts}}
overall: {cap: 11}
categories:
  readiness:
    combine: arithmetic_mean
    points: 10
    groups:
      office: # the code of a subtotal, too
        subtotal: office
        cap: 4
        indicators:
          computers: {kind: count, title: {en: Computers, vi: Máy tính}}
          staff: {kind: count, title: {en: Staff, vi: Cán bộ}}
        criteria:
          - {id: O.1, formula: ratio, numerator: computers, denominator: staff, when_zero: zero, points: 6,
             may_be_not_applicable: true}
          - {id: O.2, formula: count, indicator: staff, each: 0.1, points: {district: 3}, subtotal: district_only}
      plugged:
        criteria:
          - {id: P.1, formula: count, indicator: trained, each: 0.3, points: 2, subtotal: people}
          - {id: P.2, formula: count, indicator: trained, each: 0.1, points: 1}
  achievement:
    groups:
      services:
        indicators: {lost: {kind: count, title: {en: Files lost, vi: Hồ sơ thất lạc}}}
        subtotal: people
        criteria:
          - {id: S.1, formula: count, indicator: lost, each: 1, points: 5, effect: penalty}
          - {id: S.2, formula: count, indicator: staff, each: 0.5, points: 1, effect: bonus}
          - {id: S.3, formula: fault, indicator: lost, points: 1}
"""
DOCUMENT: oracle.Document = YAML(typ="safe", pure=True).load(SET)
TRAINED = Indicator("trained", kind="count", title={"en": "Trained", "vi": "Đã tập huấn"})
HOSTS = {
    "kernel": host(group("plugged", TRAINED)),
    "plugin": host(group("plugged", TRAINED, score=CriterionGroup.score)),
}
"""The group ``plugged`` is scored in C, or by calling its plugin."""
UNITS = (
    Unit("all", "district", {"computers": 5, "staff": 5, "trained": 4, "lost": 1, "computers@verified": 4}),
    Unit("nothing", "district"),
    Unit("negative", "commune", {"lost": 9, "staff": 0, "computers": 3}),
    Unit("excluded", "commune", {"computers": 1, "staff": 3, "trained": 9, "lost": 0}, ("O.1",)),
)


@pytest.fixture(scope="module", params=list(HOSTS))
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with serving(good(catalogue(HOSTS[request.param], SET))) as running:
        yield running


def ranked(service: Service, view: pb.ScorecardView = pb.SCORECARD_VIEW_FULL, **source: Any) -> pb.RankProvinceResponse:
    source = source or {"rows": unit_messages.rows(UNITS)}
    reply = service.scorer.RankProvince(pb.RankProvinceRequest(criteria_set="fields-2026", view=view, **source))
    reply.ClearField("provenance")
    reply.ClearField("names")
    return reply


def subtotals(card: pb.Scorecard) -> dict[str, tuple[float, float, float]]:
    scores = {item.subtotal: item.score for item in card.subtotals}
    return {code: (score.points, score.max_points, score.percent) for code, score in scores.items()}


def test_subtotals_add_up_points_before_caps_floors_and_means(service: Service) -> None:
    reply = ranked(service)
    assert_same(reply, expected_reply(oracle.rank_province(DOCUMENT, UNITS)))
    cards = {card.unit.id: card for ranking in reply.rankings for card in ranking.scorecards}
    # 4 of 5 computers were verified: 4.8 of 6 points, although the group gives at most 4.
    assert subtotals(cards["all"]) == {
        "people": (1.2 - 1 + 1 + 0, 3, 40.0),
        "office": (4.8, 6, 80.0),
        "district_only": (0.5, 3, 16.6666),
    }
    assert cards["all"].subtotals[1].score.self_reported.points == 6
    assert subtotals(cards["negative"]) == {"people": (-5, 3, -166.6667), "office": (0, 6, 0)}
    assert cards["negative"].categories[1].score.points == 0  # the floor
    assert subtotals(cards["excluded"])["office"] == (0, 0, 0)
    assert cards["excluded"].subtotals[1].score.not_applicable == 1


def test_missing_answers_are_not_zero_in_subtotals(service: Service) -> None:
    cards = {card.unit.id: card for ranking in ranked(service).rankings for card in ranking.scorecards}
    missing = [(item.score.max_points, item.score.missing) for item in cards["nothing"].subtotals]
    assert missing == [(3, 4), (6, 1), (3, 1)]


def test_subtotals_agree_in_rows_tables_and_clients(service: Service) -> None:
    expected = oracle.rank_province(DOCUMENT, UNITS)
    reply, in_table = ranked(service), ranked(service, table=unit_messages.table(UNITS))
    for ranking, found in zip(expected, in_table.rankings, strict=True):
        table = pa.ipc.open_stream(found.table.arrow_stream).read_all()
        assert columns(table) == ranking_columns(ranking, full=True)
    in_rows, read = ([unit for r in province(each, "").rankings for unit in r.units] for each in (reply, in_table))
    assert [unit.subtotals for unit in in_rows] == [unit.subtotals for unit in read]
    assert {len(unit.subtotals) for unit in read} == {2, 3}
    for unit in UNITS:
        request = pb.ScoreUnitRequest(
            criteria_set="fields-2026", unit_answers=unit_messages.unit_answers(unit), view=pb.SCORECARD_VIEW_FULL
        )
        [card] = [card for ranking in reply.rankings for card in ranking.scorecards if card.unit.id == unit.id]
        assert service.scorer.ScoreUnit(request).scorecard.subtotals == card.subtotals


def test_subtotals_are_in_the_full_view_and_on_every_page(service: Service) -> None:
    basic = ranked(service, pb.SCORECARD_VIEW_BASIC)
    assert not any(card.subtotals for ranking in basic.rankings for card in ranking.scorecards)
    everything = [card for ranking in ranked(service).rankings for card in ranking.scorecards]
    request = pb.RankProvinceRequest(
        criteria_set="fields-2026", view=pb.SCORECARD_VIEW_FULL, rows=unit_messages.rows(UNITS), page_size=3
    )
    request.page_token = service.scorer.RankProvince(request).next_page_token
    [last] = [card for ranking in service.scorer.RankProvince(request).rankings for card in ranking.scorecards]
    assert last == everything[3]


def test_subtotals_change_no_other_result() -> None:
    start, end = SET.index("subtotals:"), SET.index("overall:")
    plain = re.sub(r"(, |\n +)subtotal: \w+", "", SET[:start] + SET[end:])
    assert "subtotal:" not in plain
    replies = []
    for text in (SET, plain):
        with serving(good(catalogue(HOSTS["kernel"], text))) as service:
            replies.append(ranked(service))
    for card in (card for ranking in replies[0].rankings for card in ranking.scorecards):
        card.ClearField("subtotals")
    assert replies[0] == replies[1]


def test_the_reply_on_a_set_has_its_subtotals(service: Service) -> None:
    message = service.criteria.GetCriteriaSet(cpb.GetCriteriaSetRequest(criteria_set="fields-2026")).criteria_set
    assert [item.code for item in message.subtotals] == ["people", "office", "district_only"]
    criteria = [item for c in message.categories for g in c.groups for item in g.criteria]
    named = {item.id: item.subtotal for item in criteria}
    assert (named["O.1"], named["O.2"], named["P.2"], named["S.1"]) == ("office", "district_only", "", "people")
    names = form_of(message).names("vi")
    assert names["subtotal/office"] == "Trang thiết bị"
    assert names["office"] == "office"  # the group, which has no title


def test_no_gate_and_no_ranking_reads_subtotals() -> None:
    gated = SET + "    levels: [{level: 1, gates: [{measure: people, at_least: 50%}]}]\n"
    sets = catalogue(HOSTS["kernel"], gated)
    assert "'people' is not a group or criterion of this category" in str(sets.refused[0].problems[0])


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("subtotal: office\n", "subtotal: ofice\n", "18:19: categories.readiness.groups.office.subtotal: the set has no"
         " subtotal 'ofice'; did you mean 'office'?"),
        ("points: 2, subtotal: people", "points: 2, subtotal: x", "no subtotal 'x'; it has people, office, dis"),
        ("points: 2, subtotal: people", "points: 2, subtotal: 3", "3 is not a code"),
        ("  people: {title: {en: People, vi: Con người}}\n", "  people: {}\n", "the required key 'title' is missing"),
        ("  people: {title: {en: People", "  Dân: {title: {en: People", "'Dân' is not a code"),
        ("  people: {title: {en: People", "  people: {titel: {en: People", "unknown key 'titel'; did you mean 'title'"),
        ("  district_only: {title", "  people: {title", "key 'people' is given twice"),
        ("  achievement:\n", "  subtotal:\n", "a category cannot be called 'subtotal'"),
        ("  achievement:\n", "  overall:\n", "a category cannot be called 'overall'"),
    ],
)  # fmt: skip
def test_mistakes_in_subtotals_are_named_with_line_and_column(old: str, new: str, problem: str) -> None:
    assert SET.count(old) == 1
    [refusal] = catalogue(HOSTS["kernel"], SET.replace(old, new)).refused
    assert any(problem in str(found) for found in refusal.problems), [str(found) for found in refusal.problems]


def test_an_undeclared_subtotal_gives_a_hint() -> None:
    start, end = SET.index("subtotals:"), SET.index("overall:")
    [refusal] = catalogue(HOSTS["kernel"], SET[:start] + SET[end:]).refused
    assert "'office'; declare it in the key 'subtotals' of the set" in str(refusal.problems[0])


NEXT = """\
criteria_set: fields-2027
extends: fields-2026
title: {en: Fields}
subtotals:
  district_only: ~
  services: {title: {en: Services}}
  unused: {title: {en: Unused}}
categories:
  readiness:
    groups:
      office: {criteria: [{id: O.2, subtotal: office}]}
  achievement:
    groups:
      services: {subtotal: services}
"""
SAID = """\
- subtotal district_only is gone (title: {en: Districts})
- subtotal services is new (title: {en: Services})
- subtotal unused is new (title: {en: Unused})
- criterion O.2: subtotal was district_only, is office
- group services: subtotal was people, is services
"""
CASES = """\
criteria_set: fields-2026
provenance: reconstructed
cases:
  - name: as worked out by hand
    tier: district
    answers: {computers: 5, staff: 5, trained: 4, lost: 1, computers@verified: 4}
    expect: {subtotals: {people: 1.2, office: 4.8}}
  - name: not of this tier
    tier: commune
    answers: {staff: 1}
    expect: {subtotals: {district_only: 0}}
"""
ANSWERS = """\
id,tier,computers,staff,trained,lost,computers@verified
all,district,5,5,4,1,4
"""


@pytest.fixture
def scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in a directory with the set, its cases, the next set and a file of answers."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"fields-2026.yaml": SET, "fields-2026.cases.yaml": CASES, "next.yaml": NEXT}.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("answers.csv").write_text(ANSWERS, encoding="utf-8")
    return local_runner(HOSTS["kernel"], monkeypatch, capsys)


def test_subtotals_can_be_extended_and_compared(scorer: Run) -> None:
    checked = scorer("criteria", "check", "fields-2026.yaml", "next.yaml")
    assert (checked.code, checked.errors) == (
        0, ["scorer: next.yaml:7:11: subtotals.unused: warning: no criterion belongs to subtotal 'unused'"]
    )  # fmt: skip
    assert scorer("criteria", "diff", "fields-2026.yaml", "next.yaml").out.endswith(SAID)


def test_cases_can_expect_subtotals(scorer: Run) -> None:
    done = scorer("criteria", "test", "fields-2026.yaml")
    assert "'district_only' is not a subtotal of tier 'commune'" in done.errors[0]
    good_cases = CASES.partition("  - name: not")[0]
    Path("fields-2026.cases.yaml").write_text(good_cases, encoding="utf-8")
    assert "1 ok, 0 failed" in scorer("criteria", "test", "fields-2026.yaml").out
    Path("fields-2026.cases.yaml").write_text(good_cases.replace("4.8", "4.9"), encoding="utf-8")
    assert re.search(r"subtotals of office +4.9 +4.8", scorer("criteria", "test", "fields-2026.yaml").out)


def test_commands_show_subtotals(scorer: Run) -> None:
    here = ("--set", "fields-2026", "--criteria", ".")
    Path("next.yaml").unlink()
    shown = scorer("criteria", "show", "fields-2026", "--criteria", ".").out
    assert "subtotal people People: P.1, S.1, S.2, S.3" in shown
    printed = scorer("score", "answers.csv", "all", *here, "--lang", "vi").out
    assert re.search(r"Trang thiết bị +4.80 +6 +80.00 % +6.00 trên 6", printed), printed
    assert scorer("rank", "answers.csv", *here, "--out", "ranked.csv").errors == []
    with Path("ranked.csv").open(encoding="utf-8-sig") as file:
        [row] = csv.DictReader(file)
    assert (row["subtotal.office.points"], row["subtotal.office.points@self_reported"]) == ("4.8", "6.0")
    assert (row["subtotal.office.published"], row["subtotal.people.percent"]) == ("4.80", "40.0")


def test_reports_have_a_table_of_subtotals(scorer: Run) -> None:
    Path("next.yaml").unlink()
    files = ("--out", "report.html", "--out", "report.xlsx")
    done = scorer("report", "answers.csv", "--set", "fields-2026", "--criteria", ".", *files, "--lang", "vi")
    assert done.errors == []
    page = Path("report.html").read_text("utf-8")
    table = page.partition('<h3 id="t-district-subtotals">Điểm thành phần</h3>')[2].partition("</table>")[0]
    assert re.findall(r"<th [^>]*>([^<]*)", table)[2:5] == ["Con người", "%", "tự đánh giá"]
    assert re.findall(r"<td[^>]*>([^<\n]+)", table)[:7] == ["1", "1.20", "40.00", "1.20", "4.80", "80.00", "6.00"]
    assert "Điểm thành phần: Con người 1.20/3; Trang thiết bị 4.80/6; Districts 0.50/3" in page
    rows = list(openpyxl.load_workbook("report.xlsx")["Cấp huyện"].values)
    cells = dict(zip(*rows, strict=True))
    assert [cells[f"điểm thành phần: Trang thiết bị{end}"] for end in ("", ": %", ": tự đánh giá")] == [4.8, 80, 6]
