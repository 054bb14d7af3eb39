"""Reads the units of a ranking from an Arrow table. docs/tables.md describes the columns.

Columns are matched by the names of fields, so a field that is added to a result type and a table needs no code here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from scorer_client import optional_libraries
from scorer_client.causes import Cause
from scorer_client.gate_texts import causes_of
from scorer_client.lacking_units import Lack
from scorer_client.results import (
    CategoryResult,
    CriterionResult,
    GroupResult,
    Score,
    SubtotalResult,
    UnitResult,
    field_names,
)

if TYPE_CHECKING:
    import pyarrow as pa

Result = TypeVar("Result")

UNITS_AT_ONCE = 500
"""Number of units that are created together. Creating a single unit takes about as long as creating 50."""

SUBTOTAL = "subtotal."
"""Prefix of the columns with subtotals."""

_DAMAGED = "the table of the reply is damaged or cut off: is this server a scorer?"

SELF_REPORTED = "@self_reported"
"""Suffix of the columns with results that are computed from the units' own reports."""


class TableUnits(Sequence[UnitResult]):
    """The units of a table. They are created when they are accessed: most callers need only a few, or only the table.

    Args:
        stream: the table as an Arrow IPC stream.
    """

    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    @cached_property
    def table(self) -> pa.Table:
        """The table, which shares the memory of the stream.

        Raises:
            ImportError: pyarrow is not installed.
            ValueError: the reply is damaged.
        """
        arrow = optional_libraries.pyarrow()
        try:
            table = arrow.ipc.open_stream(self._stream).read_all()
        except arrow.ArrowException as error:
            raise ValueError(_DAMAGED) from error
        if not table.num_rows:  # a stream that is cut off after its schema; a ranking has at least one unit
            raise ValueError(_DAMAGED)
        return table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @overload
    def __getitem__(self, index: int) -> UnitResult: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[UnitResult]: ...
    def __getitem__(self, index: int | slice) -> UnitResult | Sequence[UnitResult]:
        rows = range(len(self))[index]
        if isinstance(rows, range):
            return list(_units(self.table.take(optional_libraries.pyarrow().array(rows, "int64")), self._layout))
        (unit,) = _units(self.table.slice(rows, 1), self._layout)
        return unit

    def __iter__(self) -> Iterator[UnitResult]:
        for first in range(0, len(self), UNITS_AT_ONCE):
            yield from _units(self.table.slice(first, UNITS_AT_ONCE), self._layout)

    def __eq__(self, other: object) -> bool:
        return self._stream == other._stream if isinstance(other, TableUnits) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def find(self, code: str) -> UnitResult | None:
        """The unit with this id; None if there is none."""
        index = self.table.column("id").index(code).as_py()
        return None if index < 0 else self[index]

    @property
    def criteria(self) -> Mapping[str, float]:
        """The maximum points of each criterion, by criterion id; empty unless the view is FULL."""
        return self._layout.criteria

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have fewer points for a criterion than its maximum.

        Args:
            criterion: id of the criterion, a key of ``criteria``.
        """
        table, maximum = self.table, self.criteria[criterion]
        category = next(c.code for c in self._layout.categories for g in c.groups if criterion in g.criteria)
        points, status = f"{category}.{criterion}.points", f"{category}.{criterion}.status"
        compute = optional_libraries.pyarrow().compute
        applies = compute.not_equal(table.column(status), "not_applicable")
        found = table.filter(compute.and_(applies, compute.less(table.column(points), maximum)))
        texts = (_values(found, name) for name in ("id", "name", "tier", "parent"))
        missing = (value == "missing" for value in _values(found, status))
        return list(map(Lack, *texts, _values(found, points), repeat(maximum), missing))

    @cached_property
    def _layout(self) -> _Layout:
        return _Layout.of(self.table.schema)


class _Group(NamedTuple):
    """A criterion group in a table, and the ids of its criteria."""

    code: str
    criteria: list[str]


class _Category(NamedTuple):
    """A category in a table. It has groups only if the view is FULL."""

    code: str
    groups: list[_Group]


class _Layout(NamedTuple):
    """The categories, groups, criteria and subtotals that the columns of a table belong to."""

    categories: list[_Category]
    subtotals: list[str]
    nominal: Mapping[str, float]
    """Nominal maxima, by these keys: the code of a category, ``CATEGORY.GROUP``, ``subtotal.SUBTOTAL``, ``overall``."""
    criteria: Mapping[str, float]

    @classmethod
    def of(cls, schema: pa.Schema) -> _Layout:
        """Reads a schema: categories have a column ``standing``, groups ``max_points``, criteria ``status``."""
        categories, subtotals = list[_Category](), list[str]()
        for name in schema.names:
            if name.startswith(SUBTOTAL) and name.endswith(".max_points"):
                subtotals.append(name.removeprefix(SUBTOTAL).removesuffix(".max_points"))
            if name.endswith(".standing"):
                categories.append(_Category(name.removesuffix(".standing"), []))
                continue
            if not categories or not name.startswith(f"{categories[-1].code}."):
                continue
            code, _, kind = name.removeprefix(f"{categories[-1].code}.").rpartition(".")
            if code and kind == "max_points":
                categories[-1].groups.append(_Group(code, []))
            elif code and kind == "status":
                categories[-1].groups[-1].criteria.append(code)
        metadata = schema.metadata
        return cls(
            categories,
            subtotals,
            json.loads(metadata[b"nominal_max_points"]),
            json.loads(metadata.get(b"max_points", "{}")),
        )


def _units(table: pa.Table, layout: _Layout) -> Iterator[UnitResult]:
    """Creates all units of a table, column by column."""
    return _results(
        UnitResult,
        table,
        "",
        categories=_tuples([_categories(table, category, layout) for category in layout.categories], table.num_rows),
        overall=_scores(table, "", layout.nominal["overall"]),
        overall_rank=_values(table, "rank"),
        lacking=[tuple(text.split(", ")) if text else () for text in _values(table, "lacking")],
        subtotals=_tuples([_subtotals(table, code, layout) for code in layout.subtotals], table.num_rows),
        request_id=repeat(""),
        texts=repeat({}),
    )


def _categories(table: pa.Table, category: _Category, layout: _Layout) -> Iterator[CategoryResult]:
    prefix, rows = f"{category.code}.", table.num_rows
    return _results(
        CategoryResult,
        table,
        prefix,
        category=repeat(category.code, rows),
        score=_scores(table, prefix, layout.nominal[category.code]),
        causes=_causes(table, prefix),
        measures=repeat(()),
        groups=_tuples([_groups(table, prefix, group, layout) for group in category.groups], rows),
    )


def _groups(table: pa.Table, prefix: str, group: _Group, layout: _Layout) -> Iterator[GroupResult]:
    path = f"{prefix}{group.code}"
    criteria = [_criteria(table, f"{prefix}{code}.", code, layout.criteria[code]) for code in group.criteria]
    return _results(
        GroupResult,
        table,
        f"{path}.",
        group=repeat(group.code),
        score=_scores(table, f"{path}.", layout.nominal[path]),
        criteria=_tuples(criteria, table.num_rows),
    )


def _subtotals(table: pa.Table, code: str, layout: _Layout) -> Iterator[SubtotalResult]:
    path = f"{SUBTOTAL}{code}"
    return map(SubtotalResult, repeat(code), _scores(table, f"{path}.", layout.nominal[path]))


def _criteria(
    table: pa.Table, prefix: str, criterion: str, maximum: float, suffix: str = ""
) -> Iterator[CriterionResult]:
    status = _values(table, f"{prefix}status{suffix}")
    maxima = (0.0 if text == "not_applicable" else maximum for text in status)
    self_reported: Iterable[CriterionResult | None] = repeat(None)
    if not suffix and f"{prefix}status{SELF_REPORTED}" in table.schema.names:
        self_reported = _criteria(table, prefix, criterion, maximum, SELF_REPORTED)
    columns = {"criterion": repeat(criterion), "max_points": maxima, "status": status, "self_reported": self_reported}
    return _results(CriterionResult, table, prefix, suffix, **columns)


def _scores(table: pa.Table, prefix: str, nominal: float, suffix: str = "") -> Iterator[Score]:
    self_reported: Iterable[Score | None] = repeat(None)
    if not suffix and f"{prefix}points{SELF_REPORTED}" in table.schema.names:
        self_reported = _scores(table, prefix, nominal, SELF_REPORTED)
    return _results(Score, table, prefix, suffix, nominal_max_points=repeat(nominal), self_reported=self_reported)


def _results(
    kind: Callable[..., Result], table: pa.Table, prefix: str, suffix: str = "", **others: Iterable[Any]
) -> Iterator[Result]:
    """Creates one result per row. Fields that are not in ``others`` are read from the columns with their names.

    Args:
        kind: the type of the results.
        table: the rows.
        prefix: what comes before the name of a field in the name of its column.
        suffix: what comes after the name of a field in the name of its column.
        others: the values of other fields, by field name: one value per row.
    """
    fields = field_names(kind)
    return map(kind, *(others[n] if n in others else _values(table, f"{prefix}{n}{suffix}") for n in fields))


def _tuples(parts: Sequence[Iterator[Any]], rows: int) -> Iterator[tuple[Any, ...]]:
    """Yields, for each unit, a tuple of its parts, such as its categories."""
    return zip(*parts, strict=False) if parts else repeat((), rows)


def _causes(table: pa.Table, prefix: str) -> Iterator[tuple[Cause, ...]]:
    """Yields, for each unit, the causes in the column ``failing``, with the unit's values from other columns."""
    columns: dict[str, list[Any]] = {}

    def value(row: int, name: str) -> Any:
        if name not in columns:
            columns[name] = _values(table, name)
        return columns[name][row]

    def with_values(cause: Cause, row: int) -> Cause:
        if cause.at_least:
            return cause._replace(of=tuple(with_values(part, row) for part in cause.of))
        if cause.indicator:
            return cause._replace(answer=value(row, f"{prefix}{cause.indicator}.answer"))
        if cause.category:
            return cause._replace(reached_level=value(row, f"{cause.category}.level"))
        stem = prefix if cause.measure == "total" else f"{prefix}{cause.measure}."
        return cause._replace(value=value(row, f"{stem}{cause.unit}"))

    for row, text in enumerate(_values(table, f"{prefix}failing")):
        yield tuple(with_values(cause, row) for cause in causes_of(text)) if text else ()


def _values(table: pa.Table, name: str) -> list[Any]:
    """A column as Python values. Null becomes 0, False or ""."""
    column, types = table.column(name), optional_libraries.pyarrow().types
    if not types.is_dictionary(column.type):
        if column.null_count:
            column = column.fill_null("" if types.is_string(column.type) else 0)
        return column.to_pylist()  # type: ignore[no-any-return]
    found = []
    for chunk in column.chunks:  # converts each text once; to_pylist() takes forty times as long
        texts = chunk.dictionary.to_pylist()
        found += ["" if index is None else texts[index] for index in chunk.indices.to_pylist()]
    return found
