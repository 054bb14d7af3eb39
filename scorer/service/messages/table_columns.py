"""Converts columns of Arrow tables to numbers and texts. ``scorer.engine.validation`` checks the values afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scorer.model.fixed_point import Bools, Floats, Ints
from scorer.model.indicators import IndicatorKind
from scorer.service.messages.table_numbers import as_doubles

MAX_TEXT_BYTES = 128 * 2**20
"""Maximum size of all texts of a table with views or dictionaries, which can repeat a long text many times."""

VALUES_PER_CALL = 2**16
"""Number of values that are converted in one call: smaller ones are dominated by call overhead, larger ones fall out of
the cache."""

MAX_SCALE = {32: 9, 64: 18, 128: 38, 256: 76}
"""Maximum scale of each of Arrow's decimal types, by its size in bits: the number of digits that the type can hold."""

_TICKS_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


class ColumnError(ValueError):
    """Raised if a column cannot be converted.

    Args:
        reason: a word in capitals for programs.
        message: what is wrong and how to fix it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TextBudget:
    """Counts the bytes that the texts of one table may still take, from ``MAX_TEXT_BYTES`` down."""

    def __init__(self) -> None:
        self._remaining = MAX_TEXT_BYTES

    def spend(self, size: int) -> None:
        """Subtracts ``size`` bytes.

        Raises:
            ColumnError: fewer bytes remain.
        """
        if size > self._remaining:
            problem = f"the table's texts take more than {MAX_TEXT_BYTES} bytes if every repetition is counted"
            raise ColumnError("TEXTS_TOO_LARGE", problem)
        self._remaining -= size


def value_type(column: pa.DataType) -> pa.DataType:
    """The type of a column's values; for a column with a dictionary, the type of the dictionary's values."""
    return column.value_type if isinstance(column, pa.DictionaryType) else column


def is_text(column: pa.DataType) -> bool:
    """Whether a column holds texts."""
    plain = value_type(column)
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain))


def is_text_list(column: pa.DataType) -> bool:
    """Whether a column holds lists of texts, or lists that are all empty."""
    lists = ("is_list", "is_large_list", "is_list_view", "is_large_list_view", "is_fixed_size_list")
    if not any(getattr(pa.types, name)(column) for name in lists):
        return False
    return is_text(column.value_type) or pa.types.is_null(column.value_type)


def is_number(column: pa.DataType) -> bool:
    """Whether a column holds numbers."""
    plain = value_type(column)
    # Arrow allows any scale in a decimal type, but cannot convert such numbers to text if the scale is too large.
    is_decimal = pa.types.is_decimal(plain) and abs(plain.scale) <= MAX_SCALE[plain.bit_width]
    return bool(pa.types.is_integer(plain) or pa.types.is_floating(plain) or is_decimal)


def is_number_or_bool(column: pa.DataType) -> bool:
    """Whether a column holds numbers or truth values."""
    plain = value_type(column)
    return bool(pa.types.is_boolean(plain) or is_number(plain))


def is_date(column: pa.DataType) -> bool:
    """Whether a column holds dates, or timestamps without time zone."""
    plain = value_type(column)
    return bool(pa.types.is_date(plain) or (pa.types.is_timestamp(plain) and plain.tz is None))


ACCEPTED: Mapping[IndicatorKind, tuple[Callable[[pa.DataType], bool], str]] = {
    IndicatorKind.COUNT: (is_number, "integers, floats or decimals"),
    IndicatorKind.NUMBER: (is_number, "integers, floats or decimals"),
    IndicatorKind.FLAG: (is_number_or_bool, "bool, or 0 and 1"),
    IndicatorKind.CHOICE: (is_text, "text"),
    IndicatorKind.DATE: (is_date, "date32, or timestamps without time zone at midnight"),
}
"""By kind of answer: a function that tests whether a column type can hold such answers, and the name of these types."""


def nothing_reported(column: pa.Array) -> bool:
    """Whether every value is null or NaN; for a column with a dictionary, whether this holds for the dictionary."""
    if column.null_count == len(column):
        return True
    if pa.types.is_dictionary(column.type):
        return nothing_reported(column.dictionary)
    return pa.types.is_floating(column.type) and bool(np.isnan(column.to_numpy(zero_copy_only=False)).all())


def joined(columns: Sequence[pa.Array]) -> pa.Array:
    """The values of several columns of the same type, concatenated and without dictionaries."""
    return pa.concat_arrays(
        [column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column for column in columns]
    )


def to_numbers(values: pa.Array) -> Floats:
    """(n,) counts, numbers or flags as doubles; NaN where null.

    The buffers are read with NumPy, which is three times as fast as pyarrow's own conversion.
    """
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.string()).cast(pa.float64())  # Arrow's direct cast is not correctly rounded
    validity, data = values.buffers()
    if pa.types.is_boolean(values.type):
        numbers = _bits(data, values).astype(np.float64)
    else:
        stored = np.frombuffer(data, values.type.to_pandas_dtype(), values.offset + len(values))[values.offset :]
        half_or_single = stored.dtype.char in "ef"
        numbers = as_doubles(stored) if half_or_single else stored.astype(np.float64)
    if values.null_count:
        np.copyto(numbers, math.nan, where=_bits(validity, values) == 0)
    return numbers


def _bits(buffer: pa.Buffer, column: pa.Array) -> NDArray[np.uint8]:
    """(n,) the bits of one of the column's bitmaps."""
    bytes_ = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(bytes_, count=column.offset + len(column), bitorder="little")[column.offset :]


def to_days(values: pa.Array) -> tuple[Floats, Bools]:
    """(n,) dates as days since 1970-01-01, NaN where null; and (n,) whether the value has a time of day."""
    if pa.types.is_date32(values.type):
        return to_numbers(values.view(pa.int32())), np.zeros(len(values), dtype=np.bool_)
    unit = "ms" if pa.types.is_date64(values.type) else values.type.unit
    ticks = values.view(pa.int64()).fill_null(0).to_numpy()
    days, time_of_day = np.divmod(ticks, _TICKS_PER_DAY[unit])
    null = values.is_null().to_numpy(zero_copy_only=False)
    return np.where(null, math.nan, days.astype(np.float64)), time_of_day != 0


class Texts(NamedTuple):
    """Texts of n rows. ``values`` has each different text once."""

    indices: NDArray[np.integer[Any]]
    """(n,) index of each row's text in ``values``; len(values) for null."""
    values: list[str]

    @classmethod
    def of(cls, column: pa.Array, budget: TextBudget) -> Texts:
        """The texts of a column.

        Raises:
            ColumnError: the texts take more bytes than the budget has left.
        """
        encoded = column
        if not (pa.types.is_dictionary(column.type) and len(column.dictionary) <= len(column)):
            # A larger dictionary may have millions of texts that no row refers to, so a new one is built.
            encoded = to_texts(column, budget).dictionary_encode()
        values = encoded.dictionary.to_pylist()
        indices = encoded.indices
        if indices.type.bit_width < 32:  # a smaller type may not be able to hold len(values)
            indices = indices.cast(pa.int32())
        return cls(indices.fill_null(len(values)).to_numpy(), values)

    def numbers(self, options: Mapping[str, float]) -> Floats:
        """(n,) the number of each row's option; NaN where the text is null or not an option."""
        numbers: Floats = np.array([*(options.get(value, math.nan) for value in self.values), math.nan])[self.indices]
        return numbers

    def unknown(self, options: Container[str]) -> Ints:
        """(m,) the rows whose texts are not options; rows with null are left out."""
        wrong = [index for index, value in enumerate(self.values) if value is not None and value not in options]
        return np.flatnonzero(np.isin(self.indices, wrong)) if wrong else np.empty(0, dtype=np.int64)


def to_texts(column: pa.Array, budget: TextBudget) -> pa.StringArray:
    """The texts of a column as a plain string array, without dictionary and views.

    Raises:
        ColumnError: the texts take more bytes than the budget has left.
    """
    if pa.types.is_dictionary(column.type):
        sizes = np.append(_sizes(column.dictionary), 0)
        budget.spend(int(sizes[column.indices.cast(pa.int64()).fill_null(-1).to_numpy()].sum()))
        return _plain_texts(column.dictionary).take(column.indices)
    return _plain_texts(column)


def _plain_texts(column: pa.Array) -> pa.StringArray:
    """The texts of a column without dictionary as a plain string array."""
    if not (pa.types.is_string_view(column.type) and column.null_count):
        return column.cast(pa.string())
    # The view of a null may be anything and is not validated, but pyarrow's cast follows it, which ends the process.
    valid = column.is_valid()
    views = _views(column) * valid.to_numpy(zero_copy_only=False)[:, np.newaxis]
    buffers = [pa.py_buffer(b"") if buffer is None else buffer for buffer in column.buffers()[2:]]
    column = pa.Array.from_buffers(column.type, len(column), [None, pa.py_buffer(views), *buffers])
    return pc.if_else(valid, column.cast(pa.string()), None)


def _views(column: pa.Array) -> NDArray[np.int32]:
    """(n, 4) the views of a column; the first number of a view is the size of the text in bytes."""
    views: NDArray[np.int32] = np.frombuffer(column.buffers()[1], np.int32, 4 * (column.offset + len(column)))
    return views.reshape(-1, 4)[column.offset :]


def to_lists(column: pa.Array, first_row: int, max_length: int, budget: TextBudget) -> tuple[Ints, Texts]:
    """The entries of a column of lists, m in total: (m,) the row of each entry, and the texts of the entries.

    Args:
        column: the lists.
        first_row: the row of the first list.
        max_length: maximum number of entries of one list.
        budget: the budget for the texts of the table.

    Raises:
        ColumnError: a list is too long, lists share entries, or the texts take more bytes than the budget has left.
    """
    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    if lengths.max(initial=0) > max_length:
        index = int(np.argmax(lengths > max_length))
        problem = (
            f"has {lengths[index]} entries in row {first_row + index}; only {max_length} different names are possible"
        )
        raise ColumnError("TOO_MANY", problem)
    try:
        lists = pc.list_parent_indices(column).to_numpy()
    except pa.ArrowException:  # lists share entries; list_flatten would copy the entries for each list
        raise ColumnError("SHARED_ENTRIES", "several of its lists share entries; write lists that do not") from None
    lists = lists[column.is_valid().to_numpy(zero_copy_only=False)[lists]]  # null lists may have entries in memory
    texts = pc.list_flatten(column)
    if pa.types.is_null(texts.type):
        texts = texts.cast(pa.string())
    return first_row + lists, Texts.of(texts, budget)


def has_views(column: pa.DataType) -> bool:
    """Whether a column holds views of texts, or lists of such views. Many views can share one text of the stream."""
    items = column.value_type if is_text_list(column) else column
    return bool(pa.types.is_string_view(value_type(items)))


def view_bytes(column: pa.Array) -> int:
    """Bytes of all texts of a column with views. Buffer sizes must have been validated; the views may be invalid."""
    if is_text_list(column.type):
        column = column.values
    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    return int(_sizes(column).clip(0).sum())


def _sizes(column: pa.Array) -> Ints:
    """(n,) the size of each text in bytes; 0 for null."""
    if pa.types.is_string_view(column.type):
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        return np.where(valid, _views(column)[:, 0], 0).astype(np.int64)
    plain: Ints = pc.binary_length(column).fill_null(0).to_numpy().astype(np.int64)
    return plain
