"""The documentation site: the pages that tools/site collects, and what its checks find. ``.ci/run`` builds the site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import site_pages
from proto_reference import page as proto_page
from site_checks import problems

from egov.scorer.v1 import criteria_pb2, scorer_pb2

PAGE = '<html><body><h1 id="top">Title</h1>{}</body></html>'


def site(directory: Path, body: str) -> Path:
    """A site with two pages; the first one has this body."""
    (directory / "other").mkdir()
    (directory / "index.html").write_text(PAGE.format(body), encoding="utf-8")
    (directory / "other" / "index.html").write_text(PAGE.format(""), encoding="utf-8")
    (directory / "search.json").write_text(json.dumps({"items": [{"title": "Title"}]}), encoding="utf-8")
    return directory


@pytest.mark.parametrize(
    "body",
    [
        '<a href="other/">words</a> <a href="other/#top">words</a> <a href="#top">words</a>',
        '<a href="https://arrow.apache.org">a link that loads nothing</a> <a href="mailto:a@example.org">mail</a>',
        '<img src="data:image/png;base64,AA"> <style>p { background: url(#gradient) }</style>',
    ],
)
def test_good_pages_have_no_problems(body: str, tmp_path: Path) -> None:
    assert list(problems(site(tmp_path, body))) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<img src="https://cdn.example/a.png">', "loads https://cdn.example/a.png"),
        ('<script src="//cdn.example/a.js"></script>', "loads //cdn.example/a.js"),
        ('<img srcset="a.png 1x, https://cdn.example/b.png 2x">', "loads https://cdn.example/b.png"),
        ('<link rel="preconnect" href="https://fonts.example">', "loads https://fonts.example"),
        ('<style>@import "https://cdn.example/a.css";</style>', "loads https://cdn.example/a.css"),
        ("<p style=\"background: url('https://cdn.example/a.png')\">", "loads https://cdn.example/a.png"),
        ('<svg><image href="https://cdn.example/a.png"/></svg>', "loads https://cdn.example/a.png"),
        ('<pre class="mermaid">graph</pre>', "loads a script for mermaid"),
        ('<a href="nowhere/">words</a>', "nowhere/ leads nowhere"),
        ('<a href="other/#nothing">words</a>', "other/#nothing: the page has no such heading"),
    ],
)
def test_loads_from_other_hosts_and_broken_links_are_found(body: str, problem: str, tmp_path: Path) -> None:
    assert any(problem in found for found in problems(site(tmp_path, body)))


def test_fonts_that_a_picture_or_a_style_sheet_loads_are_found(tmp_path: Path) -> None:
    site(tmp_path, "")
    font = "@font-face { src: url('https://fonts.example/a.woff2') }"
    (tmp_path / "a.svg").write_text(f"<svg><style>{font}</style></svg>", encoding="utf-8")
    (tmp_path / "a.css").write_text(font, encoding="utf-8")
    assert sorted(problems(tmp_path)) == [f"{name} loads https://fonts.example/a.woff2" for name in ("a.css", "a.svg")]


def test_links_of_the_repository_become_links_of_the_site() -> None:
    text = (
        "[client](../clients/python) [contract](../proto/egov/scorer/v1) [start](../README.md#start) "
        "[tables](tables.md) [engine](../scorer/engine/scoring.py) [folder](../scorer/criteria) [out](https://example.org)\n"
        "```\n[code](../README.md)\n```\n"
    )
    assert site_pages.with_links_of_the_site(text, "docs/clients.md") == (
        "[client](clients/python.md) [contract](api/proto.md) [start](index.md#start) "
        "[tables](tables.md) [engine](files/scorer/engine/scoring.py) folder [out](https://example.org)\n"
        "```\n[code](../README.md)\n```\n"
    )


def test_the_page_of_the_contract_has_every_field() -> None:
    text = proto_page()
    for file in (scorer_pb2.DESCRIPTOR, criteria_pb2.DESCRIPTOR):
        for message in file.message_types_by_name.values():
            section = text.partition(f"\n### {message.name}\n")[2].partition("\n### ")[0]
            for field in message.fields:
                assert f"| `{field.name}` | {field.number} |" in section, f"{message.name}.{field.name}"
        for service in file.services_by_name.values():
            for method in service.methods:
                assert f"| `{method.name}` | [{method.input_type.name}]" in text
