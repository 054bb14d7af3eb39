"""The schema of ranking tables, with the metadata that explains the columns. docs/tables.md describes the metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.plan import SetPlan, TierPlan
from scorer.model.fixed_point import MICRO
from scorer.service.messages.gate_texts import gate_metadata
from scorer.service.messages.names import names

SUBTOTAL = "subtotal."
"""Prefix of the columns with subtotals."""


def shared_metadata(plan: SetPlan, provenance: pb.Provenance) -> dict[str, str]:
    """The metadata that is the same in all tables of a reply."""
    return {"provenance": _json(_fields(provenance)), "names": plan.derived(_names_json)}


def _names_json(plan: SetPlan) -> str:
    return _json(_fields(names(plan)))


class RankingSchemas:
    """Caches the two schemas of a tier's tables: for the view FULL, and for BASIC."""

    def __init__(self, plan: TierPlan) -> None:
        self._plan = plan
        self._schemas: dict[bool, pa.Schema] = {}

    def schema(self, columns: Mapping[str, pa.Array], units: Mapping[str, str], *, full: bool) -> pa.Schema:
        """The schema for the given columns. It is cached, so calls with the same ``full`` must have the same columns.

        Args:
            columns: the columns by name.
            units: units of measurement, by the names of the columns that have one.
            full: whether the view is FULL.
        """
        if full not in self._schemas:
            metadata = {name: {"unit": unit} for name, unit in units.items()}
            fields = [pa.field(name, values.type, metadata=metadata.get(name)) for name, values in columns.items()]
            self._schemas[full] = pa.schema(fields, (_full_metadata if full else _basic_metadata)(self._plan))
        return self._schemas[full]


def _basic_metadata(plan: TierPlan) -> dict[str, str]:
    """The metadata of the schema in the view BASIC."""
    *by_category, overall = (nominal / MICRO for nominal in plan.sums.nominal[: len(plan.categories) + 1])
    codes = [category.code for category in plan.categories]
    return {
        "tier": plan.tier,
        "nominal_max_points": _json({**dict(zip(codes, by_category, strict=True)), "overall": overall}),
        "levels": _json({category.code: category.levels for category in plan.categories}),
        "gates": _json({category.code: gate_metadata(category) for category in plan.categories}),
        "overall_requires": _json([codes[index] for index in plan.requires]),
        "decimals": _json(plan.decimals),
    }


def _full_metadata(plan: TierPlan) -> dict[str, str]:
    """The metadata of the schema in the view FULL."""
    metadata = _basic_metadata(plan)
    nominal = json.loads(metadata["nominal_max_points"])
    for category in plan.categories:
        nominal |= {f"{category.code}.{group.code}": group.nominal / MICRO for group in category.groups}
    subtotals = zip(plan.subtotals.codes, plan.subtotals.nominal.tolist(), strict=True)
    nominal |= {f"{SUBTOTAL}{code}": most / MICRO for code, most in subtotals}
    criteria = {c.id: int(m) / MICRO for g in plan.groups for c, m in zip(g.criteria, g.maxima[:, 0], strict=True)}
    return metadata | {"nominal_max_points": _json(nominal), "max_points": _json(criteria)}


def _fields(message: Message) -> dict[str, Any]:
    return MessageToDict(message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
