"""Columns of an Arrow table as numbers and texts. What cannot be converted raises; judging values is intake's task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scorer.model.fixed_point import Bools, Floats, Ints
from scorer.model.indicators import IndicatorKind

MAX_TEXT_BYTES = 128 * 2**20
"""Bytes that all texts of one column may take: views and dictionaries can repeat a long text many times."""

UNKNOWN_OPTION = -1.0
"""Stands for a text that is no option."""

_TICKS_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def _plain(column: pa.DataType) -> pa.DataType:
    """The type of the values, also of a dictionary."""
    return column.value_type if pa.types.is_dictionary(column) else column


def is_text(column: pa.DataType) -> bool:
    """Whether a column holds texts."""
    plain = _plain(column)
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain))


def is_text_list(column: pa.DataType) -> bool:
    """Whether a column holds lists of texts, or lists that are all empty."""
    lists = ("is_list", "is_large_list", "is_list_view", "is_large_list_view", "is_fixed_size_list")
    if not any(getattr(pa.types, name)(column) for name in lists):
        return False
    return is_text(column.value_type) or pa.types.is_null(column.value_type)


def is_number(column: pa.DataType) -> bool:
    """Whether a column holds numbers."""
    plain = _plain(column)
    return bool(pa.types.is_integer(plain) or pa.types.is_floating(plain) or pa.types.is_decimal(plain))


def is_number_or_bool(column: pa.DataType) -> bool:
    """Whether a column holds numbers or truth values."""
    plain = _plain(column)
    return bool(pa.types.is_boolean(plain) or is_number(plain))


def is_date(column: pa.DataType) -> bool:
    """Whether a column holds dates, or timestamps without time zone."""
    plain = _plain(column)
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


def write_numbers(column: pa.Array, out: Floats) -> None:
    """Writes counts, numbers or flags to a row (n,) of doubles; NaN where null.

    The buffers are read with NumPy: pyarrow's own conversion takes three times as long.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.string()).cast(pa.float64())  # Arrow's direct cast is not correctly rounded
    if column.null_count == len(column):
        out[:] = math.nan
        return
    validity, data = column.buffers()
    if pa.types.is_boolean(column.type):
        out[:] = _bits(data, column)
    else:
        values = np.frombuffer(data, column.type.to_pandas_dtype(), column.offset + len(column))
        out[:] = values[column.offset :]
    if column.null_count:
        np.copyto(out, math.nan, where=_bits(validity, column) == 0)


def _bits(buffer: pa.Buffer, column: pa.Array) -> NDArray[np.uint8]:
    """The bits (n,) of a bitmap of the column."""
    bytes_ = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(bytes_, count=column.offset + len(column), bitorder="little")[column.offset :]


def to_days(column: pa.Array) -> tuple[Floats, Bools]:
    """Dates (n,) as days since 1970-01-01, NaN where null; and which of them have a time of day."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_date32(column.type):
        days = column.view(pa.int32()).to_numpy(zero_copy_only=False)
        return days.astype(np.float64), np.zeros(len(column), dtype=np.bool_)
    unit = "ms" if pa.types.is_date64(column.type) else column.type.unit
    ticks = column.view(pa.int64()).fill_null(0).to_numpy()
    days, rest = np.divmod(ticks, _TICKS_PER_DAY[unit])
    null = column.is_null().to_numpy(zero_copy_only=False)
    return np.where(null, math.nan, days.astype(np.float64)), rest != 0


class Texts(NamedTuple):
    """Texts of n rows: each different text once."""

    indices: Ints
    """(n,) which of the values; len(values) for null."""
    values: list[str]

    @classmethod
    def of(cls, column: pa.Array) -> Texts:
        """Those of a column of texts.

        Raises:
            ValueError: written out, they would take too much memory.
        """
        if pa.types.is_dictionary(column.type) and len(column.dictionary) <= len(column):
            _check_size(column.dictionary)
            encoded = column
        else:  # a dictionary may have millions of texts that no row refers to
            _check_size(column)
            encoded = _to_texts(column).dictionary_encode()
        values = encoded.dictionary.to_pylist()
        indices = encoded.indices.cast(pa.int64()).fill_null(len(values)).to_numpy()
        return cls(indices, values)

    def numbers(self, options: Mapping[str, float]) -> Floats:
        """The numbers (n,) of options; NaN where null, ``UNKNOWN_OPTION`` for a text that is none."""
        known = [math.nan if value is None else options.get(value, UNKNOWN_OPTION) for value in self.values]
        numbers: Floats = np.array([*known, math.nan])[self.indices]
        return numbers


def to_texts(chunks: Sequence[pa.Array]) -> list[pa.StringArray]:
    """Texts of a column in several parts, written out one by one.

    Raises:
        ValueError: they would take too much memory.
    """
    _check_size(*chunks)
    return [_to_texts(chunk) for chunk in chunks]


def _to_texts(column: pa.Array) -> pa.StringArray:
    if pa.types.is_dictionary(column.type):
        return _to_texts(column.dictionary).take(column.indices)
    return column.cast(pa.string())


def to_lists(column: pa.Array, first: int, longest: int) -> tuple[Ints, Texts]:
    """Lists of texts: the row (m,) of every entry, and the entries.

    Args:
        column: the lists.
        first: the row of the first list.
        longest: how many entries a list may have.

    Raises:
        ValueError: a list is too long; lists share entries; or, written out, they would take too much memory.
    """
    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    if lengths.max(initial=0) > longest:
        at = int(np.argmax(lengths > longest))
        raise ValueError(f"has {lengths[at]} entries in row {first + at}; there are {longest} that it could name")
    rows = first + pc.list_parent_indices(column).to_numpy()  # refuses views that share entries, which flatten copies
    texts = pc.list_flatten(column)
    if pa.types.is_null(texts.type):
        texts = texts.cast(pa.string())
    return rows, Texts.of(texts)


def _check_size(*columns: pa.Array) -> None:
    """Checks how much memory texts take when they are written out, before they are.

    Raises:
        ValueError: too much, all together.
    """
    for column in columns:
        if pa.types.is_dictionary(column.type):
            _check_size(column.dictionary)
    size = sum(int(_sizes(column).sum(dtype=np.int64)) for column in columns if _may_repeat(column.type))
    if size > MAX_TEXT_BYTES:
        raise ValueError(f"its texts take {size} bytes when written out; at most {MAX_TEXT_BYTES} are accepted")


def _may_repeat(column: pa.DataType) -> bool:
    """Whether a text that is in the stream once can be in many rows."""
    return bool(pa.types.is_dictionary(column) or pa.types.is_string_view(column))


def _sizes(column: pa.Array) -> Ints:
    """The bytes (n,) of each text; 0 for null."""
    if pa.types.is_dictionary(column.type):
        values = np.append(_sizes(column.dictionary), 0)
        sizes: Ints = values[column.indices.cast(pa.int64()).fill_null(-1).to_numpy()]
        return sizes
    if pa.types.is_string_view(column.type):
        views: NDArray[np.int32] = np.frombuffer(column.buffers()[1], dtype=np.int32)  # four each, the size first
        lengths = views[4 * column.offset : 4 * (column.offset + len(column)) : 4]
        return np.where(column.is_valid().to_numpy(zero_copy_only=False), lengths, 0).astype(np.int64)
    plain: Ints = pc.binary_length(column).fill_null(0).to_numpy().astype(np.int64)
    return plain
