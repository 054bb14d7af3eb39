"""Reports as files have every published fact of Bắc Kạn, and hostile names are escaped."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import command
import docx
import pypdf
import pytest
from harness import catalogue, good, host
from network_set import NETWORK, NETWORK_ANSWERS, NETWORK_GROUP
from report_files import (
    ANSWERS,
    SCORER,
    SET,
    Tables,
    html_tables,
    parsed,
    scorer,
    text_of,
    workbook,
    write,
    xlsx_tables,
)

from scorer.cli.answer_files import local_client
from scorer.service.in_process import InProcessTransport
from scorer_client import Client

READY, GOT = "readiness", "achievement"
STAFF_AND_EQUIPMENT = "Hạ tầng + Nhân lực"
READERS = {".html": html_tables, ".xlsx": xlsx_tables}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the Vietnamese report of Bắc Kạn, by ending."""
    paths = write(tmp_path_factory.mktemp("reports"), "bk.html", "bk.xlsx", "bk.docx")
    return {path.suffix: path for path in paths}


@pytest.fixture(scope="module")
def client() -> Client:
    return local_client()


@pytest.fixture(scope="module", params=READERS)
def tables(request: pytest.FixtureRequest, made: dict[str, Path]) -> Tables:
    return READERS[request.param](made[request.param])


# --- what was published --------------------------------------------------------------------------------------------


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


# --- forms of the file ---------------------------------------------------------------------------------------------


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
    again = write(tmp_path, *(f"again{ending}" for ending in made), run=command.run)
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
    (two,) = write(tmp_path, "two.pdf", answers=few, run=command.run)
    assert one.read_bytes() == two.read_bytes()


def test_a_report_in_english_has_english_sentences(tmp_path: Path) -> None:
    (path,) = write(tmp_path, "bk.html", language="en")
    page = parsed(path.read_bytes())
    assert page.get("lang") == "en"
    text = text_of(page.find("body"))
    assert "Infrastructure + Human resources is 78.86 %, level 3 requires at least 80 %; 0.40 points short" in text
    assert "7/24 ranked" in text


# --- names that mean harm ------------------------------------------------------------------------------------------

HARM = {
    "d-ba-be": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "d-na-ri": "=cmd|' /C calc'!A0",
    "d-bac-kan": "\u05e2\u05d9\u05e8 \u0645\u062f\u064a\u0646\u0629",
    "d-cho-don": "{{ 7 * 7 }}{% raw %}",
    "d-cho-moi": "@SUM(1+1)*\"'&<>",
    "d-pac-nam": "http://example.com/ -->]]>",
}


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


# --- what moved ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report compared with earlier answers: Ba Bể had no firewall and no look-up screen; Na Rì was another unit."""
    folder = tmp_path_factory.mktemp("compared")

    def change(row: dict[str, str]) -> None:
        if row["id"] == "d-ba-be":
            row["firewall_appliance"] = row["firewall_software"] = row["lookup_screen"] = "0"
        if row["id"] == "d-na-ri":
            row["id"], row["name"] = "d-cu", "huyện Cũ"
        if row["parent"] == "d-na-ri":
            row["parent"] = "d-cu"

    previous = spoilt(folder, change=change)
    return {p.suffix: p for p in write(folder, "m.html", "m.xlsx", options=("--previous", previous))}


def test_a_page_shows_changes_since_the_earlier_answers(compared: dict[str, Path]) -> None:
    page = parsed(compared[".html"].read_bytes())
    rows = page.get_element_by_id("t-district-readiness").getparent().xpath(".//table[@class='ranking']/tbody/tr")
    ba_be = next(row for row in rows if "Ba Bể" in text_of(row))
    assert [text_of(cell) for cell in ba_be.xpath("td")][7:10] == ["-", "chưa đạt", "+3.50"]
    na_ri = next(row for row in rows if "Na Rì" in text_of(row))
    assert [text_of(cell) for cell in na_ri.xpath("td")][7:10] == ["mới", "-", "-"]
    card = text_of(page.get_element_by_id("u-d-ba-be"))
    assert "So với kết quả trước: hạng - → 1; chưa đạt → mức 4; +3.50 điểm; INF.07 0 → 2; INF.10 0 → 1.5" in card
    assert "Không còn trong kết quả: huyện Cũ" in text_of(page.find("body"))


def test_a_workbook_shows_changes_since_the_earlier_answers(compared: dict[str, Path]) -> None:
    sheet = workbook(compared[".xlsx"])["So với kết quả trước"]
    (ba_be,) = (row for row in sheet.iter_rows(values_only=True) if row[1] == "d-ba-be" and row[3].startswith("Điều"))
    assert ba_be[4:] == (None, 1, None, 4, 3.5, "INF.07 0 → 2; INF.10 0 → 1.5")


# --- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "report.txt"], "--out report.txt ends in none of .html, .xlsx, .pdf, .docx"),
        (["--out", ".html"], "--out .html has no name before its ending; write NAME.html"),
        (["--out", "there.html"], "there.html exists already; --force overwrites it"),
        (["--out", "report.html", "--out", "gone/a.html"], "cannot write gone/a.html: there is no directory gone"),
        (["--out", "report.html", "--period", "2020-H1", "--lang", "fr"], "'fr'"),
        (["--out", "report.html", "--template", "a.docx"], "--template needs --out FILE.docx"),
        (["--out", "report.docx", "--template", "there.html"], "not a Word document"),
        (["--out", "report.docx", "--template", "a.docx"], "cannot read a.docx"),
    ],
)
def test_mistakes_of_report_are_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "there.html").write_text("mine", encoding="utf-8")
    done = scorer("report", ANSWERS, "--set", SET, *words, folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert said in done.stderr
    assert (tmp_path / "there.html").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("module", "raises", "ending", "said"),
    [
        ("weasyprint", "OSError", ".pdf", "PDF needs the system library Pango 1.44 or later: apt install"),
    ],
)
def test_a_missing_library_for_reports_is_named_with_its_install_command(
    tmp_path: Path, module: str, raises: str, ending: str, said: str
) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise {raises}\n", encoding="utf-8")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from scorer.cli import main; main()"
    words = [sys.executable, "-c", code, tmp_path, "report", ANSWERS, "--set", SET, "--out", tmp_path / f"a{ending}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / f"a{ending}").exists()


# --- from a reply --------------------------------------------------------------------------------------------------


def test_the_client_writes_the_same_report_from_a_reply(client: Client, made: dict[str, Path], tmp_path: Path) -> None:
    options = {"province": "Bắc Kạn", "period": "2020-H1", "full": True}
    table = client.rank_file(SET, ANSWERS, **options)
    rows = client.rank_province(SET, client.read_file(SET, ANSWERS).rows(), **options)
    for n, province in enumerate((table, rows)):
        paths = [tmp_path / f"{n}{ending}" for ending in made]
        client.report(province, *paths, language="vi")
        for path in paths:
            assert path.read_bytes() == made[path.suffix].read_bytes(), path.suffix


@pytest.mark.parametrize(
    ("options", "said"),
    [({}, "full=True"), ({"full": True, "page_size": 3}, "page_size")],
)
def test_an_incomplete_reply_is_refused(client: Client, tmp_path: Path, options: dict, said: str) -> None:
    province = client.rank_file(SET, ANSWERS, **options)
    with pytest.raises(ValueError, match=said):
        client.report(province, tmp_path / "a.html")


def test_unknown_languages_and_formats_are_refused(client: Client, tmp_path: Path) -> None:
    province = client.rank_file(SET, ANSWERS, full=True)
    with pytest.raises(ValueError, match="en and vi, not in 'fr'"):
        client.report(province, tmp_path / "a.html", language="fr")
    with pytest.raises(ValueError, match=r"not in '.txt'"):
        client.report(province, tmp_path / "a.txt")


# --- sets of other forms -------------------------------------------------------------------------------------------


@pytest.fixture
def network(tmp_path: Path) -> dict[str, Path]:
    """A set without levels or second category, whose communes are ranked within their districts."""
    client = Client(InProcessTransport(good(catalogue(host(NETWORK_GROUP), NETWORK))))
    (tmp_path / "answers.csv").write_text(NETWORK_ANSWERS, encoding="utf-8")
    province = client.rank_file("network-2020", tmp_path / "answers.csv", full=True)
    made = {ending: tmp_path / f"network{ending}" for ending in (".html", ".xlsx", ".docx")}
    client.report(province, *made.values())
    return made


def test_units_ranked_within_their_parent_have_a_section_for_each_parent(network: dict[str, Path]) -> None:
    page = parsed(network[".html"].read_bytes())
    titles = [text_of(title) for title in page.xpath("//section[@class='tier']/h2")]
    assert titles == ["Districts 2 units", "Communes of Ba Bể 1 unit", "Communes of Na Rì 2 units"]
    tile = text_of(page.xpath("//div[@class='tile']")[2])
    assert "readiness: 2/2 ranked" in tile, tile
    assert "Commended: Kim Lư" in tile
    assert not page.xpath("//table[@class='gates']")
    sheet = workbook(network[".xlsx"])["Communes"]
    assert [(row[0], row[3]) for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        ("dia-linh", 1), ("kim-lu", 1), ("hao-nghia", 2),
    ]  # fmt: skip
    assert "Communes of Na Rì" in {line.text for line in docx.Document(str(network[".docx"])).paragraphs}


@pytest.mark.long
def test_a_page_of_10_000_units_is_at_most_15_megabytes(tmp_path: Path) -> None:
    """The cards are shorter, and say so."""
    rows = list(csv.DictReader(io.StringIO(ANSWERS.read_text(encoding="utf-8"))))
    copies = (
        {
            **row,
            "id": f"{row['id']}-{n}",
            "name": f"{row['name']} {n}",
            "parent": row["parent"] and f"{row['parent']}-{n}",
        }
        for n in range(72)
        for row in rows
    )
    with (tmp_path / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(islice(copies, 10_000))
    (path,) = write(tmp_path, "large.html", answers=tmp_path / "answers.csv")
    content = path.read_text(encoding="utf-8")
    assert len(content.encode()) <= 15_000_000
    assert content.count("<article class=card id=u-") == 10_000
    assert '<main id="main" class="many">' in content  # browsers lay out only the tables that are seen
    assert "Chỉ nêu các tiêu chí còn có thể đạt nhiều điểm nhất." in content
    done = scorer("report", tmp_path / "answers.csv", "--set", SET, "--out", tmp_path / "large.pdf")
    assert done.returncode == 2
    assert "a PDF can have 2,000 units, and the report has 10,000" in done.stderr


# --- the demo ------------------------------------------------------------------------------------------------------


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
