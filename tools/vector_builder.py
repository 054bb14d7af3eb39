"""Builds the conformance vectors of one criteria set and formats them as JSON."""

from __future__ import annotations

import csv
import datetime
import json
import random
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import expected_json
import expected_table_json
import oracle
import pyarrow as pa
from arrow_tables import stream
from oracle import Unit
from random_answers import draw_unit
from ruamel.yaml import YAML

from scorer.plugin_api import Indicator, IndicatorKind, PartOf
from scorer.plugins.host import PluginHost

WIDTH = 160
"""Characters per line of a file."""
Case = dict[str, Any]

ANSWER_TYPES = {
    IndicatorKind.COUNT: pa.int32(),
    IndicatorKind.NUMBER: pa.float64(),
    IndicatorKind.FLAG: pa.bool_(),
    IndicatorKind.CHOICE: pa.dictionary(pa.int32(), pa.string()),
    IndicatorKind.DATE: pa.date32(),
}


class Vectors:
    """The cases of one criteria set."""

    def __init__(self, code: str, host: PluginHost, indicators: Mapping[str, Indicator]) -> None:
        self.code, self.indicators = code, indicators
        self.checks: Sequence[PartOf] = [check for group in host.groups.values() for check in group.checks]
        text = (files("scorer_plugins.criteria_sets") / f"{code}.yaml").read_text(encoding="utf-8")
        self.document: oracle.Document = YAML(typ="safe", pure=True).load(text)
        self.cases: list[Case] = []
        self.tables: list[Case] = []

    def score(self, name: str, unit: Unit, *, period: str = "", full: bool = False) -> None:
        """Adds a case that scores one unit."""
        scorecard = oracle.score_unit(self.document, unit)
        self._add(name, "ScoreUnit", *expected_json.score_unit(self.code, unit, scorecard, period=period, full=full))

    def rank(
        self,
        name: str,
        units: Sequence[Unit],
        *,
        province: str = "",
        period: str = "",
        tier: str = "",
        full: bool = False,
        on: datetime.date | None = None,
    ) -> None:
        """Adds a case that ranks a province. With ``on``, the request names the set by its series and this day."""
        rankings = [ranking for ranking in oracle.rank_province(self.document, units) if tier in ("", ranking.tier)]
        context = {"province": province, "period": period, "tier": tier, "full": full}
        request, response = expected_json.rank_province(self.code, units, rankings, **context)
        if on:
            del request["criteriaSet"]
            request["effectiveOn"] = {"year": on.year, "month": on.month, "day": on.day}
            request["series"] = self.document["series"]
        self._add(name, "RankProvince", request, response)

    def rank_table(
        self,
        name: str,
        units: Sequence[Unit],
        *,
        province: str = "",
        period: str = "",
        tier: str = "",
        full: bool = False,
    ) -> None:
        """Adds a case that ranks a province given as a table; ``tier`` is the tier of all units."""
        rankings = oracle.rank_province(self.document, units)
        context = {"province": province, "period": period, "tier": tier, "full": full}
        table = self._table(units, with_tiers=not tier)
        request, response = expected_json.rank_table(self.code, stream(table), rankings, **context)
        response["provenance"] = self._provenance(request)
        case = {
            **{"name": name, "method": "RankProvince", "request": request},
            "table": expected_table_json.columns(table),
            "response": response,
            "tables": [expected_table_json.ranking_table(ranking, self.document, full=full) for ranking in rankings],
        }
        self.tables.append(case)

    def refuse(self, name: str, table: pa.Table | bytes, violations: Mapping[str, str], **options: Any) -> None:
        """Adds a case with a table, or bytes, that the service refuses; ``violations`` has the reason by field."""
        content = table if isinstance(table, bytes) else stream(table, **options)
        case = {
            **{"name": name, "method": "RankProvince", "request": expected_json.table_request(self.code, content)},
            **({} if isinstance(table, bytes) else {"table": expected_table_json.columns(table)}),
            "error": {
                "code": "INVALID_ARGUMENT",
                "reason": "INVALID_REQUEST",
                "violations": [{"field": field, "reason": reason} for field, reason in violations.items()],
                "metadata": {"violations_total": str(len(violations))},
            },
        }
        self.tables.append(case)

    def published(self, tier: str) -> list[Unit]:
        """The units of a tier with their bundled answers."""
        text = (files("scorer_plugins.answers") / f"{self.code}.csv").read_text(encoding="utf-8")
        return [self._unit(row) for row in csv.DictReader(text.splitlines()) if row["tier"] == tier]

    def random_units(self, seed: int, **sizes: int) -> list[Unit]:
        """Random units; ``sizes`` has their number by tier."""
        draw = random.Random(seed)
        return [
            draw_unit(draw, f"{tier}-{n}", tier, self.document, self.indicators, self.checks)
            for tier, size in sizes.items()
            for n in range(size)
        ]

    def text(self) -> str:
        """The content of the file."""
        return format_json({"criteriaSet": self.code, "cases": self.cases}) + "\n"

    def _add(self, name: str, method: str, request: Case, response: Case) -> None:
        response["provenance"] = self._provenance(request)
        self.cases.append({"name": name, "method": method, "request": request, "response": response})

    def _provenance(self, request: Case) -> Case:
        return {
            "criteriaSet": self.code,
            "criteriaProvenance": self.document["provenance"],
            "province": request.get("province", ""),
            "period": request.get("period", ""),
        }

    def _table(self, units: Sequence[Unit], *, with_tiers: bool) -> pa.Table:
        """Units as an Arrow table, without columns that have no values."""
        text = pa.string()
        columns = {
            "id": pa.array([unit.id for unit in units], text),
            "name": pa.array([unit.name or None for unit in units], text),
            "tier": pa.array([unit.tier if with_tiers else None for unit in units], text).dictionary_encode(),
            "parent": pa.array([unit.parent or None for unit in units], text).dictionary_encode(),
            "not_applicable": pa.array([unit.not_applicable or None for unit in units], pa.list_(text)),
            **{
                code: pa.array([unit.answers.get(code) for unit in units], ANSWER_TYPES[indicator.kind])
                for code, indicator in self.indicators.items()
            },
        }
        return pa.table({name: column for name, column in columns.items() if column.null_count < len(units)})

    def _unit(self, row: Mapping[str, str]) -> Unit:
        answers = {code: _value(item, row[code]) for code, item in self.indicators.items() if row.get(code)}
        not_applicable = tuple(filter(None, row["not_applicable"].split(";")))
        return Unit(row["id"], row["tier"], answers, not_applicable, row["name"], row["parent"])


def _value(indicator: Indicator, cell: str) -> Any:
    if indicator.kind is IndicatorKind.CHOICE:
        return cell
    if indicator.kind is IndicatorKind.DATE:
        return datetime.date.fromisoformat(cell)
    return cell == "1" if indicator.kind is IndicatorKind.FLAG else float(cell)


def format_json(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON text; a list or object that does not fit on one line has one line per item.

    Args:
        value: the value.
        indent: spaces before each line.
        before: characters before the value on its first line.
    """
    line = json.dumps(value, ensure_ascii=False)
    if indent + before + len(line) < WIDTH or not isinstance(value, dict | list) or not value:
        return line
    keyed = (
        [(f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in value.items()]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    left, right = "{}" if isinstance(value, dict) else "[]"
    inner = " " * (indent + 1)
    lines = ",\n".join(f"{inner}{key}{format_json(item, indent + 1, len(key) + 1)}" for key, item in keyed)
    return f"{left}\n{lines}\n{' ' * indent}{right}"
