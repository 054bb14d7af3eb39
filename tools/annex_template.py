"""Makes the Word template of reports: python tools/annex_template.py [--check].

A province can use a template of its own: a copy of this one that it has changed in Word, or any document with the same
tags.
"""

from __future__ import annotations

import argparse
import datetime
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

TARGET = Path(__file__).resolve().parent.parent / "clients/python/src/scorer_client/reports/templates/annex.docx"
FONT = "Times New Roman"
CENTRE = WD_ALIGN_PARAGRAPH.CENTER

CATEGORY = [  # title of the column, its content, its width in centimetres, whether it holds numbers
    ("{{ words.rank }}", "{{ one.result.rank or '-' }}", 1.3, True),
    ("{{ words.unit }}", "{{ unit.name }}", 5.2, False),
    ("{{ words.level }}", "{{ report.outcome(one.result) }}", 2.0, False),
    ("{{ words.points }}", "{{ report.points(one.result.score.points) }}", 1.7, True),
    ("%", "{{ report.percent(one.result.score.percent) }}", 1.6, True),
    ("{{ words.converted }}", "{{ report.published(one.result.score.published) }}", 1.8, True),
    ("{{ words.kept }}", "{{ one.needs | map(attribute='brief') | join('; ') }}", 4.4, False),
]
OVERALL = [
    ("{{ words.rank }}", "{{ unit.result.overall_rank or '-' }}", 1.3, True),
    ("{{ words.unit }}", "{{ unit.name }}", 8.5, False),
    ("{{ words.points }}", "{{ report.points(unit.result.overall.points) }}", 2.4, True),
    ("%", "{{ report.percent(unit.result.overall.percent) }}", 2.4, True),
    ("{{ words.converted }}", "{{ report.published(unit.result.overall.published) }}", 2.6, True),
]


def template() -> bytes:
    """The template."""
    document = Document()
    _style(document)
    for text, bold, size in (
        ("{{ words.annex }}", True, 14),
        ("{{ report.title }}", True, 14),
        ("{{ words.annex_of }}", False, 12),
    ):
        line = document.add_paragraph()
        line.alignment = CENTRE
        run = line.add_run(text)
        run.bold, run.italic, run.font.size = bold, not bold, Pt(size)
    document.add_paragraph("{{ [report.province, report.period] | select | join(' - ') }}").alignment = CENTRE
    document.add_paragraph("{%p for document in report.legal_basis %}")
    document.add_paragraph("{{ document }}", style="List Bullet")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p for section in report.sections %}")
    document.add_heading("{{ section.title }}", 1)
    document.add_paragraph("{{ section.best_total }}")
    document.add_paragraph("{%p for category in section.categories %}")
    head = "{{ category.title }}: {{ words.ranked.format(ranked=category.ranked, n=section.unit_count) }}"
    document.add_heading(head, 2)
    document.add_paragraph("{%p for requirement in category.requirements %}")
    document.add_paragraph("{{ requirement.name }}: {{ requirement.text }}", style="List Bullet")
    document.add_paragraph("{%p endfor %}")
    _table(document, CATEGORY, "unit, one in category.order")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p if section.categories | length > 1 %}")
    head = "{{ words.overall }}: {{ words.ranked.format(ranked=section.overall_ranked, n=section.unit_count) }}"
    document.add_heading(head, 2)
    _table(document, OVERALL, "unit in section.units")
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")
    about = "{{ words.criteria_set }}: {{ report.criteria_set }}, {{ words.revision }} {{ report.revision[:12] }}, "
    line = document.add_paragraph(about + "{{ report.provenance }}. {{ report.notes }}")
    line.paragraph_format.space_before = Pt(12)
    line.runs[0].font.size = Pt(9)
    line = document.add_paragraph()
    line.paragraph_format.space_before, line.paragraph_format.left_indent = Pt(24), Cm(9)
    line.alignment = CENTRE
    line.add_run("{{ words.signature }}").bold = True
    document.core_properties.created = document.core_properties.modified = datetime.datetime(2020, 1, 1)
    document.core_properties.author = "egov-scorer"
    file = io.BytesIO()
    document.save(file)
    return _undated(file.getvalue())


def _style(document: Any) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Cm(2), Cm(1), Cm(2), Cm(2)
    for name, size in (("Normal", 11), ("Heading 1", 13), ("Heading 2", 12)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)


def _table(document: Any, columns: list[tuple[str, str, float, bool]], loop: str) -> None:
    table = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    table.rows[1].cells[0].text = f"{{%tr for {loop} %}}"
    table.rows[3].cells[0].text = "{%tr endfor %}"
    for at, (title, content, width, number) in enumerate(columns):
        table.columns[at].width = Cm(width)
        for row, text, bold in ((0, title, True), (2, content, False)):
            cell = table.rows[row].cells[at]
            cell.width = Cm(width)
            line = cell.paragraphs[0]
            line.paragraph_format.space_after = Pt(0)
            run = line.add_run(text)
            run.bold, run.font.size = bold, Pt(9)
            if number:
                line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))  # Word repeats this row on every page
    table.rows[2]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _undated(archive: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            information = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            information.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(information, old.read(name))
    return file.getvalue()


def main() -> None:
    """Writes the template, or with --check reports whether the existing one is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the template differs")
    content = template()
    if not parser.parse_args().check:
        TARGET.write_bytes(content)
    elif TARGET.read_bytes() != content:
        sys.exit("annex.docx is out of date; update it with: python tools/annex_template.py")


if __name__ == "__main__":
    main()
