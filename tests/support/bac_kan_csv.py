"""The bundled answers of Bắc Kạn as a CSV file, ways to misspell them, and the expected messages."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scorer_client import Cause, FileTable, Province, ScorerError
from scorer_client.criteria_set_form import Form
from scorer_client.files.file_reader import read_file

SET = "bac-kan-2020"
BUNDLED = {SET: ("2020-H1", "Bắc Kạn"), "hue-2020": ("2020", "Thừa Thiên Huế")}
TEXT = (files("scorer_plugins.answers") / f"{SET}.csv").read_text(encoding="utf-8")
HEADER, *LINES = list(csv.reader(io.StringIO(TEXT)))
AT = {name: n for n, name in enumerate(HEADER)}
ROWS = range(2, len(LINES) + 2)
"""Rows of units, as a spreadsheet counts them."""

Table = list[list[str]]


def table() -> Table:
    """The cells of the bundled file, which tests misspell."""
    return [list(HEADER), *(list(line) for line in LINES)]


def text_of(rows: Table, separator: str = ",") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue()


def letters(column: str) -> str:
    """The letters of a column in spreadsheets."""
    at = AT[column]
    return chr(65 + at) if at < 26 else chr(64 + at // 26) + chr(65 + at % 26)


def place(row: int, column: str) -> str:
    return f"row {row}, column {letters(column)} ({column})"


def row_of(code: str) -> int:
    return next(row for row in ROWS if LINES[row - 2][0] == code)


def read(file: Path, content: str | bytes | Table, form: Form) -> FileTable:
    plain = text_of(content) if isinstance(content, list) else content
    file.write_bytes(plain.encode() if isinstance(plain, str) else plain)
    return read_file(file, form)


def mistakes(file: Path, content: str | bytes | Table, form: Form) -> list[tuple[str, str]]:
    """The mistakes of a file: place and message."""
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
    """The first indicator of a kind that has an answer in a line."""
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
    """Misspells one line. Returns the expected message."""
    line = rows[row - 1]
    column = spelling.column(line)
    if column is None:
        return None
    right = line[AT[column]]
    wrong = spelling.wrong(right)
    assert wrong != right
    line[AT[column]] = wrong
    return place(row, column), spelling.message(right, wrong.strip())


def cause_as_json(cause: Cause) -> dict[str, Any]:
    """A cause with its alternatives, as JSON has it: lists instead of tuples."""
    return {**cause._asdict(), "options": list(cause.options), "of": [cause_as_json(part) for part in cause.of]}


def agree(found: dict[str, Any], province: Province) -> None:
    """Asserts that the results as JSON equal those of the service."""
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
