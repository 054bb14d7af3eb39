"""Writes rankings as Arrow tables, one row per unit. docs/tables.md describes the columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from numpy.typing import NDArray

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.explain import failing_gates
from scorer.engine.nearest import part_orders
from scorer.engine.plan import CategoryPlan, SetPlan, TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.rules import KeyKind
from scorer.engine.score_table import ScoreTable
from scorer.engine.scoring import RANKED, Assessment, CategoryScores, Standing
from scorer.model.fixed_point import MICRO, PERCENT, Bools, Floats, Ints
from scorer.plugins.group import Status
from scorer.service.messages.gate_results import options_of
from scorer.service.messages.gate_texts import GateTexts, gate_metadata
from scorer.service.messages.names import names
from scorer.service.messages.tables import UnitTexts

COHORT = "cohort"

SUBTOTAL = "subtotal."
"""Prefix of the columns with subtotals."""

SELF_REPORTED = "@self_reported"
"""Suffix of the columns with results that are computed from the units' own reports."""


class RankingTables:
    """The tables of the rankings of one tier.

    Args:
        units: (n,) indices of the tier's units among all units of the request.
        texts: ids, names and parents of all units of the request.
        rankings: each ranking with (m,) indices of its units that the reply has, in ranking order.
    """

    def __init__(self, units: Ints, texts: UnitTexts, rankings: Sequence[tuple[Ranking, Ints]]) -> None:
        ranking, _ = rankings[0]  # each ranking has the ranks of all units of the tier
        assessment = ranking.assessment
        plan = assessment.plan
        indices = np.concatenate([shown for _, shown in rankings])
        request_indices = pa.array(units[indices])
        columns = _Columns(indices, assessment)
        columns.add("id", texts.ids.take(request_indices))
        columns.add("name", texts.names.take(request_indices))
        columns.constant("tier", plan.tier)
        columns.add("parent", texts.parents.take(request_indices))
        columns.constant(COHORT, "")  # see batch and stream
        columns.integers("rank", ranking.overall)
        columns.flags("commended", ranking.commended)
        ranked = assessment.standings[list(plan.requires)] == RANKED
        columns.bits("lacking", _bits(~ranked), plan.derived(_LackingTexts))
        columns.score("", columns.sums, len(plan.categories))
        if columns.subtotals:
            for row, code in enumerate(plan.subtotals.codes):
                columns.score(f"{SUBTOTAL}{code}.", columns.subtotals, row)
        gates = plan.derived(_gate_texts)
        beside = assessment.self_reported
        for index, (category, ranks) in enumerate(zip(assessment.categories, ranking.ranks, strict=True)):
            self_reported = beside.categories[index] if beside else None
            group_rows = plan.group_indices(category.plan)
            _add_category(columns, category, self_reported, ranks, gates[category.plan.code], group_rows)
            _add_answers(columns, category.plan, assessment)
        self._batch = columns.batch(plan.derived(_Schemas))
        self._rankings = rankings

    def batch(self) -> pa.RecordBatch:
        """The rows of all rankings, one ranking after the other."""
        sizes = [len(shown) for _, shown in self._rankings]
        indices = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        cohorts = pa.DictionaryArray.from_arrays(indices, [ranking.cohort for ranking, _ in self._rankings])
        return self._batch.set_column(self._batch.schema.get_field_index(COHORT), COHORT, cohorts)

    def stream(self, ranking: Ranking, rows: slice, shared: Mapping[str, str]) -> bytes:
        """The table of one ranking as an Arrow IPC stream.

        Args:
            ranking: one of the rankings.
            rows: its rows among those of all rankings.
            shared: metadata that all tables of a reply have, see ``shared_metadata``.
        """
        batch = self._batch.slice(rows.start, rows.stop - rows.start)
        column = batch.schema.get_field_index(COHORT)
        batch = batch.set_column(column, batch.schema.field(column), _constant(ranking.cohort, len(batch)))
        batch = batch.replace_schema_metadata({**batch.schema.metadata, **shared, "cohort": ranking.cohort})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        data: bytes = sink.getvalue().to_pybytes()
        return data


def shared_metadata(plan: SetPlan, provenance: pb.Provenance) -> dict[str, str]:
    """The metadata that all tables of a reply have."""
    return {"provenance": _json(_fields(provenance)), "names": plan.derived(_names_json)}


def _names_json(plan: SetPlan) -> str:
    return _json(_fields(names(plan)))


def _add_category(
    columns: _Columns,
    category: CategoryScores,
    self_reported: CategoryScores | None,
    ranks: Ints,
    texts: tuple[GateTexts, GateTexts],
    group_rows: Sequence[int],
) -> None:
    """Adds the columns of a category.

    Args:
        columns: the columns to add to.
        category: the scores of the category.
        self_reported: the scores from the answers that units reported themselves.
        ranks: (n,) ranks in the category.
        texts: the texts of what units lack, and of single gates that fail.
        group_rows: rows of the category's groups in the table of groups.
    """
    plan, sums, groups = category.plan, columns.sums, columns.groups
    prefix = f"{plan.code}."
    own, *measures = category.rows
    columns.enumeration(f"{prefix}standing", category.standing, Standing)
    columns.integers(f"{prefix}level", category.level, pa.int8())
    columns.labels(f"{prefix}level_code", category.level, plan.level_codes)
    columns.integers(f"{prefix}rank", ranks)
    columns.score(prefix, sums, own)
    lacks, failed = texts
    columns.lacks(f"{prefix}failing", category, lacks)
    if groups:
        columns.bits(f"{prefix}failed_gates", category.failed(slice(None)), failed)
        for position, (group, row) in enumerate(zip(category.groups, group_rows, strict=True)):
            columns.score(f"{prefix}{group.plan.code}.", groups, row)
            versions = {"": group}
            if self_reported is not None:
                versions[SELF_REPORTED] = self_reported.groups[position]
            for index, criterion in enumerate(group.plan.criteria):
                for suffix, version in versions.items():
                    points = version.points[index].take(columns.indices) / MICRO
                    columns.amounts(f"{prefix}{criterion.id}.points{suffix}", "points", points)
                    columns.enumeration(f"{prefix}{criterion.id}.status{suffix}", version.status[index], Status)
    for key in plan.keys:
        if key.kind not in (KeyKind.PERCENT, KeyKind.POINTS):
            continue
        name, sums_row = plan.measures[key.index].name, measures[key.index]
        stem = prefix if name == "total" else f"{prefix}{name}."
        if key.kind is KeyKind.PERCENT:
            columns.amounts(f"{stem}percent", "percent", sums.percent[sums_row], sums.nothing_applicable(sums_row))
        else:
            columns.amounts(f"{stem}points", "points", sums.points[sums_row])


def _add_answers(columns: _Columns, plan: CategoryPlan, assessment: Assessment) -> None:
    """Adds a column for each answer that gates of the category read."""
    codes = {row: code for code, row in assessment.plan.rows.items()}
    for key in plan.keys:
        if key.kind is KeyKind.ANSWER:
            code = codes[key.index]
            answers = assessment.cohort.matrix[key.index]
            columns.options(f"{plan.code}.{code}.answer", answers, options_of(assessment.plan.indicators[code]))


def _gate_texts(plan: TierPlan) -> dict[str, tuple[GateTexts, GateTexts]]:
    """For each category, the texts of what units lack, and of the single gates that fail."""
    return {category.code: (GateTexts(category), GateTexts(category, flat=True)) for category in plan.categories}


class _LackingTexts(dict[int, str]):
    """The text for each combination of required categories (bit i: the i-th of them)."""

    def __init__(self, plan: TierPlan) -> None:
        super().__init__()
        self._codes = [plan.categories[index].code for index in plan.requires]

    def __missing__(self, bits: int) -> str:
        self[bits] = ", ".join(code for bit, code in enumerate(self._codes) if bits >> bit & 1)
        return self[bits]


def _bits(rows: Bools) -> NDArray[np.uint64]:
    """(n,) numbers in which bit i is the value of row i, from booleans (k, n)."""
    bits = np.zeros(rows.shape[1], dtype=np.uint64)
    for bit, row in enumerate(rows):
        bits |= row.astype(np.uint64) << np.uint64(bit)
    return bits


class _Sums:
    """The sums of m units in points and percent; each array has one row (m,) per sum.

    Args:
        table: the sums of all units.
        self_reported: the same sums from the answers that units reported themselves.
        indices: (m,) indices of the units.
    """

    def __init__(self, table: ScoreTable, self_reported: ScoreTable | None, indices: Ints) -> None:
        self.self_reported = _Sums(self_reported, None, indices) if self_reported else None
        sums, wholes = table.sums.take(indices, axis=-1), table.wholes.take(indices, axis=-1)
        self._nothing_applicable = sums[1] == 0 if table.has_empty_sums else None
        sums[:2] /= MICRO
        sums[2] /= PERCENT
        wholes[:2] /= MICRO
        self.points, self.max_points, self.percent = sums
        self.converted, self.published = wholes[:2]
        self.missing, self.not_applicable = wholes[2:].astype(np.int32)

    def nothing_applicable(self, row: int) -> Bools | None:
        """(m,) whether no criterion of a sum applies to the unit; None if there is no such unit in any sum."""
        return None if self._nothing_applicable is None else self._nothing_applicable[row]


class _Columns:
    """Collects the columns of a table.

    Args:
        indices: (m,) indices of the units in the table, among the n units of the tier.
        assessment: the scores of the tier's units.
    """

    def __init__(self, indices: Ints, assessment: Assessment) -> None:
        self.indices, groups, beside = indices, assessment.group_sums, assessment.self_reported
        self.sums = _Sums(assessment.sums, beside.sums if beside else None, indices)
        self.groups = None if groups is None else _Sums(groups, beside.group_sums if beside else None, indices)
        subtotals = assessment.subtotals
        self.subtotals = None if subtotals is None else _Sums(subtotals, beside.subtotals if beside else None, indices)
        self._arrays: dict[str, pa.Array] = {}
        self._units: dict[str, str] = {}
        """Unit of measurement, "points" or "percent", by column."""

    def batch(self, schemas: _Schemas) -> pa.RecordBatch:
        """All columns as a record batch."""
        names, arrays = [*self._arrays], [*self._arrays.values()]
        schema = schemas.schema(names, [array.type for array in arrays], self._units, full=self.groups is not None)
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def add(self, name: str, values: pa.Array) -> None:
        """Adds a column of values (m,)."""
        self._arrays[name] = values

    def constant(self, name: str, value: str) -> None:
        """Adds a column with one text for all units."""
        self._arrays[name] = _constant(value, len(self.indices))

    def flags(self, name: str, values: Bools | None) -> None:
        """Adds a column of booleans (n,); None: all are false."""
        flags = np.zeros(len(self.indices), dtype=np.bool_) if values is None else values[self.indices]
        self._arrays[name] = pa.array(flags)

    def integers(self, name: str, values: Ints, kind: pa.DataType | None = None) -> None:
        """Adds a column of whole numbers (n,), with null for 0."""
        shown = values[self.indices]
        kind = kind or pa.int32()
        self._arrays[name] = pa.array(shown.astype(kind.to_pandas_dtype()), kind, mask=shown == 0)

    def amounts(self, name: str, unit: str, values: Floats, null: Bools | None = None) -> None:
        """Adds a column of points or percentages (m,), with null where ``null`` is true.

        If the column exists, nothing happens: in the view FULL, a measure can be a group or criterion that has columns.
        """
        if name not in self._arrays:
            self._arrays[name] = pa.array(values, mask=null if null is not None and null.any() else None)
            self._units[name] = unit

    def enumeration(self, name: str, codes: NDArray[np.uint8], members: type[IntEnum]) -> None:
        """Adds a column of members (n,) of an enumeration whose numbers start from 1."""
        indices = pa.array((codes[self.indices] - 1).astype(np.int8))
        self._arrays[name] = pa.DictionaryArray.from_arrays(indices, [member.name.lower() for member in members])

    def options(self, name: str, answers: Floats, options: Sequence[str]) -> None:
        """Adds a column with the answers (n,) to a flag or choice, with null where it was not reported."""
        shown = answers[self.indices]
        missing = np.isnan(shown)
        indices = pa.array(np.where(missing, 0, shown).astype(np.int8), mask=missing)
        self._arrays[name] = pa.DictionaryArray.from_arrays(indices, list(options))

    def bits(self, name: str, bits: NDArray[np.uint64], texts: Mapping[int, str]) -> None:
        """Adds a column with the text for each number of bits (n,), with null for 0."""
        shown = bits[self.indices]
        encoded = pa.array(shown, mask=shown == 0).dictionary_encode()
        values = [texts[combination] for combination in encoded.dictionary.to_pylist()]
        self._arrays[name] = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(values, pa.string()))

    def labels(self, name: str, numbers: Ints, texts: Mapping[int, str]) -> None:
        """Adds a column of texts, one for each of the ``numbers`` (n,). It has null for 0 and for empty texts."""
        shown = {number: text for number, text in texts.items() if text}
        index_of = np.full(max((0, *texts)) + 1, -1, dtype=np.int8)
        index_of[[*shown]] = range(len(shown))
        indices = index_of[numbers[self.indices]]
        values = pa.array([*shown.values()], pa.string())
        self._arrays[name] = pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), values)

    def lacks(self, name: str, category: CategoryScores, texts: GateTexts) -> None:
        """Adds a column with what units lack for their next better level, the nearest parts of combinations first."""
        bits, orders = failing_gates(category)[self.indices], part_orders(category, self.indices)
        if not orders:
            self.bits(name, failing_gates(category), texts)
            return
        kinds = _kinds(bits)  # units with the same text are of the same kind
        for order in orders.values():
            codes = _kinds(order @ order.shape[1] ** np.arange(order.shape[1]))
            kinds = _kinds(kinds * (int(codes.max(initial=0)) + 1) + codes)
        examples = np.zeros(int(kinds.max(initial=-1)) + 1, dtype=np.int64)
        examples[kinds] = np.arange(len(kinds))
        values = [
            texts.text(int(bits[example]), {node: order[example].tolist() for node, order in orders.items()})
            if bits[example]
            else None
            for example in examples.tolist()
        ]
        encoded = pa.array(values, pa.string()).dictionary_encode()  # units of several kinds can have the same text
        indices = encoded.indices.take(pa.array(kinds))
        self._arrays[name] = pa.DictionaryArray.from_arrays(indices, encoded.dictionary)

    def score(self, prefix: str, sums: _Sums, row: int, suffix: str = "") -> None:
        """Adds the seven columns of one sum, and those with what units reported themselves."""
        nothing = sums.nothing_applicable(row)
        self.amounts(f"{prefix}points{suffix}", "points", sums.points[row])
        self.amounts(f"{prefix}max_points{suffix}", "points", sums.max_points[row])
        self.amounts(f"{prefix}percent{suffix}", "percent", sums.percent[row], nothing)
        self.amounts(f"{prefix}converted{suffix}", "points", sums.converted[row], nothing)
        self.amounts(f"{prefix}published{suffix}", "points", sums.published[row], nothing)
        self.add(f"{prefix}missing{suffix}", pa.array(sums.missing[row]))
        self.add(f"{prefix}not_applicable{suffix}", pa.array(sums.not_applicable[row]))
        if sums.self_reported is not None:
            self.score(prefix, sums.self_reported, row, SELF_REPORTED)


class _Schemas:
    """Caches the two schemas of a tier's tables: for the view FULL, and for BASIC."""

    def __init__(self, plan: TierPlan) -> None:
        self._plan = plan
        self._schemas: dict[bool, pa.Schema] = {}

    def schema(
        self, names: Sequence[str], types: Sequence[pa.DataType], units: Mapping[str, str], *, full: bool
    ) -> pa.Schema:
        """The schema for the given columns. It is cached: calls with the same ``full`` must have the same columns.

        Args:
            names: names of the columns.
            types: types of the columns.
            units: units of measurement by column; not all columns have one.
            full: whether the view is FULL.
        """
        if full not in self._schemas:
            metadata = {name: {"unit": unit} for name, unit in units.items()}
            fields = [
                pa.field(name, kind, metadata=metadata.get(name)) for name, kind in zip(names, types, strict=True)
            ]
            self._schemas[full] = pa.schema(fields, (_full_metadata if full else _basic_metadata)(self._plan))
        return self._schemas[full]


def _kinds(values: NDArray[Any]) -> Ints:
    """(m,) numbers from 0 that are equal where the values are equal."""
    kinds: Ints = pa.array(values).dictionary_encode().indices.to_numpy().astype(np.int64)
    return kinds


def _constant(value: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), [value])


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
