"""The Vietnamese output of a set with Vietnamese titles has no English word."""

from __future__ import annotations

import csv
import re
import zipfile
from importlib.resources import files
from pathlib import Path

import lxml.html
import openpyxl
import pytest
from cli_in_process import stdout_of
from stand_alone import PLUGINS

from scorer.cli.answer_input import local_client
from scorer.cli.commands.show import WORDS as SHOW_WORDS
from scorer.cli.i18n import WORDS
from scorer.workbooks.form_texts import KINDS, TEXTS
from scorer_client import Client
from scorer_client.reports.words import WORDS as REPORT_WORDS
from scorer_client.sentences import words_of

COMPOSITE = PLUGINS / "composite-indices" / "scorer_composite_indices"
SETS = ("bac-kan-2020", *(pytest.param(code, marks=pytest.mark.long) for code in ("hue-2020", "par-like-2022")))
"""Sets with answers: bundled ones, and one of ``COMPOSITE``. Any set with Vietnamese titles can be added."""

COMMON = """
    about above after again against all also and another any are below best better between both but by can cannot code
    columns criteria each every from has have her here higher how into its less level levels lower maximum minimum
    missing more most must not nothing number only other over percent point points published ranked ranking rate
    rating reconstructed required score scored should some such than that their them then there these they this those
    tier title total under unit units until was were what when where which while who whole will with within without
    worse written
"""
SPELLED_ALIKE = {"trang", "trong", "than", "chung", "xong", "theo", "khai", "file", "email", "card", "menu"}
"""English words that Vietnamese texts may also have."""


def english_words() -> set[str]:
    """Every word of at least four letters in the English texts of the scorer that its Vietnamese texts do not have."""
    groups = (
        (WORDS["en"], WORDS["vi"]),
        (SHOW_WORDS["en"], SHOW_WORDS["vi"]),
        (REPORT_WORDS["en"], REPORT_WORDS["vi"]),
        (TEXTS["en"], TEXTS["vi"]),
    )
    english, vietnamese = COMMON.split(), list[str]()
    for in_english, in_vietnamese in (*groups, (words_of("en"), words_of("vi")), (KINDS["en"], KINDS["vi"])):
        english += words(" ".join(map(str, in_english.values())))
        vietnamese += words(re.sub(r"\{[^}]*\}", " ", " ".join(map(str, in_vietnamese.values()))))
    return {word for word in english if len(word) > 3} - set(vietnamese) - SPELLED_ALIKE


def words(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W\d_]+", text)]


ENGLISH = english_words()


def readable(text: str, codes: set[str]) -> str:
    """The text without commands, names of files and codes of the set, which are the same in every language."""
    text = re.sub(r"'scorer [^']*'|egov-scorer|byte|\S+\.(?:csv|xlsx|html|docx)", " ", text)
    text = re.sub(r"\{[a-z_]+\}", " ", text)
    return re.sub(r"[\w.+-]*[\w]", lambda found: " " if found[0] in codes else found[0], text)


def codes_of(client: Client, code: str, answers: Path) -> set[str]:
    """Codes of the set and of the units; also units of measurement that are the same in all languages."""
    form, content = client.form(code), client.criteria_set(code)
    options = {option for i in form.indicators.values() for option in set(i.options) - set(i.option_titles)}
    formulas = {c.formula for k in content.categories for g in k.groups for c in g.criteria}
    units = {line.split(",")[0] for line in answers.read_text(encoding="utf-8").splitlines()}
    measured_in = {word for i in form.indicators.values() if "vi" not in i.unit_titles for word in i.unit.split()}
    assert measured_in <= {"Mbit", "Mbit/s"}
    return {code, *form.tiers, *form.texts, *form.indicators, *options, *formulas, *units, *measured_in}


@pytest.fixture(scope="module", params=SETS)
def outputs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[set[str], dict[str, str]]:
    """The codes of a set, and all Vietnamese outputs by kind."""
    code, folder = request.param, tmp_path_factory.mktemp("vietnamese")
    bundled = Path(str(files("scorer_plugins.answers")))
    answers = next(
        folder / f"{code}.csv" for folder in (bundled, COMPOSITE / "answers") if (folder / f"{code}.csv").is_file()
    )
    directory = None if answers.parent == bundled else COMPOSITE / "criteria_sets"
    csv_file, form, page, book, annex = (folder / name for name in ("out.csv", "f.xlsx", "r.html", "r.xlsx", "r.docx"))
    served = () if directory is None else ("--criteria", str(directory))
    options = ("--set", code, "--lang", "vi", *served)
    unit = answers.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    client = local_client(directory)
    shown = stdout_of("criteria", "show", code, "--lang", "vi", *served)
    options_and_measures = {o for i in client.form(code).indicators.values() for o in i.options} | {"total"}
    found = {
        "a set": readable(shown, options_and_measures),  # authors read these codes beside the titles
        "the ranking": stdout_of("rank", str(answers), *options, "--out", str(csv_file)),
        "a scorecard": stdout_of("score", str(answers), unit, *options),
        "a report's message": stdout_of(
            "report", str(answers), *options, *(f"--out={path}" for path in (page, book, annex))
        ),
    }
    stdout_of("criteria", "template", code, "--lang", "vi", "--units", str(answers), "--out", str(form), *served)
    with csv_file.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for_people = [name for name in lines[0] if name.endswith(("_title", ".causes"))]
    found["columns for people"] = "\n".join(line[name] for line in lines for name in for_people)
    found["a form"], found["a workbook"] = cells(form), cells(book)
    tree = lxml.html.parse(str(page))
    for hidden in tree.xpath("//script | //style"):
        hidden.drop_tree()
    found["a page"] = "\n".join(tree.getroot().itertext())
    with zipfile.ZipFile(annex) as archive:
        found["an annex"] = re.sub("<[^>]*>", " ", archive.read("word/document.xml").decode())
    return codes_of(client, code, answers), found


def cells(book: Path) -> str:
    """Names of sheets, cells, and comments of a workbook."""
    sheets = openpyxl.load_workbook(book).worksheets
    texts = [sheet.title for sheet in sheets]
    for cell in (cell for sheet in sheets for row in sheet.iter_rows() for cell in row):
        texts += [str(cell.value or ""), cell.comment.text if cell.comment else ""]
    return "\n".join(texts)


KINDS_OF_OUTPUT = (
    "the ranking", "a set", "a scorecard", "a report's message", "columns for people", "a form", "a workbook", "a page",
    "an annex",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS_OF_OUTPUT)
def test_vietnamese_output_has_no_english_word(outputs: tuple[set[str], dict[str, str]], kind: str) -> None:
    codes, found = outputs
    texts = readable(found[kind], codes)
    assert len(words(texts)) > 3
    assert {word: line for line in texts.splitlines() for word in words(line) if word in ENGLISH} == {}


@pytest.mark.parametrize("kind", ["the ranking", "a scorecard", "columns for people"])
def test_vietnamese_output_has_titles_instead_of_codes(outputs: tuple[set[str], dict[str, str]], kind: str) -> None:
    codes, found = outputs
    like_words = {code for code in codes if "_" in code}
    assert like_words
    assert set(re.findall(r"\w+", found[kind])) & like_words == set()


def test_the_word_list_finds_english_words() -> None:
    assert {"level", "ranked", "points", "required"} <= ENGLISH
    assert [word for word in words("mức 2, level 1 requires 90 %") if word in ENGLISH] == ["level", "requires"]
