"""Arrow streams as JSON, and the table of a ranking that the oracle expects."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import oracle
import pyarrow as pa

Json = dict[str, Any]

TYPES: Mapping[str, Callable[[pa.DataType], bool]] = {
    "text": lambda kind: pa.types.is_string(kind) or pa.types.is_dictionary(kind),
    "bool": pa.types.is_boolean,
    "int8": pa.types.is_int8,
    "int32": pa.types.is_int32,
    "int64": pa.types.is_int64,
    "float64": pa.types.is_float64,
    "date32": pa.types.is_date32,
    "timestamp": pa.types.is_timestamp,
    "list of text": pa.types.is_list,
}
"""Arrow types by the names that docs/tables.md has for them."""


def columns(table: pa.Table) -> list[Json]:
    """The columns of a table."""
    return [
        {"name": field.name, "type": _type(field.type), "values": [_value(value) for value in column.to_pylist()]}
        for field, column in zip(table.schema, table.columns, strict=True)
    ]


def metadata(table: pa.Table) -> Json:
    """The metadata of a ranking's table."""
    texts = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
    return {name: value if name in ("tier", "cohort") else json.loads(value) for name, value in texts.items()}


def ranking_table(ranking: oracle.Ranking, document: oracle.Document, *, full: bool) -> Json:
    """The table of a ranking, without its provenance."""
    return {"columns": ranking_columns(ranking, full=full), "metadata": ranking_metadata(ranking, document, full=full)}


def ranking_columns(ranking: oracle.Ranking, *, full: bool) -> list[Json]:
    """The columns of the table of a ranking."""
    found: dict[str, Json] = {}

    def add(name: str, kind: str, values: Iterable[Any]) -> None:
        found.setdefault(name, {"name": name, "type": kind, "values": list(values)})

    def add_score(prefix: str, scores: list[oracle.Score], suffix: str = "") -> None:
        for field in ("points", "max_points"):
            add(f"{prefix}{field}{suffix}", "float64", (float(getattr(score, field)) for score in scores))
        for field in ("percent", "converted", "published"):
            values = (float(getattr(score, field)) if score.max_points else None for score in scores)
            add(f"{prefix}{field}{suffix}", "float64", values)
        for field in ("missing", "not_applicable"):
            add(f"{prefix}{field}{suffix}", "int32", (getattr(score, field) for score in scores))
        if beside := [score.self_reported for score in scores if score.self_reported]:
            add_score(prefix, beside, "@self_reported")

    def add_criteria(prefix: str, criteria: Sequence[oracle.CriterionResult], suffix: str = "") -> None:
        name = f"{prefix}{criteria[0].id}"
        add(f"{name}.points{suffix}", "float64", (float(criterion.points) for criterion in criteria))
        add(f"{name}.status{suffix}", "text", (criterion.status for criterion in criteria))
        if beside := [criterion.self_reported for criterion in criteria if criterion.self_reported]:
            add_criteria(prefix, beside, "@self_reported")

    cards = ranking.cards
    add("id", "text", (card.unit.id for card in cards))
    add("name", "text", (card.unit.name or None for card in cards))
    add("tier", "text", (ranking.tier for _ in cards))
    add("parent", "text", (card.unit.parent or None for card in cards))
    add("cohort", "text", (ranking.cohort for _ in cards))
    add("rank", "int32", (card.rank or None for card in cards))
    add("commended", "bool", (card.commended for card in cards))
    add("lacking", "text", (", ".join(card.lacking) or None for card in cards))
    add_score("", [card.overall for card in cards])
    for subtotals in zip(*(card.subtotals for card in cards if full), strict=True):
        add_score(f"subtotal.{subtotals[0].code}.", [subtotal.score for subtotal in subtotals])
    for results in zip(*(card.categories for card in cards), strict=True):
        prefix = f"{results[0].code}."
        add(f"{prefix}standing", "text", (result.standing for result in results))
        add(f"{prefix}level", "int8", (result.level or None for result in results))
        add(f"{prefix}level_code", "text", (result.level_code or None for result in results))
        add(f"{prefix}rank", "int32", (result.rank or None for result in results))
        add_score(prefix, [result.score for result in results])
        add(f"{prefix}failing", "text", (_gates(result.failing) for result in results))
        if full:
            failed = (_gates(gate for gate in result.gates if not gate.passed) for result in results)
            add(f"{prefix}failed_gates", "text", failed)
            for groups in zip(*(result.groups for result in results), strict=True):
                add_score(f"{prefix}{groups[0].code}.", [group.score for group in groups])
                for criteria in zip(*(group.criteria for group in groups), strict=True):
                    add_criteria(prefix, criteria)
        for n, gate in enumerate(results[0].gates):
            name = prefix if gate.measure == "total" else f"{prefix}{gate.measure}."
            gates = [result.gates[n] for result in results]
            values = [None if result.not_applicable else float(result.value) for result in gates]
            add(f"{name}{gate.unit}", "float64", values)
    return list(found.values())


def ranking_metadata(ranking: oracle.Ranking, document: oracle.Document, *, full: bool) -> Json:
    """The metadata of the schema of a ranking's table, without its provenance."""
    card = ranking.cards[0]
    nominal = {"overall": float(card.overall.nominal), **{c.code: float(c.score.nominal) for c in card.categories}}
    found = {
        "tier": ranking.tier,
        "cohort": ranking.cohort,
        "nominal_max_points": nominal,
        "levels": {category.code: list(category.levels) for category in card.categories},
        "gates": {category.code: [_gate(gate) for gate in category.gates] for category in card.categories},
        "overall_requires": list(ranking.requires),
        "decimals": document["rounding"]["points"],
    }
    if full:
        groups = [(category.code, group) for category in card.categories for group in category.groups]
        nominal |= {f"{category}.{group.code}": float(group.score.nominal) for category, group in groups}
        nominal |= {f"subtotal.{subtotal.code}": float(subtotal.score.nominal) for subtotal in card.subtotals}
        found["max_points"] = {result.id: float(result.nominal) for _, group in groups for result in group.criteria}
    return found


def _gates(gates: Iterable[oracle.GateResult]) -> str | None:
    """Such as ``level 2: total >= 85%; level 3: staff > 12.5, total >= 80%``."""
    by_level: dict[int, list[str]] = {}
    for gate in gates:
        minimum = f"{_plain(gate.minimum)}{'%' if gate.unit == 'percent' else ''}"
        by_level.setdefault(gate.level, []).append(f"{gate.measure} {'>' if gate.strict else '>='} {minimum}")
    return "; ".join(f"level {level}: {', '.join(texts)}" for level, texts in by_level.items()) or None


def _gate(gate: oracle.GateResult) -> Json:
    fields = ("level", "measure", "unit", "strict")
    return {**{field: getattr(gate, field) for field in fields}, "minimum": float(gate.minimum)}


def _plain(number: Fraction) -> str:
    """A decimal number with exactly its digits."""
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _type(kind: pa.DataType) -> str:
    return next(name for name, accepts in TYPES.items() if accepts(kind))


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value
