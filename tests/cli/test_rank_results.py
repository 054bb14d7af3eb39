"""The results that ``scorer rank`` and ``scorer score`` print and write."""

from __future__ import annotations

import csv
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import cli_in_process
import cli_process
import pytest
from bac_kan_csv import (
    AT,
    BUNDLED,
    SET,
    TEXT,
    agree,
    row_of,
    table,
    text_of,
)
from cli_in_process import Run

from scorer.cli.commands import rank
from scorer_client import Client, Province, Score
from scorer_client.criteria_set_form import Form


def test_results_overwrite_a_file_with_force_only(scorer: Run, file: Path) -> None:
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


@pytest.mark.parametrize("hard_links", [True, False])
def test_results_do_not_overwrite_a_file_written_meanwhile(
    scorer: Run, file: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    file.write_text(TEXT, encoding="utf-8")
    to, rank_answers = file.with_name("out.json"), rank.rank_answers

    def meanwhile(*arguments: Any, **options: Any) -> Province:
        to.write_text("of another run", encoding="utf-8")
        return rank_answers(*arguments, **options)

    if not hard_links:
        monkeypatch.setattr(os, "link", refuse_links)
    with monkeypatch.context() as patched:
        patched.setattr(rank, "rank_answers", meanwhile)
        done = scorer("rank", file, "--set", SET, "--out", to)
    assert (done.code, done.out, done.errors) == (2, "", [f"scorer: {to} exists already; --force overwrites it"])
    assert to.read_text(encoding="utf-8") == "of another run"
    to.unlink()
    assert scorer("rank", file, "--set", SET, "--out", to).code == 0
    assert json.loads(to.read_bytes())["rankings"]
    assert sorted(path.name for path in to.parent.iterdir()) == sorted([file.name, to.name])


def refuse_links(*_: object, **options: object) -> None:
    raise PermissionError(1, "Operation not permitted")


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


def test_results_are_written_to_csv_and_json_files_only(scorer: Run, file: Path) -> None:
    file.write_text(TEXT, encoding="utf-8")
    to = file.with_name("out.xlsx")
    done = scorer("rank", file, "--set", SET, "--out", to)
    assert (done.code, done.out) == (2, "")
    assert done.errors == [f"scorer: --out {to} ends in none of .csv, .json"]
    assert not to.exists()


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundled")
    for code in BUNDLED:
        text = (files("scorer_plugins.answers") / f"{code}.csv").read_text(encoding="utf-8")
        (folder / f"{code}.csv").write_text(text, encoding="utf-8")
    return {code: folder / f"{code}.csv" for code in BUNDLED}


@pytest.fixture(scope="module")
def served(client: Client, bundled: dict[str, Path]) -> dict[str, Province]:
    """The results of the service for rows, unit by unit."""
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


@pytest.mark.parametrize("code", ["bac-kan-2020", pytest.param("hue-2020", marks=pytest.mark.long)])
def test_the_command_prints_and_writes_the_results_of_the_service(
    bundled: dict[str, Path], served: dict[str, Province], form: Form, tmp_path: Path, code: str
) -> None:
    period, province = BUNDLED[code]
    to = tmp_path / "out.csv"
    about = ["--set", code, "--period", period, "--province", province]
    printed = cli_process.stdout_of("rank", str(bundled[code]), *about, "--json", "--out", str(to))
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
    report = cli_in_process.stdout_of("rank", str(bundled[SET]), "--set", SET, "--period", "2020-H1", "--out", str(to))
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
    report = cli_in_process.stdout_of("rank", str(bundled[SET]), "--set", SET, "--tier", "district", "--lang", "vi")
    for words in (
        "Cấp huyện: 8 đơn vị",
        "Điều kiện sẵn sàng: 1/8 đơn vị được xếp hạng",
        "40.60 trên 50",
        "huyện Ba Bể",
    ):
        assert words in report
    for words in ("Cấp sở", "Cấp xã", "Readiness", "ranked", "Departments"):
        assert words not in report


def test_score_shows_what_keeps_ba_be_at_level_4(bundled: dict[str, Path]) -> None:
    shown = cli_in_process.stdout_of("score", str(bundled[SET]), "d-ba-be", "--set", SET)
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "huyện Ba Bể (Districts)"
    assert "Readiness: level 4; Infrastructure + Human resources is 78.86 %, level 3 requires at least 80 %" in lines
    assert "40.60 of 50 (81.20 %), converted 40.60 of 50" in lines
    assert "INF.09 Lightning protection of the local network 0.00 2" in lines
    assert any(line.startswith("Achievement: not ranked; Transaction is 55.57 %") for line in lines)


def test_the_command_refuses_a_misspelt_file(file: Path) -> None:
    rows, to = table(), file.with_name("out.csv")
    rows[5][AT["tier"]] = "departmnt"
    file.write_text(text_of(rows), encoding="utf-8")
    done = cli_in_process.run("rank", str(file), "--set", SET, "--out", str(to))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        f"scorer: {file}: row 6, column C (tier): expected department or district or commune, "
        "not 'departmnt'; did you mean 'department'?"
    )
    assert not to.exists()
