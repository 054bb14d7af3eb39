"""Criterion groups that a document declares itself, with their indicators and checks.

A declaration is data only. It becomes a plugin in ``scorer.plugins.document_groups``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scorer.criteria import schema
from scorer.criteria.document import Document, Path, as_list, as_mapping
from scorer.criteria.model import Texts
from scorer.criteria.schema_errors import parse_model
from scorer.criteria.schema_values import NO_LANGUAGE
from scorer.formulas.base import NUMBERS
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.suggestions import did_you_mean

INDICATORS = "indicators"
"""A group with this key is declared by the document. The plugin of a group without this key is installed."""


@dataclass(frozen=True)
class DeclaredGroup:
    """A criterion group that a document declares."""

    code: str
    path: Path
    """Path of the declaration in the document."""
    title: Texts
    indicators: tuple[Indicator, ...]
    """The indicators without mistakes."""
    parts: tuple[tuple[str, str], ...]
    """The checks: pairs of indicators, of which the first is a part of the second."""


def declares(body: object) -> bool:
    """Whether the body of a group declares the group in the document."""
    return INDICATORS in as_mapping(body)


def declared_groups(document: Document) -> Iterator[DeclaredGroup]:
    """The groups that a document declares. Mistakes in their indicators and checks are added to its problems."""
    for category, body in as_mapping(as_mapping(document.data).get("categories")).items():
        for code, group in as_mapping(as_mapping(body).get("groups")).items():
            path: Path = ("categories", category, "groups", code)
            if declares(group):
                yield _declared_group(document, path, code, group)
            elif "checks" in as_mapping(group):
                message = f"only a group that declares its own {INDICATORS!r} can have checks"
                document.problem((*path, "checks"), message, key=True)


def _declared_group(document: Document, path: Path, code: str, body: Mapping[str, Any]) -> DeclaredGroup:
    declared = as_mapping(body.get(INDICATORS))
    read = (_indicator(document, (*path, INDICATORS, name), name, item) for name, item in declared.items())
    indicators = tuple(indicator for indicator in read if indicator)
    known = {indicator.code: indicator for indicator in indicators}
    checks = (
        _check(document, (*path, "checks", n), item, known, declared)
        for n, item in enumerate(as_list(body.get("checks")))
    )
    title = {language: text for language, text in as_mapping(body.get("title")).items() if isinstance(text, str)}
    return DeclaredGroup(code, path, title, indicators, tuple(check for check in checks if check))


def _indicator(document: Document, path: Path, code: str, body: object) -> Indicator | None:
    shape = parse_model(document, path, schema.Indicator, body)
    if shape is None:
        return None
    is_number, is_date = shape.kind in NUMBERS, shape.kind is IndicatorKind.DATE
    for name, bound in (("minimum", shape.minimum), ("maximum", shape.maximum)):
        if bound is not None and not (is_number or is_date):
            document.problem((*path, name), f"a {shape.kind} has no {name}", key=True)
        elif bound is not None and bound.is_date != is_date:
            expected = "a day" if is_date else "a number"
            document.problem((*path, name), f"expected {expected}, because the indicator is a {shape.kind}")
    titles = {
        code: parse_model(document, (*path, "options", code), schema.Option, option)
        for code, option in as_mapping(as_mapping(body).get("options")).items()
    }
    if document.broken(*path):
        return None
    try:
        return Indicator(
            code,
            shape.kind,
            shape.unit.get("en") or next(iter(shape.unit.values()), ""),
            shape.title,
            tuple(shape.options),
            minimum=shape.minimum.value if shape.minimum else None,
            maximum=shape.maximum.value if shape.maximum else None,
            meaning=shape.meaning,
            unit_titles={language: unit for language, unit in shape.unit.items() if language != NO_LANGUAGE},
            option_titles={code: option.title for code, option in titles.items() if option},
        )
    except ValueError as error:
        document.problem(path, str(error), key=True)
        return None


def _check(
    document: Document, path: Path, body: object, known: Mapping[str, Indicator], declared: Mapping[str, Any]
) -> tuple[str, str] | None:
    shape = parse_model(document, path, schema.Check, body)
    if shape is None:
        return None
    for key, code in (("part", shape.part), ("of", shape.of)):
        if code not in declared:
            message = f"the group declares no indicator {code!r}{did_you_mean(code, declared)}"
            document.problem((*path, key), message)
        elif code in known and known[code].kind not in NUMBERS:
            document.problem((*path, key), f"{code!r} is a {known[code].kind}; only counts and numbers have parts")
    if shape.part == shape.of:
        document.problem((*path, "of"), f"{shape.of!r} cannot be a part of itself")
    return None if document.broken(*path) else (shape.part, shape.of)
