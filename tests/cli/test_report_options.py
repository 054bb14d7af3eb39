"""Reports with changes since earlier answers, from replies and of other sets; mistakes of options."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from itertools import islice
from pathlib import Path

import docx
import openpyxl
import pytest
from harness import catalogue, good, host
from network_set import NETWORK, NETWORK_ANSWERS, NETWORK_GROUP
from report_files import ANSWERS, SET, parsed, scorer, spoilt, text_of, workbook, write

from scorer.cli.answer_input import local_client
from scorer.service.in_process_transport import InProcessTransport
from scorer_client import Client
from scorer_client.reports.docx import default_template


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the Vietnamese report of Bắc Kạn, by ending."""
    paths = write(tmp_path_factory.mktemp("reports"), "bk.html", "bk.xlsx", "bk.docx")
    return {path.suffix: path for path in paths}


@pytest.fixture(scope="module")
def client() -> Client:
    return local_client()


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


def write_templates(folder: Path) -> None:
    """Word templates that cannot be used: a workbook, a damaged document, and one whose tag adds a number to a text."""
    openpyxl.Workbook().save(folder / "workbook.docx")
    whole = default_template()
    (folder / "cut.docx").write_bytes(whole[: len(whole) // 2])
    document = docx.Document()
    document.add_paragraph("{{ report.title + 1 }}")
    document.save(str(folder / "wrong-tag.docx"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "report.txt"], "--out report.txt ends in none of .html, .xlsx, .pdf, .docx"),
        (["--out", ".html"], "--out .html has no name before its ending; write NAME.html"),
        (["--out", "there.html"], "there.html exists already; --force overwrites it"),
        (["--out", "report.html", "--out", "gone/a.html"], "cannot write gone/a.html: there is no directory gone"),
        (["--out", "report.html", "--period", "2020-H1", "--lang", "fr"], "'fr'"),
        (["--out", "report.html", "--template", "a.docx"], "--template needs --out FILE.docx"),
        *(
            (
                ["--out", "report.docx", "--template", template],
                "cannot write report.docx: the template is not a Word document (.docx), or is damaged\n",
            )
            for template in ("there.html", "workbook.docx", "cut.docx")
        ),
        (
            ["--out", "report.docx", "--template", "wrong-tag.docx"],
            "cannot write report.docx: a tag of the template cannot be used: TypeError: can only concatenate str",
        ),
        (["--out", "report.docx", "--template", "a.docx"], "cannot read a.docx"),
    ],
)
def test_mistakes_of_report_are_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "there.html").write_text("mine", encoding="utf-8")
    write_templates(tmp_path)
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
