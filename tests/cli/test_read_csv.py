"""Answers from CSV files: every mistake is named by row and column."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from bac_kan_csv import (
    AT,
    HEADER,
    KINDS,
    LINES,
    ROWS,
    TEXT,
    letters,
    misspellings,
    mistakes,
    place,
    read,
    row_of,
    spoil,
    table,
    text_of,
)
from example_counts import scaled
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scorer_client import FileTable, ScorerError
from scorer_client.criteria_set_form import Form
from scorer_client.files.file_reader import read_file


@pytest.mark.parametrize("kind", KINDS)
def test_every_misspelt_line_of_a_file_is_named(file: Path, form: Form, kind: str) -> None:
    spelling, rows = misspellings(form)[kind], table()
    # A file may leave out all parents, so one commune keeps its own.
    spoilt = [row for row in ROWS if kind != "parent" or row != row_of("p-duc-xuan")]
    wanted = [said for row in spoilt if (said := spoil(rows, row, spelling))]
    assert len(wanted) >= 100
    assert mistakes(file, rows, form) == wanted


def test_only_the_misspelt_line_of_a_file_is_named(file: Path, form: Form) -> None:
    known = misspellings(form)
    assert set(known) == set(KINDS)
    for row in ROWS:
        rows = table()
        kind = KINDS[row % len(KINDS)]
        wanted = spoil(rows, row, known[kind]) or spoil(rows, row, known["tier"])
        assert wanted is not None
        assert mistakes(file, rows, form) == [wanted], row


@pytest.mark.parametrize("column", HEADER)
def test_a_misspelt_column_is_named_with_a_suggestion(file: Path, form: Form, column: str) -> None:
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
def test_a_column_in_capitals_is_named_with_a_suggestion(file: Path, form: Form, column: str) -> None:
    rows = table()
    rows[0][AT[column]] = column.upper()
    assert f"unknown column {column.upper()!r}; did you mean {column!r}?" in dict(mistakes(file, rows, form)).values()


def test_a_column_unlike_all_others_is_named(file: Path, form: Form) -> None:
    rows = table()
    rows[0][AT["computers"]] = "Ghi chú"
    assert mistakes(file, rows, form) == [("row 1, column R (Ghi chú)", "unknown column 'Ghi chú'")]


def test_a_duplicate_column_is_named_by_its_letters(file: Path, form: Form) -> None:
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


def test_blank_lines_at_the_end_are_ignored(file: Path, form: Form) -> None:
    assert read(file, TEXT + "\n\n" + "," * 99 + "\n \n", form).units == read(file, TEXT, form).units


@pytest.mark.parametrize("row", [2, 14, 60, 141])
def test_a_row_with_too_few_or_too_many_cells_is_named(file: Path, form: Form, row: int) -> None:
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
def test_a_rewritten_file_reads_the_same(file: Path, form: Form, how: str) -> None:
    ours, theirs = read(file, SAME[how], form), read(file, TEXT, form)
    assert (ours.units, ours.not_applicable, ours.header) == (theirs.units, theirs.not_applicable, HEADER)
    assert ours.rows() == theirs.rows()


def test_spaces_around_cells_are_ignored(file: Path, form: Form) -> None:
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


def test_a_cell_that_is_too_long_is_not_reported_as_unclosed(file: Path, form: Form) -> None:
    content = TEXT.replace("p-xuat-hoa,", f'p-xuat-hoa,"{"a" * 131_073}"', 1)
    assert mistakes(file, content, form) == [
        (
            f"row {row_of('p-xuat-hoa')}",
            "a cell has more than 131072 characters; was a quote opened and not closed?",
        )
    ]


SMALL = text_of([HEADER, *(line for line in LINES if line[0] in ("s-noi-vu", "d-ba-be", "x-khang-ninh"))]).encode()
CHARACTERS = [b",", b'"', b"\n", b"\r", b";", b"\x00", b"\xff", b"-", b".", b"1e999", b"NaN", b" ", b"9" * 400, b"\xc3"]


@settings(max_examples=scaled(150), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SMALL)), st.integers(0, 12), st.one_of(st.sampled_from(CHARACTERS), st.binary())),
        min_size=1,
        max_size=6,
    )
)
@example([(0, len(SMALL), b"")])
@example([(SMALL.index(b"\n"), 1, b"")])
def test_a_damaged_file_is_read_or_refused(
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
