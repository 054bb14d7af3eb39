"""Converts tables of Python libraries to Arrow streams for the service. docs/tables.md describes the columns."""

from __future__ import annotations

import bisect
import json
import re
import sys
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

from scorer_client import optional_libraries
from scorer_client.errors import ScorerError, Violation
from scorer_client.formatting import Count, described, shown

if TYPE_CHECKING:
    import pyarrow as pa

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
"""The name that pandas gives to an index without a name when it converts a data frame to Arrow or Parquet."""


def is_table(value: object) -> bool:
    """Whether a value is a table. Other values are treated as rows."""
    return isinstance(value, Mapping) or hasattr(value, "__arrow_c_stream__") or _is_pandas(value, "DataFrame")


def table_stream(table: object) -> bytes:
    """Converts a table to an Arrow IPC stream without compression.

    Args:
        table: anything with Arrow's C stream interface (pyarrow, polars, DuckDB, ...), a pandas data frame, or a
            mapping of columns by name: lists, NumPy arrays, series. None, NaN and pandas' NA become null. An index of
            pandas becomes a column if it has a name; otherwise it is left out.

    Raises:
        ScorerError: columns cannot be converted. Each violation names the column, and the row if a value is the cause.
        TypeError: the value is not a table.
        ImportError: pyarrow is not installed.
    """
    pa = optional_libraries.pyarrow()
    if _is_pandas(table, "DataFrame"):
        return write_stream(_from_columns(_pandas_columns(table)))
    if isinstance(table, Mapping):
        return write_stream(_from_columns(table.items()))
    if hasattr(table, "__arrow_c_stream__"):
        return write_stream(pa.table(table))
    raise TypeError(
        f"{type(table).__name__} is not a table: give a data frame, or another object with Arrow's C stream interface, "
        "or a mapping of columns by name; rows go to rank_province"
    )


def write_stream(table: pa.Table) -> bytes:
    """Converts a table to an Arrow IPC stream of one batch, without metadata, which the service does not read."""
    pa = optional_libraries.pyarrow()
    columns = [
        (name, _narrowed(_decoded(column)))
        for name, column in zip(table.column_names, table.columns, strict=True)
        if not _UNNAMED_INDEX.fullmatch(name)
    ]
    table = pa.table([column for _, column in columns], names=[name for name, _ in columns]).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replaces the indices of a column by the values of its dictionaries, if there is more than one dictionary.

    Arrow cannot combine dictionaries with nulls or too many values, and combines dictionaries of half floats wrongly.
    """
    pa = optional_libraries.pyarrow()
    if not pa.types.is_dictionary(column.type) or column.num_chunks < 2:
        return column
    kind = column.type.value_type
    kind = pa.large_string() if pa.types.is_string_view(kind) else kind  # Arrow's take() does not support views
    return pa.chunked_array([chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks])


def _narrowed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Converts whole numbers to the smallest integer type that holds all of them.

    The table often becomes four times smaller. The conversion takes less time than the transfer of 80 kB by gRPC.
    """
    pa = optional_libraries.pyarrow()
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        for smaller in (pa.int8(), pa.int16(), pa.int32()):
            if smaller.bit_width >= column.type.bit_width:
                break
            try:
                return column.cast(smaller)
            except pa.ArrowException:  # a number is too large, or not whole
                continue
    return column


def _is_pandas(value: object, *classes: str) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, tuple(getattr(pandas, name) for name in classes))


def _pandas_columns(frame: Any) -> list[tuple[object, Any]]:
    """The columns of a data frame, after those levels of its index that have a name.

    Converting them one by one is faster than the frame's own C stream, and shows which value cannot be converted.
    """
    index = [(name, frame.index.get_level_values(name)) for name in frame.index.names if name is not None]
    return [*index, *frame.items()]


def _from_columns(columns: Iterable[tuple[object, Any]]) -> pa.Table:
    names, arrays, violations = list[str](), list[Any](), list[Violation]()
    for name, values in columns:
        if isinstance(values, Iterable) and not hasattr(values, "__len__"):
            values = list(values)  # an iterator can be read only once, but _violation() reads the values again
        try:
            arrays.append(_array(values))
        except _errors() as error:
            violations.append(_violation(str(name), values, error))
        else:
            names.append(str(name))
            if len(arrays[-1]) != len(arrays[0]):
                message = f"has {Count(len(arrays[-1])):value}, {names[0]!r} has {len(arrays[0])}"
                violations.append(Violation(_path(names[-1]), "WRONG_LENGTH", message))
    if violations:
        raise ScorerError.before_sending("INVALID_TABLE", violations, len(violations))
    return optional_libraries.pyarrow().table(arrays, names=names)


def _array(values: Any) -> Any:
    """Converts the values of a column to an Arrow array.

    Raises:
        An exception of ``_errors``: the values cannot be converted.
    """
    pa = optional_libraries.pyarrow()
    if isinstance(values, str | bytes | Mapping | Set):
        raise TypeError(f"a column is a sequence of values, not {type(values).__name__}")
    if hasattr(values, "__arrow_c_stream__") and not _is_pandas(values, "Series"):  # pandas' own C stream is slower
        return pa.chunked_array(values)
    kind: Any = getattr(values, "dtype", None)
    if hasattr(kind, "newbyteorder") and not kind.isnative:
        values = values.astype(kind.newbyteorder("="))  # Arrow supports only the machine's byte order
    if _is_pandas(values, "Series") and hasattr(values.array, "__arrow_array__"):
        values = values.array  # pyarrow would take ten times as long to find this array
    return pa.array(values, from_pandas=True)


def _errors() -> tuple[type[Exception], ...]:
    """The exceptions that pyarrow raises for values that it cannot convert."""
    return optional_libraries.pyarrow().ArrowException, OverflowError, TypeError, ValueError


def _violation(name: str, values: Any, error: Exception) -> Violation:
    """The violation of a column: the first value that does not fit the values above it; or the error of the column."""
    rows = list(values) if isinstance(values, Iterable) else []

    def fails(count: int) -> bool:
        try:
            _array(rows[:count])
        except _errors():
            return True
        return False

    if not fails(len(rows)):  # the values are not the cause
        return Violation(_path(name), "WRONG_TYPE", f"cannot be converted to Arrow: {shown(error, str)}")
    row = bisect.bisect_left(range(1, len(rows)), True, key=fails)
    value, above = rows[row], _array(rows[:row]).type
    message = f"cannot convert {described(value)}"
    if not optional_libraries.pyarrow().types.is_null(above):
        message += f"; the values above it are {above}"
    return Violation(f"{_path(name)}[{row}]", "WRONG_TYPE", message)


def _path(column: str) -> str:
    return f"table[{json.dumps(column, ensure_ascii=not column.isprintable())}]"
