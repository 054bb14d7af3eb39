"""The work of the driver: checks the arguments and builds the data frame of the ranking."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, overload

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import (
    BooleanType,
    ByteType,
    DataType,
    DoubleType,
    IntegerType,
    StringType,
    StructField,
    StructType,
)

from scorer.engine.plan import SetPlan
from scorer.model.indicators import COLUMNS_OF_UNITS
from scorer.model.violations import Violations
from scorer.service.in_process_ranking import RecordBatches, ranking_schemas, validate_table
from scorer.service.messages.table_paths import parse_path
from scorer_spark.plans import RankError, pack
from scorer_spark.provinces import VIOLATION_COLUMNS, ProvinceTask

SPARK_TYPES: dict[pa.DataType, DataType] = {
    pa.string(): StringType(),
    pa.float64(): DoubleType(),
    pa.int32(): IntegerType(),
    pa.int8(): ByteType(),
    pa.bool_(): BooleanType(),
}
"""Spark's type for each Arrow type that the columns of a result can have."""


class Ranked(NamedTuple):
    """A ranking and its violations. Spark computes each data frame only when it is used."""

    ranking: DataFrame
    """The ranking, without the provinces that have violations."""
    violations: DataFrame
    """The violations: the columns ``by``, then ``unit`` (the unit's id), ``column``, ``reason`` and ``description``."""


@overload
def rank(
    df: DataFrame,
    criteria_set: str | Path,
    by: Sequence[str] = ...,
    *,
    tier: str = ...,
    full: bool = ...,
    errors: Literal["fail"] = ...,
) -> DataFrame: ...


@overload
def rank(
    df: DataFrame,
    criteria_set: str | Path,
    by: Sequence[str] = ...,
    *,
    tier: str = ...,
    full: bool = ...,
    errors: Literal["collect"],
) -> Ranked: ...


def rank(
    df: DataFrame,
    criteria_set: str | Path,
    by: Sequence[str] = ("province", "period"),
    *,
    tier: str = "",
    full: bool = False,
    errors: Literal["fail", "collect"] = "fail",
) -> DataFrame | Ranked:
    """Scores and ranks units, separately for each province and period, with the results of RankProvince.

    Args:
        df: one row per unit and period. Apart from the columns ``by``, its columns are those of the table that
            RankProvince takes.
        criteria_set: the code of a criteria set that is installed on the driver, or the path of a document there.
        by: the columns whose values say which units are ranked together.
        tier: the tier of all units, if there is no column ``tier``.
        full: whether the result has the columns of the view FULL.
        errors: what happens to a province with violations. With ``fail``, its task raises an error that names the first
            violations; with ``collect``, the province has no ranking, and a second data frame lists its violations.

    Returns:
        One row per unit: the columns ``by``, then those of a RankingTable. Columns that a unit's tier does not have are
        null. With ``collect``, a ``Ranked`` with this data frame and the one of violations.

    Raises:
        RankError: there is no such criteria set, an argument is wrong, or the data frame has wrong columns.
    """
    if errors not in ("fail", "collect"):
        raise RankError(f"errors={errors!r}; give 'fail' or 'collect'")
    if isinstance(by, str):  # also a sequence of texts
        raise RankError(f"by={by!r}; give a list of columns, such as by=[{by!r}]")
    packed, names, keys = pack(criteria_set), tuple(df.columns), tuple(by)
    plan = packed.plan()
    _check_tier(plan, tier)
    fields = _result_fields(plan, [tier] if tier and "tier" not in names else [*plan.tiers], full=full)
    results = [field.name for field in fields]
    _check_columns(plan, names, keys, tier, results if errors == "fail" else [*results, *VIOLATION_COLUMNS])
    task = ProvinceTask(packed, names, keys, tier, full)
    schema, key_fields = pa.schema(fields), [df.schema[name] for name in keys]
    # Spark would take "previous.computers" for a field of a struct, and names that differ only in capitals for equal.
    numbered = df.toDF(*(f"c{index}" for index in range(len(names))))
    groups = numbered.groupBy(*(f"c{names.index(name)}" for name in keys))

    def rank_province(key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        return task.ranked(key, table, schema, skip_invalid=errors == "collect")

    def check_province(key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        return task.violations(key, table)

    result = StructType([*key_fields, *(StructField(field.name, SPARK_TYPES[field.type]) for field in fields)])
    ranking = groups.applyInArrow(rank_province, result)
    if errors == "fail":
        return ranking
    listed = StructType([*key_fields, *(StructField(name, StringType()) for name in VIOLATION_COLUMNS)])
    return Ranked(ranking, groups.applyInArrow(check_province, listed))


def _check_tier(plan: SetPlan, tier: str) -> None:
    """Checks the argument ``tier``.

    Raises:
        RankError: the set has no such tier.
    """
    if tier and tier not in plan.tiers:
        raise RankError(f"tier: {tier!r} is none of {', '.join(plan.tiers)}")


def _result_fields(plan: SetPlan, tiers: Sequence[str], *, full: bool) -> list[pa.Field]:
    """The columns of the result, without dictionaries: those of all tiers, in the order in which they first appear."""
    fields: dict[str, pa.Field] = {}
    for schema in ranking_schemas(plan, tiers, full=full):
        for field in schema:
            kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            fields.setdefault(field.name, pa.field(field.name, kind))
    return [*fields.values()]


def _check_columns(plan: SetPlan, names: Sequence[str], by: Sequence[str], tier: str, results: Collection[str]) -> None:
    """Checks the names of columns, before any task starts.

    Raises:
        RankError: columns are missing, unknown or ambiguous; the message names all of them.
    """
    problems, taken = [], {name.lower() for name in results}  # by default, Spark ignores capitals in names
    for name in by:
        if names.count(name) != 1:
            problems.append(f"by: the data frame has {names.count(name) or 'no'} columns {name!r}")
        elif name in (*COLUMNS_OF_UNITS, *plan.rows):
            problems.append(f"by: {name!r} is read as an answer or a property of the unit; give a copy another name")
        elif name.lower() in taken:
            problems.append(f"by: the result has a column {name.lower()!r} of its own; rename yours")
    if len({name.lower() for name in by}) < len(by):
        problems.append("by: a column is named twice, perhaps with other capitals; rename one")
    units = pa.table([pa.array(["unit"])] * len(names), names).select(
        [index for index, name in enumerate(names) if name not in by]
    )
    violations = Violations()
    validate_table(plan, RecordBatches(units.schema, units.to_batches()), tier, violations)
    for violation in violations.listed():
        column, row = parse_path(violation.field)
        if row is None and violation.reason != "WRONG_TYPE":  # the types are checked with the data
            problems.append(f"column {column!r}: {violation.description}" if column else violation.description)
    if problems:
        raise RankError("\n".join(problems))
