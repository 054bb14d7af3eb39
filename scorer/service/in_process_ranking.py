"""Ranks a table without a call, as RankProvince does for the table of a request. Distributed programs use it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from scorer.engine.plan import SetPlan
from scorer.engine.ranking import rank
from scorer.engine.scoring import assess
from scorer.engine.validation import ValidatedTier, validate
from scorer.model.violations import Violations
from scorer.service.messages.checked_table import TableSource
from scorer.service.messages.ranking_table import RankingTables
from scorer.service.messages.table_paths import TablePaths
from scorer.service.messages.unit_table import UnitTexts, read_table


@dataclass(frozen=True)
class RecordBatches:
    """A table in memory. It is trusted: the checks that protect a ``Stream`` from excessive memory use are not made."""

    schema: pa.Schema
    data: Sequence[pa.RecordBatch]

    @property
    def rows(self) -> int:
        """Number of rows in all batches."""
        return sum(len(batch) for batch in self.data)

    def batches(self) -> Sequence[pa.RecordBatch]:
        """The rows."""
        return self.data


def validate_table(
    plan: SetPlan, source: TableSource, tier: str, violations: Violations
) -> tuple[list[ValidatedTier], UnitTexts]:
    """Reads and validates the units of a table. Parameters and errors are those of ``rank_table``."""
    submission, texts = read_table(plan, source, tier, violations)
    return validate(plan, submission, TablePaths(), violations, to_rank=True), texts


def rank_table(
    plan: SetPlan, source: TableSource, tier: str, violations: Violations, *, full: bool
) -> list[pa.RecordBatch]:
    """Validates, scores and ranks the units of a table that has at least one row.

    Args:
        plan: the plan of the criteria set.
        source: the table, as docs/tables.md describes it.
        tier: the tier of all units, if the table has no column ``tier``.
        violations: collects the violations. If there are any, no unit is scored.
        full: whether the result has the columns of the view FULL.

    Returns:
        One batch per tier, with one row per unit in ranking order and the columns of a RankingTable; an empty list if
        there are violations.

    Raises:
        PluginFault: a plugin failed.
    """
    tiers, texts = validate_table(plan, source, tier, violations)
    if violations.total:
        return []
    batches = []
    for validated in tiers:
        assessment = assess(validated.plan, validated.cohort, self_reported=validated.self_reported, full=full)
        rankings = rank(assessment, plan.criteria_set.ranking, validated.parents)
        tables = RankingTables(validated.units, texts, [(ranking, ranking.order) for ranking in rankings])
        batches.append(tables.batch())
    return batches


def ranking_schemas(plan: SetPlan, tiers: Iterable[str], *, full: bool) -> list[pa.Schema]:
    """The schema of the batch that ``rank_table`` returns for each of the tiers.

    The schemas are found by ranking one unit per tier that has no answers.

    Raises:
        PluginFault: a plugin failed.
    """
    schemas = []
    for tier in tiers:
        unit = pa.record_batch({"id": ["unit"], "tier": [tier], "parent": ["parent"]})
        violations = Violations()
        [batch] = rank_table(plan, RecordBatches(unit.schema, [unit]), "", violations, full=full)
        schemas.append(batch.schema)
    return schemas
