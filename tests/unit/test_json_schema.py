"""``scorer criteria schema``: editors accept what the scorer accepts, and mark typical mistakes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli_in_process import local_runner
from document_set import WARDS
from harness import group, host
from scorer_information_security.progress import Progress

from scorer.criteria.json_schema import json_schema
from scorer.criteria.yaml_parser import parse
from scorer.formulas import KINDS
from scorer.plugin_api import Formula, Indicator

if TYPE_CHECKING:
    import jsonschema

PLUGINS = Path(__file__).parents[2] / "plugins"
SETS = sorted(file for file in PLUGINS.glob("**/*.yaml") if not file.name.endswith(".cases.yaml"))


def as_json(value: Any) -> Any:
    """A document as an editor sees it: YAML 1.2 without days."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime.date) else value


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    import jsonschema  # here, as it takes two seconds

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PLUGINS / "citizen-rating")
        from scorer_citizen_rating.rating import Rating
    made = json_schema([*KINDS, Progress, Rating])
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(json.loads(json.dumps(made)))


def mistakes(validator: jsonschema.Draft202012Validator, text: str) -> list[str]:
    def deepest(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
        inner = list(error.context or ())
        yield from (found for part in inner for found in deepest(part)) if inner else [error]

    errors = validator.iter_errors(as_json(parse(text, "").data))
    return [found.json_path for error in errors for found in deepest(error)]


def test_sets_for_the_schema_are_found() -> None:
    assert len(SETS) >= 8


@pytest.mark.parametrize("file", SETS, ids=lambda file: file.stem)
def test_every_set_that_comes_with_a_plugin_is_valid(validator: jsonschema.Draft202012Validator, file: Path) -> None:
    assert mistakes(validator, file.read_text(encoding="utf-8")) == []


def test_a_set_with_its_own_groups_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    assert mistakes(validator, WARDS) == []


CONDITIONS = """\
    levels:
      - level: 1
        when:
          all:
            - {measure: total, at_least: 80%, at_most: 99%}
            - any: [{indicator: portal, is: full}, {not: {category: readiness, level: 2}}]
            - {at_least: 1, of: [{measure: "1.1", above: 50%}, {measure: "1.2", below: 2}]}
    limits:
      - {when: {not: {measure: "1.1", at_least: 50%}}, no_better_than: 2}
"""


def test_conditions_are_valid_and_their_mistakes_are_marked(
    validator: jsonschema.Draft202012Validator,
) -> None:
    text = WARDS.partition("    levels:")[0] + CONDITIONS
    assert mistakes(validator, text) == []
    where = "$.categories.readiness.levels[0].when.all[1].any[1].not"
    assert where in mistakes(validator, text.replace("category: readiness, level: 2", "category: readiness, levl: 2"))
    assert f"{where}.level" in mistakes(validator, text.replace("readiness, level: 2", "readiness, level: two"))
    assert "$.categories.readiness.limits[0]" in mistakes(validator, text.replace("no_better_than", "no_better"))


EXTENDING = """\
criteria_set: next
extends: wards-2026
title: {en: Next}
commend: ~
subtotals: {old: ~, new: {title: {en: New}}}
categories:
  readiness:
    groups:
      water: ~
      digital_office:
        points: ~
        indicators: {opened: ~, staff: {kind: count, title: {en: Staff}}}
        criteria: [{id: "1.1", points: 4}, {id: 1.3.1, remove: true}, {id: "2", formula: flag, indicator: x, points: 1}]
    levels: [{level: 1, remove: true}, {level: 2, gates: [{measure: total, above: 9}]}]
"""


def test_a_set_that_extends_another_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    assert mistakes(validator, EXTENDING) == []


OFFICE = "$.categories.readiness.groups.digital_office"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("tiers: [ward]", "tirs: [ward]", "$"),
        ("provenance: reconstructed", "provenance: assumed", "$.provenance"),
        ("criteria_set: wards-2026", "criteria_set: Wards 2026", "$.criteria_set"),
        ("from: 2026-01-01", "from: 2026", "$.effective.from"),
        ("title: {en: Readiness", "title: {english: Readiness", "$.categories.readiness.title"),
        ("points: 10", "points: ten", f"{OFFICE}.points"),
        ("points: 10", "points: {ward: -1}", f"{OFFICE}.points.ward"),
        ("kind: choice", "kind: choise", f"{OFFICE}.indicators.portal.kind"),
        ("maximum: 100000", "maximun: 100000", f"{OFFICE}.indicators.files"),
        ("part: online_files, of", "part: online_files, off", f"{OFFICE}.checks[0]"),
        ("formula: choice", "formula: chioce", f"{OFFICE}.criteria[1].formula"),
        ("when_zero: zero", "when_zero: none", f"{OFFICE}.criteria[0].when_zero"),
        ("when_zero: zero, ", "", f"{OFFICE}.criteria[0]"),
        ("denominator: files", "denominater: files", f"{OFFICE}.criteria[0]"),
        ("at_most: 2020-01-01", "at_most: [2020]", f"{OFFICE}.criteria[2].steps[0].at_most"),
        ("at_least: 80%", "at_least: 80 percent", "$.categories.readiness.levels[0].gates[0].at_least"),
        ("total, at_least: 80%", "total, atleast: 80%", "$.categories.readiness.levels[0].gates[0]"),
        ("level: 1", "level: first", "$.categories.readiness.levels[0].level"),
    ],
)  # fmt: skip
def test_a_typical_mistake_is_marked_at_its_place(
    validator: jsonschema.Draft202012Validator, old: str, new: str, where: str
) -> None:
    assert WARDS.count(old) == 1, old
    assert where in mistakes(validator, WARDS.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("title: {en: Next}\n", "", "$"),
        ("points: 4}", "poinst: 4}", None),
        ('{id: "1.1", points: 4}', "{points: 4}", f"{OFFICE}.criteria[0]"),
        ("{id: 1.3.1, remove: true}", "{id: 1.3.1, remove: yes}", f"{OFFICE}.criteria[1].remove"),
        ("commend: ~", "comend: ~", "$"),
        ("new: {title: {en: New}}", "new: {en: New}", "$.subtotals.new"),
    ],
)
def test_a_typical_mistake_in_a_set_that_extends_another_is_marked(
    validator: jsonschema.Draft202012Validator, old: str, new: str, where: str | None
) -> None:
    """A key of a criterion may belong to a formula that only the base names."""
    assert EXTENDING.count(old) == 1, old
    found = mistakes(validator, EXTENDING.replace(old, new))
    assert where in found if where else found == []


class Odd(Formula):
    """A kind with a field that JSON does not know."""

    kind = "odd"
    indicator: str
    rule: type = int


def test_the_schema_has_the_installed_formula_kinds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scorer = local_runner(host(group("water", Indicator("wells", kind="count")), formulas=[Odd]), monkeypatch, capsys)
    done = scorer("criteria", "schema")
    assert (done.code, done.errors) == (0, [])
    made = json.loads(done.out)
    assert made["$defs"]["Criterion"]["properties"]["formula"]["enum"] == [*(kind.kind for kind in KINDS), "odd"]
    assert made["$defs"]["Criterion odd"]["properties"]["rule"] == {}
