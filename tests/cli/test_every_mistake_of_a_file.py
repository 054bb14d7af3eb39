"""Mistakes in cells and mistakes between answers are reported together."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from cli_in_process import Run, local_runner
from document_set import WARDS
from harness import catalogue, good, host, serving

from scorer_client import Client, ScorerError
from scorer_client.shared_steps import read_file
from scorer_client.steps import Calls

ANSWERS = """\
id,tier,files,online_files,portal
a,ward,10,11,ful
b,ward,ten,11,full
c,ward,5,6,part
d,ward,7,1,part
"""
CELLS = {"row 2, column E (portal)": "WRONG_KIND", "row 3, column C (files)": "WRONG_KIND"}
BETWEEN = {f"row {row}, column D (online_files)": "PART_LARGER_THAN_WHOLE" for row in (2, 4)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(ANSWERS, encoding="utf-8")
    return path


def test_a_client_is_told_both_kinds(file: Path) -> None:
    with serving(good(catalogue(host(), WARDS))) as service, Client(service.address) as client:
        for call in (client.read_file, client.rank_file):
            with pytest.raises(ScorerError) as refused:
                call("wards-2026", file)
            error = refused.value
            assert {violation.field: violation.reason for violation in error.violations} == CELLS | BETWEEN
            assert (error.reason, error.violations_total) == ("INVALID_FILE", 4)


def test_without_the_service_mistakes_in_cells_are_still_reported(file: Path) -> None:
    with serving(good(catalogue(host(), WARDS))) as service, Client(service.address) as client:
        form = client.form("wards-2026")
    with Client(service.address, timeout=0.5) as client, pytest.raises(ScorerError) as refused:
        client.run(read_file(Calls.of(None, ""), file, form, None, "en"))
    assert {violation.field: violation.reason for violation in refused.value.violations} == CELLS


@pytest.fixture
def scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "wards-2026.yaml").write_text(WARDS, encoding="utf-8")
    return local_runner(host(), monkeypatch, capsys)


def test_commands_print_and_mark_both_kinds(scorer: Run, file: Path, tmp_path: Path) -> None:
    options = (file, "--set", "wards-2026", "--criteria", tmp_path)
    for words in (("rank", *options), ("check", *options, "--out", tmp_path / "marked.xlsx")):
        done = scorer(*words)
        assert done.code == 2
        places = {line.partition("answers.csv: ")[2].partition(": ")[0] for line in done.errors[:-1]}
        assert places == {*CELLS, *BETWEEN}, words
        assert "4 mistakes" in done.errors[-1]
    sheet = openpyxl.load_workbook(tmp_path / "marked.xlsx").active
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert marked == {"E2", "C3", "D2", "D4"}
