"""Mistakes in CSV files, and options of ``scorer rank``."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bac_kan_csv import (
    AT,
    HEADER,
    KINDS,
    LINES,
    SET,
    TEXT,
    Table,
    misspellings,
    place,
    row_of,
    spoil,
    table,
    text_of,
)
from cli_in_process import Run

from scorer_client import Client, ScorerError
from scorer_client.criteria_set_form import Form


def found(client: Client, file: Path, rows: Table, **options: Any) -> list[tuple[str, str, str]]:
    """The violations that the service finds in a readable file."""
    file.write_text(text_of(rows), encoding="utf-8")
    with pytest.raises(ScorerError) as caught:
        client.rank_file(SET, file, **options)
    assert caught.value.reason == "INVALID_REQUEST"
    return [tuple(violation) for violation in caught.value.violations]


def test_values_out_of_range_have_row_and_column(client: Client, file: Path) -> None:
    rows = table()
    rows[row_of("x-nong-thuong") - 1][AT["update_days"]] = "-1"
    ((where, reason, what),) = found(client, file, rows)
    assert (where, reason) == (place(row_of("x-nong-thuong"), "update_days"), "OUT_OF_RANGE")
    assert re.fullmatch(r"must be from 0 to \d+ in tier 'commune', not -1", what)


def test_a_part_larger_than_its_whole_has_row_and_column(client: Client, file: Path) -> None:
    rows = table()
    row = row_of("d-ba-be")
    computers = rows[row - 1][AT["computers"]]
    rows[row - 1][AT["computers_antivirus"]] = "99999"
    assert found(client, file, rows) == [
        (
            place(row, "computers_antivirus"),
            "PART_LARGER_THAN_WHOLE",
            f"99999 is more than computers = {computers}, of which it is a part",
        )
    ]


def test_a_duplicate_id_has_row_and_column_of_both(client: Client, file: Path) -> None:
    rows = table()
    rows[100][0] = rows[60][0]
    file.write_text(text_of(rows), encoding="utf-8")
    with pytest.raises(ScorerError) as caught:
        client.rank_file(SET, file)
    ((where, reason, what),) = caught.value.violations
    assert (where, reason) == ("row 101, column A (id)", "DUPLICATE_UNIT_ID")
    assert what == f"{rows[60][0]!r} is already the id at row 61, column A (id)"


def test_an_invalid_id_and_name_have_row_and_column(client: Client, file: Path) -> None:
    rows = table()
    rows[39][0], rows[40][AT["name"]] = "x" * 129, "xã\tA"
    assert found(client, file, rows) == [
        ("row 40, column A (id)", "BAD_UNIT_ID", "has 129 bytes, at most 128 are allowed"),
        ("row 41, column B (name)", "BAD_TEXT", "has a control or format character"),
    ]


def test_a_period_outside_the_set_is_refused(client: Client, file: Path) -> None:
    assert found(client, file, table(), period="2021") == [
        (
            "period",
            "PERIOD_OUTSIDE_SET",
            "'2021' has no day on which the set is in force (2020-01-01 to 2020-06-30)",
        )
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", [False, True], ids=["no file there", "a file there"])
def test_a_misspelt_file_writes_no_results(scorer: Run, file: Path, form: Form, kind: str, there: bool) -> None:
    rows, to = table(), file.with_name("out.csv")
    row = row_of("p-xuat-hoa")
    wanted = spoil(rows, row, misspellings(form)[kind])
    assert wanted is not None
    file.write_text(text_of(rows), encoding="utf-8")
    if there:
        to.write_text("kept", encoding="utf-8")
    done = scorer("rank", file, "--set", SET, "--out", to, "--force")
    where, what = wanted
    assert done.code == 2
    assert done.out == ""
    assert done.errors[0] == f"scorer: {file}: {where}: {what}"
    assert re.fullmatch(rf"scorer: {re.escape(str(file))}: 1 mistakes?; nothing was ranked or written", done.errors[1])
    assert len(done.errors) == 2
    assert (to.read_text(encoding="utf-8") if to.exists() else None) == ("kept" if there else None)
    assert {path.name for path in file.parent.iterdir()} <= {"answers.csv", "out.csv"}


def test_one_mistake_is_counted_in_the_singular(scorer: Run, file: Path) -> None:
    rows = table()
    rows[5][AT["computers"]] = "x"
    file.write_text(text_of(rows), encoding="utf-8")
    assert scorer("rank", file, "--set", SET).errors[-1] == f"scorer: {file}: 1 mistake; nothing was ranked or written"


@pytest.mark.parametrize("row", range(1, 142, 5))
def test_expect_units_refuses_a_file_that_lost_a_line(scorer: Run, file: Path, row: int) -> None:
    rows, to = table(), file.with_name("out.json")
    del rows[row - 1]
    file.write_text(text_of(rows), encoding="utf-8")
    done = scorer("rank", file, "--set", SET, "--expect-units", 140, "--out", to)
    assert done.code == 2
    assert done.out == ""
    assert not to.exists()
    district = row in {row_of(line[0]) for line in LINES if line[AT["tier"]] == "district"}
    if row > 1 and not district:
        assert done.errors == [f"scorer: {file} has 139 units, 140 were expected; is a row missing?"]


def test_one_unit_that_cannot_be_scored_is_named_by_its_row_and_column(scorer: Run, file: Path) -> None:
    rows, row = table(), row_of("d-ba-be")
    rows[row - 1][AT["update_days"]] = "-1"
    file.write_text(text_of(rows), encoding="utf-8")
    done = scorer("score", file, "d-ba-be", "--set", SET)
    assert done.code == 2
    assert done.errors[0].startswith(f"scorer: {file}: {place(row, 'update_days')}: must be from 0 to ")


def test_expect_units_refuses_another_number_of_units(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    done = scorer("rank", file, "--set", SET, "--expect-units", 141)
    assert done.errors == [f"scorer: {file} has 140 units, 141 were expected; is a row missing?"]
    assert done.code == 2


REFUSED: dict[str, tuple[list[str], str]] = {
    "period outside the set": (
        ["--period", "2021"], "'2021' has no day on which the set is in force (2020-01-01 to 2020-06-30)",
    ),
    "no period": (
        ["--period", "H1-2020"],
        "'H1-2020' is not a period: write YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01, with a year from 1800 to 2199",
    ),
    "misspelt tier": (
        ["--tier", "distrct"],
        "unknown tier 'distrct'; the set has department, district, commune; did you mean 'district'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_option_is_named(scorer: Run, file: Path, case: str) -> None:
    options, what = REFUSED[case]
    file.write_text(TEXT, encoding="utf-8")
    to = file.with_name("out.csv")
    done = scorer("rank", file, "--set", SET, "--out", to, *options)
    assert done.code == 2
    assert done.errors[0].endswith(what)
    assert f" {options[0]}: " in done.errors[0]
    assert not to.exists()


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "case",
    [
        "columns",
        "one line",
        "no end",
        "empty lines of old spreadsheets",
        *(pytest.param(case, marks=pytest.mark.long) for case in ("empty lines", "endless lines")),
    ],
)
def test_an_endless_file_is_refused(scorer: Run, file: Path, case: str) -> None:
    if case == "columns":
        file.write_text("id,tier," + ",".join(f"c{n}" for n in range(300_000)) + "\n", encoding="utf-8")
        wanted = "row 1: the header has 300002 columns, more than 10000; delete empty ones"
    elif case == "empty lines":
        file.write_text(TEXT + "\n" * 20_000_000 + "x", encoding="utf-8")
        wanted = "row 1100001: the file has more than 1100000 rows; delete empty ones"
    elif case == "empty lines of old spreadsheets":
        file.write_bytes(TEXT.encode() + b"\r" * 4_000_000)
        wanted = "row 1100001: the file has more than 1100000 rows; delete empty ones"
    elif case == "one line":
        file.write_text(f"{HEADER[0]},{'x' * 5_000_000}\n", encoding="utf-8")
        wanted = "row 1: has a line of more than 4194304 bytes; is it a CSV file?"
    elif case == "no end":
        file = Path("/dev/zero")
        wanted = "row 1: has a line of more than 4194304 bytes; is it a CSV file?"
    else:
        os.mkfifo(file)
        writer = subprocess.Popen(f"yes '' > {shlex.quote(str(file))}", shell=True)
        wanted = "row 1100001: the file has more than 1100000 rows; delete empty ones"
    done = scorer("rank", file, "--set", SET)
    if case == "endless lines":
        writer.wait()
    assert (done.code, done.errors[0]) == (2, f"scorer: {file}: {wanted}")


def test_names_that_have_probably_lost_letters_give_a_warning(scorer: Run, client: Client, file: Path) -> None:
    rows, row = table(), row_of("p-xuat-hoa")
    for at in range(row, row + 7):
        rows[at - 1][AT["name"]] = f"huy?n s? {at}"
    rows[row - 2][AT["name"]], rows[row - 3][AT["name"]] = "B\ufffdc Kạn", "huyện nào?"
    file.write_text(text_of(rows), encoding="utf-8")
    first = place(row - 1, "name")
    lost = f"names that have probably lost letters: 8; save the file as 'CSV UTF-8'; the first is {first}"
    for words in (("rank", file), ("score", file, "p-xuat-hoa"), ("lacking", file, "INF.01")):
        done = scorer(*words, "--set", SET)
        assert (done.code, done.errors) == (0, [f"{file}: {lost}"])
    assert client.read_file(SET, file).notes == (lost,)


def test_no_break_spaces_in_names_are_read_as_spaces(client: Client, file: Path) -> None:
    rows, row = table(), row_of("p-xuat-hoa")
    file.write_text(text_of(rows), encoding="utf-8")
    plain = client.rank_file(SET, file, period="2020-H1")
    rows[row - 1][AT["name"]] = rows[row - 1][AT["name"]].replace(" ", "\u00a0")
    file.write_text(text_of(rows), encoding="utf-8")
    (note,) = client.read_file(SET, file).notes
    assert note.startswith("no-break spaces read as spaces: 1;")
    assert place(row, "name") in note
    assert client.rank_file(SET, file, period="2020-H1") == plain


def test_a_unit_is_not_its_own_parent(scorer: Run, file: Path) -> None:
    rows, row = table(), row_of("p-xuat-hoa")
    rows[row - 1][AT["parent"]] = "p-xuat-hoa"
    file.write_text(text_of(rows), encoding="utf-8")
    done = scorer("rank", file, "--set", SET)
    assert done.code == 2
    what = "is the unit itself; give the id of the unit above it, or leave it out"
    assert done.errors[0] == f"scorer: {file}: {place(row, 'parent')}: {what}"


def test_a_missing_file_or_set_is_named(scorer: Run, file: Path) -> None:
    assert scorer("rank", file, "--set", SET).errors == [f"scorer: cannot read {file}: No such file or directory"]
    file.write_text(TEXT, encoding="utf-8")
    done = scorer("rank", file, "--set", "bac-kan-2021")
    assert done.code == 2
    assert done.errors == [
        "scorer: unknown criteria set 'bac-kan-2021'; there are: bac-kan-2020, hue-2020; did you mean 'bac-kan-2020'?"
    ]


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("ba-be", "d-ba-be"), ("Ba Bể", "d-ba-be"), ("nong thuong", "x-nong-thuong"), ("d-ba-bee", "d-ba-be"),
        ("x-nong-thuog", "x-nong-thuong"),
    ],
)  # fmt: skip
def test_an_unknown_unit_gives_suggestions(scorer: Run, file: Path, asked: str, near: str) -> None:
    file.write_text(TEXT, encoding="utf-8")
    done = scorer("score", file, asked, "--set", SET)
    assert (done.code, done.out) == (2, "")
    (line,) = done.errors
    assert line.startswith(f"scorer: {file} has no unit {asked!r}")
    assert re.search(rf"(?<![\w-]){re.escape(near)}(?![\w-])", line.partition(repr(asked))[2])


def test_a_unit_unlike_all_others_gives_no_suggestion(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    assert scorer("score", file, "QQQQ", "--set", SET).errors == [f"scorer: {file} has no unit 'QQQQ'"]
