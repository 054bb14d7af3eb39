"""A request's numbers and answers, read where they came: a message would keep a copy, and give them as another one.

Of a province's table these two copies took half as long as scoring its units. Of rows, asking the message for one
answer after the other took longer than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from google.protobuf.message import Message

from scorer import compiled
from scorer.service.packing import LENGTH_DELIMITED, varint

DOUBLE = 8
"""Bytes of a number, on the wire as in a matrix."""


class Apart(NamedTuple):
    """A message's bytes without one of its fields, and that field's content."""

    rest: bytes
    numbers: memoryview


class ApartRows(NamedTuple):
    """A message's bytes without the answers of its rows, and these: the entries of one map a row, in their order.

    Rows that have no answers, or others than usual, have none here; others have none in the message.
    """

    rest: bytes
    answers: tuple[bytes, ...]


class FieldPath(NamedTuple):
    """The fields that lead to a field inside a message."""

    numbers: Sequence[int]
    single: bool
    """Whether the message that has the field can be there once only."""

    @classmethod
    def of(cls, message: type[Message], names: Sequence[str]) -> FieldPath:
        """That of so many names, one within the other."""
        fields, within = list[Any](), cast(Any, message.DESCRIPTOR)
        for name in names:
            fields.append(within.fields_by_name[name])
            within = fields[-1].message_type
        return cls([field.number for field in fields], not any(field.is_repeated for field in fields[-2:-1]))


def take_numbers(data: bytes, path: FieldPath) -> Apart | None:
    """Takes a packed field of doubles out of a message.

    Args:
        data: the message's bytes, or any others.
        path: the fields that lead there.

    Returns:
        None unless every field on the way is there, once, in its usual form. What is wrong with the rest of the bytes
        is found by who reads them.
    """
    spans = _spans(data, path.numbers)
    if not spans or (spans[-1].end - spans[-1].content) % DOUBLE:
        return None
    *around, last = spans
    start, end = _content(data, around)
    rest = _rebuilt(data, path.numbers, around, data[start : last.tag] + data[last.end : end])
    return Apart(rest, memoryview(data)[last.content : last.end])


def take_answers(data: bytes, path: FieldPath) -> ApartRows | None:
    """Takes the answers of rows out of a message.

    Args:
        data: the message's bytes, or any others.
        path: the fields that lead to the map of a row.

    Returns:
        None unless every field on the way to the rows is there, once, in its usual form; as ``take_numbers``.
    """
    *way, row, answers = path.numbers
    spans = _spans(data, way)
    if spans is None:
        return None
    taken = compiled.take_answers(data, *_content(data, spans), row, answers)
    if taken is None or (path.single and len(taken[1]) != 1):
        return None
    return ApartRows(_rebuilt(data, way, spans, taken[0]), tuple(taken[1]))


class _Span(NamedTuple):
    """Where a field is: its tag, its content, and what comes after it."""

    tag: int
    content: int
    end: int


def _spans(data: bytes, path: Sequence[int]) -> list[_Span] | None:
    """Where the fields of a path are, each within the one before."""
    spans = list[_Span]()
    for number in path:
        found = compiled.find_field(data, *_content(data, spans), number)
        if found is None:
            return None
        spans.append(_Span(*found))
    return spans


def _content(data: bytes, spans: Sequence[_Span]) -> tuple[int, int]:
    """Where the content of the innermost field is."""
    return (spans[-1].content, spans[-1].end) if spans else (0, len(data))


def _rebuilt(data: bytes, path: Sequence[int], spans: Sequence[_Span], content: bytes) -> bytes:
    """The message with other content in the innermost of some fields."""
    for at in reversed(range(len(spans))):
        start, end = _content(data, spans[:at])
        field = varint(path[at] << 3 | LENGTH_DELIMITED) + varint(len(content)) + content
        content = data[start : spans[at].tag] + field + data[spans[at].end : end]
    return content
