"""Mistakes in cells and mistakes between answers are reported together."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from cli_in_process import Run, local_runner
from document_set import WARDS
from harness import catalogue, good, host, serving

from scorer_client import Client, ScorerError
from scorer_client.method_steps import read_file
from scorer_client.sync_async import Calls

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


def test_a_client_gets_mistakes_of_cells_and_of_answers(file: Path) -> None:
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


def test_commands_print_and_mark_mistakes_of_cells_and_of_answers(scorer: Run, file: Path, tmp_path: Path) -> None:
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


HEADERS = {
    "an unknown column": (
        "id,tier,files,online_files,potral\na,wrad,9999999,11,full\nb,ward,ten,11,full\n",
        [
            "row 1, column E (potral)",
            "row 2, column B (tier)",
            "row 2, column C (files)",
            "row 3, column C (files)",
        ],
    ),
    "a column twice": (
        "id,tier,files,files,opened\na,ward,5,ten,1999-01-01\nb,ward,ten,5,2020\n",
        [
            "row 1, column D (files)",
            "row 2, column E (opened)",
            "row 3, column C (files)",
            "row 3, column E (opened)",
        ],
    ),
    "an empty name": (
        "id,tier,,files\na,ward,11,ten\n",
        ["row 1, column C ()", "row 2, column D (files)"],
    ),
    "no ids": (
        "identity,tier,files\na,wrad,ten\nb,ward,5\n",
        [
            "row 1, column A (identity)",
            "row 1",
            "row 2, column B (tier)",
            "row 2, column C (files)",
        ],
    ),
    "no tiers": (
        "id,files\na,ten\n,5\na,6\n",
        [
            "row 1",
            "row 2, column B (files)",
            "row 3, column A (id)",
            "row 4, column A (id)",
        ],
    ),
}


@pytest.mark.parametrize(("text", "wanted"), HEADERS.values(), ids=HEADERS)
def test_mistakes_in_the_header_and_below_it_are_reported_together(
    scorer: Run, tmp_path: Path, text: str, wanted: list[str]
) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(text, encoding="utf-8")
    done = scorer("check", file, "--set", "wards-2026", "--criteria", tmp_path)
    places = [line.partition("answers.csv: ")[2].partition(": ")[0] for line in done.errors[:-1]]
    assert sorted(places) == sorted(wanted), done.errors
    assert done.code == 2


def test_a_misspelt_parent_column_does_not_refuse_every_unit(scorer: Run, tmp_path: Path) -> None:
    within = WARDS.replace("tiers: [ward]", "tiers: [ward]\nranking: {cohort: parent}")
    (tmp_path / "wards-2026.yaml").write_text(within, encoding="utf-8")
    file = tmp_path / "answers.csv"
    file.write_text("id,tier,parnt,files\na,ward,hue,ten\nb,ward,hue,5\n", encoding="utf-8")
    done = scorer("check", file, "--set", "wards-2026", "--criteria", tmp_path)
    assert [line.partition("answers.csv: ")[2].partition(": ")[0] for line in done.errors[:-1]] == [
        "row 1, column C (parnt)",
        "row 2, column D (files)",
    ]


def test_mistakes_in_the_register_and_in_files_are_reported_together(scorer: Run, tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    (folder / "a.csv").write_text("id,tier,files\na,ward,ten\nb,ward\n", encoding="utf-8")
    (folder / "units.csv").write_text("id,tier\na,ward\nb,ward\nc,ward\nd,wrad\n", encoding="utf-8")
    done = scorer("check", folder, "--set", "wards-2026", "--criteria", tmp_path)
    assert [line.removeprefix(f"scorer: {folder}: ").partition(":")[0] for line in done.errors[:-1]] == [
        "a.csv",
        "a.csv",
        "units.csv",
    ]
    (folder / "units.csv").write_text("id,tier\na,ward\nb,ward\nc,ward\n", encoding="utf-8")
    done = scorer("check", folder, "--set", "wards-2026", "--criteria", tmp_path)
    # Row 3 of a.csv, which cannot be read, may be unit b.
    assert [line for line in done.errors if "no file has" in line] == [
        f"scorer: {folder}: no file has the unit 'c' (), which is in units.csv"
    ]


def test_all_columns_of_types_that_cannot_be_read_are_named(scorer: Run, tmp_path: Path) -> None:
    file = tmp_path / "answers.parquet"
    pyarrow.parquet.write_table(pa.table({"id": [{"a": 1}], "tier": ["ward"], "files": [b"5"]}), file)
    done = scorer("check", file, "--set", "wards-2026", "--criteria", tmp_path)
    assert [line.removeprefix(f"scorer: {file}: ").partition(" holds")[0] for line in done.errors[:-1]] == [
        "column 'id'",
        "column 'files'",
    ]


def test_numbers_in_messages_agree_with_their_nouns(scorer: Run, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("id,tier,files\na\n", encoding="utf-8")
    done = scorer("check", file, "--set", "wards-2026", "--criteria", tmp_path)
    assert done.errors[0].startswith(f"scorer: {file}: row 2: has 1 cell, the header has 3: ")
    assert done.errors[-1] == f"scorer: {file}: 1 mistake found"
    file.write_text("id,tier,files,online_files\na,ward,5,5\n", encoding="utf-8")
    options = (file, "--set", "wards-2026", "--criteria", tmp_path)
    assert "no mistakes in 1 unit\n" in scorer("check", *options).out
    assert scorer("rank", *options, "--expect-units", "2").errors[-1] == (
        f"scorer: {file} has 1 unit, 2 were expected; is a row missing?"
    )
    assert "1 unit lacks points of 1.2" in scorer("lacking", file, "1.2", *options[1:]).out
