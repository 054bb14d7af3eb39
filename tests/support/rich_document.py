"""A document with every key, and what the loader makes of it and its changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from example_counts import scaled
from harness import group, host
from hypothesis import HealthCheck, settings

from scorer.criteria.conditions import gates_of
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
            terms:
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
"""A document with every key and every formula kind."""

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
"""All characters that end a line in YAML 1.1 or 1.2."""

often = settings(max_examples=scaled(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
seldom = settings(max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


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


def assert_nothing_was_lost(plan: SetPlan | None, data: Any) -> None:
    """Asserts that the loaded set has every criterion, level and gate of the document."""
    if plan is None:
        return
    for category in plan.criteria_set.categories:
        raw = data["categories"][category.code]
        criteria = {group.code: len(group.criteria) for group in category.groups}
        assert criteria == {code: len(group["criteria"]) for code, group in raw["groups"].items()}
        gates = [len(list(gates_of(level.condition))) for level in category.levels]
        assert gates == [len(level["gates"]) for level in raw.get("levels", [])]


KEYS = sorted(set(re.findall(r"[a-z_]+(?=:)", HUE + RICH)))


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
