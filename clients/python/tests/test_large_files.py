"""Large files: memory, progress, and the number of listed mistakes."""

from __future__ import annotations

import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from scorer_client import ScorerError
from scorer_client.criteria_set_form import Form, Indicator
from scorer_client.files.csv_file import PROGRESS_STEP_BYTES
from scorer_client.files.file_reader import read_file
from scorer_client.files.table_reader import MAX_VIOLATIONS

COLUMNS = {f"number_{n}": Indicator(f"number_{n}", "number", "", {}, (), {}) for n in range(40)}
HEAD = Indicator("head", "choice", "", {}, ("chairman", "nobody"), {})
FORM = Form("set-2020", {}, ("commune",), {**COLUMNS, "head": HEAD}, (), {}, 2, 2, {}, (), ())
HEADER = ",".join(["id", "name", "tier", "parent", *FORM.indicators])


def write(file: Path, rows: int, number: str = "") -> Path:
    with file.open("w", encoding="utf-8") as opened:
        opened.write(HEADER + "\n")
        for row in range(rows):
            cells = [number or f"{row}.{n}" for n in range(len(COLUMNS))]
            opened.write(f"x-{row},Xã số {row},commune,d-{row % 50},{','.join(cells)},nobody\n")
    return file


def test_memory_of_a_file_is_one_number_per_cell(tmp_path: Path) -> None:
    file, rows = write(tmp_path / "answers.csv", 2_000), 2_000
    tracemalloc.start()
    try:
        sheet = read_file(file, FORM)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(sheet.units) == rows
    # A growing array is an eighth larger than what it holds; texts of the cells would be 50 bytes and more each.
    assert peak < rows * (len(COLUMNS) * 8 * 1.25 + 450) + 2**20


def test_progress_grows_to_the_size_of_the_file(tmp_path: Path) -> None:
    file, progress = write(tmp_path / "answers.csv", 5_000), list[tuple[int, int]]()
    read_file(file, FORM, lambda done, total: progress.append((done, total)))
    size = file.stat().st_size
    assert {total for _, total in progress} == {size}
    done = [done for done, _ in progress]
    assert done == sorted(done)
    assert done[-1] == size
    assert size // (2 * PROGRESS_STEP_BYTES) < len(done) <= size // PROGRESS_STEP_BYTES + 1


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    pipe, progress = tmp_path / "pipe", list[tuple[int, int]]()
    os.mkfifo(pipe)
    writer = threading.Thread(target=write, args=(pipe, 30))
    writer.start()
    sheet = read_file(pipe, FORM, lambda done, total: progress.append((done, total)))
    writer.join()
    assert len(sheet.units) == 30
    assert progress[-1][0] > 30 * len(COLUMNS)
    assert progress[-1][1] == 0


def test_the_first_of_thousands_of_mistakes_are_listed_and_all_counted(tmp_path: Path) -> None:
    with pytest.raises(ScorerError) as caught:
        read_file(write(tmp_path / "answers.csv", 500, "nhiều"), FORM)
    assert len(caught.value.violations) == MAX_VIOLATIONS
    assert caught.value.violations_total == 500 * len(COLUMNS)
    assert f"(and {500 * len(COLUMNS) - 1} more)" in caught.value.message
    assert caught.value.violations[-1].field.startswith(f"row {MAX_VIOLATIONS // len(COLUMNS) + 1},")
