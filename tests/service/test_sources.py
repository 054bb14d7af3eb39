"""Answers from several sources, and last period's answers: over the socket, in rows, tables and files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from harness import Service, catalogue, good, host, refusal, serving
from oracle import Unit
from ruamel.yaml import YAML

from egov.scorer.v1 import criteria_pb2 as cpb
from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client import UnitResult
from scorer_client.replies import province

PAR = """\
criteria_set: par-2026
title: {en: Administrative reform, vi: Cải cách hành chính}
provenance: reconstructed
notes: {en: Made up.}
tiers: [department]
sources: [self_reported, verified]
ranking: {precision: exact}
categories:
  reform:
    title: {en: Reform, vi: Cải cách}
    groups:
      processes:
        title: {en: Processes, vi: Thủ tục}
        indicators:
          files: {kind: count, title: {en: Files, vi: Hồ sơ}}
          online: {kind: count, title: {en: Online files, vi: Hồ sơ trực tuyến}}
          rating: {kind: number, minimum: 0, maximum: 100, title: {en: Satisfied citizens, vi: Người dân hài lòng}}
        checks: [{part: online, of: files}]
        criteria:
          - {id: 1.1.1, formula: ratio, numerator: online, denominator: files, when_zero: zero, points: 10}
          - {id: 1.1.2, formula: ratio, numerator: online, denominator: previous.online, target: 1.2, floor: 1,
             when_zero: zero, points: 3}
          - {id: 1.1.3, formula: linear, indicator: rating, from: 0, to: 100, points: 7, sources: [surveyed]}
    levels: [{level: 1, gates: [{measure: total, at_least: 60%}]}]
"""
VERIFIED = {"files": 100, "online": 90, "online@verified": 60, "previous.online": 50, "rating": 50}
ALONE = {"files": 100, "online": 60}
DOCUMENT: oracle.Document = YAML(typ="safe", pure=True).load(PAR)
CASES = """\
criteria_set: par-2026
provenance: reconstructed
cases:
  - name: both sources
    tier: department
    answers: {files: 100, online: 90, online@verified: 60, previous.online: 50, rating: 50}
    expect:
      points: {overall: 12.5}
      self_reported: {overall: 12, reform: 12, processes: 12, 1.1.1: 9}
"""
ANSWERS = """\
id,tier,files,online,online@verified,previous.online,rating
u,department,100,90,60,50,50
"""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(good(catalogue(host(), PAR))) as running:
        yield running


def sent(*answers: dict[str, float]) -> Sequence[Unit]:
    return [Unit(f"u{n}", "department", own) for n, own in enumerate(answers)]


def ranked(service: Service, units: Sequence[Unit], **source: Any) -> pb.Ranking:
    request = pb.RankProvinceRequest(criteria_set="par-2026", view=pb.SCORECARD_VIEW_FULL, **source)
    [ranking] = service.scorer.RankProvince(request).rankings
    return ranking


def test_the_last_source_with_an_answer_counts(service: Service) -> None:
    card = ranked(service, [], rows=unit_messages.rows(sent(VERIFIED))).scorecards[0]
    score, [group] = card.overall.score, card.categories[0].groups
    assert (score.points, score.max_points) == (6 + 3 + 3.5, 20)
    assert [item.points for item in group.criteria] == [6, 3, 3.5]  # 60 of 100; 60 of 50, and 120 % is the target
    # Nobody surveys himself: without 1.1.3, the maximum is 13.
    beside = score.self_reported
    assert (beside.points, beside.max_points, beside.nominal_max_points) == (9 + 3, 13, 20)
    assert [item.self_reported.points for item in group.criteria] == [9, 3, 0]
    assert group.criteria[2].self_reported.status == pb.CRITERION_STATUS_NOT_APPLICABLE
    assert card.categories[0].level == 1  # what counts decides: 62.5 %


def test_without_another_answer_the_self_reported_one_counts(service: Service) -> None:
    score = ranked(service, [], rows=unit_messages.rows(sent(ALONE))).scorecards[0].overall.score
    assert (score.points, score.missing) == (6, 2)
    assert (score.self_reported.points, score.self_reported.missing) == (6, 1)


def test_last_periods_answer_is_missing_if_it_was_not_sent(service: Service) -> None:
    [group] = ranked(service, [], rows=unit_messages.rows(sent(ALONE))).scorecards[0].categories[0].groups
    assert group.criteria[1].status == pb.CRITERION_STATUS_MISSING


def test_rows_table_and_client_agree_with_the_oracle(service: Service) -> None:
    units = sent(VERIFIED, ALONE, {"online": 5}, {"files@verified": 10, "online": 5})
    [expected] = oracle.rank_province(DOCUMENT, units)
    found = ranked(service, units, rows=unit_messages.rows(units))
    assert_same(found, expected_reply([expected]).rankings[0])
    in_table = ranked(service, units, table=unit_messages.table(units))
    table = pa.ipc.open_stream(in_table.table.arrow_stream).read_all()
    assert columns(table) == ranking_columns(expected, full=True)
    read = [province(pb.RankProvinceResponse(rankings=[reply]), "").rankings[0].units for reply in (found, in_table)]
    assert list(map(without_measures, read[0])) == list(read[1])


def without_measures(unit: UnitResult) -> UnitResult:
    """The card without measures, which tables have as columns."""
    return replace(unit, categories=tuple(replace(category, measures=()) for category in unit.categories))


def test_form_has_a_column_per_source_and_per_period(service: Service) -> None:
    form = service.criteria.GetCriteriaSet(cpb.GetCriteriaSetRequest(criteria_set="par-2026")).criteria_set
    titles = {item.code: {text.language: text.text for text in item.titles}["vi"] for item in form.indicators}
    assert titles == {
        "online": "Hồ sơ trực tuyến",
        "online@verified": "Hồ sơ trực tuyến (thẩm định)",
        "files": "Hồ sơ",
        "files@verified": "Hồ sơ (thẩm định)",
        "previous.online": "Hồ sơ trực tuyến (kỳ trước)",
        "rating": "Người dân hài lòng",
    }
    criteria = form.categories[0].groups[0].criteria
    assert [list(criterion.sources) for criterion in criteria] == [["self_reported", "verified"]] * 2 + [["surveyed"]]


def test_answers_of_each_source_have_the_same_range_and_checks(service: Service) -> None:
    wrong = sent(
        {"files": 10, "files@verified": -1}, {"files": 10, "online": 9, "files@verified": 8}, {"online@survey": 1}
    )
    with refusal() as by_row:
        ranked(service, wrong, rows=unit_messages.rows(wrong))
    with refusal() as by_table:
        ranked(service, wrong[:2], table=unit_messages.table(wrong[:2]))
    assert by_row[0].fields == {
        'rows.units[0].answers["files@verified"]': "OUT_OF_RANGE",
        'rows.units[1].answers["online"]': "PART_LARGER_THAN_WHOLE",
        'rows.units[2].answers["online@survey"]': "UNKNOWN_INDICATOR",
    }
    assert by_table[0].fields == {
        'table["files@verified"][0]': "OUT_OF_RANGE",
        'table["online"][1]': "PART_LARGER_THAN_WHOLE",
    }


def test_files_forms_and_reports_show_self_reported_points_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scorer: Run = local_runner(host(), monkeypatch, capsys)
    monkeypatch.chdir(tmp_path)
    Path("sets").mkdir()
    Path("sets/par.yaml").write_text(PAR, encoding="utf-8")
    Path("sets/par.cases.yaml").write_text(CASES, encoding="utf-8")
    Path("answers.csv").write_text(ANSWERS, encoding="utf-8")
    tested = scorer("criteria", "test", "sets/par.yaml")
    assert "1 case of 1 criteria set: 1 ok, 0 failed" in tested.out, tested.out
    here = ("--set", "par-2026", "--criteria", "sets")
    assert scorer("criteria", "template", "par-2026", "--out", "form.xlsx", "--criteria", "sets").code == 0
    header = [cell.value for cell in openpyxl.load_workbook("form.xlsx").worksheets[1][1]]
    assert header[3:6] == ["Online files", "Online files (verified)", "Files"]
    done = scorer("rank", "answers.csv", *here, "--out", "ranked.csv")
    assert (done.code, done.errors) == (0, [])
    with Path("ranked.csv").open(encoding="utf-8-sig") as file:
        [row] = csv.DictReader(file)
    assert (row["points"], row["points@self_reported"], row["published@self_reported"]) == ("12.5", "12.0", "18.46")
    assert (row["reform.points"], row["reform.1.1.1.points@self_reported"]) == ("12.5", "9.0")
    assert "tự đánh giá 12.00 trên 13" in scorer("score", "answers.csv", "u", *here, "--lang", "vi").out
    assert scorer("report", "answers.csv", *here, "--out", "report.html", "--lang", "vi").errors == []
    assert Path("report.html").read_text("utf-8").count("tự đánh giá") == 3


def test_case_cannot_expect_self_reported_points_of_a_set_without_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scorer: Run = local_runner(host(), monkeypatch, capsys)
    monkeypatch.chdir(tmp_path)
    alone = PAR.replace("sources: [self_reported, verified]", "").replace(", sources: [surveyed]", "")
    Path("par.yaml").write_text(alone, encoding="utf-8")
    Path("par.cases.yaml").write_text(CASES.replace("online@verified: 60, ", ""), encoding="utf-8")
    done = scorer("criteria", "test", "par.yaml")
    assert "all answers of this set are self-reported" in "".join(done.errors)
