"""A request's numbers, read where they came: a message would keep a copy of them, and give them as another one.

Of a province's table these two copies took half as long as scoring its units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message

from scorer.service.packing import LENGTH_DELIMITED, varint

MANY = 5_000
"""Fields of a message after which looking further would take longer than reading them all."""

DOUBLE = 8
"""Bytes of a number, on the wire as in a matrix."""

_VARINT, _FIXED64, _FIXED32 = 0, 1, 5
"""How a field's bytes end, when its length does not say so (https://protobuf.dev/programming-guides/encoding)."""


class Apart(NamedTuple):
    """A message's bytes without one of its fields, and that field's content."""

    rest: bytes
    numbers: memoryview


def field_numbers(message: type[Message], path: Sequence[str]) -> list[int]:
    """The numbers of the fields that lead to a field inside a message."""
    numbers: list[int] = []
    within: Any = message.DESCRIPTOR
    for name in path:
        field = within.fields_by_name[name]
        numbers.append(field.number)
        within = field.message_type
    return numbers


def take_apart(data: bytes, path: Sequence[int]) -> Apart | None:
    """Takes a packed field of doubles out of a message.

    Args:
        data: the message's bytes, or any others.
        path: the numbers of the fields that lead there.

    Returns:
        None unless every field on the way is there, once, in its usual form. What is wrong with the rest of the bytes
        is found by who reads them.
    """
    spans, start, end = list[_Span](), 0, len(data)
    for number in path:
        try:
            span = _only(data, start, end, number)
        except IndexError:  # the bytes end in the middle of a number
            span = None
        if span is None:
            return None
        spans.append(span)
        _, start, end = span
    if (end - start) % DOUBLE:
        return None
    inner, last = b"", spans.pop()
    begins, ends = last.tag, last.end  # what is left out of the message around
    while spans:
        around = spans.pop()
        inner = data[around.content : begins] + inner + data[ends : around.end]
        inner = varint(path[len(spans)] << 3 | LENGTH_DELIMITED) + varint(len(inner)) + inner
        begins, ends = around.tag, around.end
    return Apart(data[:begins] + inner + data[ends:], memoryview(data)[start:end])


class _Span(NamedTuple):
    """Where a field is: its tag, its content, and what comes after it."""

    tag: int
    content: int
    end: int


def _only(data: bytes, start: int, end: int, number: int) -> _Span | None:
    """The field of a number in the message between two places, if it is there once and delimited by its length."""
    found, at = None, start
    for _ in range(MANY):
        if at == end:
            return found
        begin = at
        tag, at = data[at], at + 1
        if tag > 127:
            tag, at = _read_varint(data, begin)
        kind, content = tag & 7, at
        if kind == LENGTH_DELIMITED:
            size, content = data[at], at + 1
            if size > 127:
                size, content = _read_varint(data, at)
            at = content + size
        elif kind == _VARINT:
            _, at = _read_varint(data, at, 10)
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            return None
        if at > end:
            return None
        if tag >> 3 == number:
            if found or kind != LENGTH_DELIMITED:
                return None
            found = _Span(begin, content, at)
    return None


def _read_varint(data: bytes, at: int, most: int = 5) -> tuple[int, int]:
    """A number of so many bytes at most, and where it ends.

    Raises:
        IndexError: it does not end.
    """
    number = 0
    for shift in range(0, 7 * most, 7):
        byte = data[at]
        at += 1
        if byte < 128:
            return number | byte << shift, at
        number |= (byte & 127) << shift
    raise IndexError
