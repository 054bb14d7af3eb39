"""Rankings as Arrow tables: one row per unit, columns that can be understood by their names. See docs/tables.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.explain import failing_gates
from scorer.engine.plan import CategoryPlan, GatePlan, TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.score_table import Scores
from scorer.engine.scoring import RANKED, CategoryScores, Standing
from scorer.model.fixed_point import MICRO, PERCENT, Bools, Floats, Ints, plain
from scorer.plugins.group import Status
from scorer.service.messages.tables import UnitTexts

STANDINGS = {
    Standing.RANKED: "ranked",
    Standing.BELOW_MINIMUM: "below_minimum",
    Standing.NOTHING_APPLICABLE: "nothing_applicable",
}
STATUSES = {Status.SCORED: "scored", Status.MISSING: "missing", Status.NOT_APPLICABLE: "not_applicable"}
COHORT = "cohort"


class RankingTables:
    """The tables of the rankings of one tier.

    Args:
        units: (n,) where the tier's units are among all units of the request.
        texts: of all units of the request.
        rankings: each with the units (m,) that are shown of it, in ranking order.
        full: whether to show groups, criteria and all gates.
    """

    def __init__(self, units: Ints, texts: UnitTexts, rankings: Sequence[tuple[Ranking, Ints]], *, full: bool) -> None:
        ranking, _ = rankings[0]  # which has the ranks of all units of the tier
        assessment = ranking.assessment
        plan = assessment.plan
        places = np.concatenate([shown for _, shown in rankings])
        sent = pa.array(units[places])
        columns = _Columns(places)
        columns.add("id", texts.ids.take(sent))
        columns.add("name", texts.names.take(sent))
        columns.constant("tier", plan.tier)
        columns.add("parent", texts.parents.take(sent))
        columns.constant(COHORT, "")
        columns.integers("rank", ranking.overall)
        columns.flags("commended", ranking.commended)
        ranked = assessment.standings[list(plan.requires)] == RANKED
        columns.words("lacking", _bits(~ranked), plan.derived(_LackingTexts))
        columns.score("", assessment.overall)
        gates = plan.derived(_gate_texts)
        for category, ranks in zip(assessment.categories, ranking.ranks, strict=True):
            _add_category(columns, category, ranks, gates[category.plan.code], full=full)
        self._batch = columns.batch()
        self._metadata = plan.derived(_full_metadata if full else _basic_metadata)

    def stream(self, ranking: Ranking, rows: slice, provenance: pb.Provenance) -> bytes:
        """The table of one ranking, which has these of the rows, as an Arrow IPC stream."""
        batch = self._batch.slice(rows.start, rows.stop - rows.start)
        at = batch.schema.get_field_index(COHORT)
        batch = batch.set_column(at, batch.schema.field(at), _constant(ranking.cohort, len(batch)))
        schema = batch.schema.with_metadata(
            self._metadata | {"cohort": ranking.cohort, "provenance": _json(_provenance(provenance))}
        )
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as writer:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        data: bytes = sink.getvalue().to_pybytes()
        return data


def gate_text(gate: GatePlan, measure: str) -> str:
    """A gate such as ``total >= 80%``: for people, and for programs to parse."""
    minimum = f"{plain(gate.minimum * 100)}%" if gate.unit == "percent" else plain(gate.minimum)
    return f"{measure} {'>' if gate.strict else '>='} {minimum}"


def _add_category(
    columns: _Columns, category: CategoryScores, ranks: Ints, texts: Mapping[int, str], *, full: bool
) -> None:
    plan = category.plan
    prefix = f"{plan.code}."
    columns.enumeration(f"{prefix}standing", category.standing, STANDINGS)
    columns.integers(f"{prefix}level", category.level, pa.int8())
    columns.integers(f"{prefix}rank", ranks)
    columns.score(prefix, category.scores)
    columns.words(f"{prefix}failing", failing_gates(category), texts)
    if full:
        columns.words(f"{prefix}failed_gates", category.failed(slice(None)), texts)
        for group in category.groups:
            columns.score(f"{prefix}{group.plan.code}.", group.scores)
            for at, criterion in enumerate(group.plan.criteria):
                columns.amounts(f"{prefix}{criterion.id}.points", group.points[at], MICRO)
                columns.enumeration(f"{prefix}{criterion.id}.status", group.status[at], STATUSES)
    measures = category.measures
    for place, unit in plan.keys:
        measure = measures[place]
        name = prefix if measure.plan.name == "total" else f"{prefix}{measure.plan.name}."
        if unit == "percent":
            columns.amounts(f"{name}percent", measure.percent, PERCENT, measure.max_points == 0)
        else:
            columns.amounts(f"{name}points", measure.points, MICRO)


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


class _Columns:
    """Collects columns of the units at places (m,); a name that is there already is not added again.

    A measure can be a group or a criterion, whose column FULL has anyway.
    """

    def __init__(self, places: Ints) -> None:
        self._places = places
        self._arrays: dict[str, pa.Array] = {}
        self._units: dict[str, str] = {}

    def batch(self) -> pa.RecordBatch:
        """All columns."""
        fields = [
            pa.field(name, array.type, metadata={"unit": self._units[name]} if name in self._units else None)
            for name, array in self._arrays.items()
        ]
        return pa.RecordBatch.from_arrays([*self._arrays.values()], schema=pa.schema(fields))

    def add(self, name: str, values: pa.Array) -> None:
        """A column (m,) of the units that are shown."""
        self._arrays[name] = values

    def constant(self, name: str, value: str) -> None:
        """The same text for all units."""
        self._arrays[name] = _constant(value, len(self._places))

    def flags(self, name: str, values: Bools | None) -> None:
        """Truth values (n,); None: all are false."""
        flags = np.zeros(len(self._places), dtype=np.bool_) if values is None else values[self._places]
        self._arrays[name] = pa.array(flags)

    def integers(self, name: str, values: Ints, kind: pa.DataType | None = None) -> None:
        """Whole numbers (n,) from 0; null where 0."""
        shown = values[self._places]
        kind = kind or pa.int32()
        self._arrays[name] = pa.array(shown.astype(kind.to_pandas_dtype()), kind, mask=shown == 0)

    def counts(self, name: str, values: Floats) -> None:
        """Counts (n,)."""
        self._arrays[name] = pa.array(values[self._places].astype(np.int32))

    def amounts(self, name: str, values: Floats, scale: int, null: Bools | None = None) -> None:
        """Points or percentages (n,), in whole numbers of which ``scale`` are one; null where ``null`` is true."""
        if name not in self._arrays:
            mask = null[self._places] if null is not None and null.any() else None
            self._arrays[name] = pa.array(values[self._places] / scale, mask=mask)
            self._units[name] = "percent" if scale == PERCENT else "points"

    def enumeration(self, name: str, codes: NDArray[np.uint8], texts: dict[Any, str]) -> None:
        """Members of an enumeration (n,), from 1."""
        places = pa.array((codes[self._places] - 1).astype(np.int8))
        self._arrays[name] = pa.DictionaryArray.from_arrays(places, [*texts.values()])

    def words(self, name: str, words: NDArray[np.uint64], texts: Mapping[int, str]) -> None:
        """Words (n,) as the text of each; null for 0."""
        shown = words[self._places]
        encoded = pa.array(shown, mask=shown == 0).dictionary_encode()
        known = [texts[word] for word in encoded.dictionary.to_pylist()]
        self._arrays[name] = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(known, pa.string()))

    def score(self, prefix: str, scores: Scores) -> None:
        """The seven columns of a sum of criteria."""
        nothing = scores.max_points == 0
        self.amounts(f"{prefix}points", scores.points, MICRO)
        self.amounts(f"{prefix}max_points", scores.max_points, MICRO)
        self.amounts(f"{prefix}percent", scores.percent, PERCENT, nothing)
        self.amounts(f"{prefix}converted", scores.converted, MICRO, nothing)
        self.amounts(f"{prefix}published", scores.published, MICRO, nothing)
        self.counts(f"{prefix}missing", scores.missing)
        self.counts(f"{prefix}not_applicable", scores.not_applicable)


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


def _provenance(message: pb.Provenance) -> dict[str, Any]:
    fields = ("criteria_set", "revision", "criteria_provenance", "province", "period", "engine_version")
    plugins = [
        {"group": plugin.group, "distribution": plugin.distribution, "version": plugin.version}
        for plugin in message.plugins
    ]
    return {**{field: getattr(message, field) for field in fields}, "plugins": plugins}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
