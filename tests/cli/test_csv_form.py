"""The CSV form of a set, to be filled in."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from bac_kan_csv import AT, LINES, SET, TEXT, agree
from cli_in_process import Run

from scorer_client import Client
from scorer_client.criteria_set_form import Form

# --- the form to fill in -------------------------------------------------------------------------------------------


@pytest.fixture
def template(scorer: Run, tmp_path: Path) -> Path:
    done = scorer("criteria", "template", SET, "--out", tmp_path)
    assert (done.code, done.errors) == (0, [])
    assert done.out.count("written to ") == 2
    return tmp_path


def test_the_form_has_a_column_for_every_indicator(template: Path, form: Form) -> None:
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
def test_an_existing_form_is_not_overwritten(scorer: Run, tmp_path: Path, name: str) -> None:
    there = tmp_path / name
    there.write_text("filled in", encoding="utf-8")
    done = scorer("criteria", "template", SET, "--out", tmp_path)
    assert (done.code, done.errors) == (2, [f"scorer: {there} exists already; --force overwrites it"])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert there.read_text(encoding="utf-8") == "filled in"
    assert scorer("criteria", "template", SET, "--out", tmp_path, "--force").code == 0
    assert there.read_text(encoding="utf-8") != "filled in"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_form_for_an_unknown_set_or_missing_directory_is_refused(scorer: Run, tmp_path: Path) -> None:
    done = scorer("criteria", "template", "bac-kan", "--out", tmp_path)
    assert done.code == 2
    assert done.errors[0].endswith("there are: bac-kan-2020, hue-2020; did you mean 'bac-kan-2020'?")
    done = scorer("criteria", "template", SET, "--out", tmp_path / "nowhere")
    assert done.code == 2
    nowhere = tmp_path / "nowhere"
    assert done.errors == [f"scorer: --out {nowhere} is neither a directory nor a file that ends in .xlsx"]
    assert list(tmp_path.iterdir()) == []
