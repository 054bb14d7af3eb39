"""A JSON Schema of criteria set documents for editors, generated from the models that validate the documents.

It knows each key, and the values that a key allows by itself. Rules between values, such as sums of points, are only
checked when a document is loaded.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from scorer.criteria import condition_schema, schema
from scorer.criteria.extension import EXTENDS, REMOVE
from scorer.formulas import Formula

REFERENCE = "#/$defs/{model}"

ENTRIES = {
    ("Head", "categories"): "Category",
    ("Category", "groups"): "Group",
    ("Category", "levels"): "Level",
    ("Group", "criteria"): "Criterion",
    ("Group", "indicators"): "Indicator",
    ("Group", "checks"): "Check",
    ("Category", "limits"): "Limit",
    ("Level", "gates"): "Condition",
    ("Level", "when"): "Condition",
    ("Limit", "when"): "Condition",
    ("AllOf", "all"): "Condition",
    ("AnyOf", "any"): "Condition",
    ("SomeOf", "of"): "Condition",
    ("Not", "not"): "Condition",
}
"""For each list or mapping whose entries the loader validates separately: the model and the key that hold it, and the
model of its entries."""

CONDITIONS: Mapping[str, type[BaseModel]] = {
    "measure": condition_schema.Gate,
    "indicator": condition_schema.AnswerGate,
    "category": condition_schema.LevelGate,
    "all": condition_schema.AllOf,
    "any": condition_schema.AnyOf,
    "of": condition_schema.SomeOf,
    "not": condition_schema.Not,
}
"""The models of conditions, each by a key that no other of these models has."""

EXTENDED = ("Head", "Category", "Group", "Criterion", "Level")
"""Parts that may lack required keys in a document that extends another."""

ENTRY_KEYS = {"Criterion": "id", "Level": "level"}
"""The key that an entry needs even in an incomplete part, because the entry is found by it."""

OWN_KEYS = ("criteria_set", EXTENDS, "title")
"""Keys that a document needs even if it extends another."""


class _Generator(GenerateJsonSchema):
    """Leaves out defaults, some of which are no JSON values, and titles, which only repeat the keys."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        """Allows any value for a field of a type that JSON does not know, as formula kinds of plugins may have."""
        del schema, error_info
        return {}


def json_schema(kinds: Iterable[type[Formula]]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of documents that use these formula kinds."""
    definitions: dict[str, Any] = {}
    parts: list[type[BaseModel]] = [schema.Head, schema.Category, schema.Group, schema.Indicator, schema.Check]
    parts += [schema.Criterion, schema.Level, schema.Limit, *CONDITIONS.values()]
    for part in parts:
        _add(part, part.__name__, definitions)
    for (model, key), entry in ENTRIES.items():
        properties = definitions[model]["properties"]
        properties[key] = _filled(properties[key], {"$ref": REFERENCE.format(model=entry)})
    definitions["Condition"] = {
        "type": "object",
        "anyOf": [{"required": [key]} for key in CONDITIONS],
        "allOf": [
            {"if": {"required": [key]}, "then": {"$ref": REFERENCE.format(model=model.__name__)}}
            for key, model in CONDITIONS.items()
        ],
    }
    _add_formulas(kinds, definitions)
    for name in EXTENDED:
        definitions[f"Extending{name}"] = _extending(name, definitions[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Criteria set",
        "if": {"required": [EXTENDS]},
        "then": {"$ref": REFERENCE.format(model="ExtendingHead")},
        "else": {"$ref": REFERENCE.format(model="Head")},
        "$defs": definitions,
    }


def _add(model: type[BaseModel], name: str, definitions: dict[str, Any]) -> None:
    """Adds the definition of a model under a name, and those of the models in it."""
    generated = model.model_json_schema(ref_template=REFERENCE, schema_generator=_Generator)
    inner = generated.pop("$defs", {})
    for key, definition in {**inner, name: generated}.items():
        _close(definition)
        definition.pop("title", None)
        definitions[key] = definition


def _close(node: Any) -> None:
    """Forbids keys that match no pattern, in each mapping whose keys have patterns."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node["additionalProperties"] = False
        for item in node.values():
            _close(item)
    elif isinstance(node, list):
        for item in node:
            _close(item)


def _filled(node: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """A copy of a part of the schema, with ``entry`` as the schema of the values of its list or mapping."""
    if "anyOf" in node:
        return {
            **node,
            "anyOf": [inner if inner.get("type") == "null" else _filled(inner, entry) for inner in node["anyOf"]],
        }
    if node.get("type") == "array":
        return {**node, "items": entry}
    if "patternProperties" in node:
        patterns = node["patternProperties"]
        return {**node, "patternProperties": {pattern: entry for pattern in patterns}}  # noqa: C420 - mypy
    return entry


def _add_formulas(kinds: Iterable[type[Formula]], definitions: dict[str, Any]) -> None:
    """Completes criteria and nested formulas by the keys of each formula kind."""
    criterion = definitions["Criterion"]
    criterion.pop("additionalProperties", None)
    nested: dict[str, Any] = {
        "type": "object",
        "properties": {"formula": {"type": "string"}, "points": criterion["properties"]["points"]},
        "required": ["formula", "points"],
    }
    definitions["NestedFormula"] = nested
    named = {kind.kind: kind for kind in kinds}
    for holder, common in (("Criterion", dict(criterion["properties"])), ("NestedFormula", dict(nested["properties"]))):
        definition = definitions[holder]
        definition["properties"] = {**common, "formula": {"enum": list(named)}}
        definition["allOf"] = []
        for name, kind in named.items():
            complete = f"{holder} {name}"
            _add(kind, complete, definitions)
            keys = definitions[complete]
            if kind.nested:
                keys["properties"][kind.nested] = {
                    "type": "array",
                    "items": {"$ref": REFERENCE.format(model="NestedFormula")},
                }
            keys["properties"] = {**common, **keys["properties"], "formula": {"const": name}}
            # The definition's name has a space, so that no model can have the same name.
            reference = REFERENCE.format(model=complete.replace(" ", "%20"))
            condition = {"properties": {"formula": {"const": name}}, "required": ["formula"]}
            definition["allOf"].append({"if": condition, "then": {"$ref": reference}})


def _extending(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a part in a document that extends another: keys can be left out, or removed with the value null."""
    extending: dict[str, Any] = copy.deepcopy(dict(definition))
    own = OWN_KEYS if name == "Head" else (ENTRY_KEYS[name],) if name in ENTRY_KEYS else ()
    extending["required"] = list(own)
    for key, value in extending["properties"].items():
        if key in own:
            continue
        entry = ENTRIES.get((name, key))
        if entry in EXTENDED:
            value = _filled(value, {"$ref": REFERENCE.format(model=f"Extending{entry}")})
        _allow_removal(value)
        extending["properties"][key] = {"anyOf": [value, {"type": "null"}]}
    if name in ENTRY_KEYS:
        extending["properties"][REMOVE] = {"const": True}
    for rule in extending.get("allOf", ()):
        rule["then"] = {}  # the keys of the formula are checked when the document has been merged
    return extending


def _allow_removal(node: dict[str, Any]) -> None:
    """Allows null as the value of each entry of a mapping."""
    for inner in node.get("anyOf", ()):
        _allow_removal(inner)
    for pattern, entry in node.get("patternProperties", {}).items():
        node["patternProperties"][pattern] = {"anyOf": [entry, {"type": "null"}]}
