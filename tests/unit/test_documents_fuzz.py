"""No document crashes the loader, every refusal has a place, and a revision depends on the content only."""

from __future__ import annotations

import re

from example_counts import scaled
from harness import COMPILER
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich_document import HUE, INSTALLED, KEYS, RICH, RICH_HOST, assert_nothing_was_lost, judged, often, seldom

from scorer.catalogue.catalogue import load_set


def test_the_unchanged_documents_are_accepted() -> None:
    assert judged(HUE).problems == []
    assert judged(RICH, RICH).problems == []
    plan, document = load_set(RICH_HOST, "rich.yaml", RICH, COMPILER)
    assert plan is not None, document.problems


TOKENS = [
    *("\n", "\n", " ", "  ", "    ", "\t", "- ", "? ", ": ", ":", ", ", "{", "}", "[", "]", "#", "|\n", ">-\n", "~"),
    *("&a ", "*a", "!", "!!", "!!set ", "!!str ", "!<x> ", "<<: ", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! x\n"),
    *('"', "'", "\\", '"\\x41"', '"\\ud800"', '"\\U0010FFFF"', '"\\U00110000"', '"\\UFFFFFFFF"', "@", "`", "\x00"),
    *("\x85", "\u2028", "\ufeff", "ế", "🏛", "0", "1", "-1", ".5", "1e9", "0x1F", "0o17", "1:30", ".nan", "1_000"),
    *(
        "2020-06-30",
        "2020-02-30",
        "yes",
        "true",
        "null",
        "90%",
        "total",
        "criteria_set",
        "title",
        "tiers",
        "categories",
    ),
    *("groups", "criteria", "levels", "gates", "formula", "points", "readiness", "infrastructure", "en"),
]


@often
@example("~")
@example("---\n...\n")
@example("? [a]\n: b")
@example("&a [*a]")
@example("[" * 2000)
@example("- " * 2000)
@given(st.text(max_size=200))
def test_no_text_crashes_the_loader(text: str) -> None:
    judged(text)


@often
@example(b"\xff\xfe")
@example(b"title: {en: \xc3}")
@given(st.binary(max_size=100))
def test_no_bytes_crash_the_loader(data: bytes) -> None:
    judged(data)


@settings(often, max_examples=scaled(500))
@example(['"\\UFFFFFFFF"'])
@example(["%YAML 2.0\n", "---\n", "~"])
@given(st.lists(st.sampled_from(TOKENS), max_size=30))
def test_no_mixture_of_yaml_syntax_crashes_the_loader(tokens: list[str]) -> None:
    judged("".join(tokens))


@seldom
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=5), st.integers(0, len(HUE)))
def test_no_typing_mistake_crashes_the_loader(tokens: list[str], place: int) -> None:
    judged(HUE[:place] + "".join(tokens) + HUE[place:])


LINES = HUE.splitlines()
VALUES = [
    *("", "~", "-1", "0", "1", "2.5", "1e3", "yes", "true", "x", '""', "90%", "[]", "{}", "[x]", "{en: x}"),
    *("2020-06-30", "total", "&a x", "*a", "> x"),
]


@st.composite
def edited(draw: st.DrawFn) -> str:
    """The Huế document after a few careless edits."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        edit = draw(st.sampled_from(["delete", "repeat", "swap", "key", "value", "indent", "outdent", "cut"]))
        line = lines[at]
        if edit == "delete" and len(lines) > 1:
            del lines[at]
        elif edit == "repeat":
            lines.insert(draw(st.integers(0, len(lines))), line)
        elif edit == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], line
        elif edit == "key":
            lines[at] = re.sub(r"[a-z_]+(?=:)", draw(st.sampled_from(KEYS)), line, count=1)
        elif edit == "value":
            lines[at] = re.sub(r"(?<=: ).*", lambda _: draw(st.sampled_from(VALUES)), line, count=1)
        elif edit == "indent":
            lines[at] = " " * draw(st.integers(1, 4)) + line
        elif edit == "outdent":
            lines[at] = line.removeprefix("  ")
        elif edit == "cut":
            lines[at] = line[: draw(st.integers(0, len(line)))]
    return "\n".join(lines)


@often
@given(edited())
def test_no_careless_edit_crashes_the_loader(text: str) -> None:
    judged(text)


@settings(seldom, max_examples=scaled(40))
@given(edited())
def test_no_careless_edit_crashes_the_catalogue(text: str) -> None:
    plan, document = load_set(INSTALLED, "fuzz.yaml", text, COMPILER)
    assert (plan is None) == bool(document.problems)
    assert_nothing_was_lost(plan, document.data)
