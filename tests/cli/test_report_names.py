"""Reports with names that could harm: as HTML, as formulas, or in templates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import docx
import pytest
from report_files import ANSWERS, SET, parsed, scorer, spoilt, text_of, workbook, write

from scorer.cli.answer_input import local_client
from scorer_client import Client


@pytest.fixture(scope="module")
def client() -> Client:
    return local_client()


HARM = {
    "d-ba-be": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "d-na-ri": "=cmd|' /C calc'!A0",
    "d-bac-kan": "\u05e2\u05d9\u05e8 \u0645\u062f\u064a\u0646\u0629",
    "d-cho-don": "{{ 7 * 7 }}{% raw %}",
    "d-cho-moi": "@SUM(1+1)*\"'&<>",
    "d-pac-nam": "http://example.com/ -->]]>",
}


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("harm")
    answers = spoilt(
        folder,
        lambda row: row["tier"] == "district",
        lambda row: row.update(name=HARM.get(row["id"], row["name"])),
    )
    return {path.suffix: path for path in write(folder, "harm.html", "harm.xlsx", "harm.docx", answers=answers)}


def test_hostile_names_are_escaped_in_a_page(harmful: dict[str, Path]) -> None:
    page = parsed(harmful[".html"].read_bytes())
    assert len(page.xpath("//script")) == 1
    assert not page.xpath("//img")
    assert not [name for element in page.iter("*") for name in element.attrib if name.startswith("on")]
    for code, name in HARM.items():
        assert text_of(page.get_element_by_id(f"u-{code}").find("h4")) == name


def test_names_with_format_characters_are_refused(tmp_path: Path) -> None:
    answers = spoilt(tmp_path, change=lambda row: row.update(name=f"\u202e{row['name']}"))
    done = scorer("report", answers, "--set", SET, "--out", tmp_path / "a.html")
    assert done.returncode == 2
    assert "row 2, column B (name): has a control or format character" in done.stderr


def test_format_characters_in_other_texts_are_escaped(client: Client, tmp_path: Path) -> None:
    province = client.rank_file(SET, spoilt(tmp_path, lambda row: row["tier"] == "district"), full=True)
    steering = replace(province, provenance=province.provenance._replace(province="\x1b[31m\u202eBắc\x00Kạn"))
    paths = [tmp_path / f"a{ending}" for ending in (".html", ".xlsx", ".docx")]
    client.report(steering, *paths)
    shown = "\\x1b[31m\\u202eBắc\\x00Kạn"
    assert shown in text_of(parsed(paths[0].read_bytes()).find("body"))
    assert shown in {cell.value for row in workbook(paths[1])["Summary"] for cell in row}
    assert shown in {line.text for line in docx.Document(str(paths[2])).paragraphs}


def test_hostile_names_are_escaped_in_a_workbook(harmful: dict[str, Path]) -> None:
    book = workbook(harmful[".xlsx"])
    assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f" or cell.hyperlink]
    assert HARM["d-na-ri"] in {row[1] for row in book["Cấp huyện"].iter_rows(values_only=True)}


def test_hostile_names_are_escaped_in_a_document(harmful: dict[str, Path]) -> None:
    document = docx.Document(str(harmful[".docx"]))
    units = {row.cells[1].text for table in document.tables for row in table.rows}
    assert {HARM["d-ba-be"], HARM["d-na-ri"], HARM["d-cho-don"], HARM["d-cho-moi"]} <= units


def test_a_template_can_read_the_report_and_nothing_else(tmp_path: Path) -> None:
    template = docx.Document()
    template.add_paragraph("{{ ''.__class__.__mro__[1].__subclasses__() }}")
    template.save(str(tmp_path / "template.docx"))
    out = tmp_path / "out.docx"
    done = scorer("report", ANSWERS, "--set", SET, "--out", out, "--template", tmp_path / "template.docx")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_a_province_can_use_its_own_template(tmp_path: Path) -> None:
    template = docx.Document()
    template.add_paragraph("{{ report.province }}: {{ report.sections[1].categories[0].order[0][0].name }}")
    template.save(str(tmp_path / "template.docx"))
    options = ("--template", tmp_path / "template.docx")
    (path,) = write(tmp_path, "own.docx", options=options)
    assert [line.text for line in docx.Document(str(path)).paragraphs] == ["Bắc Kạn: huyện Ba Bể"]
