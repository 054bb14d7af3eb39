"""Messages of one kind for many units, filled in as they go over the wire: fifty times as fast as field by field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from scorer.compiled import fill_forms
from scorer.points import Ints
from scorer.service.packing import FIXED64, LENGTH_DELIMITED, VARINT


class _Step(IntEnum):
    """What compiled code does next; a step is six numbers: this, tag, source, row, and two more."""

    TEXT = 0
    """Writes so many bytes of the texts from so many on."""
    DOUBLE = 1
    """Writes a field with a number in a unit."""
    COUNT = 2
    """Writes a field with a whole number."""
    OPEN = 3
    """Begins a message."""
    CLOSE = 4
    UNLESS = 5
    """Goes on at the step named by the tag, unless a bit of a number is as wanted."""


class Form:
    """What all messages of a kind have, and where their numbers come from.

    Fields stand in the messages in the order in which they are added here; numbers and counts that are 0 are left out,
    as protobuf does. A number is in a row of a source: an array (rows, n), which is given when messages are made.

    Args:
        message: the kind.
    """

    def __init__(self, message: type[Message]) -> None:
        self._within: list[Any] = [message.DESCRIPTOR]
        self._steps: list[list[int]] = []
        self._texts = bytearray()

    def always(self, message: Message) -> None:
        """Adds fields that every message has, as they are in this one."""
        text = message.SerializeToString(deterministic=True)
        self._add(_Step.TEXT, one=len(self._texts), other=len(text))
        self._texts += text

    def number(self, field: str, source: int, row: int, unit: int) -> None:
        """Adds a field of a double, which is to be in a unit."""
        self._add(_Step.DOUBLE, self._tag(field, FIXED64), source, row, unit)

    def count(self, field: str, source: int, row: int) -> None:
        """Adds a field of an integer, truth or enumeration member, from 0 to 2^32 - 1."""
        self._add(_Step.COUNT, self._tag(field, VARINT), source, row)

    @contextmanager
    def message(self, field: str) -> Iterator[None]:
        """Adds a message with what is added to the form meanwhile."""
        self._add(_Step.OPEN, self._tag(field, LENGTH_DELIMITED))
        self._within.append(self._within[-1].fields_by_name[field].message_type)
        yield
        self._within.pop()
        self._add(_Step.CLOSE)

    @contextmanager
    def where(self, source: int, row: int, bit: int = 0, *, wanted: bool = True) -> Iterator[None]:
        """What is added meanwhile is only in messages of units for which a bit of a whole number is as wanted."""
        step = self._add(_Step.UNLESS, 0, source, row, bit, int(wanted))
        yield
        step[1] = len(self._steps)

    def filled(self, sources: Sequence[NDArray[Any]], places: Ints, before: Sequence[bytes]) -> list[bytes]:
        """The messages of the units at places (m,), each after what is before it."""
        return fill_forms(*self._complete, tuple(sources), places, tuple(before))

    @cached_property
    def _complete(self) -> tuple[Ints, bytes]:
        """All steps (k, 6) and texts, when no more are added."""
        return np.array(self._steps, dtype=np.int64).reshape(-1, 6), bytes(self._texts)

    def _tag(self, field: str, wire_type: int) -> int:
        number: int = self._within[-1].fields_by_name[field].number
        return number << 3 | wire_type

    def _add(self, kind: _Step, tag: int = 0, source: int = 0, row: int = 0, one: int = 0, other: int = 0) -> list[int]:
        self._steps.append([kind, tag, source, row, one, other])
        return self._steps[-1]
