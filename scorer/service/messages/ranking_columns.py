"""Makes the columns of ranking tables from the arrays of an assessment. docs/tables.md describes the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scorer.engine.explain import failing_gates
from scorer.engine.nearest_gates import condition_orders
from scorer.engine.score_table import ScoreTable
from scorer.engine.scoring import Assessment, CategoryScores
from scorer.model.fixed_point import MICRO, PERCENT, Bools, Floats, Ints
from scorer.service.messages.gate_texts import GateTexts
from scorer.service.messages.ranking_metadata import RankingSchemas

SELF_REPORTED = "@self_reported"
"""Suffix of the columns with results that are computed from the units' own reports."""


class _Sums:
    """The sums of m units in points and percent. Each array is (sums, m).

    Args:
        table: the sums of all units of the tier.
        self_reported: the same sums, computed from the answers that units reported themselves; None if not shown.
        indices: (m,) indices of the units in the tier.
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
        """(m,) whether no criterion of sum ``row`` applies to each unit; None if no sum has such a unit."""
        return None if self._nothing_applicable is None else self._nothing_applicable[row]


class RankingColumns:
    """Collects the columns of a table.

    Args:
        indices: (m,) indices of the units in the table, among the n units of the tier.
        assessment: the scores of the tier's units.
    """

    def __init__(self, indices: Ints, assessment: Assessment) -> None:
        self.indices, groups, own = indices, assessment.group_sums, assessment.self_reported
        self.sums = _Sums(assessment.sums, own.sums if own else None, indices)
        self.groups = None if groups is None else _Sums(groups, own.group_sums if own else None, indices)
        subtotals = assessment.subtotals
        self.subtotals = None if subtotals is None else _Sums(subtotals, own.subtotals if own else None, indices)
        self._arrays: dict[str, pa.Array] = {}
        self._units: dict[str, str] = {}
        """Unit of measurement, "points" or "percent", of the columns that have one, by name."""

    def batch(self, schemas: RankingSchemas) -> pa.RecordBatch:
        """All columns as a record batch."""
        schema = schemas.schema(self._arrays, self._units, full=self.groups is not None)
        return pa.RecordBatch.from_arrays([*self._arrays.values()], schema=schema)

    def add(self, name: str, values: pa.Array) -> None:
        """Adds a column of values (m,)."""
        self._arrays[name] = values

    def constant(self, name: str, value: str) -> None:
        """Adds a column with one text for all units."""
        self._arrays[name] = constant(value, len(self.indices))

    def flags(self, name: str, values: Bools | None) -> None:
        """Adds a column of booleans (n,). If ``values`` is None, all are false."""
        flags = np.zeros(len(self.indices), dtype=np.bool_) if values is None else values[self.indices]
        self._arrays[name] = pa.array(flags)

    def integers(self, name: str, values: Ints, kind: pa.DataType | None = None) -> None:
        """Adds a column of whole numbers (n,), with null for 0."""
        shown = values[self.indices]
        kind = kind or pa.int32()
        self._arrays[name] = pa.array(shown.astype(kind.to_pandas_dtype()), kind, mask=shown == 0)

    def amounts(self, name: str, unit: str, values: Floats, null: Bools | None = None) -> None:
        """Adds a column of points or percentages (m,), with null where ``null`` is true.

        A column that already exists is kept: in the view FULL, measures can be groups or criteria that have columns.
        """
        if name not in self._arrays:
            self._arrays[name] = pa.array(values, mask=null if null is not None and null.any() else None)
            self._units[name] = unit

    def enumeration(self, name: str, codes: NDArray[np.uint8], members: type[IntEnum]) -> None:
        """Adds a column of members (n,) of an enumeration whose numbers start from 1."""
        indices = pa.array((codes[self.indices] - 1).astype(np.int8))
        self._arrays[name] = pa.DictionaryArray.from_arrays(indices, [member.name.lower() for member in members])

    def options(self, name: str, answers: Floats, options: Sequence[str]) -> None:
        """Adds a column for a flag or choice, with the answers (n,) of the units; null: not reported."""
        shown = answers[self.indices]
        missing = np.isnan(shown)
        indices = pa.array(np.where(missing, 0, shown).astype(np.int8), mask=missing)
        self._arrays[name] = pa.DictionaryArray.from_arrays(indices, list(options))

    def bits(self, name: str, bits: NDArray[np.uint64], texts: Mapping[int, str]) -> None:
        """Adds a column with the text for each combination of bits (n,), with null for 0."""
        shown = bits[self.indices]
        encoded = pa.array(shown, mask=shown == 0).dictionary_encode()
        values = [texts[combination] for combination in encoded.dictionary.to_pylist()]
        self._arrays[name] = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(values, pa.string()))

    def labels(self, name: str, numbers: Ints, texts: Mapping[int, str]) -> None:
        """Adds a column with the text for each of the ``numbers`` (n,), with null for 0 and for empty texts."""
        shown = {number: text for number, text in texts.items() if text}
        index_of = np.full(max((0, *texts)) + 1, -1, dtype=np.int8)
        index_of[[*shown]] = range(len(shown))
        indices = index_of[numbers[self.indices]]
        values = pa.array([*shown.values()], pa.string())
        self._arrays[name] = pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), values)

    def lacks(self, name: str, category: CategoryScores, texts: GateTexts) -> None:
        """Adds a column with what units lack for their next better level. Parts of combinations that a unit misses by
        least come first."""
        failing, orders = failing_gates(category), condition_orders(category, self.indices)
        if not orders:
            self.bits(name, failing, texts)
            return
        bits = failing[self.indices]
        kinds = _kinds(bits)  # equal numbers stand for units with the same text
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
        encoded = pa.array(
            values, pa.string()
        ).dictionary_encode()  # units of different kinds can have the same text, too
        indices = encoded.indices.take(pa.array(kinds))
        self._arrays[name] = pa.DictionaryArray.from_arrays(indices, encoded.dictionary)

    def score(self, prefix: str, sums: _Sums, row: int, suffix: str = "") -> None:
        """Adds the seven columns of one sum, and the same columns for the units' own reports if these are shown."""
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


def _kinds(values: NDArray[Any]) -> Ints:
    """(m,) numbers from 0, which are equal where the values are equal."""
    kinds: Ints = pa.array(values).dictionary_encode().indices.to_numpy().astype(np.int64)
    return kinds


def constant(value: str, rows: int) -> pa.DictionaryArray:
    """(rows,) a column with the same text in all rows."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), [value])
