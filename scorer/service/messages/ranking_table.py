"""Rankings as Arrow tables: one row per unit, columns that can be understood by their names. See docs/tables.md."""

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
from scorer.engine.plan import CategoryPlan, GatePlan, TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.score_table import ScoreTable
from scorer.engine.scoring import RANKED, Assessment, CategoryScores, Standing
from scorer.model.fixed_point import MICRO, PERCENT, Bools, Floats, Ints, plain
from scorer.plugins.group import Status
from scorer.service.messages.tables import UnitTexts

COHORT = "cohort"


class RankingTables:
    """The tables of the rankings of one tier.

    Args:
        units: (n,) where the tier's units are among all units of the request.
        texts: of all units of the request.
        rankings: each with the units (m,) that are shown of it, in ranking order.
    """

    def __init__(self, units: Ints, texts: UnitTexts, rankings: Sequence[tuple[Ranking, Ints]]) -> None:
        ranking, _ = rankings[0]  # which has the ranks of all units of the tier
        assessment = ranking.assessment
        plan = assessment.plan
        places = np.concatenate([shown for _, shown in rankings])
        sent = pa.array(units[places])
        columns = _Columns(places, assessment)
        columns.add("id", texts.ids.take(sent))
        columns.add("name", texts.names.take(sent))
        columns.constant("tier", plan.tier)
        columns.add("parent", texts.parents.take(sent))
        columns.constant(COHORT, "")
        columns.integers("rank", ranking.overall)
        columns.flags("commended", ranking.commended)
        ranked = assessment.standings[list(plan.requires)] == RANKED
        columns.words("lacking", _bits(~ranked), plan.derived(_LackingTexts))
        columns.score("", columns.sums, len(plan.categories))
        gates = plan.derived(_gate_texts)
        for category, ranks in zip(assessment.categories, ranking.ranks, strict=True):
            _add_category(columns, category, ranks, gates[category.plan.code], plan.group_indices(category.plan))
        self._batch = columns.batch(plan.derived(_Schemas))

    def stream(self, ranking: Ranking, rows: slice, provenance: pb.Provenance) -> bytes:
        """The table of one ranking, which has these of the rows, as an Arrow IPC stream."""
        batch = self._batch.slice(rows.start, rows.stop - rows.start)
        at = batch.schema.get_field_index(COHORT)
        batch = batch.set_column(at, batch.schema.field(at), _constant(ranking.cohort, len(batch)))
        own = {"cohort": ranking.cohort, "provenance": _json(_fields(provenance))}
        batch = batch.replace_schema_metadata(batch.schema.metadata | own)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        data: bytes = sink.getvalue().to_pybytes()
        return data


def gate_text(gate: GatePlan, measure: str) -> str:
    """A gate such as ``total >= 80%``: for people, and for programs to parse."""
    minimum = f"{plain(gate.minimum * 100)}%" if gate.unit == "percent" else plain(gate.minimum)
    return f"{measure} {'>' if gate.strict else '>='} {minimum}"


def _add_category(
    columns: _Columns,
    category: CategoryScores,
    ranks: Ints,
    texts: Mapping[int, str],
    group_rows: Sequence[int],
) -> None:
    """Its columns; ``group_rows`` are the rows of its groups in the groups' sums."""
    plan, sums, groups = category.plan, columns.sums, columns.groups
    prefix = f"{plan.code}."
    own, *measures = category.rows
    columns.enumeration(f"{prefix}standing", category.standing, Standing)
    columns.integers(f"{prefix}level", category.level, pa.int8())
    columns.integers(f"{prefix}rank", ranks)
    columns.score(prefix, sums, own)
    columns.words(f"{prefix}failing", failing_gates(category), texts)
    if groups:
        columns.words(f"{prefix}failed_gates", category.failed(slice(None)), texts)
        for group, row in zip(category.groups, group_rows, strict=True):
            columns.score(f"{prefix}{group.plan.code}.", groups, row)
            points = group.points.take(columns.places, axis=1) / MICRO
            for at, criterion in enumerate(group.plan.criteria):
                columns.amounts(f"{prefix}{criterion.id}.points", "points", points[at])
                columns.enumeration(f"{prefix}{criterion.id}.status", group.status[at], Status)
    for place, unit in plan.keys:
        name = plan.measures[place].name
        stem = prefix if name == "total" else f"{prefix}{name}."
        if unit == "percent":
            columns.amounts(f"{stem}percent", "percent", sums.percent[measures[place]], sums.nothing(measures[place]))
        else:
            columns.amounts(f"{stem}points", "points", sums.points[measures[place]])


class _GateTexts(dict[int, str]):
    """Texts by word: the gates whose bits are set, level by level. Each is made once: there are not many."""

    def __init__(self, plan: CategoryPlan) -> None:
        super().__init__()
        self._gates = [(gate.level, gate_text(gate, plan.measures[gate.measure].name)) for gate in plan.gates]

    def __missing__(self, word: int) -> str:
        by_level: dict[int, list[str]] = {}
        for bit, (level, text) in enumerate(self._gates):
            if word >> bit & 1:
                by_level.setdefault(level, []).append(text)
        self[word] = "; ".join(f"level {level}: {', '.join(gates)}" for level, gates in by_level.items())
        return self[word]


def _gate_texts(plan: TierPlan) -> dict[str, _GateTexts]:
    """Those of each category."""
    return {category.code: _GateTexts(category) for category in plan.categories}


class _LackingTexts(dict[int, str]):
    """Texts by word: the required categories whose bits are set."""

    def __init__(self, plan: TierPlan) -> None:
        super().__init__()
        self._codes = [plan.categories[place].code for place in plan.requires]

    def __missing__(self, word: int) -> str:
        self[word] = ", ".join(code for bit, code in enumerate(self._codes) if word >> bit & 1)
        return self[word]


def _bits(rows: Bools) -> NDArray[np.uint64]:
    """One word per unit (n,) of truth values (k, n): bit i is row i."""
    words = np.zeros(rows.shape[1], dtype=np.uint64)
    for bit, row in enumerate(rows):
        words |= row.astype(np.uint64) << np.uint64(bit)
    return words


class _Sums:
    """The sums of units at places (m,), in points and percent: one row (m,) per sum.

    Args:
        table: of all units.
        places: which of them, in which order.
    """

    def __init__(self, table: ScoreTable, places: Ints) -> None:
        sums, wholes = table.sums.take(places, axis=-1), table.wholes.take(places, axis=-1)
        self._nothing = sums[1] == 0 if table.has_empty_sums else None
        sums[:2] /= MICRO
        sums[2] /= PERCENT
        wholes[:2] /= MICRO
        self.points, self.max_points, self.percent = sums
        self.converted, self.published = wholes[:2]
        self.missing, self.not_applicable = wholes[2:].astype(np.int32)

    def nothing(self, row: int) -> Bools | None:
        """Where nothing applies (m,); None: nowhere."""
        return None if self._nothing is None else self._nothing[row]


class _Columns:
    """Collects columns of the units at places (m,); a name that is there already is not added again.

    A measure can be a group or a criterion, whose column FULL has anyway.
    """

    def __init__(self, places: Ints, assessment: Assessment) -> None:
        self.places, groups = places, assessment.group_sums
        self.sums = _Sums(assessment.sums, places)
        self.groups = None if groups is None else _Sums(groups, places)
        self._arrays: dict[str, pa.Array] = {}
        self._units: dict[str, str] = {}

    def batch(self, schemas: _Schemas) -> pa.RecordBatch:
        """All columns."""
        names, arrays = [*self._arrays], [*self._arrays.values()]
        schema = schemas.schema(names, [array.type for array in arrays], self._units, full=self.groups is not None)
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def add(self, name: str, values: pa.Array) -> None:
        """A column (m,) of the units that are shown."""
        self._arrays[name] = values

    def constant(self, name: str, value: str) -> None:
        """The same text for all units."""
        self._arrays[name] = _constant(value, len(self.places))

    def flags(self, name: str, values: Bools | None) -> None:
        """Truth values (n,); None: all are false."""
        flags = np.zeros(len(self.places), dtype=np.bool_) if values is None else values[self.places]
        self._arrays[name] = pa.array(flags)

    def integers(self, name: str, values: Ints, kind: pa.DataType | None = None) -> None:
        """Whole numbers (n,) from 0; null where 0."""
        shown = values[self.places]
        kind = kind or pa.int32()
        self._arrays[name] = pa.array(shown.astype(kind.to_pandas_dtype()), kind, mask=shown == 0)

    def amounts(self, name: str, unit: str, values: Floats, null: Bools | None = None) -> None:
        """Points or percentages (m,) of the units that are shown; null where ``null`` is true."""
        if name not in self._arrays:
            self._arrays[name] = pa.array(values, mask=null if null is not None and null.any() else None)
            self._units[name] = unit

    def enumeration(self, name: str, codes: NDArray[np.uint8], members: type[IntEnum]) -> None:
        """Members of an enumeration (n,), which are numbered from 1."""
        places = pa.array((codes[self.places] - 1).astype(np.int8))
        self._arrays[name] = pa.DictionaryArray.from_arrays(places, [member.name.lower() for member in members])

    def words(self, name: str, words: NDArray[np.uint64], texts: Mapping[int, str]) -> None:
        """Words (n,) as the text of each; null for 0."""
        shown = words[self.places]
        encoded = pa.array(shown, mask=shown == 0).dictionary_encode()
        known = [texts[word] for word in encoded.dictionary.to_pylist()]
        self._arrays[name] = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(known, pa.string()))

    def score(self, prefix: str, sums: _Sums, row: int) -> None:
        """The seven columns of a sum of criteria."""
        nothing = sums.nothing(row)
        self.amounts(f"{prefix}points", "points", sums.points[row])
        self.amounts(f"{prefix}max_points", "points", sums.max_points[row])
        self.amounts(f"{prefix}percent", "percent", sums.percent[row], nothing)
        self.amounts(f"{prefix}converted", "points", sums.converted[row], nothing)
        self.amounts(f"{prefix}published", "points", sums.published[row], nothing)
        self.add(f"{prefix}missing", pa.array(sums.missing[row]))
        self.add(f"{prefix}not_applicable", pa.array(sums.not_applicable[row]))


class _Schemas:
    """The schemas of a tier's tables: of those in the view FULL, and of the others. Each is made once."""

    def __init__(self, plan: TierPlan) -> None:
        self._plan = plan
        self._made: dict[bool, pa.Schema] = {}

    def schema(
        self, names: Sequence[str], types: Sequence[pa.DataType], units: Mapping[str, str], *, full: bool
    ) -> pa.Schema:
        """The schema of these columns, which are always the same; some have a unit of measure."""
        if full not in self._made:
            own = {name: {"unit": unit} for name, unit in units.items()}
            fields = [pa.field(name, kind, metadata=own.get(name)) for name, kind in zip(names, types, strict=True)]
            self._made[full] = pa.schema(fields, (_full_metadata if full else _basic_metadata)(self._plan))
        return self._made[full]


def _constant(value: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), [value])


def _basic_metadata(plan: TierPlan) -> dict[str, str]:
    """What the schema says of a tier, besides its columns."""
    *by_category, overall = (nominal / MICRO for nominal in plan.sums.nominal)
    codes = [category.code for category in plan.categories]
    return {
        "tier": plan.tier,
        "nominal_max_points": _json({**dict(zip(codes, by_category, strict=True)), "overall": overall}),
        "levels": _json({category.code: category.levels for category in plan.categories}),
        "gates": _json({category.code: _gates(category) for category in plan.categories}),
        "overall_requires": _json([codes[place] for place in plan.requires]),
        "decimals": _json(plan.decimals),
    }


def _full_metadata(plan: TierPlan) -> dict[str, str]:
    """The same for FULL."""
    metadata = _basic_metadata(plan)
    nominal = json.loads(metadata["nominal_max_points"])
    for category in plan.categories:
        nominal |= {f"{category.code}.{group.code}": group.nominal / MICRO for group in category.groups}
    criteria = {c.id: int(m) / MICRO for g in plan.groups for c, m in zip(g.criteria, g.maxima[:, 0], strict=True)}
    return metadata | {"nominal_max_points": _json(nominal), "max_points": _json(criteria)}


def _gates(category: CategoryPlan) -> list[dict[str, Any]]:
    return [
        {
            "level": gate.level,
            "measure": category.measures[gate.measure].name,
            "unit": gate.unit,
            "minimum": gate.minimum / (PERCENT if gate.unit == "percent" else MICRO),
            "strict": gate.strict,
        }
        for gate in category.gates
    ]


def _fields(message: Message) -> dict[str, Any]:
    return MessageToDict(message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
