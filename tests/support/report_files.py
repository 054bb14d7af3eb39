"""Reads report files of all formats, and returns the content of their tables."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import cli_in_process
import lxml.html
import openpyxl
from cli_process import ROOT

SCORER = Path(sys.executable).parent / "scorer"
SET = "bac-kan-2020"
ANSWERS = Path(str(files("scorer_plugins.answers") / f"{SET}.csv"))
Run = Callable[..., subprocess.CompletedProcess[str]]
TIERS = {"department": "Cấp sở, ban, ngành", "district": "Cấp huyện", "commune": "Cấp xã"}
CATEGORIES = {"readiness": "Điều kiện sẵn sàng", "achievement": "Kết quả chính quyền điện tử đạt được"}


def scorer(*words: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs a command in this process."""
    return cli_in_process.run(*map(str, words), cwd=folder)


def write(
    folder: Path,
    *names: str,
    answers: Path = ANSWERS,
    language: str = "vi",
    options: tuple[object, ...] = (),
    run: Run = cli_in_process.run,
) -> list[Path]:
    """Writes a report of Bắc Kạn to files of these names; ``run`` runs the command, in this process by default."""
    made = [folder / name for name in names]
    outs = [word for path in made for word in ("--out", path)]
    words = ("--set", SET, "--lang", language, "--province", "Bắc Kạn", "--period", "2020-H1", *outs, *options)
    done = run("report", *map(str, (answers, *words)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("đã ghi vào" if language == "vi" else "written to") == len(names)
    return made


@dataclass(frozen=True)
class Place:
    """The line of a unit in the ranking of a category."""

    rank: int
    level: int
    points: str
    maximum: str
    asked: str


@dataclass(frozen=True)
class Tables:
    """The content of a report, by tier and category (codes or titles)."""

    text: str
    ranked: dict[tuple[str, str], tuple[int, int]]
    """Units that are ranked, and units."""
    places: dict[tuple[str, str, str], Place]
    """By tier, category and unit."""
    gates: dict[tuple[str, str, str, int], tuple[int, int]]
    """Units that reach a measure's minimum of a level, and those for which it is the best one."""
    full: dict[tuple[str, str], tuple[int, int]]
    """Units with all points of a criterion, and units to which it applies, by tier and criterion."""


def number(text: object) -> int:
    """The first whole number in a text; 0: none."""
    found = re.search(r"\d+", str(text))
    return int(found[0]) if found else 0


def pair(text: str) -> tuple[int, int]:
    """Such as 7/24."""
    first, second = re.search(r"(\d+)/(\d+)", text).groups()
    return int(first), int(second)


def parsed(page: str | bytes) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(page if isinstance(page, str) else page.decode())


def text_of(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def cells(table: lxml.html.HtmlElement) -> list[list[str]]:
    return [[text_of(cell) for cell in row.xpath("td|th")] for row in table.xpath("tbody/tr")]


def html_tables(path: Path) -> Tables:
    page = parsed(path.read_bytes())
    ranked, places, gates, full = {}, {}, {}, {}
    for tier in TIERS:
        for category in CATEGORIES:
            section = page.get_element_by_id(f"t-{tier}-{category}").getparent()
            ranked[tier, category] = pair(text_of(section.find("h3/small")))
            ranking, gate_table, criteria = section.xpath(".//table")
            for rank, unit, level, points, maximum, _, _, asked in cells(ranking):
                places[tier, category, unit] = Place(number(rank), number(level), points, maximum, asked)
            for body in gate_table.xpath("tbody"):
                measure = text_of(body.xpath("tr/th")[0])
                for row in body.xpath("tr"):
                    level, _, passing, _, best = (text_of(cell) for cell in row.xpath("td"))
                    gates[tier, category, measure, number(level)] = (pair(passing)[0], pair(best)[0])
            for code, _, _, _, count, _, _ in cells(criteria):
                full[tier, code] = pair(count)
        overall = page.get_element_by_id(f"t-{tier}-heat")
        ranked[tier, "overall"] = pair(text_of(overall.find("small")))
    return Tables(text_of(page.find("body")), ranked, places, gates, full)


def workbook(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def xlsx_tables(path: Path) -> Tables:
    book = workbook(path)
    tier_of = {title: tier for tier, title in TIERS.items()}
    category_of = {title: category for category, title in CATEGORIES.items()} | {"Xếp hạng chung": "overall"}
    text = "\n".join(str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None)
    ranked, places, gates, full = {}, {}, {}, {}
    for row in book["Tổng quan"].iter_rows(values_only=True):
        if row[0] in tier_of and row[1] in category_of:
            ranked[tier_of[row[0]], category_of[row[1]]] = (row[3], row[2])
    for tier, title in TIERS.items():
        heads, *lines = book[title].iter_rows(values_only=True)
        for line in lines:
            found = dict(zip(heads, line, strict=True))
            for category, name in CATEGORIES.items():
                rank, level, points, maximum, asked = (
                    found[f"{name}: {column}"] for column in ("hạng", "mức", "điểm", "tối đa", "mức kế tiếp yêu cầu")
                )
                assert type(points) in (int, float)
                places[tier, category, found["đơn vị"]] = Place(
                    rank or 0, level or 0, f"{points:.2f}", f"{maximum:g}", asked or ""
                )
    for row in list(book["Yêu cầu tối thiểu của các mức"].iter_rows(values_only=True))[1:]:
        gates[tier_of[row[0]], category_of[row[1]], row[2], row[3]] = (row[5], row[7])
    for row in list(book["Toàn bộ tiêu chí"].iter_rows(values_only=True))[1:]:
        full[tier_of[row[0]], row[3]] = (row[7], row[6])
    return Tables(text, ranked, places, gates, full)


def spoilt(folder: Path, keep=lambda row: True, change=lambda row: None) -> Path:
    """A file with the answers of Bắc Kạn, some rows or cells of which are changed."""
    rows = list(csv.DictReader(io.StringIO(ANSWERS.read_text(encoding="utf-8"))))
    kept = [row for row in rows if keep(row)]
    for row in kept:
        change(row)
    path = folder / "answers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(kept)
    return path
