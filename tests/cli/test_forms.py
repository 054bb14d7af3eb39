"""Forms: written, filled in, checked, marked, corrected and ranked, as one workbook."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cli_in_process import Run
from workbooks import COMMUNES, HEADER, LINES, SET, SHEETS, TEXT, change_part, fill, ods, results

from scorer.catalogue.catalogue import Catalogue
from scorer_client.files.file_reader import criteria_set_of

PER_TIER = {"department": 24, "district": 8, "commune": COMMUNES}


@pytest.fixture
def form(scorer: Run, bundled: Path, tmp_path: Path) -> Path:
    """A form with all units, in Vietnamese."""
    done = scorer("criteria", "template", SET, "--units", bundled, "--lang", "vi", "--out", tmp_path / "form.xlsx")
    assert (done.code, done.errors) == (0, [])
    return tmp_path / "form.xlsx"


def headers(sheet: Any) -> dict[str, Any]:
    return {cell.value: cell for cell in sheet[1]}


def as_rows(sheet: Any) -> list[list[object]]:
    return [[cell.date() if hasattr(cell, "date") else cell for cell in row] for row in sheet.values]


def test_a_form_that_is_filled_in_gives_the_results_of_the_bundled_file(
    scorer: Run, form: Path, bundled: Path, tmp_path: Path
) -> None:
    wanted = results(scorer, bundled, "--set", SET)
    fill(form)
    assert results(scorer, form) == wanted  # it says itself for which set it is
    book = openpyxl.load_workbook(form)
    ods(tmp_path / "form.ods", {sheet.title: as_rows(sheet) for sheet in book.worksheets})
    assert results(scorer, tmp_path / "form.ods") == wanted


def test_a_form_has_a_sheet_per_tier_with_its_units(form: Path) -> None:
    book = openpyxl.load_workbook(form)
    assert book.sheetnames == ["Hướng dẫn", *SHEETS.values()]
    for tier, name in SHEETS.items():
        ids = [row[0].value for row in book[name].iter_rows(min_row=2)]
        assert ids == [line[0] for line in LINES if line[2] == tier]
        assert len(ids) == PER_TIER[tier]


def test_a_form_explains_each_column(form: Path, installed: Catalogue) -> None:
    plan = installed.sets[SET]
    for name, tier in zip(SHEETS.values(), SHEETS, strict=True):
        sheet = openpyxl.load_workbook(form)[name]
        rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
        asked = []
        for cell in sheet[1][3:]:
            code = re.search(r"^Mã: (\w+)$", cell.comment.text, re.MULTILINE)
            rule = rules[f"{cell.column_letter}2"]
            if not code:
                assert re.fullmatch(r"Không áp dụng: \w+\.\d+", cell.value)
                assert rule.formula1 == '"x"'
                continue
            indicator = plan.criteria_set.indicators[code[1]]
            asked.append(indicator.code)
            assert cell.value == indicator.title["vi"]
            assert not indicator.unit or f"Đơn vị tính: {indicator.unit_in('vi')}" in cell.comment.text
            low, high = plan.tiers[tier].ranges[indicator.code]
            if indicator.kind == "count":
                assert (rule.type, rule.formula1, rule.formula2) == ("whole", f"{low:.0f}", f"{high:.0f}")
            elif indicator.kind == "choice":
                titles = [indicator.option_titles[option]["vi"] for option in indicator.options]
                assert rule.formula1 == f'"{",".join(titles)}"'
            else:
                assert rule.type == {"flag": "list", "date": "date", "number": "decimal"}[indicator.kind]
        answered = [
            code
            for code in HEADER[5:]
            if any(line[HEADER.index(code)] for line in LINES if line[HEADER.index("tier")] == tier)
        ]
        assert set(answered) <= set(asked)


def test_only_cells_to_fill_in_are_unlocked(form: Path) -> None:
    sheet = openpyxl.load_workbook(form)["Cấp huyện"]
    assert sheet.protection.sheet
    assert sheet.freeze_panes == "C2"
    locked = {cell.protection.locked for row in sheet.iter_rows(max_col=3) for cell in row}
    assert locked == {True}
    assert not any(cell.protection.locked for row in sheet.iter_rows(min_row=2, min_col=4) for cell in row)
    assert sheet["A1"].value == "Mã đơn vị *"  # required
    (blank,) = sheet.conditional_formatting
    assert blank.rules[0].formula == ['AND($A2<>"",D2="")']


def test_units_can_be_entered_in_a_form_without_units(scorer: Run, tmp_path: Path) -> None:
    assert scorer("criteria", "template", "hue-2020", "--out", tmp_path / "form.xlsx").code == 0
    done = scorer("rank", tmp_path / "form.xlsx")
    assert done.errors[0].endswith("form.xlsx: Districts!2: there are no units below the header")
    book = openpyxl.load_workbook(tmp_path / "form.xlsx")
    assert book.sheetnames == ["Instructions", "Districts"]
    for column, answer in enumerate(["a-luoi", "huyện A Lưới", None, 14.68, 22.5, 1.96, 9.79], start=1):
        assert not book["Districts"].cell(2, column).protection.locked
        book["Districts"].cell(2, column).value = answer
    book.save(tmp_path / "form.xlsx")
    assert '"a-luoi"' in results(scorer, tmp_path / "form.xlsx")


def test_a_form_of_another_set_is_named(scorer: Run, form: Path) -> None:
    fill(form)
    wrong = scorer("rank", form, "--set", "hue-2020")
    assert wrong.code == 2
    assert wrong.errors[0].endswith(
        "form.xlsx: sheet Hướng dẫn: is a form of the criteria set bac-kan-2020, but was read for hue-2020"
    )
    book = openpyxl.load_workbook(form)
    (cell,) = (row[1] for row in book["Hướng dẫn"] if row[1].value == SET)
    cell.value = "bac-kan-2019"
    book.save(form)
    done = scorer("rank", form, "--set", SET)
    assert done.code == 0
    assert any(
        note.endswith("is a form of the criteria set bac-kan-2019, but was read for " + SET) for note in done.errors
    )


def test_the_same_form_has_the_same_bytes(scorer: Run, form: Path, bundled: Path, tmp_path: Path) -> None:
    scorer("criteria", "template", SET, "--units", bundled, "--lang", "vi", "--out", tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == form.read_bytes()


def test_the_set_of_a_form_is_read_from_its_instructions_only(form: Path) -> None:
    change_part(form, "xl/worksheets/sheet2.xml", lambda sheet: sheet[:100])
    assert criteria_set_of(form) == SET


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("form.xlsx/", "Invalid value for '--out': form.xlsx/ names a directory; name a file"),
        ("form.ods", "--out form.ods is neither a directory nor a file that ends in .xlsx"),
        ("nowhere/", "--out nowhere is neither a directory nor a file that ends in .xlsx"),
        ("nowhere/form.xlsx", "cannot write nowhere/form.xlsx: No such file or directory"),
    ],
)
def test_a_form_that_cannot_be_written_is_refused(
    scorer: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = scorer("criteria", "template", "hue-2020", "--out", path)
    assert (done.code, done.errors) == (2, [f"scorer: {message}"])
    assert not [*tmp_path.iterdir()]


# --- check ---------------------------------------------------------------------------------------------------------


def test_mistakes_are_marked_and_the_corrected_copy_ranks(
    scorer: Run, form: Path, bundled: Path, tmp_path: Path
) -> None:
    fill(form)
    book = openpyxl.load_workbook(form)
    sheet = book["Cấp huyện"]
    columns = {name: headers(sheet)[title].column for name, title in TITLES.items()}
    right = {name: sheet.cell(3, column).value for name, column in columns.items()}
    sheet.cell(3, columns["computers"]).value = "nhiều"
    sheet.cell(3, columns["regulation_lan"]).value = "khôg"
    book.save(form)
    marked = tmp_path / "marked.xlsx"
    done = scorer("check", form, "--lang", "vi", "--out", marked)
    assert done.code == 2
    assert f"đã ghi vào {marked}" in done.out
    assert done.errors[-1] == f"scorer: {form}: 2 lỗi"
    assert marks(marked) == {
        f"Cấp huyện!{sheet.cell(3, columns['computers']).coordinate}": "cần một số như 12, không phải 'nhiều'",
        f"Cấp huyện!{sheet.cell(3, columns['regulation_lan']).coordinate}": (
            "cần 1 (có), 0 (không) hoặc để trống, không phải 'khôg'; có phải là 'không'?"
        ),
    }
    book = openpyxl.load_workbook(marked)
    book["Cấp huyện"].cell(3, columns["computers"]).value = -1
    book["Cấp huyện"].cell(3, columns["regulation_lan"]).value = right["regulation_lan"]
    book.save(marked)
    done = scorer("check", marked, "--lang", "vi", "--out", marked, "--force")
    found = marks(marked)
    assert f"Cấp huyện!{sheet.cell(3, columns['regulation_lan']).coordinate}" not in found
    where = f"Cấp huyện!{sheet.cell(3, columns['computers']).coordinate}"
    assert found[where] == "phải từ 0 đến 100000 ở cấp 'district', không phải -1"
    book = openpyxl.load_workbook(marked)
    assert book["Cấp huyện"]["A1"].comment.text.startswith("Bắt buộc.")
    book["Cấp huyện"].cell(3, columns["computers"]).value = right["computers"]
    book.save(marked)
    done = scorer("check", marked, "--lang", "vi")
    assert (done.code, done.out) == (0, f"{marked}: không có lỗi trong {sum(PER_TIER.values())} đơn vị\n")
    assert results(scorer, marked) == results(scorer, bundled, "--set", SET)


TITLES = {
    "computers": "Số máy tính trang bị cho cán bộ, công chức, viên chức",
    "regulation_lan": "Quy chế quản lý, vận hành mạng nội bộ (LAN)",
}


def marks(file: Path) -> dict[str, str]:
    """The comments of coloured cells, by cell."""
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in openpyxl.load_workbook(file).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment and cell.fill.start_color.rgb == "FFFF9C9C"
    }


def test_the_marked_copy_of_a_csv_file_is_a_workbook_that_ranks(scorer: Run, bundled: Path, tmp_path: Path) -> None:
    wanted, marked = results(scorer, bundled, "--set", SET), tmp_path / "marked.xlsx"
    bundled.write_text(TEXT.replace("d-ba-be,huyện Ba Bể,district", "d-ba-be,=1+1,distrct"), encoding="utf-8")
    done = scorer("check", bundled, "--set", SET, "--out", marked)
    assert done.code == 2
    book = openpyxl.load_workbook(marked)
    (sheet,) = book.worksheets
    ((where, message),) = marks(marked).items()
    cell = sheet[where.partition("!")[2]]
    assert (cell.value, cell.column_letter) == ("distrct", "C")
    assert "did you mean 'district'?" in message
    assert (sheet.cell(cell.row, 2).value, sheet.cell(cell.row, 2).data_type) == ("=1+1", "s")
    cell.value, sheet.cell(cell.row, 2).value = "district", "huyện Ba Bể"
    book.save(marked)
    assert results(scorer, marked, "--set", SET) == wanted


def test_a_sheet_whose_name_is_decomposed_is_marked(scorer: Run, form: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(form)
    book["Cấp huyện"]["D2"].value = "khôg"
    book["Cấp huyện"].title = decomposed = unicodedata.normalize("NFD", "Cấp huyện")
    book.save(form)
    scorer("check", form, "--out", tmp_path / "marked.xlsx")
    assert [*marks(tmp_path / "marked.xlsx")] == [f"{decomposed}!D2"]


def test_a_file_that_cannot_be_read_is_not_marked(scorer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04" + bytes(99))
    done = scorer("check", tmp_path / "a.xlsx", "--set", SET, "--out", tmp_path / "marked.xlsx")
    assert (done.code, done.out) == (2, "")
    assert not (tmp_path / "marked.xlsx").exists()


REFUSED = {
    "another ending": (["--out", "marked.ods"], "--out marked.ods does not end in .xlsx"),
    "a file that is there": (["--out", "form.xlsx"], "form.xlsx exists already; --force overwrites it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_of_check_are_validated(scorer: Run, form: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(form.parent)
    words, message = REFUSED[case]
    done = scorer("check", "form.xlsx", *words)
    assert (done.code, done.errors) == (2, [f"scorer: {message}"])
