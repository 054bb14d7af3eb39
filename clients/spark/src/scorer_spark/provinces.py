"""The work of the executors: ranks the units of one province and period, or lists their violations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from scorer.model.untrusted import escaped, safe_repr
from scorer.model.violations import MAX_LISTED, WHOLE_REQUEST, Violations
from scorer.service.in_process_ranking import RecordBatches, rank_table, validate_table
from scorer.service.messages.table_paths import column_path, parse_path
from scorer_spark.plans import PackedSet, RankError

MAX_SHOWN = 20
"""Maximum number of violations that the error of a province shows."""

VIOLATION_COLUMNS = ("unit", "column", "reason", "description")
"""The columns of the frame of violations, after those of ``by``."""


@dataclass(frozen=True)
class ProvinceTask:
    """Ranks or checks the units of one province, that is, of one combination of values in the columns ``by``.

    Args:
        packed: the criteria set.
        names: the names of all columns of the data frame.
        by: the names of the columns whose values say which units are ranked together.
        tier: the tier of all units, if there is no column ``tier``.
        full: whether the result has the columns of the view FULL.
    """

    packed: PackedSet
    names: tuple[str, ...]
    by: tuple[str, ...]
    tier: str
    full: bool

    def ranked(self, key: Sequence[pa.Scalar], table: pa.Table, schema: pa.Schema, *, skip_invalid: bool) -> pa.Table:
        """Ranks the units.

        Args:
            key: the values in the columns ``by``.
            table: the rows, one per unit.
            schema: the schema of the result without the columns ``by``.
            skip_invalid: whether a province with violations gets an empty result; otherwise an error is raised.

        Raises:
            RankError: the province has violations. The message names the first ones.
        """
        units, violations = self._units(table), self._violations_of(key)
        batches = rank_table(self.packed.plan(), units, self.tier, violations, full=self.full)
        if violations.total:
            batches = []
            if not skip_invalid:
                raise RankError(self._describe(key, units, violations))
        tables = [self._with_key(key, _aligned(batch, schema)) for batch in batches]
        return pa.concat_tables(tables or [self._with_key(key, schema.empty_table())])

    def violations(self, key: Sequence[pa.Scalar], table: pa.Table) -> pa.Table:
        """The violations of the units, with the columns ``VIOLATION_COLUMNS``."""
        units, violations = self._units(table), self._violations_of(key)
        validate_table(self.packed.plan(), units, self.tier, violations)
        rows = _listed(units, violations)
        columns = [pa.array(values, pa.string()) for values in (zip(*rows, strict=True) if rows else [()] * 4)]
        return self._with_key(key, pa.table(columns, VIOLATION_COLUMNS))

    def _units(self, table: pa.Table) -> RecordBatches:
        """The table that the scorer reads: all columns except those in ``by``."""
        indices = [index for index, name in enumerate(self.names) if name not in self.by]
        units = table.select(indices).rename_columns([self.names[index] for index in indices])
        return RecordBatches(units.schema, units.to_batches())

    def _violations_of(self, key: Sequence[pa.Scalar]) -> Violations:
        """The violations of the values in the columns ``by``. Further violations can be added."""
        violations = Violations()
        for name, value in zip(self.by, key, strict=True):
            if not value.is_valid:
                violations.add(WHOLE_REQUEST, column_path(name), "REQUIRED", "is null; give a value in every row")
        return violations

    def _with_key(self, key: Sequence[pa.Scalar], table: pa.Table) -> pa.Table:
        """The table with the columns ``by`` added before its own columns."""
        keys = [pa.repeat(value, len(table)) for value in key]
        return pa.table([*keys, *table.columns], [*self.by, *table.column_names])

    def _describe(self, key: Sequence[pa.Scalar], units: RecordBatches, violations: Violations) -> str:
        """The message for a province with violations."""
        values = ", ".join(
            f"{escaped(name)}={safe_repr(value.as_py())}" for name, value in zip(self.by, key, strict=True)
        )
        lines = [
            f"{f'unit {unit!r}' if unit is not None else 'all units'}, column {column!r}: {reason}: {description}"
            for unit, column, reason, description in _listed(units, violations)[:MAX_SHOWN]
        ]
        more = violations.total - len(lines)
        if more > 0:
            lines.append(f'and {more} more violations; errors="collect" lists those of all provinces')
        count = "1 violation" if violations.total == 1 else f"{violations.total} violations"
        return f"{values or 'the data frame'}: {count}\n" + "\n".join(lines)


def _aligned(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """The batch with exactly the columns of a schema. Columns that its tier does not have are filled with null."""
    columns = []
    for wanted in schema:
        index = batch.schema.get_field_index(wanted.name)
        column = pa.nulls(len(batch), wanted.type) if index < 0 else batch.column(index)
        columns.append(column if column.type == wanted.type else column.cast(wanted.type))
    return pa.table(columns, schema=schema)


def _listed(units: RecordBatches, violations: Violations) -> list[tuple[str | None, str, str, str]]:
    """Unit id, column, reason and description of the first ``MAX_LISTED`` violations; a last entry counts the others.

    The id is None for violations that concern all units, or a unit without an id.
    """
    ids = pa.Table.from_batches(units.data).column("id") if "id" in units.schema.names else None
    rows = list[tuple[str | None, str, str, str]]()
    for violation in violations.listed():
        column, row = parse_path(violation.field)
        unit = None if row is None or ids is None else ids[row].as_py()
        rows.append((None if unit is None else str(unit), column, violation.reason, violation.description))
    if violations.total > MAX_LISTED:
        rows.append((None, "", "MORE", f"{violations.total - MAX_LISTED} more violations are not listed"))
    return rows
