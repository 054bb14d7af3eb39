"""A request's numbers, read where they came: a message would keep a copy of them, and give them as another one.

Of a province's table these two copies took half as long as scoring its units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message

from scorer.compiled import find_field
from scorer.service.packing import LENGTH_DELIMITED, varint

DOUBLE = 8
"""Bytes of a number, on the wire as in a matrix."""


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
        found = find_field(data, start, end, number)
        if found is None:
            return None
        span = _Span(*found)
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
