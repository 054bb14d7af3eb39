"""Writes rankings as Arrow tables, one row per unit. docs/tables.md describes the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scorer.engine.plan import CategoryPlan, TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.rules import KeyKind
from scorer.engine.scoring import RANKED, Assessment, CategoryScores, Standing
from scorer.model.fixed_point import MICRO, Bools, Ints
from scorer.plugins.group import Status
from scorer.service.messages.gate_results import options_of
from scorer.service.messages.gate_texts import GateTexts
from scorer.service.messages.ranking_columns import SELF_REPORTED, RankingColumns, constant
from scorer.service.messages.ranking_metadata import SUBTOTAL, RankingSchemas
from scorer.service.messages.unit_table import UnitTexts

COHORT = "cohort"


class RankingTables:
    """The tables of the rankings of one tier.

    Args:
        units: (n,) indices of the tier's units among all units of the request.
        texts: ids, names and parents of all units of the request.
        rankings: for each ranking, (m,) indices within the tier of the units that the reply shows, in ranking order.
    """

    def __init__(self, units: Ints, texts: UnitTexts, rankings: Sequence[tuple[Ranking, Ints]]) -> None:
        ranking, _ = rankings[0]  # each ranking has the ranks of all units of the tier
        assessment = ranking.assessment
        plan = assessment.plan
        indices = np.concatenate([shown for _, shown in rankings])
        request_indices = pa.array(units[indices])
        columns = RankingColumns(indices, assessment)
        columns.add("id", texts.ids.take(request_indices))
        columns.add("name", texts.names.take(request_indices))
        columns.constant("tier", plan.tier)
        columns.add("parent", texts.parents.take(request_indices))
        columns.constant(COHORT, "")  # batch() and stream() fill in the cohort
        columns.integers("rank", ranking.overall)
        columns.flags("commended", ranking.commended)
        ranked = assessment.standings[list(plan.requires)] == RANKED
        columns.bits("lacking", _bits(~ranked), plan.derived(_LackingTexts))
        columns.score("", columns.sums, len(plan.categories))
        if columns.subtotals:
            for row, code in enumerate(plan.subtotals.codes):
                columns.score(f"{SUBTOTAL}{code}.", columns.subtotals, row)
        gates = plan.derived(_gate_texts)
        own = assessment.self_reported
        for index, (category, ranks) in enumerate(zip(assessment.categories, ranking.ranks, strict=True)):
            self_reported = own.categories[index] if own else None
            group_rows = plan.group_indices(category.plan)
            _add_category(columns, category, self_reported, ranks, gates[category.plan.code], group_rows)
            _add_answers(columns, category.plan, assessment)
        self._batch = columns.batch(plan.derived(RankingSchemas))
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
            rows: the rows of this ranking among the rows of all rankings, see ``batch``.
            shared: the metadata that is the same in all tables of a reply, see ``shared_metadata``.
        """
        batch = self._batch.slice(rows.start, rows.stop - rows.start)
        column = batch.schema.get_field_index(COHORT)
        batch = batch.set_column(column, batch.schema.field(column), constant(ranking.cohort, len(batch)))
        batch = batch.replace_schema_metadata({**batch.schema.metadata, **shared, "cohort": ranking.cohort})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        data: bytes = sink.getvalue().to_pybytes()
        return data


def _add_category(
    columns: RankingColumns,
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
        self_reported: the scores from the answers that units reported themselves; None if they are not shown.
        ranks: (n,) ranks in the category.
        texts: texts for what units lack, and texts that list single gates that units fail.
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


def _add_answers(columns: RankingColumns, plan: CategoryPlan, assessment: Assessment) -> None:
    """Adds a column for each answer that gates of the category read."""
    codes = {row: code for code, row in assessment.plan.rows.items()}
    for key in plan.keys:
        if key.kind is KeyKind.ANSWER:
            code = codes[key.index]
            answers = assessment.cohort.matrix[key.index]
            columns.options(f"{plan.code}.{code}.answer", answers, options_of(assessment.plan.indicators[code]))


def _gate_texts(plan: TierPlan) -> dict[str, tuple[GateTexts, GateTexts]]:
    """For each category: texts for what units lack, and texts that list single gates that units fail."""
    return {category.code: (GateTexts(category), GateTexts(category, flat=True)) for category in plan.categories}


class _LackingTexts(dict[int, str]):
    """The text for each set of required categories in which a unit is not ranked (bit i: the i-th of them)."""

    def __init__(self, plan: TierPlan) -> None:
        super().__init__()
        self._codes = [plan.categories[index].code for index in plan.requires]

    def __missing__(self, bits: int) -> str:
        self[bits] = ", ".join(code for bit, code in enumerate(self._codes) if bits >> bit & 1)
        return self[bits]


def _bits(rows: Bools) -> NDArray[np.uint64]:
    """(n,) numbers in which bit i has the value of row i of the booleans (k, n)."""
    bits = np.zeros(rows.shape[1], dtype=np.uint64)
    for bit, row in enumerate(rows):
        bits |= row.astype(np.uint64) << np.uint64(bit)
    return bits
