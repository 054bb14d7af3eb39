"""Titles and codes of tiers and levels, from the document to the terminal and the files."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

from cli_in_process import run, stdout_of

ANSWERS = str(files("scorer_plugins.answers") / "hue-2020.csv")


def named_set(folder: Path, code_of_level_2: str = "B") -> None:
    text = (files("scorer_plugins.criteria_sets") / "hue-2020.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("criteria_set: hue-2020\n", "criteria_set: hue-named\n"),
        ("tiers: [district]\n", "tiers: {district: {title: {en: Towns, vi: Cấp thị}}}\n"),
        ("      - level: 1\n", "      - level: 1\n        code: A\n        title: {en: Excellent, vi: Tốt}\n"),
        ("      - level: 2\n", f"      - level: 2\n        code: {code_of_level_2}\n"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "hue-named.yaml").write_text(text, encoding="utf-8")


def test_titles_and_codes_are_shown_and_written(tmp_path: Path) -> None:
    named_set(tmp_path)
    out = tmp_path / "out.csv"
    options = ("--criteria", str(tmp_path), "--set", "hue-named", "--lang", "vi", "--out", str(out))
    shown = stdout_of("rank", ANSWERS, *options)
    assert "Cấp thị: 9 đơn vị" in shown
    with out.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    levels = {(x["readiness.level"], x["readiness.level_code"], x["readiness.level_title"]) for x in lines}
    assert {("1", "A", "Tốt"), ("2", "B", "mức B")} == levels
    assert {line["tier_title"] for line in lines} == {"Cấp thị"}
    assert any("Tốt yêu cầu từ 90 %" in line["readiness.causes"] for line in lines)


def test_two_levels_cannot_have_one_code(tmp_path: Path) -> None:
    named_set(tmp_path, code_of_level_2="A")
    done = run("criteria", "check", str(tmp_path / "hue-named.yaml"))
    assert done.returncode != 0
    assert "levels[1].code: level code 'A' is given twice" in done.stdout + done.stderr
