"""Damaged files are refused by sheet and cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_in_process import Run, runner
from damaged_file_cases import DAMAGED
from damaged_files import ods_repeated_error
from harness import installed_catalogue
from workbooks import SET

from scorer.catalogue.catalogue import Catalogue


@pytest.fixture(scope="module")
def installed() -> Catalogue:
    return installed_catalogue()


@pytest.fixture
def scorer(installed: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(installed, monkeypatch, capsys)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.long) if case == "a zip bomb" else case for case in DAMAGED]
)
def test_a_damaged_file_is_refused_by_sheet_and_cell(scorer: Run, tmp_path: Path, case: str) -> None:
    name, write, message = DAMAGED[case]
    write(tmp_path / name)
    done = scorer("rank", tmp_path / name, "--set", SET)
    assert (done.code, done.out) == (2, "")
    first = done.errors[0].replace(f"{tmp_path}/", "")
    assert message in first, first


def test_every_repeated_error_in_ods_is_refused(scorer: Run, tmp_path: Path) -> None:
    ods_repeated_error(tmp_path / "a.ods")
    done = scorer("check", tmp_path / "a.ods", "--set", SET)
    assert [line.rpartition("a.ods: ")[2] for line in done.errors[:2]] == [
        "'Cấp huyện'!R3: the formula gives #N/A; give the value, or leave the cell empty",
        "'Cấp huyện'!S3: the formula gives #N/A; give the value, or leave the cell empty",
    ]


def test_a_suggestion_names_an_option_of_the_same_column(scorer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,tier,portal,it_official_degree,lan\na,commune,nome,nome,nome\n", "utf-8")
    done = scorer("check", tmp_path / "a.csv", "--set", SET)
    assert [line.rpartition(" or nothing, ")[2] for line in done.errors[:3]] == [
        "not 'nome'; did you mean 'none'?",
        "not 'nome'",
        "not 'nome'; did you mean 'none'?",
    ]


@pytest.mark.parametrize("case", ["an error", "out of range", "a word for a flag", "merged cells", "a password"])
def test_mistakes_are_reported_in_vietnamese(scorer: Run, tmp_path: Path, case: str) -> None:
    name, write, message = DAMAGED[case]
    write(tmp_path / name)
    done = scorer("rank", tmp_path / name, "--set", SET, "--lang", "vi")
    assert message not in done.errors[0]
    assert any(letter in done.errors[0] for letter in "ảấầậạợịộ")
    assert done.errors[-1].endswith("1 lỗi; chưa xếp hạng và chưa ghi gì")
