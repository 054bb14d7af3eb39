"""Columns of an Arrow table as numbers and texts. What cannot be converted raises; judging values is intake's task."""

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
"""Bytes that all views and dictionaries of a table may take when each text is written out: they can repeat a long text
many times."""

MAX_JOINED = 2**16
"""Values that are converted together: for fewer, the calls take longer than the work; more fall out of the cache."""

MAX_SCALE = {32: 9, 64: 18, 128: 38, 256: 76}
"""Decimals of a decimal by its bits: as many as it has digits."""

_TICKS_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


class ColumnError(ValueError):
    """A column that cannot be read.

    Args:
        reason: in capitals, for programs.
        message: what is wrong, and how to fix it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TextBudget:
    """How many bytes the texts of a table may still take when they are written out."""

    def __init__(self) -> None:
        self._left = MAX_TEXT_BYTES

    def spend(self, size: int) -> None:
        """Takes some of it.

        Raises:
            ColumnError: there is not so much left.
        """
        if size > self._left:
            problem = f"the table's texts take more than {MAX_TEXT_BYTES} bytes when written out one by one"
            raise ColumnError("TEXTS_TOO_LARGE", problem)
        self._left -= size


def value_type(column: pa.DataType) -> pa.DataType:
    """The type of the values, also of a dictionary."""
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
    # Arrow takes any scale for a decimal and cannot write some of those numbers.
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
"""The column types that can hold answers of a kind, and what people call them."""


def nothing_reported(column: pa.Array) -> bool:
    """Whether every value is null or NaN."""
    if column.null_count == len(column):
        return True
    if pa.types.is_dictionary(column.type):
        return nothing_reported(column.dictionary)
    return pa.types.is_floating(column.type) and bool(np.isnan(column.to_numpy(zero_copy_only=False)).all())


def joined(columns: Sequence[pa.Array]) -> pa.Array:
    """The values of several columns of one type, one column after the other; dictionaries are written out."""
    return pa.concat_arrays(
        [column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column for column in columns]
    )


def to_numbers(values: pa.Array) -> Floats:
    """Counts, numbers or flags as doubles (n,); NaN where null.

    The buffers are read with NumPy: pyarrow's own conversion takes three times as long.
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
    """The bits (n,) of a bitmap of the column."""
    bytes_ = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(bytes_, count=column.offset + len(column), bitorder="little")[column.offset :]


def to_days(values: pa.Array) -> tuple[Floats, Bools]:
    """Dates (n,) as days since 1970-01-01, NaN where null; and which of them have a time of day."""
    if pa.types.is_date32(values.type):
        return to_numbers(values.view(pa.int32())), np.zeros(len(values), dtype=np.bool_)
    unit = "ms" if pa.types.is_date64(values.type) else values.type.unit
    ticks = values.view(pa.int64()).fill_null(0).to_numpy()
    days, rest = np.divmod(ticks, _TICKS_PER_DAY[unit])
    null = values.is_null().to_numpy(zero_copy_only=False)
    return np.where(null, math.nan, days.astype(np.float64)), rest != 0


class Texts(NamedTuple):
    """Texts of n rows: each different text once."""

    indices: NDArray[np.integer[Any]]
    """(n,) which of the values; len(values) for null."""
    values: list[str]

    @classmethod
    def of(cls, column: pa.Array, budget: TextBudget) -> Texts:
        """Those of a column of texts.

        Raises:
            ColumnError: written out, they would take too much memory.
        """
        encoded = column
        if not (pa.types.is_dictionary(column.type) and len(column.dictionary) <= len(column)):
            # A dictionary may have millions of texts that no row refers to.
            encoded = _to_texts(column, budget).dictionary_encode()
        values = encoded.dictionary.to_pylist()
        indices = encoded.indices
        if indices.type.bit_width < 32:  # which the number of values may not fit
            indices = indices.cast(pa.int32())
        return cls(indices.fill_null(len(values)).to_numpy(), values)

    def numbers(self, options: Mapping[str, float]) -> Floats:
        """The numbers (n,) of options; NaN where the text is null or no option."""
        numbers: Floats = np.array([*(options.get(value, math.nan) for value in self.values), math.nan])[self.indices]
        return numbers

    def unknown(self, options: Container[str]) -> Ints:
        """The rows (m,) whose texts are no options."""
        wrong = [at for at, value in enumerate(self.values) if value is not None and value not in options]
        return np.flatnonzero(np.isin(self.indices, wrong)) if wrong else np.empty(0, dtype=np.int64)


def to_texts(chunks: Sequence[pa.Array], budget: TextBudget) -> list[pa.StringArray]:
    """Texts of a column in several parts, written out one by one.

    Raises:
        ColumnError: they would take too much memory.
    """
    return [_to_texts(chunk, budget) for chunk in chunks]


def _to_texts(column: pa.Array, budget: TextBudget) -> pa.StringArray:
    if pa.types.is_dictionary(column.type):
        sizes = np.append(_sizes(column.dictionary), 0)
        budget.spend(int(sizes[column.indices.cast(pa.int64()).fill_null(-1).to_numpy()].sum()))
        return column.dictionary.cast(pa.string()).take(column.indices)
    return column.cast(pa.string())


def to_lists(column: pa.Array, first: int, longest: int, budget: TextBudget) -> tuple[Ints, Texts]:
    """Lists of texts: the row (m,) of every entry, and the entries.

    Args:
        column: the lists.
        first: the row of the first list.
        longest: how many entries a list may have.
        budget: of the table's texts.

    Raises:
        ColumnError: a list is too long; lists share entries; or, written out, they would take too much memory.
    """
    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    if lengths.max(initial=0) > longest:
        at = int(np.argmax(lengths > longest))
        problem = f"has {lengths[at]} entries in row {first + at}; there are {longest} that it could name"
        raise ColumnError("TOO_MANY", problem)
    try:
        lists = pc.list_parent_indices(column).to_numpy()
    except pa.ArrowException:  # flatten would copy the entries for each list
        raise ColumnError("SHARED_ENTRIES", "its lists are views of the same entries; write lists") from None
    lists = lists[column.is_valid().to_numpy(zero_copy_only=False)[lists]]  # null lists may have entries in memory
    texts = pc.list_flatten(column)
    if pa.types.is_null(texts.type):
        texts = texts.cast(pa.string())
    return first + lists, Texts.of(texts, budget)


def has_views(column: pa.DataType) -> bool:
    """Whether a column of texts, or of lists of them, holds views: what is in the stream once can be in many rows."""
    items = column.value_type if is_text_list(column) else column
    return bool(pa.types.is_string_view(value_type(items)))


def view_bytes(column: pa.Array) -> int:
    """Bytes of the texts that views show, of a column for which ``has_views``; only its buffers' sizes were checked."""
    if is_text_list(column.type):
        column = column.values
    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    return int(_sizes(column).clip(0).sum())


def _sizes(column: pa.Array) -> Ints:
    """The bytes (n,) of each text; 0 for null."""
    if pa.types.is_string_view(column.type):
        views: NDArray[np.int32] = np.frombuffer(column.buffers()[1], dtype=np.int32)  # four each, the size first
        lengths = views[4 * column.offset : 4 * (column.offset + len(column)) : 4]
        return np.where(column.is_valid().to_numpy(zero_copy_only=False), lengths, 0).astype(np.int64)
    plain: Ints = pc.binary_length(column).fill_null(0).to_numpy().astype(np.int64)
    return plain
