"""Provinces from CSV files: the same results as the service's, and every mistake named by row and column."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cli_in_process import Run, runner
from examples import times
from harness import installed_catalogue, serving
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scorer.catalogue.catalogue import Catalogue
from scorer_client import Cause, Client, FileTable, Province, Score, ScorerError
from scorer_client.files.read import read_file
from scorer_client.forms import Form

SCORER = Path(sys.executable).parent / "scorer"
SET = "bac-kan-2020"
BUNDLED = {SET: ("2020-H1", "Bắc Kạn"), "hue-2020": ("2020", "Thừa Thiên Huế")}
TEXT = (files("scorer_plugins.answers") / f"{SET}.csv").read_text(encoding="utf-8")
HEADER, *LINES = list(csv.reader(io.StringIO(TEXT)))
AT = {name: n for n, name in enumerate(HEADER)}
ROWS = range(2, len(LINES) + 2)
"""Rows of units, as a spreadsheet counts them."""

Table = list[list[str]]


def table() -> Table:
    """The bundled file, to be spoilt."""
    return [list(HEADER), *(list(line) for line in LINES)]


def text_of(rows: Table, separator: str = ",") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue()


def letters(column: str) -> str:
    """A column as spreadsheets call it."""
    at = AT[column]
    return chr(65 + at) if at < 26 else chr(64 + at // 26) + chr(65 + at % 26)


def place(row: int, column: str) -> str:
    return f"row {row}, column {letters(column)} ({column})"


def row_of(code: str) -> int:
    return next(row for row in ROWS if LINES[row - 2][0] == code)


# --- reading in process --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed() -> Catalogue:
    return installed_catalogue()


@pytest.fixture(scope="module")
def client(installed: Catalogue) -> Iterator[Client]:
    with serving(installed) as service, Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="module")
def form(client: Client) -> Form:
    return client.form(SET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.csv"


def read(file: Path, content: str | bytes | Table, form: Form) -> FileTable:
    plain = text_of(content) if isinstance(content, list) else content
    file.write_bytes(plain.encode() if isinstance(plain, str) else plain)
    return read_file(file, form)


def mistakes(file: Path, content: str | bytes | Table, form: Form) -> list[tuple[str, str]]:
    """What is wrong with a file: where, and what."""
    with pytest.raises(ScorerError) as caught:
        read(file, content, form)
    assert (caught.value.code.name, caught.value.reason) == ("INVALID_ARGUMENT", "INVALID_FILE")
    assert caught.value.violations_total == len(caught.value.violations)
    return [(v.field, v.description) for v in caught.value.violations]


class Misspelling(NamedTuple):
    """What a line has instead of what it should, where, and what is said of it; None where it does not fit a line."""

    column: Callable[[list[str]], str | None]
    wrong: Callable[[str], str]
    message: Callable[[str, str], str]


def first(form_kind: str, form: Form) -> Callable[[list[str]], str | None]:
    """The first indicator of a kind that a line answers."""
    codes = [code for code, indicator in form.indicators.items() if indicator.kind == form_kind]
    return lambda line: next((code for code in codes if line[AT[code]]), None)


def misspellings(form: Form) -> dict[str, Misspelling]:
    def expected_options(right: str, wrong: str) -> str:
        options = "head (the unit's head), deputy (a deputy), none"
        return f"expected {options} or nothing, not {wrong!r}; did you mean {right!r}?"

    return {
        "tier": Misspelling(
            lambda line: "tier",
            lambda right: right[:-2] + right[-1],
            lambda right, wrong: f"expected department or district or commune, not {wrong!r}; did you mean {right!r}?",
        ),
        "parent": Misspelling(
            lambda line: "parent" if line[AT["parent"]] else None,
            lambda right: right + "n",
            lambda right, wrong: f"no unit of the file has the id {wrong!r}; did you mean {right!r}?",
        ),
        "flag": Misspelling(
            first("flag", form),
            lambda right: "yess",
            lambda right, wrong: "expected 1 (yes), 0 (no) or nothing, not 'yess'; did you mean 'yes'?",
        ),
        "choice": Misspelling(
            lambda line: "steering_committee" if line[AT["steering_committee"]] else None,
            lambda right: right + right[-1],
            expected_options,
        ),
        "date": Misspelling(
            first("date", form),
            lambda right: f"{right[8:]}/13/{right[:4]}",
            lambda right, wrong: f"expected a day such as 2020-06-30, not {wrong!r}",
        ),
        "decimal comma": Misspelling(
            lambda line: "update_days" if line[AT["update_days"]] else None,
            lambda right: f"{right.split('.')[0]},5",
            lambda right, wrong: f"write decimals with a point: {wrong.replace(',', '.')}, not {wrong!r}",
        ),
        "half a count": Misspelling(
            first("count", form),
            lambda right: f"{right}.5",
            lambda right, wrong: f"expected a whole number, not {wrong!r}",
        ),
        "nearly a whole count": Misspelling(
            first("count", form),
            lambda right: f"{right}.00000000000000000001",
            lambda right, wrong: f"expected a whole number, not {wrong!r}",
        ),
        "seven decimals": Misspelling(
            lambda line: "update_days" if line[AT["update_days"]] else None,
            lambda right: "69.9999995",
            lambda right, wrong: "expected at most six decimals, not '69.9999995'",
        ),
        "more decimals than a double has": Misspelling(
            lambda line: "update_days" if line[AT["update_days"]] else None,
            lambda right: "69.99999999999999999999",
            lambda right, wrong: "expected at most six decimals, not '69.99999999999999999999'",
        ),
        "thousands with a point": Misspelling(
            first("count", form),
            lambda right: f"{right[:3].lstrip('0') or 2}.000",
            lambda right, wrong: (
                f"can be read as {wrong.replace('.', '')} or as {wrong}: "
                f"write {wrong.replace('.', '')} or {wrong.removesuffix('.000')}, not {wrong!r}"
            ),
        ),
        "thousands with a comma": Misspelling(
            first("count", form),
            lambda right: "2,000",
            lambda right, wrong: "can be read as 2000 or as 2.000: write 2000 or 2, not '2,000'",
        ),
        "number with three digits after a comma": Misspelling(
            lambda line: "update_days" if line[AT["update_days"]] else None,
            lambda right: "1,500",
            lambda right, wrong: "can be read as 1500 or as 1.500: write 1500 or 1.500, not '1,500'",
        ),
        "thousands that are no whole number otherwise": Misspelling(
            first("count", form),
            lambda right: "1.500",
            lambda right, wrong: "expected a whole number: write 1500 if you mean that, not '1.500'",
        ),
        "millions": Misspelling(
            first("count", form),
            lambda right: "2.000.000",
            lambda right, wrong: "write numbers without separators: 2000000, not '2.000.000'",
        ),
        "thousands with a space": Misspelling(
            first("count", form),
            lambda right: "12 000",
            lambda right, wrong: "write numbers without separators: 12000, not '12 000'",
        ),
        "word for a count": Misspelling(
            first("count", form),
            lambda right: f"{right} máy",
            lambda right, wrong: f"expected a number such as 12, not {wrong!r}",
        ),
        "word for a number": Misspelling(
            lambda line: "update_days" if line[AT["update_days"]] else None,
            lambda right: f"{right}d",
            lambda right, wrong: f"expected a number such as 12.5, not {wrong!r}",
        ),
        "criterion not applicable": Misspelling(
            lambda line: "not_applicable",
            lambda right: "TX.1O",
            lambda right, wrong: "criterion 'TX.1O' is unknown; did you mean 'TX.10'?",
        ),
        "criterion that must apply": Misspelling(
            lambda line: "not_applicable",
            lambda right: "TX.10; HR.01",
            lambda right, wrong: "criterion 'HR.01' cannot be not applicable",
        ),
        "criterion twice": Misspelling(
            lambda line: "not_applicable",
            lambda right: "TX.10; TX.10",
            lambda right, wrong: "criterion 'TX.10' is listed twice",
        ),
        "no id": Misspelling(
            lambda line: None if line[AT["tier"]] == "district" else "id",  # the parents of others
            lambda right: " ",
            lambda right, wrong: "is empty; every unit needs an id",
        ),
    }


KINDS = (
    "tier", "parent", "flag", "choice", "date", "decimal comma", "half a count", "thousands with a point",
    "thousands with a comma", "number with three digits after a comma", "millions",
    "thousands with a space", "thousands that are no whole number otherwise",
    "word for a count", "word for a number", "criterion not applicable", "criterion that must apply", "no id",
    "nearly a whole count", "seven decimals", "more decimals than a double has", "criterion twice",
)  # fmt: skip


def spoil(rows: Table, row: int, spelling: Misspelling) -> tuple[str, str] | None:
    """Misspells one line; what must be said of it."""
    line = rows[row - 1]
    column = spelling.column(line)
    if column is None:
        return None
    right = line[AT[column]]
    wrong = spelling.wrong(right)
    assert wrong != right
    line[AT[column]] = wrong
    return place(row, column), spelling.message(right, wrong.strip())


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_file_misspelt_on_every_line_every_line_is_named(file: Path, form: Form, kind: str) -> None:
    spelling, rows = misspellings(form)[kind], table()
    # A file may leave out all parents, so one commune keeps its own.
    spoilt = [row for row in ROWS if kind != "parent" or row != row_of("p-duc-xuan")]
    wanted = [said for row in spoilt if (said := spoil(rows, row, spelling))]
    assert len(wanted) >= 100
    assert mistakes(file, rows, form) == wanted


def test_a_file_misspelt_on_any_one_line_is_refused_for_that_line_alone(file: Path, form: Form) -> None:
    known = misspellings(form)
    assert set(known) == set(KINDS)
    for row in ROWS:
        rows = table()
        kind = KINDS[row % len(KINDS)]
        wanted = spoil(rows, row, known[kind]) or spoil(rows, row, known["tier"])
        assert wanted is not None
        assert mistakes(file, rows, form) == [wanted], row


@pytest.mark.parametrize("column", HEADER)
def test_a_misspelt_column_is_named_with_the_right_name(file: Path, form: Form, column: str) -> None:
    at, wrong = AT[column], f"{column}s"
    assert wrong not in HEADER
    rows = [list(HEADER), LINES[0]]
    rows[0][at] = wrong
    where = f"row 1, column {letters(column)} ({wrong})"
    wanted = [(where, f"unknown column {wrong!r}; did you mean {column!r}?")]
    if column in ("id", "tier"):
        wanted.append(("row 1", f"the column {column!r} is missing"))
    assert mistakes(file, rows, form) == wanted


@pytest.mark.parametrize("column", ["id", "tier", "name", "computers"])
def test_a_column_in_capitals_is_named_with_the_right_name(file: Path, form: Form, column: str) -> None:
    rows = table()
    rows[0][AT[column]] = column.upper()
    assert f"unknown column {column.upper()!r}; did you mean {column!r}?" in dict(mistakes(file, rows, form)).values()


def test_a_column_that_is_like_no_other_is_named(file: Path, form: Form) -> None:
    rows = table()
    rows[0][AT["computers"]] = "Ghi chú"
    assert mistakes(file, rows, form) == [("row 1, column R (Ghi chú)", "unknown column 'Ghi chú'")]


def test_a_column_that_is_there_twice_is_named_by_its_letters(file: Path, form: Form) -> None:
    rows = [[*line, line[AT["computers"]]] for line in table()]
    assert mistakes(file, rows, form) == [("row 1, column CW (computers)", "column 'computers' appears twice")]


@pytest.mark.parametrize("column", ["id", "tier"])
def test_a_file_without_ids_or_tiers_is_refused(file: Path, form: Form, column: str) -> None:
    rows = [line[: AT[column]] + line[AT[column] + 1 :] for line in table()]
    assert mistakes(file, rows, form) == [("row 1", f"the column {column!r} is missing")]


def test_columns_may_be_in_any_order_and_left_out(file: Path, form: Form) -> None:
    order = ["computers", "tier", "id", "parent"]
    answers = read(file, [[line[AT[name]] for name in order] for line in table()], form)
    assert list(answers.columns) == ["computers"]
    assert list(answers.columns["computers"]) == [float(line[AT["computers"]]) for line in LINES]
    assert [unit.id for unit in answers.units] == [line[0] for line in LINES]


# --- lines and cells that are missing or too many ------------------------------------------------------------------


def test_a_file_without_its_header_is_refused(file: Path, form: Form) -> None:
    found = ",".join(LINES[0])[:60]
    wanted = f"is not the header, which is id,name,tier,parent,not_applicable,...; found {found!r}"
    assert mistakes(file, table()[1:], form) == [("row 1", wanted)]


@pytest.mark.parametrize("code", [line[0] for line in LINES if line[AT["tier"]] == "district"])
def test_without_the_line_of_a_district_its_communes_have_no_parent(file: Path, form: Form, code: str) -> None:
    rows = table()
    del rows[row_of(code) - 1]
    orphans = [row for row, line in enumerate(rows, start=1) if line[AT["parent"]] == code]
    assert orphans
    found = mistakes(file, rows, form)
    assert [where for where, _ in found] == [place(row, "parent") for row in orphans]
    assert {what.partition(";")[0] for _, what in found} == {f"no unit of the file has the id {code!r}"}


@pytest.mark.parametrize("row", [2, 30, 141])
def test_a_blank_line_among_the_units_is_named(file: Path, form: Form, row: int) -> None:
    for blank in ([], [""] * len(HEADER), [" ", ""]):
        rows = table()
        rows.insert(row - 1, blank)
        assert mistakes(file, rows, form) == [(f"row {row}", "is empty: delete it, or fill in the unit")]


def test_blank_lines_at_the_end_are_nothing(file: Path, form: Form) -> None:
    assert read(file, TEXT + "\n\n" + "," * 99 + "\n \n", form).units == read(file, TEXT, form).units


@pytest.mark.parametrize("row", [2, 14, 60, 141])
def test_a_cell_too_few_or_too_many_is_named_by_its_row(file: Path, form: Form, row: int) -> None:
    for change, cells in ((lambda line: line[:-1], 99), (lambda line: [*line, "1"], 101)):
        rows = table()
        rows[row - 1] = change(rows[row - 1])
        wanted = f"has {cells} cells, the header has 100: is a comma missing or a text unquoted?"
        assert mistakes(file, rows, form) == [(f"row {row}", wanted)]


def test_a_name_with_commas_that_lost_its_quotes_is_named_by_its_row(file: Path, form: Form) -> None:
    wanted = "has 101 cells, the header has 100: is a comma missing or a text unquoted?"
    assert mistakes(file, TEXT.replace('"', ""), form) == [("row 14", wanted)]


def test_rows_after_a_blank_line_keep_their_numbers(file: Path, form: Form) -> None:
    rows = table()
    rows[row_of("p-xuat-hoa") - 1][AT["parent"]] = "d-bac-kann"
    rows[row_of("p-xuat-hoa") - 1][AT["computers"]] = "x"
    rows.insert(9, [])
    row = row_of("p-xuat-hoa") + 1
    assert sorted(where for where, _ in mistakes(file, rows, form)) == [
        "row 10",
        place(row, "parent"),
        place(row, "computers"),
    ]


def test_a_district_with_a_cell_too_few_is_still_the_parent_of_its_communes(file: Path, form: Form) -> None:
    rows = table()
    row = row_of("d-ba-be")
    rows[row - 1].pop()
    assert [where for where, _ in mistakes(file, rows, form)] == [f"row {row}"]


def test_every_mistake_of_a_file_is_named_at_once(file: Path, form: Form) -> None:
    rows = table()
    rows[1][AT["tier"]] = "departmentt"
    rows[1][AT["computers"]] = "many"
    rows[9].pop()
    rows[50][AT["lan"]] = "simpel"
    assert mistakes(file, rows, form) == [
        (place(2, "computers"), "expected a number such as 12, not 'many'"),
        (place(2, "tier"), "expected department or district or commune, not 'departmentt'; did you mean 'department'?"),
        ("row 10", "has 99 cells, the header has 100: is a comma missing or a text unquoted?"),
        (
            place(51, "lan"),
            "expected structured (structured and managed), simple, none or nothing, not 'simpel'; "
            "did you mean 'simple'?",
        ),
    ]


# --- how files are written -----------------------------------------------------------------------------------------

SAME = {
    "with a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "with CR LF": TEXT.replace("\n", "\r\n").encode(),
    "with both": b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(),
    "without its last newline": TEXT.rstrip("\n").encode(),
    "with semicolons": text_of([HEADER, *LINES], ";").encode(),
    "with tabs": text_of([HEADER, *LINES], "\t").encode(),
    "with a line sep=": b"sep=,\n" + TEXT.encode(),
    "in UTF-16": TEXT.encode("utf-16"),
    "in UTF-16 without a byte order mark": TEXT.encode("utf-16-le"),
    "with accents apart": unicodedata.normalize("NFD", TEXT).encode(),
    "with empty columns and rows at the end": TEXT.replace("\n", ",,\n").encode() + b",,,\n" * 9,
    "all quoted": "\n".join(",".join(f'"{cell}"' for cell in line) for line in [HEADER, *LINES]).encode(),
}


@pytest.mark.parametrize("how", SAME)
def test_a_file_reads_the_same(file: Path, form: Form, how: str) -> None:
    ours, theirs = read(file, SAME[how], form), read(file, TEXT, form)
    assert (ours.units, ours.not_applicable, ours.header) == (theirs.units, theirs.not_applicable, HEADER)
    assert ours.rows() == theirs.rows()


def test_spaces_around_cells_are_nothing(file: Path, form: Form) -> None:
    rows = [[f" {cell}  " for cell in line] for line in table()]
    assert read(file, rows, form).rows() == read(file, TEXT, form).rows()


def test_a_name_may_have_newlines_and_rows_keep_their_numbers(file: Path, form: Form) -> None:
    rows = table()
    rows[1][AT["name"]] = "Văn phòng\nỦy ban nhân dân\ntỉnh"
    assert read(file, rows, form).units[0].name == "Văn phòng\nỦy ban nhân dân\ntỉnh"
    rows[5][AT["computers"]] = "x"
    assert mistakes(file, rows, form) == [(place(6, "computers"), "expected a number such as 12, not 'x'")]


BROKEN: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "row 1", "the file is empty; its first row must be id,name,tier,parent,not_applicable,..."),
    "blank": ("\n \n,,\n", "row 1", "the file is empty; its first row must be id,name,tier,parent,not_applicable,..."),
    "header only": (",".join(HEADER) + "\n", "row 2", "there are no units below the header"),
    "another encoding": (
        TEXT.replace("Sở Nội vụ", "Sô Nôi vu").encode().replace("Sô Nôi".encode(), "Sô Nôi".encode("latin-1")),
        "row 3", "is not UTF-8; save the file as 'CSV UTF-8'",
    ),
    "half of UTF-16": (TEXT.encode("utf-16")[:-1], "row 1", "is damaged UTF-16; save the file as 'CSV UTF-8'"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_cannot_be_read_is_refused(file: Path, form: Form, how: str) -> None:
    content, where, what = BROKEN[how]
    assert mistakes(file, content, form) == [(where, what)]


def test_a_quote_that_is_never_closed_is_named_by_its_row(file: Path, form: Form) -> None:
    ((where, _),) = mistakes(file, TEXT.replace("p-xuat-hoa,", 'p-xuat-hoa,"', 1), form)
    assert where == f"row {row_of('p-xuat-hoa')}"


def test_a_cell_that_is_too_long_is_not_said_to_be_unclosed(file: Path, form: Form) -> None:
    content = TEXT.replace("p-xuat-hoa,", f'p-xuat-hoa,"{"a" * 131_073}"', 1)
    assert mistakes(file, content, form) == [
        (
            f"row {row_of('p-xuat-hoa')}",
            "a cell has more than 131072 characters; was a quote opened and not closed?",
        )
    ]


SMALL = text_of([HEADER, *(line for line in LINES if line[0] in ("s-noi-vu", "d-ba-be", "x-khang-ninh"))]).encode()
CHARACTERS = [b",", b'"', b"\n", b"\r", b";", b"\x00", b"\xff", b"-", b".", b"1e999", b"NaN", b" ", b"9" * 400, b"\xc3"]


@settings(max_examples=times(150), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SMALL)), st.integers(0, 12), st.one_of(st.sampled_from(CHARACTERS), st.binary())),
        min_size=1,
        max_size=6,
    )
)
@example([(0, len(SMALL), b"")])
@example([(SMALL.index(b"\n"), 1, b"")])
def test_whatever_is_done_to_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, form: Form, edits: list[tuple[int, int, bytes]]
) -> None:
    file, content = tmp_path_factory.getbasetemp() / "edited.csv", SMALL
    for start, length, put in edits:
        content = content[:start] + put + content[start + length :]
    file.write_bytes(content)
    result = read_or_refused(file, form)
    if isinstance(result, ScorerError):
        assert result.reason == "INVALID_FILE"
        assert result.violations
        assert all(v.field.startswith(("row ", "file")) and v.description for v in result.violations)
    else:
        assert result.units
        assert {len(column) for column in result.columns.values()} <= {len(result.units)}
        assert len(result.rows()) == len(result.units)


def read_or_refused(file: Path, form: Form) -> FileTable | ScorerError:
    try:
        return read_file(file, form)
    except ScorerError as error:
        return error


# --- what the service finds ----------------------------------------------------------------------------------------


def found(client: Client, file: Path, rows: Table, **options: Any) -> list[tuple[str, str, str]]:
    """What the service refuses of a file that reads well."""
    file.write_text(text_of(rows), encoding="utf-8")
    with pytest.raises(ScorerError) as caught:
        client.rank_file(SET, file, **options)
    assert caught.value.reason == "INVALID_REQUEST"
    return [tuple(violation) for violation in caught.value.violations]


def test_what_is_out_of_range_has_row_and_column(client: Client, file: Path) -> None:
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


def test_an_id_that_is_there_twice_has_row_and_column_of_both(client: Client, file: Path) -> None:
    rows = table()
    rows[100][0] = rows[60][0]
    file.write_text(text_of(rows), encoding="utf-8")
    with pytest.raises(ScorerError) as caught:
        client.rank_file(SET, file)
    ((where, reason, what),) = caught.value.violations
    assert (where, reason) == ("row 101, column A (id)", "DUPLICATE_UNIT_ID")
    assert what == f"{rows[60][0]!r} is already the id at row 61, column A (id)"


def test_an_id_and_a_name_that_cannot_be_have_row_and_column(client: Client, file: Path) -> None:
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
            "'2021' has no day from 2020-01-01 to 2020-06-30, when the set is in force",
        )
    ]


# --- the command, in process ---------------------------------------------------------------------------------------


@pytest.fixture
def scorer(installed: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(installed, monkeypatch, capsys)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", [False, True], ids=["no file there", "a file there"])
def test_of_a_misspelt_file_nothing_is_written(scorer: Run, file: Path, form: Form, kind: str, there: bool) -> None:
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


def test_one_mistake_is_not_called_mistakes(scorer: Run, file: Path) -> None:
    rows = table()
    rows[5][AT["computers"]] = "x"
    file.write_text(text_of(rows), encoding="utf-8")
    assert scorer("rank", file, "--set", SET).errors[-1] == f"scorer: {file}: 1 mistake; nothing was ranked or written"


@pytest.mark.parametrize("row", range(1, 142, 5))
def test_a_file_that_lost_a_line_is_refused_when_its_units_are_counted(scorer: Run, file: Path, row: int) -> None:
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


def test_another_number_of_units_than_expected_is_refused(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    done = scorer("rank", file, "--set", SET, "--expect-units", 141)
    assert done.errors == [f"scorer: {file} has 140 units, 141 were expected; is a row missing?"]
    assert done.code == 2


REFUSED: dict[str, tuple[list[str], str]] = {
    "period outside the set": (
        ["--period", "2021"], "'2021' has no day from 2020-01-01 to 2020-06-30, when the set is in force",
    ),
    "no period": (
        ["--period", "H1-2020"],
        "'H1-2020' is not a period: YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01, with a year from 1800 to 2199",
    ),
    "misspelt tier": (
        ["--tier", "distrct"],
        "unknown tier 'distrct'; the set has department, district, commune; did you mean 'district'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_an_option_that_is_wrong_is_named(scorer: Run, file: Path, case: str) -> None:
    options, what = REFUSED[case]
    file.write_text(TEXT, encoding="utf-8")
    to = file.with_name("out.csv")
    done = scorer("rank", file, "--set", SET, "--out", to, *options)
    assert done.code == 2
    assert done.errors[0].endswith(what)
    assert f" {options[0]}: " in done.errors[0]
    assert not to.exists()


def test_a_file_of_results_is_overwritten_by_force_only(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    to = file.with_name("out.csv")
    to.write_text("kept", encoding="utf-8")
    done = scorer("rank", file, "--set", SET, "--out", to)
    assert (done.code, done.out, done.errors) == (2, "", [f"scorer: {to} exists already; --force overwrites it"])
    assert to.read_text(encoding="utf-8") == "kept"
    to.chmod(0o600)
    assert scorer("rank", file, "--set", SET, "--out", to, "--force").code == 0
    assert to.read_text(encoding="utf-8-sig").startswith("id,name,tier,tier_title,")
    assert to.stat().st_mode & 0o777 == 0o600


def test_results_replace_neither_links_pipes_nor_directories(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    link, pipe, folder = (file.with_name(name) for name in ("link.csv", "pipe.csv", "folder.csv"))
    link.symlink_to("nowhere.csv")
    os.mkfifo(pipe)
    folder.mkdir()
    for to, what in (
        ((link,), f"{link} exists already; --force overwrites it"),
        ((pipe, "--force"), f"{pipe} is not a regular file; name another file"),
        ((folder, "--force"), f"{folder} is not a regular file; name another file"),
        ((f"{file.with_name('new.csv')}/",), "names a directory; name a file"),
    ):
        done = scorer("rank", file, "--set", SET, "--out", *to)
        assert (done.code, done.out) == (2, "")
        assert done.errors[0].endswith(what)
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert not file.with_name("new.csv").exists()


def test_no_cell_of_a_file_of_results_is_a_formula(scorer: Run, file: Path) -> None:
    rows, to = table(), file.with_name("out.csv")
    names = ["=cmd|'/C calc'!A0", "+84", "-1", "@SUM(A1)", "1=1", "'quoted"]
    for n, name in enumerate(names):
        rows[row_of("d-ba-be") - 1 - n][AT["name"]] = name
    rows[row_of("d-ba-be") - 1][AT["id"]] = "=d-ba-be"
    rows = [[("=d-ba-be" if cell == "d-ba-be" else cell) for cell in line] for line in rows]
    file.write_text(text_of(rows), encoding="utf-8")
    assert scorer("rank", file, "--set", SET, "--out", to).code == 0
    with to.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    found = {line["name"] for line in lines}
    assert found >= {f"'{name}" for name in names[:4]} | set(names[4:])
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line.values())
    assert {line["parent"] for line in lines} >= {"'=d-ba-be"}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "case", ["columns", "empty lines", "empty lines of old spreadsheets", "one line", "no end", "endless lines"]
)
def test_no_file_is_read_for_ever(scorer: Run, file: Path, case: str) -> None:
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


def test_names_that_have_probably_lost_letters_are_warned_of(scorer: Run, client: Client, file: Path) -> None:
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


def test_results_are_written_to_csv_and_json_files_only(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    to = file.with_name("out.xlsx")
    done = scorer("rank", file, "--set", SET, "--out", to)
    assert (done.code, done.out) == (2, "")
    assert done.errors == [f"scorer: --out {to} ends in none of .csv, .json"]
    assert not to.exists()


def test_a_file_or_set_that_is_not_there_is_named(scorer: Run, file: Path) -> None:
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
def test_for_an_unknown_unit_nearly_right_ones_are_named(scorer: Run, file: Path, asked: str, near: str) -> None:
    file.write_text(TEXT, encoding="utf-8")
    done = scorer("score", file, asked, "--set", SET)
    assert (done.code, done.out) == (2, "")
    (line,) = done.errors
    assert line.startswith(f"scorer: {file} has no unit {asked!r}")
    assert re.search(rf"(?<![\w-]){re.escape(near)}(?![\w-])", line.partition(repr(asked))[2])


def test_for_a_unit_like_no_other_none_is_named(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    assert scorer("score", file, "QQQQ", "--set", SET).errors == [f"scorer: {file} has no unit 'QQQQ'"]


# --- the form to fill in -------------------------------------------------------------------------------------------


@pytest.fixture
def template(scorer: Run, tmp_path: Path) -> Path:
    done = scorer("criteria", "template", SET, "--out", tmp_path)
    assert (done.code, done.errors) == (0, [])
    assert done.out.count("written to ") == 2
    return tmp_path


def test_the_form_has_a_column_for_everything_that_is_asked(template: Path, form: Form) -> None:
    assert sorted(path.name for path in template.iterdir()) == [f"{SET}-columns.md", f"{SET}.csv"]
    (line,) = (template / f"{SET}.csv").read_text(encoding="utf-8-sig").splitlines()
    assert line.split(",") == ["id", "name", "tier", "parent", "not_applicable", *form.indicators]


def test_every_column_of_the_form_is_explained(template: Path, form: Form) -> None:
    lines = (template / f"{SET}-columns.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert all(len(row) == 4 for row in cells)
    explained = {row[0]: row[1:] for row in cells[1:]}
    assert list(explained) == ["id", "name", "tier", "parent", "not_applicable", *form.indicators]
    for code, indicator in form.indicators.items():
        what, tiers, readers = explained[code]
        assert indicator.titles["en"] in what
        assert indicator.titles["vi"] in what
        assert all(option in what for option in indicator.options)
        assert set(tiers.split(", ")) <= set(form.tiers)
        assert all(reader in form.texts for reader in readers.split(", "))
    assert explained["tier"][0] == "department or district or commune"
    assert all(code in explained["not_applicable"][0] for code in form.excludable)
    assert "from 0 to 100000" in explained["computers"][0]


def test_the_empty_form_has_no_units_and_the_filled_one_ranks(
    scorer: Run, template: Path, client: Client, file: Path
) -> None:
    form_file = template / f"{SET}.csv"
    done = scorer("rank", form_file, "--set", SET)
    assert done.errors[0] == f"scorer: {form_file}: row 2: there are no units below the header"
    header = form_file.read_text(encoding="utf-8-sig").strip().split(",")
    with form_file.open("a", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([[line[AT[name]] for name in header] for line in LINES])
    to = template / "out.json"
    assert scorer("rank", form_file, "--set", SET, "--expect-units", 140, "--out", to).code == 0
    file.write_text(TEXT, encoding="utf-8")
    agree(json.loads(to.read_text(encoding="utf-8")), client.rank_file(SET, file))


@pytest.mark.parametrize("name", [f"{SET}.csv", f"{SET}-columns.md"])
def test_a_form_that_is_there_is_not_overwritten(scorer: Run, tmp_path: Path, name: str) -> None:
    there = tmp_path / name
    there.write_text("filled in", encoding="utf-8")
    done = scorer("criteria", "template", SET, "--out", tmp_path)
    assert (done.code, done.errors) == (2, [f"scorer: {there} exists already; --force overwrites it"])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert there.read_text(encoding="utf-8") == "filled in"
    assert scorer("criteria", "template", SET, "--out", tmp_path, "--force").code == 0
    assert there.read_text(encoding="utf-8") != "filled in"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_form_for_an_unknown_set_or_a_folder_that_is_not_there_is_refused(scorer: Run, tmp_path: Path) -> None:
    done = scorer("criteria", "template", "bac-kan", "--out", tmp_path)
    assert done.code == 2
    assert done.errors[0].endswith("there are: bac-kan-2020, hue-2020; did you mean 'bac-kan-2020'?")
    done = scorer("criteria", "template", SET, "--out", tmp_path / "nowhere")
    assert done.code == 2
    nowhere = tmp_path / "nowhere"
    assert done.errors == [f"scorer: --out {nowhere} is neither a directory nor a file that ends in .xlsx"]
    assert list(tmp_path.iterdir()) == []


# --- the real command ----------------------------------------------------------------------------------------------


def command(*words: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [SCORER, *map(str, words)], env={**os.environ, "COLUMNS": "160"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def said(*words: object) -> str:
    done = command(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def cause_as_json(cause: Cause) -> dict[str, Any]:
    """A cause with its alternatives, as JSON has it: lists instead of tuples."""
    return {**cause._asdict(), "options": list(cause.options), "of": [cause_as_json(part) for part in cause.of]}


def agree(found: dict[str, Any], province: Province) -> None:
    """Results as JSON are those of the service."""
    assert found["provenance"]["revision"] == province.provenance.revision
    assert found["provenance"]["criteria_set"] == province.provenance.criteria_set
    assert [ranking["tier"] for ranking in found["rankings"]] == [ranking.tier for ranking in province.rankings]
    for ours, theirs in zip(found["rankings"], province.rankings, strict=True):
        assert (ours["unit_count"], ours["overall_ranked"]) == (theirs.unit_count, theirs.overall_ranked)
        for one, other in zip(ours["units"], theirs.units, strict=True):
            assert [one[field] for field in ("id", "name", "tier", "parent", "overall_rank", "lacking")] == [
                other.id, other.name, other.tier, other.parent, other.overall_rank, list(other.lacking),
            ]  # fmt: skip
            assert one["overall"] == other.overall._asdict()
            for mine, yours in zip(one["categories"], other.categories, strict=True):
                assert [mine[field] for field in ("category", "standing", "level", "rank")] == [
                    yours.category, yours.standing, yours.level, yours.rank,
                ]  # fmt: skip
                assert mine["score"] == yours.score._asdict()
                assert mine["causes"] == [cause_as_json(cause) for cause in yours.causes]


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundled")
    for code in BUNDLED:
        text = (files("scorer_plugins.answers") / f"{code}.csv").read_text(encoding="utf-8")
        (folder / f"{code}.csv").write_text(text, encoding="utf-8")
    return {code: folder / f"{code}.csv" for code in BUNDLED}


@pytest.fixture(scope="module")
def served(client: Client, bundled: dict[str, Path]) -> dict[str, Province]:
    """The service's answers, asked for unit by unit instead of column by column."""
    return {
        code: client.rank_province(
            code, client.read_file(code, bundled[code]).rows(), period=period, province=province, full=True
        )
        for code, (period, province) in BUNDLED.items()
    }


def assert_score(cells: dict[str, str], score: Score, decimals: int) -> None:
    for field in ("points", "max_points", "percent", "converted"):
        assert float(cells[field] or 0) == getattr(score, field)
    assert cells["published"] == (f"{score.published:.{decimals}f}" if score.max_points else "")


@pytest.mark.parametrize("code", BUNDLED)
def test_the_command_prints_and_writes_what_the_service_answers(
    bundled: dict[str, Path], served: dict[str, Province], form: Form, tmp_path: Path, code: str
) -> None:
    period, province = BUNDLED[code]
    to = tmp_path / "out.csv"
    about = ["--set", code, "--period", period, "--province", province]
    printed = said("rank", bundled[code], *about, "--json", "--out", to)
    results = json.loads(printed)
    agree(results, served[code])
    assert (results["provenance"]["period"], results["provenance"]["province"]) == (period, province)
    assert to.read_bytes().startswith(b"\xef\xbb\xbf")  # without it, Excel shows Vietnamese names garbled
    with to.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    units = [unit for ranking in served[code].rankings for unit in ranking.units]
    assert [line["id"] for line in lines] == [unit.id for unit in units]
    names = form.names("en")
    for line, unit in zip(lines, units, strict=True):
        assert (line["tier"], line["name"], line["parent"]) == (unit.tier, unit.name, unit.parent)
        assert line["rank"] == str(unit.overall_rank or "")
        assert float(line["converted"]) == unit.overall.converted
        assert line["tier_title"] == names[f"tier/{unit.tier}"]
        for category in unit.categories:
            have = {key.removeprefix(f"{category.category}."): value for key, value in line.items()}
            assert have["standing"] == category.standing
            assert (have["level"], have["rank"]) == (str(category.level or ""), str(category.rank or ""))
            assert have["standing_title"] == names[f"standing/{category.standing}"]
            assert have["level_title"] == (f"level {category.level}" if category.level else "")
            assert_score(have, category.score, form.points_decimals)
            for group in category.groups:
                of_group = {key.removeprefix(f"{group.group}."): value for key, value in have.items()}
                assert_score(of_group, group.score, form.points_decimals)
                for item in group.criteria:
                    assert float(have[f"{item.criterion}.points"]) == item.points
                    assert have[f"{item.criterion}.status"] == item.status
            assert have["causes"] == "; ".join(cause.sentence("en", names) for cause in category.causes)


def test_the_report_has_every_ranked_unit_and_says_where_it_was_written(
    bundled: dict[str, Path], served: dict[str, Province], tmp_path: Path
) -> None:
    to = tmp_path / "out.json"
    report = said("rank", bundled[SET], "--set", SET, "--period", "2020-H1", "--out", to)
    for words in (
        "Departments: 24 units", "Districts: 8 units", "Communes: 108 units", "Readiness: 7/24 ranked",
        "Readiness: 1/8 ranked", "Readiness: 1/108 ranked", "Achievement: 0/108 ranked", "40.60 of 50",
        "Infrastructure + Human resources 78.86 of 80 %", "7/8: Infrastructure + Human resources under 70 %",
        "Best total: phường Đức Xuân 67.10 of 90 (74.56 %)",
    ):  # fmt: skip
        assert words in report
    for ranking in served[SET].rankings:
        for unit in ranking.units:
            if any(category.rank for category in unit.categories):
                assert unit.name in report
    assert "".join(report.split()).endswith("".join(f"written to {to}".split()))  # a long path is wrapped
    agree(json.loads(to.read_text(encoding="utf-8")), served[SET])


def test_one_tier_is_shown_in_vietnamese(bundled: dict[str, Path]) -> None:
    report = said("rank", bundled[SET], "--set", SET, "--tier", "district", "--lang", "vi")
    for words in (
        "Cấp huyện: 8 đơn vị",
        "Điều kiện sẵn sàng: 1/8 đơn vị được xếp hạng",
        "40.60 trên 50",
        "huyện Ba Bể",
    ):
        assert words in report
    for words in ("Cấp sở", "Cấp xã", "Readiness", "ranked", "Departments"):
        assert words not in report


def test_the_card_of_ba_be_says_what_keeps_it_at_level_4(bundled: dict[str, Path]) -> None:
    lines = [" ".join(line.split()) for line in said("score", bundled[SET], "d-ba-be", "--set", SET).splitlines()]
    assert lines[0] == "huyện Ba Bể (Districts)"
    assert "Readiness: level 4; Infrastructure + Human resources is 78.86 %, level 3 requires at least 80 %" in lines
    assert "40.60 of 50 (81.20 %), converted 40.60 of 50" in lines
    assert "INF.09 Lightning protection of the local network 0.00 2" in lines
    assert any(line.startswith("Achievement: not ranked; Transaction is 55.57 %") for line in lines)


def test_the_command_refuses_a_misspelt_file(file: Path) -> None:
    rows, to = table(), file.with_name("out.csv")
    rows[5][AT["tier"]] = "departmnt"
    file.write_text(text_of(rows), encoding="utf-8")
    done = command("rank", file, "--set", SET, "--out", to)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        f"scorer: {file}: row 6, column C (tier): expected department or district or commune, "
        "not 'departmnt'; did you mean 'department'?"
    )
    assert not to.exists()
