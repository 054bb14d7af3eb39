"""Files that are too large or hostile are refused, and take little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from cli_in_process import stdout_of
from damaged_file_cases import DAMAGED
from damaged_files import at, cut
from harness import installed_catalogue
from workbooks import SET, TEXT, book, change_part

from scorer.catalogue.catalogue import Catalogue
from scorer.service.in_process_transport import InProcessTransport
from scorer_client import Client, ScorerError


@pytest.fixture(scope="module")
def installed() -> Catalogue:
    return installed_catalogue()


@pytest.fixture(scope="module")
def csv_results(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The results of the CSV file."""
    file = tmp_path_factory.mktemp("bundled") / "bundled.csv"
    file.write_text(TEXT, encoding="utf-8")
    return stdout_of("rank", str(file), "--set", SET, "--json")


def million_empty_rows(path: Path) -> None:
    made = book()
    made.save(path)

    def add(sheet: bytes) -> bytes:
        rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (row, row) for row in range(200, 1_000_200))
        return sheet.replace(b"</sheetData>", rows + b"</sheetData>")

    change_part(path, "xl/worksheets/sheet3.xml", add)


def many_rows(path: Path) -> None:
    pyarrow.feather.write_feather(pa.table({"id": ["a"] * 9}), str(path))


TOO_LARGE = {
    "bytes": ("a zip bomb", "unpacks to more than 128 MiB"),
    "cells": ("a value far away", "spans 1048576 rows"),
    "columns": ("too many columns of Arrow", "the header has 10001 columns"),
    "a text": ("a long text repeated", "has a text of more than 131072 bytes"),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_a_file_beyond_a_limit_has_the_reason_too_large(installed: Catalogue, tmp_path: Path, case: str) -> None:
    damage, message = TOO_LARGE[case]
    name, write, _ = DAMAGED[damage]
    write(tmp_path / name)
    refused_as(installed, tmp_path / name, "TOO_LARGE", message)


def test_files_beyond_lowered_limits_are_refused(
    installed: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at("R3", "#DIV/0!")(tmp_path / "a.xlsx")
    monkeypatch.setattr("scorer_client.files.xml_scan.MAX_ERRORS", 0)
    refused_as(installed, tmp_path / "a.xlsx", "TOO_LARGE", "has more than 100000 formulas with an error")
    monkeypatch.setattr("scorer_client.files.archive.MAX_PARTS", 5)
    refused_as(installed, tmp_path / "a.xlsx", "TOO_LARGE", "parts, more than 5: is it a file of answers?")
    many_rows(tmp_path / "a.arrow")
    monkeypatch.setattr("scorer_client.files.columnar.MAX_ROWS", 5)
    refused_as(installed, tmp_path / "a.arrow", "TOO_LARGE", "the file has more than 5 rows")
    cut(tmp_path / "half.xlsx")
    refused_as(installed, tmp_path / "half.xlsx", "NOT_READABLE", "is damaged")


def refused_as(installed: Catalogue, path: Path, reason: str, message: str) -> None:
    with pytest.raises(ScorerError) as caught:
        Client(InProcessTransport(installed)).read_file(SET, path)
    (violation,) = caught.value.violations
    assert violation.reason == reason
    assert message in violation.description


@pytest.mark.parametrize(
    "case",
    [
        "a zip bomb",
        "a repeated row of ODS",
        pytest.param("an entity bomb", marks=pytest.mark.long),
        pytest.param("a value far away", marks=pytest.mark.long),
        pytest.param("a long text repeated", marks=pytest.mark.long),
    ],
)
def test_hostile_files_take_little_memory(tmp_path: Path, case: str) -> None:
    name, write, message = DAMAGED[case]
    write(tmp_path / name)
    code, _, errors, peak = ranked_apart(tmp_path / name)
    assert code == 2
    assert message in errors
    assert peak < 300


@pytest.mark.long
def test_a_million_empty_rows_change_nothing_and_take_little_memory(tmp_path: Path, csv_results: str) -> None:
    million_empty_rows(tmp_path / "a.xlsx")
    code, results, errors, peak = ranked_apart(tmp_path / "a.xlsx")
    assert (code, results == csv_results, errors) == (0, True, "")
    assert peak < 400


MEASURED = """
import os, re, sys
from scorer.cli import main

def print_peak():
    with open("/proc/self/status") as status:
        peak = re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]
    print("peak", peak, file=sys.stderr, flush=True)

def leave(code, at_once=os._exit):
    print_peak()
    at_once(code)

os._exit = leave  # the command may end without leaving main()
try:
    main()
finally:
    print_peak()
"""


def ranked_apart(file: Path) -> tuple[int, str, str, int]:
    """Ranks a file in a separate process. Returns exit code, both outputs, and the peak memory in MiB."""
    command = [sys.executable, "-c", MEASURED, "rank", str(file), "--set", SET, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    errors, _, peak = done.stderr.rpartition("peak ")
    return done.returncode, done.stdout, errors, int(peak) // 1024
