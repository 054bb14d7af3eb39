"""A form that LibreOffice saves and a script fills in gives the results of the bundled CSV file, bit for bit."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from report_files import SET, scorer
from workbooks import HEADER, LINES, TEXT, fill

SOFFICE = shutil.which("soffice")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(SOFFICE is None, reason="there is no LibreOffice: apt install libreoffice-calc-nogui"),
]

VIETNAMESE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>vi-VN</value></prop></item></oor:items>
"""

CSV = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1066,false,true,true,false,false,-1"
"""Options of LibreOffice: semicolons, UTF-8, Vietnamese, cells as shown, one file per sheet."""


class LibreOffice:
    """LibreOffice with the settings of Vietnam."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(VIETNAMESE, encoding="utf-8")

    def save(self, file: Path, kind: str, folder: Path) -> Path:
        """Saves a file as another kind in a folder. Returns the file, or the folder if there is a file per sheet."""
        words = [f"-env:UserInstallation={self._profile.as_uri()}", "--headless", "--convert-to", kind]
        done = subprocess.run(
            [str(SOFFICE), *words, "--outdir", str(folder), str(file)],
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=200,
        )  # fmt: skip
        saved = folder / f"{file.stem}.{kind}" if kind.isalpha() else folder
        assert saved.exists(), done.stderr
        return saved


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> LibreOffice:
    return LibreOffice(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("answers") / "answers.csv"
    file.write_text(TEXT, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def csv_results(answers: Path) -> str:
    return results(answers, "--set", SET)


@pytest.fixture(scope="module")
def form(answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("form") / "form.xlsx"
    done = scorer("criteria", "template", SET, "--units", answers, "--lang", "vi", "--out", file)
    assert done.returncode == 0, done.stderr
    return file


def results(file: Path, *words: object) -> str:
    done = scorer("rank", file, *words, "--json")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_form_saved_by_libreoffice_as_xlsx_gives_the_bundled_results(
    office: LibreOffice, form: Path, csv_results: str, tmp_path: Path
) -> None:
    saved = office.save(form, "xlsx", tmp_path)
    fill(saved)
    assert results(saved) == csv_results  # it still names its set
    assert results(office.save(saved, "xlsx", tmp_path / "again")) == csv_results


def test_a_form_saved_by_libreoffice_as_ods_gives_the_bundled_results(
    office: LibreOffice, form: Path, csv_results: str, tmp_path: Path
) -> None:
    saved = office.save(office.save(form, "ods", tmp_path), "xlsx", tmp_path / "from_ods")  # openpyxl fills in no ODS
    fill(saved)
    assert results(office.save(saved, "ods", tmp_path / "filled")) == csv_results


def test_a_form_saved_by_libreoffice_as_csv_gives_the_bundled_results(
    office: LibreOffice, form: Path, csv_results: str, tmp_path: Path
) -> None:
    folder = office.save(form, CSV, tmp_path / "sheets")
    assert sorted(file.name for file in folder.iterdir()) == [
        "form-Cấp huyện.csv", "form-Cấp sở, ban, ngành.csv", "form-Cấp xã.csv", "form-Hướng dẫn.csv",
    ]  # fmt: skip
    codes = code_by_title(form)
    for file in folder.iterdir():
        if "Hướng dẫn" not in file.name:
            fill_csv(file, codes)
    assert results(folder, "--set", SET) == csv_results


def test_a_filled_form_saved_as_csv_gives_the_bundled_results(
    office: LibreOffice, form: Path, csv_results: str, tmp_path: Path
) -> None:
    filled = Path(shutil.copy(form, tmp_path))
    fill(filled)
    folder = office.save(filled, CSV, tmp_path / "sheets")
    assert re.search(r";\d+,\d+;", (folder / "form-Cấp huyện.csv").read_text(encoding="utf-8"))  # decimal commas
    assert results(folder, "--set", SET) == csv_results


def code_by_title(form: Path) -> dict[str, str]:

    headers = (cell for sheet in openpyxl.load_workbook(form).worksheets for cell in sheet[1] if cell.comment)
    found = ((cell.value, re.search(r"^Mã: (\w+)$", cell.comment.text, re.MULTILINE)) for cell in headers)
    return {title: code[1] for title, code in found if code}


def fill_csv(file: Path, codes: dict[str, str]) -> None:
    """Fills in a sheet as people in Vietnam write it: 3,5 and 28/05/2020."""
    units = {line[0]: dict(zip(HEADER, line, strict=True)) for line in LINES}
    head, *rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=";")
    for row in rows:
        unit = units[row[0]]
        for index, title in enumerate(head):
            if title in codes:
                day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", unit[codes[title]])
                row[index] = f"{day[3]}/{day[2]}/{day[1]}" if day else unit[codes[title]].replace(".", ",")
            elif title.startswith("Không áp dụng: "):
                row[index] = "x" if title.rpartition(" ")[2] in unit["not_applicable"].split(";") else ""
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([head, *rows])
