"""Titles of options and units of measurement are shown wherever people read them; codes are sent."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from cli_in_process import run, stdout_of
from harness import catalogue, good, host, serving

from scorer.model.indicators import Indicator
from scorer_client import Client

SET = """\
criteria_set: portals-2026
title: {en: Portals}
provenance: published
tiers: [ward]
categories:
  readiness:
    groups:
      web:
        title: {en: Web}
        indicators:
          portal:
            kind: choice
            title: {en: Portal, vi: Cổng thông tin}
            options:
              full: {title: {en: complete, vi: đầy đủ}}
              part: {title: {en: in part, vi: một phần}}
              none: {title: {vi: chưa có}}
          plan: {kind: choice, options: [approved, draft], title: {en: Plan, vi: Kế hoạch}}
          files: {kind: count, unit: {en: files, vi: hồ sơ}, title: {en: Files, vi: Hồ sơ tiếp nhận}}
          visits: {kind: count, unit: visits, title: {en: Visits, vi: Lượt truy cập}}
        criteria:
          - {id: W.1, formula: choice, indicator: portal, options: {full: 2, part: 1, none: 0}, points: 2}
          - {id: W.2, formula: choice, indicator: plan, options: {approved: 1, draft: 0}, points: 1}
          - {id: W.3, formula: count, indicator: files, each: 1, points: 1}
          - {id: W.4, formula: count, indicator: visits, each: 1, points: 1}
    levels:
      - {level: 1, when: {indicator: portal, is: [full, part]}}
      - {level: 2, gates: [{measure: total, at_least: 0%}]}
"""
OPTIONS = ("--set", "portals-2026", "--criteria")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "portals-2026.yaml").write_text(SET, encoding="utf-8")
    return tmp_path


def test_a_form_offers_titles_and_is_read_with_them(folder: Path) -> None:
    form = folder / "form.xlsx"
    stdout_of("criteria", "template", "portals-2026", "--criteria", str(folder), "--out", str(form), "--lang", "vi")
    book = openpyxl.load_workbook(form)
    sheet = book.worksheets[1]
    header = {cell.value: cell for cell in sheet[1]}
    lists = {rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert lists == {'"đầy đủ,một phần,chưa có"', '"approved,draft"'}
    assert "Một trong: đầy đủ, một phần, chưa có" in header["Cổng thông tin"].comment.text
    assert "Đơn vị tính: hồ sơ" in header["Hồ sơ tiếp nhận"].comment.text
    assert "Đơn vị tính: visits" in header["Lượt truy cập"].comment.text
    for row, (code, answer) in enumerate({"a": "đầy đủ", "b": "Một phần", "c": "chưa có", "d": "full"}.items(), 2):
        sheet.cell(row, 1, code)
        sheet.cell(row, header["Cổng thông tin"].column, answer)
    book.save(form)
    with serving(good(catalogue(host(), SET))) as service, Client(service.address) as client:
        [ranking] = client.rank_file("portals-2026", form).rankings
    assert {unit.id: unit.overall.points for unit in ranking.units} == {"a": 2, "b": 1, "c": 0, "d": 2}


@pytest.mark.parametrize(
    ("language", "cause"),
    [
        ("en", "Portal is chưa có, level 1 requires complete or in part"),
        ("vi", "Cổng thông tin: chưa có, theo mức 1 phải là “đầy đủ” hoặc “một phần”"),
    ],
)
def test_causes_name_options_by_their_titles(folder: Path, language: str, cause: str) -> None:
    answers = folder / "answers.csv"
    answers.write_text("id,tier,portal\nu,ward,none\n")
    assert cause in stdout_of("score", str(answers), "u", *OPTIONS, str(folder), "--lang", language)


def test_an_unknown_option_in_a_file_is_refused_with_the_titles(folder: Path) -> None:
    answers = folder / "answers.csv"
    answers.write_text("id,tier,portal,plan\nu,ward,đầy,approve\n", encoding="utf-8")
    done = run("check", str(answers), *OPTIONS, str(folder), "--lang", "vi")
    assert "full (đầy đủ), part (một phần), none (chưa có)" in done.stderr
    assert "approved, draft" in done.stderr


def test_clients_receive_the_titles() -> None:
    with serving(good(catalogue(host(), SET))) as service, Client(service.address) as client:
        form = client.form("portals-2026")
    portal, files = form.indicators["portal"], form.indicators["files"]
    assert portal.option_names("vi") == ("đầy đủ", "một phần", "chưa có")
    assert portal.option_names("en") == ("complete", "in part", "chưa có")
    assert (files.unit, files.unit_titles) == ("files", {"en": "files", "vi": "hồ sơ"})
    assert (form.indicators["visits"].unit, form.indicators["visits"].unit_titles) == ("visits", {})
    assert form.names("vi")["option/portal/full"] == "đầy đủ"


MISTAKES = {
    "vi: một phần": ("vi: Đầy đủ", "options 'full' and 'part' are both called 'Đầy đủ'"),
    "full: {title: {en: complete, vi: đầy đủ}}": (
        "full: {titel: {en: x}}",
        "unknown key 'titel'; did you mean 'title'",
    ),
    "none: {title: {vi: chưa có}}": ("none: {title: chưa có}", "expected keys and values, not 'chưa có'"),
    "unit: visits": ("unit: 5", "expected text, or texts by language, not 5"),
    "unit: {en: files, vi: hồ sơ}": ("unit: {en: [files]}", "expected text, not"),
}


@pytest.mark.parametrize("good_part", MISTAKES)
def test_wrong_titles_are_refused_with_line_and_column(folder: Path, good_part: str) -> None:
    wrong, message = MISTAKES[good_part]
    (folder / "portals-2026.yaml").write_text(SET.replace(good_part, wrong), encoding="utf-8")
    done = run("criteria", "check", str(folder / "portals-2026.yaml"))
    assert message in done.stderr
    assert "portals-2026.yaml:" in done.stderr


@pytest.mark.parametrize("title", [" complete", "in  part", "in\npart", "d\u0323u\u0309"])
def test_a_title_that_no_cell_can_hold_is_refused(title: str) -> None:
    with pytest.raises(ValueError, match=r"option 'full' is called .*, which no cell of a form can have"):
        Indicator("portal", "choice", options=("full", "part"), option_titles={"full": {"en": title}})


def test_a_title_for_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="a title for 'fulll', which is not an option; did you mean 'full'"):
        Indicator("portal", "choice", options=("full", "part"), option_titles={"fulll": {"en": "complete"}})
