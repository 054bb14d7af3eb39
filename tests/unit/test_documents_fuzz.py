"""No document crashes the loader, every refusal has a place, and a revision depends on the content only."""

from __future__ import annotations

import copy
import datetime
import json
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from examples import thinned, times
from harness import COMPILER, group, host
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from scorer.catalogue.catalogue import Catalogue, load_set
from scorer.criteria.document import Document
from scorer.criteria.loader import load_document
from scorer.criteria.model import CriteriaSet
from scorer.criteria.yaml_parser import parse
from scorer.engine.plan import SetPlan
from scorer.plugin_api import Indicator
from scorer.plugins.document_groups import with_document_groups
from scorer.plugins.host import PluginHost

HUE = (Path(__file__).parents[2] / "plugins/scorer_plugins/criteria_sets/hue-2020.yaml").read_text(encoding="utf-8")
INSTALLED = PluginHost.installed()

RICH = """\
criteria_set: rich
title: {en: Everything a document can say}
legal_basis: [{document: Decision 12, issued: 2020-06-30}, {document: Decision 13}]
provenance: reconstructed
notes: {en: Made up.}
effective: {from: 2020-01-01, to: 2020-12-31}
tiers: [district, commune]
rounding: {points: 2, percent: 1, mode: half_up}
ranking: {ties: dense, precision: exact, cohort: tier}
overall: {requires: [readiness]}
categories:
  readiness:
    title: {en: Readiness}
    points: {district: 29, commune: 22}
    groups:
      drill:
        title: {en: Drill}
        points: {district: 29, commune: 22}
        provenance: reconstructed
        notes: {en: Made up.}
        criteria:
          - {id: D.01, formula: flag, indicator: firewall, points: 1, may_be_not_applicable: true}
          - {id: D.02, formula: fault, indicator: meetings, points: 1, when_missing: not_applicable}
          - {id: D.03, formula: choice, indicator: chair, options: {chairman: 2, deputy: 1.5, none: 0}, points: 2}
          - id: D.04
            formula: steps
            indicator: bandwidth
            steps: [{above: 100, points: {district: 4, commune: 2}}, {at_least: 30, points: 0.5}]
            points: {district: 4, commune: 2}
          - id: D.05
            formula: steps
            indicator: founded
            steps: [{at_most: 2020-03-31, points: 3}, {below: 2020-07-01, points: 1}]
            points: {district: 3}
          - {id: D.06, formula: count, indicator: meetings, each: 0.5, points: 2}
          - {id: D.07, formula: ratio, numerator: computers, denominator: staff, when_zero: full, points: 3}
          - {id: D.08, formula: ratio_to_best, numerator: bandwidth, denominator: staff, when_zero: zero, points: 4}
          - {id: D.09, formula: linear, indicator: bandwidth, from: 0, to: 10.5, points: 1}
          - {id: D.10, formula: awarded, indicator: bandwidth, points: {district: 2}}
          - {id: D.11, formula: awarded, indicator: bandwidth, points: 1, effect: bonus}
          - id: D.12
            formula: sum
            points: 4
            parts:
              - {formula: ratio, numerator: computers, denominator: staff, when_zero: zero, points: 3}
              - {formula: count, indicator: meetings, each: 1, points: 1}
          - id: D.13
            formula: best
            points: 2
            alternatives:
              - {formula: flag, indicator: firewall, points: 1}
              - {formula: linear, indicator: bandwidth, from: 9, to: 1, points: 2}
          - {id: D.14, formula: flag, indicator: firewall, points: 1, effect: penalty, provenance: published}
    levels:
      - {level: 1, gates: [{measure: total, at_least: 90%}, {measure: D.01, above: 0}]}
      - {level: 3, gates: [{measure: total, above: {district: 70%, commune: 60.5%}}], notes: {en: Made up.}}
  achievement:
    groups:
      office:
        title: {en: Office}
        indicators:
          files: {kind: count, unit: files, title: {en: Files}, maximum: 1000}
          online: {kind: count, title: {en: Online}, meaning: {en: Handed in online}, minimum: 0}
          opened: {kind: date, title: {en: Opened}, minimum: 2000-01-01}
          portal: {kind: choice, options: [full, part], title: {en: Portal}}
        checks: [{part: online, of: files}]
        criteria:
          - {id: "1.1", formula: ratio, numerator: online, denominator: files, when_zero: zero, points: 10}
          - {id: 1.1.2, formula: choice, indicator: portal, options: {full: 1, part: 0}, points: 1}
      survey:
        criteria:
          - {id: S.01, formula: awarded, indicator: satisfaction, points: 10}
"""
"""Every key there is, every formula kind."""

RICH_HOST = host(
    group(
        "drill",
        Indicator("computers", kind="count"),
        Indicator("staff", kind="count"),
        Indicator("meetings", kind="count"),
        Indicator("bandwidth", kind="number"),
        Indicator("firewall", kind="flag"),
        Indicator("chair", kind="choice", options=("chairman", "deputy", "none")),
        Indicator("founded", kind="date"),
    ),
    group("survey", Indicator("satisfaction", kind="number")),
)

HOSTS = {HUE: INSTALLED, RICH: RICH_HOST}

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Everything that YAML 1.1 or 1.2 takes for the end of a line."""

often = settings(max_examples=times(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
seldom = settings(max_examples=times(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def loaded(text: str | bytes, plugins: PluginHost) -> tuple[CriteriaSet | None, Document]:
    """The set, without its gate tables, and the document."""
    document = parse(text, "fuzz.yaml")
    return load_document(document, with_document_groups(plugins, document).vocabulary()), document


def judged(text: str | bytes, base: str = HUE) -> Document:
    """The document, loaded; it was accepted, or refused with reasons that each have a place and take one line."""
    criteria_set, document = loaded(text, HOSTS[base])
    assert (criteria_set is None) == bool(document.problems), document.problems
    readable = text if isinstance(text, str) else text.decode("utf-8", "replace")
    lines = LINE_BREAK.split(readable)
    for problem in document.sorted_problems():
        assert problem.message
        assert 1 <= problem.line <= len(lines), problem
        assert problem.column >= 1, problem
        assert problem.column <= max(map(len, readable.split("\n"))) + 1, problem
    return document


def test_the_documents_to_start_from_are_good() -> None:
    assert judged(HUE).problems == []
    assert judged(RICH, RICH).problems == []
    plan, document = load_set(RICH_HOST, "rich.yaml", RICH, COMPILER)
    assert plan is not None, document.problems


def assert_nothing_was_lost(plan: SetPlan | None, data: Any) -> None:
    """What loads has every criterion, level and gate of the document: none is left out without a word."""
    if plan is None:
        return
    for category in plan.criteria_set.categories:
        raw = data["categories"][category.code]
        criteria = {group.code: len(group.criteria) for group in category.groups}
        assert criteria == {code: len(group["criteria"]) for code, group in raw["groups"].items()}
        assert [len(level.gates) for level in category.levels] == [len(lv["gates"]) for lv in raw.get("levels", [])]


# Any text at all

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


@settings(often, max_examples=times(500))
@example(['"\\UFFFFFFFF"'])
@example(["%YAML 2.0\n", "---\n", "~"])
@given(st.lists(st.sampled_from(TOKENS), max_size=30))
def test_no_mixture_of_yaml_syntax_crashes_the_loader(tokens: list[str]) -> None:
    judged("".join(tokens))


@seldom
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=5), st.integers(0, len(HUE)))
def test_no_typing_mistake_crashes_the_loader(tokens: list[str], place: int) -> None:
    judged(HUE[:place] + "".join(tokens) + HUE[place:])


# A good document with lines, keys and values changed

LINES = HUE.splitlines()
KEYS = sorted(set(re.findall(r"[a-z_]+(?=:)", HUE + RICH)))
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


@settings(seldom, max_examples=times(40))
@given(edited())
def test_no_careless_edit_crashes_the_catalogue(text: str) -> None:
    plan, document = load_set(INSTALLED, "fuzz.yaml", text, COMPILER)
    assert (plan is None) == bool(document.problems)
    assert_nothing_was_lost(plan, document.data)


# Right keys, wrong values

Place = tuple[str | int, ...]


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    yield here
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*here, key))


def at(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def changed(value: Any, place: Place, new: Any) -> Any:
    """A copy with one value replaced."""
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(value[place[0]], place[1:], new)
    return copy


def removed(value: Any, place: Place) -> Any:
    """A copy without one entry."""
    inside = at(value, place[:-1])
    copy = dict(inside) if isinstance(inside, dict) else list(inside)
    del copy[place[-1]]
    return changed(value, place[:-1], copy)


def whole(halves: re.Match[str]) -> str:
    high, low = int(halves[1], 16), int(halves[2], 16)
    return f"\\U{(high - 0xD800) * 0x400 + low - 0xDC00 + 0x10000:08x}"


def escaped(text: str) -> str:
    """A text in double quotes, ASCII only; JSON writes two halves of a character where YAML wants the whole."""
    return re.sub(r"\\u(d[89ab]..)\\u(d[c-f]..)", whole, json.dumps(text))


def flow(value: Any) -> str:
    """YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{escaped(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return escaped(value) if isinstance(value, str) else str(value)


HUE_DATA, RICH_DATA = parse(HUE, "").data, parse(RICH, "").data
RICH_PLACES = list(places(RICH_DATA))
RICH_REVISION = parse(RICH, "").revision()

scalars = st.one_of(
    st.sampled_from(
        [
            *(
                None,
                True,
                False,
                0,
                1,
                -1,
                2,
                99,
                10**9,
                10**40,
                Decimal("0.5"),
                Decimal("1E-7"),
                Decimal("4294.967296"),
            ),
            *(
                "",
                "x",
                "90%",
                "100.00001%",
                "-1%",
                "total",
                "drill",
                "drill+survey",
                "drill + drill",
                "D.01",
                "district",
            ),
            *(
                "\ud800",
                "a\nb",
                "\x00",
                "ế" * 100,
                "ratio",
                "sum",
                "best",
                "steps",
                "magic",
                "zero",
                "bonus",
                "firewall",
            ),
            *(datetime.date(2020, 6, 30), datetime.date.min, datetime.date.max),
        ]
    ),
    st.text(max_size=5),
    st.integers(),
)
keys = st.one_of(
    st.sampled_from(KEYS), st.sampled_from(["district", "commune", "total", "", "<<"]), st.text(max_size=3)
)
junk = st.recursive(
    scalars | st.sampled_from([at(RICH_DATA, place) for place in RICH_PLACES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=4,
)


@st.composite
def misfilled(draw: st.DrawFn) -> str:
    """The rich document with some values replaced, left out, or put where they do not belong."""
    data = RICH_DATA
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(data))))
        edit = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        inside = at(data, place)
        if edit == "remove" and place:
            data = removed(data, place)
        elif edit == "add" and isinstance(inside, dict):
            data = changed(data, place, {**inside, draw(keys): draw(junk)})
        elif edit == "add" and isinstance(inside, list):
            data = changed(data, place, [*inside, draw(junk)])
        else:
            data = changed(data, place, draw(junk))
    return flow(data)


@settings(often, max_examples=times(400))
@given(misfilled())
def test_no_wrong_value_under_a_right_key_crashes_the_loader(text: str) -> None:
    judged(text, RICH)


@seldom
@given(misfilled())
def test_no_wrong_value_under_a_right_key_crashes_the_catalogue(text: str) -> None:
    plan, document = load_set(RICH_HOST, "fuzz.yaml", text, COMPILER)
    assert (plan is None) == bool(document.problems)
    assert_nothing_was_lost(plan, document.data)


@seldom
@given(misfilled(), misfilled())
def test_no_wrong_value_crashes_the_merge_of_a_document_with_its_base(lower: str, upper: str) -> None:
    base, extending = parse(lower, "").data, parse(upper, "").data
    assume(isinstance(base, dict) and isinstance(extending, dict))
    texts = [flow({**base, "criteria_set": "base"}), flow({**extending, "criteria_set": "next", "extends": "base"})]
    named = list(zip(("base.yaml", "next.yaml"), texts, strict=True))
    sets = Catalogue.load(RICH_HOST, named, COMPILER)
    assert len(sets.sets) + len(sets.refused) == 2
    for refused in sets.refused:
        for problem in refused.problems:
            assert problem.line == 1
            assert 1 <= problem.column <= max(map(len, texts)) + 1, problem
            assert str(problem).isprintable()


def without_stated_maxima() -> Any:
    """They would betray a lost criterion by themselves."""
    data = copy.deepcopy(RICH_DATA)
    for category in data["categories"].values():
        category.pop("points", None)
        for body in category["groups"].values():
            body.pop("points", None)
    return data


UNSTATED = without_stated_maxima()


@pytest.mark.parametrize("place", thinned(list(places(UNSTATED))[1:]), ids=lambda place: ".".join(map(str, place)))
def test_an_empty_value_is_refused(place: Place) -> None:
    plan, document = load_set(RICH_HOST, "fuzz.yaml", flow(changed(UNSTATED, place, None)), COMPILER)
    assert (plan is None) == bool(document.problems)
    assert_nothing_was_lost(plan, document.data)


@pytest.mark.parametrize("key", ["a\nb", "\x1b[31mred", "\x85", "\u2028", "\u202e", "\ud800"], ids=ascii)
@pytest.mark.parametrize("place", [(), ("title",), ("categories",), ("categories", "readiness", "groups")], ids=str)
def test_every_problem_is_one_line_that_a_terminal_can_show(place: Place, key: str) -> None:
    text = flow(changed(RICH_DATA, place, {**at(RICH_DATA, place), key: 1}))
    problems = judged(text, RICH).problems
    assert problems
    for problem in problems:
        assert str(problem).isprintable(), str(problem)


@pytest.mark.parametrize(
    "place", thinned([place for place in RICH_PLACES if place]), ids=lambda place: ".".join(map(str, place))
)
def test_a_value_of_the_wrong_kind_is_refused_at_its_place(place: Place) -> None:
    """Nothing takes a list of lists; the problem's path is that of the value, or begins with it."""
    document = judged(flow(changed(RICH_DATA, place, [[True]])), RICH)
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
    assert any(problem.path.startswith(text) for problem in document.problems), document.problems


@pytest.mark.parametrize(
    "place",
    [p for p in RICH_PLACES if isinstance(at(RICH_DATA, p), dict) and p[-1:] not in (("categories",), ("indicators",))],
    ids=lambda p: ".".join(map(str, p)),
)
def test_an_unknown_key_is_refused_anywhere(place: Place) -> None:
    """At its own line and column."""
    mark = "zzz_unknown"
    text = flow(changed(RICH_DATA, place, {**at(RICH_DATA, place), mark: 1}))
    document = judged(text, RICH)
    column = text.index(f'"{mark}"') + 1
    assert any((problem.line, problem.column) == (1, column) for problem in document.problems), document.problems


# Revisions


def revision(text: str) -> str:
    """The revision of a document that is good."""
    for base, plugins in HOSTS.items():
        criteria_set, _ = loaded(text, plugins)
        if criteria_set is not None:
            assert parse(text, "").revision() == criteria_set.revision, base
            return criteria_set.revision
    raise AssertionError("refused")


def meaningful(place: Place) -> bool:
    """Whether the order of a mapping's keys means something."""
    return place == ("categories",) or (len(place) == 3 and place[0] == "categories" and place[2] == "groups")


def laid_out(value: Any, luck: random.Random, indent: int = 0, place: Place = ()) -> str:
    """The same content in another layout: block or flow, any order of keys that means nothing, quotes, comments."""
    if isinstance(value, dict | list) and value and (indent == 0 or luck.random() < 0.7):
        lines = []
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        if isinstance(value, dict) and not meaningful(place):
            luck.shuffle(items)
        for key, inner in items:
            if luck.random() < 0.3:
                lines.append(" " * luck.randrange(9) + f"# remark {luck.random()}")
            head = " " * indent + (f"{quoted(key, luck)}:" if isinstance(value, dict) else "-")
            body = laid_out(inner, luck, indent + luck.randint(1, 4), (*place, key))
            trailing = "  # so it is" if luck.random() < 0.1 and "\n" not in body else ""
            lines.append(f"{head}{body}{trailing}" if body.startswith("\n") else f"{head} {body}{trailing}")
        return ("\n" if indent else "") + "\n".join(lines)
    if isinstance(value, dict):
        items = list(value.items())
        if not meaningful(place):
            luck.shuffle(items)
        inside = (f"{quoted(key, luck)}: {laid_out_flow(inner, luck, (*place, key))}" for key, inner in items)
        return "{" + ",  ".join(inside) + "}"
    return laid_out_flow(value, luck, place)


def laid_out_flow(value: Any, luck: random.Random, place: Place) -> str:
    if isinstance(value, dict):
        items = list(value.items())
        if not meaningful(place):
            luck.shuffle(items)
        return "{ " + ", ".join(f"{quoted(k, luck)}: {laid_out_flow(v, luck, (*place, k))}" for k, v in items) + " }"
    if isinstance(value, list):
        return "[" + " , ".join(laid_out_flow(v, luck, (*place, n)) for n, v in enumerate(value)) + "]"
    if isinstance(value, str):
        return quoted(value, luck)
    if isinstance(value, Decimal) and luck.random() < 0.5:
        return f"{value}000"
    return flow(value)


def quoted(text: str, luck: random.Random) -> str:
    if re.fullmatch(r"[a-z]+", text) and text not in ("true", "false", "null") and luck.random() < 0.5:
        return text
    if luck.random() < 0.5:
        return escaped(text) if luck.random() < 0.5 else json.dumps(text, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize(("base", "data"), [(HUE, HUE_DATA), (RICH, RICH_DATA)], ids=["hue", "rich"])
@settings(seldom, max_examples=times(25))
@given(luck=st.integers(0, 2**32).map(random.Random))
def test_a_revision_ignores_comments_layout_and_key_order(base: str, data: Any, luck: random.Random) -> None:
    assert revision(laid_out(data, luck)) == revision(base)


def test_a_revision_does_not_depend_on_line_ends_or_a_byte_order_mark() -> None:
    assert revision(HUE.replace("\n", "\r\n")) == revision(HUE)
    assert revision("\ufeff" + HUE) == revision(HUE)
    assert parse(HUE.encode(), "").revision() == revision(HUE)


@pytest.mark.parametrize("other", ["15.0", "15.", "15.000000", "+15"])
def test_equal_numbers_give_the_same_revision(other: str) -> None:
    assert revision(HUE.replace("points: 15", f"points: {other}")) == revision(HUE)


def other_value(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + Decimal("0.000001")
    return value + datetime.timedelta(1) if isinstance(value, datetime.date) else f"{value} "


@pytest.mark.parametrize("place", thinned([p for p in RICH_PLACES if p]), ids=lambda place: ".".join(map(str, place)))
def test_every_change_of_content_changes_the_revision(place: Place) -> None:
    value = at(RICH_DATA, place)
    if not isinstance(value, dict | list):
        assert parse(flow(changed(RICH_DATA, place, other_value(value))), "").revision() != RICH_REVISION
    assert parse(flow(removed(RICH_DATA, place)), "").revision() != RICH_REVISION


@pytest.mark.parametrize(
    "place",
    [p for p in RICH_PLACES if isinstance(at(RICH_DATA, p), list) and len(at(RICH_DATA, p)) > 1],
    ids=lambda place: ".".join(map(str, place)),
)
def test_the_order_of_a_list_changes_the_revision(place: Place) -> None:
    turned = changed(RICH_DATA, place, at(RICH_DATA, place)[::-1])
    assert parse(flow(turned), "").revision() != RICH_REVISION


def swapped(text: str, place: Place) -> CriteriaSet:
    data = parse(text, "").data
    turned = dict(reversed(at(data, place).items()))
    criteria_set, document = loaded(flow(changed(data, place, turned)), HOSTS[text])
    assert criteria_set is not None, document.problems
    return criteria_set


def test_the_order_of_groups_and_categories_changes_the_revision() -> None:
    assert swapped(HUE, ("categories", "readiness", "groups")).revision != revision(HUE)
    assert swapped(RICH, ("categories",)).revision != revision(RICH)


def test_the_order_of_other_keys_does_not_change_the_revision() -> None:
    assert swapped(HUE, ()).revision == revision(HUE)
    assert swapped(HUE, ("title",)).revision == revision(HUE)
    assert swapped(RICH, ("categories", "readiness")).revision == revision(RICH)
    options = ("categories", "readiness", "groups", "drill", "criteria", 2, "options")
    assert swapped(RICH, options).revision == revision(RICH)
