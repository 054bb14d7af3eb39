"""Reports as files have every published fact of Bắc Kạn, and hostile names are escaped."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import cli_process
import docx
import pypdf
import pytest
from report_files import SCORER, SET, Tables, html_tables, parsed, spoilt, text_of, workbook, write, xlsx_tables

READY, GOT = "readiness", "achievement"
STAFF_AND_EQUIPMENT = "Hạ tầng + Nhân lực"
READERS = {".html": html_tables, ".xlsx": xlsx_tables}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the Vietnamese report of Bắc Kạn, by ending."""
    paths = write(tmp_path_factory.mktemp("reports"), "bk.html", "bk.xlsx", "bk.docx")
    return {path.suffix: path for path in paths}


@pytest.fixture(scope="module", params=READERS)
def tables(request: pytest.FixtureRequest, made: dict[str, Path]) -> Tables:
    return READERS[request.param](made[request.param])


def test_reports_have_the_number_of_ranked_units(tables: Tables) -> None:
    assert tables.ranked == {
        ("department", READY): (7, 24), ("department", GOT): (5, 24), ("department", "overall"): (4, 24),
        ("district", READY): (1, 8), ("district", GOT): (2, 8), ("district", "overall"): (0, 8),
        ("commune", READY): (1, 108), ("commune", GOT): (0, 108), ("commune", "overall"): (0, 108),
    }  # fmt: skip


def test_reports_have_the_ranked_districts_and_communes_with_levels(tables: Tables) -> None:
    ranked = {key: place.level for key, place in tables.places.items() if place.rank and key[0] != "department"}
    assert ranked == {
        ("district", READY, "huyện Ba Bể"): 4,
        ("district", GOT, "huyện Na Rì"): 3,
        ("district", GOT, "thành phố Bắc Kạn"): 4,
        ("commune", READY, "xã Nông Thượng"): 4,
    }


def test_reports_have_the_published_points(tables: Tables) -> None:
    ba_be = tables.places["district", READY, "huyện Ba Bể"]
    assert (ba_be.rank, ba_be.points, ba_be.maximum) == (1, "40.60", "50")
    assert ba_be.asked == f"{STAFF_AND_EQUIPMENT} 78.86/80 %"
    nong_thuong = tables.places["commune", READY, "xã Nông Thượng"]
    assert (nong_thuong.points, nong_thuong.maximum) == ("23.72", "30")
    assert "Tổng điểm cao nhất: phường Đức Xuân 67.10/90 (74.56 %)" in tables.text


def test_reports_have_the_levels_in_policy_environment(tables: Tables) -> None:
    best = {level: tables.gates["district", READY, "Môi trường chính sách", level][1] for level in (1, 2, 3, 4)}
    assert best == {1: 2, 2: 6, 3: 0, 4: 0}


def test_reports_have_the_gates_that_unranked_units_fail(tables: Tables) -> None:
    reached = tables.gates["district", READY, STAFF_AND_EQUIPMENT, 4][0]
    assert 8 - reached == 7
    under = {
        measure: 24 - passing
        for (tier, category, measure, level), (passing, _) in tables.gates.items()
        if (tier, category, level) == ("department", GOT, 4) and measure != "tổng điểm"
    }
    assert max(under, key=under.__getitem__) == "Giao dịch"
    others = [unit for tier, category, unit in tables.places if (tier, category) == ("district", GOT)]
    for unit in set(others) - {"huyện Na Rì", "thành phố Bắc Kạn"}:
        asked = tables.places["district", GOT, unit].asked
        assert "Giao dịch" in asked
        assert "Chuyển đổi" in asked


def test_reports_have_the_criteria_that_units_lack(tables: Tables) -> None:
    districts = {code: tables.full["district", code] for code in ("INF.01", "INF.02", "INF.10", "INF.09", "INF.12")}
    assert districts == {"INF.01": (8, 8), "INF.02": (8, 8), "INF.10": (5, 8), "INF.09": (0, 8), "INF.12": (0, 8)}
    assert tables.full["commune", "INF.13"] == (21, 108)  # an online meeting room
    assert tables.full["commune", "INF.07"] == (13, 108)  # a firewall
    for tier, code in (("department", "PE.01"), ("district", "INF.11")):
        full, applicable = tables.full[tier, code]
        assert 2 * full > applicable


def test_reports_have_the_provenance(tables: Tables) -> None:
    for text in ("dựng lại", "Nghị định số 61/2018/NĐ-CP", "23/04/2018", "Giả định", "Bắc Kạn · 2020-H1", SET):
        assert text in tables.text


@pytest.mark.long
def test_the_pdf_has_all_published_facts(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=OSError, reason="WeasyPrint needs the system library Pango")
    (path,) = write(tmp_path, "bk.pdf")
    pages = pypdf.PdfReader(path).pages
    assert float(pages[0].mediabox.width) == pytest.approx(595.3, abs=0.1)  # A4
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for said in (
        "7/24 đơn vị được xếp hạng", "5/24 đơn vị được xếp hạng", "0/8 đơn vị được xếp hạng",
        "1/8 đơn vị được xếp hạng", "2/8 đơn vị được xếp hạng", "1/108 đơn vị được xếp hạng",
        "0/108 đơn vị được xếp hạng",
        "huyện Ba Bể mức 4 40.60 50 81.20 40.60 Hạ tầng + Nhân lực 78.86/80 %",
        "huyện Na Rì mức 3", "thành phố Bắc Kạn mức 4",
        "xã Nông Thượng mức 4 23.72 30", "67.10/90 (74.56 %)",
        "từ 70 % 1/8 7/8 1/8", "mức 1 từ 90 % 2/8 6/8 2/8", "mức 2 từ 85 % 8/8 0/8 6/8",
        "dựng lại",
    ):  # fmt: skip
        assert said in text, said
    for code, count in (("INF.01", "8/8"), ("INF.02", "8/8"), ("INF.10", "5/8"), ("INF.09", "0/8"), ("INF.12", "0/8")):
        assert re.search(rf"{code} [^/]+ {count} ", text), code
    for code, count in (("INF.13", "21/108"), ("INF.07", "13/108")):
        assert re.search(rf"{code} [^/]+ {count} ", text), code


def test_the_annex_has_the_rankings_as_a_decision_shows_them(made: dict[str, Path]) -> None:
    document = docx.Document(str(made[".docx"]))
    lines = [line.text for line in document.paragraphs]
    assert lines[0] == "PHỤ LỤC"
    assert "CHỦ TỊCH" in lines
    assert not [line for line in lines if "{" in line]
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    asked = "Hạ tầng + Nhân lực 78.86/80 %"
    assert ["1", "huyện Ba Bể", "mức 4", "40.60", "81.20", "40.60", asked] in rows
    assert len(document.tables) == 9  # two categories and overall, in three tiers


class AddressCollector(HTMLParser):
    """Collects the addresses that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]


def test_the_page_loads_nothing_and_is_small(made: dict[str, Path]) -> None:
    content = made[".html"].read_text(encoding="utf-8")
    reader = AddressCollector()
    reader.feed(content)
    assert {address.partition("#")[0] for address in reader.addresses} == {"", "data:,"}
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest", content)
    assert len(content.encode()) <= 1_000_000


def test_every_link_of_the_page_leads_to_a_card_or_section(made: dict[str, Path]) -> None:
    page = parsed(made[".html"].read_bytes())
    ids = [element.get("id") for element in page.xpath("//*[@id]")]
    assert len(ids) == len(set(ids))
    targets = {link.get("href").removeprefix("#") for link in page.xpath("//a")}
    assert targets <= set(ids)
    assert len([one for one in ids if one.startswith("u-")]) == 140


def test_a_card_has_points_causes_and_needs(made: dict[str, Path]) -> None:
    card = text_of(parsed(made[".html"].read_bytes()).get_element_by_id("u-d-ba-be"))
    assert "Hạ tầng + Nhân lực đạt 78.86 %, mức 3 yêu cầu từ 80 %; còn thiếu 0.40 điểm" in card
    assert "INF.09 Hệ thống chống sét lan truyền bảo vệ mạng LAN (0/2)" in card
    missing = text_of(parsed(made[".html"].read_bytes()).get_element_by_id("u-x-nhan-mon"))
    assert "INF.15 -/0.5" in missing


def test_the_workbook_has_numbers_filters_colours_and_charts(made: dict[str, Path]) -> None:
    book = workbook(made[".xlsx"])
    sheet = book["Cấp huyện"]
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.freeze_panes == "C2"
    assert sheet["E2"].number_format == "0.00"
    assert sheet.conditional_formatting
    assert len(book["Phân bố điểm"]._charts) == 6
    with zipfile.ZipFile(made[".xlsx"]) as archive:
        assert not [name for name in archive.namelist() if "external" in name.lower() or "vba" in name.lower()]


def test_the_same_answers_give_the_same_bytes(made: dict[str, Path], tmp_path: Path) -> None:
    """Also in another process, where hashes of texts differ."""
    again = write(tmp_path, *(f"again{ending}" for ending in made), run=cli_process.run)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in made.values()]


def test_a_pdf_of_the_same_answers_has_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=OSError, reason="WeasyPrint needs the system library Pango")
    few = spoilt(tmp_path, lambda row: row["id"] in ("d-ba-be", "d-na-ri"))
    one, two = write(tmp_path, "one.pdf", "two.pdf", answers=few)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.long
def test_a_pdf_of_another_process_has_the_same_bytes(tmp_path: Path) -> None:
    few = spoilt(tmp_path, lambda row: row["id"] in ("d-ba-be", "d-na-ri"))
    (one,) = write(tmp_path, "one.pdf", answers=few)
    (two,) = write(tmp_path, "two.pdf", answers=few, run=cli_process.run)
    assert one.read_bytes() == two.read_bytes()


def test_a_report_in_english_has_english_sentences(tmp_path: Path) -> None:
    (path,) = write(tmp_path, "bk.html", language="en")
    page = parsed(path.read_bytes())
    assert page.get("lang") == "en"
    text = text_of(page.find("body"))
    assert "Infrastructure + Human resources is 78.86 %, level 3 requires at least 80 %; 0.40 points short" in text
    assert "7/24 ranked" in text


def test_the_demo_opens_a_report_with_the_published_facts(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {tmp_path}/opened\n", encoding="utf-8")
    browser.chmod(0o755)
    variables = {**os.environ, "BROWSER": f"{browser} %s"}
    done = subprocess.run(
        [SCORER, "demo", "--open", "--lang", "vi"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "đã ghi vào bac-kan-2020.html\n"), done.stderr
    page = tmp_path / "bac-kan-2020.html"
    assert (tmp_path / "opened").read_text(encoding="utf-8").strip() == page.as_uri()
    facts = [text_of(line) for line in parsed(page.read_bytes()).xpath("//ul[@class='facts']/li")]
    assert "7/24 sở, ngành được xếp hạng về điều kiện sẵn sàng, 5/24 về kết quả đạt được." in facts
    assert len(facts) == 14
