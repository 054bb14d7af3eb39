"""Ids and names: what may be in them, seen one by one or many at once."""

from __future__ import annotations

import itertools
import operator
import unicodedata
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_ID_BYTES = 128
MAX_NAME_BYTES = 512
UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of control and format characters, line and paragraph separators."""
NOT_SEEN = "has a control or format character"
END = ord("\n")


def text_problem(text: str, limit: int, *, required: bool) -> str:
    """What is wrong with an id or a name; empty when nothing is."""
    if not text:
        return "is empty; every unit needs an id" if required else ""
    if 4 * len(text) > limit and len(text.encode()) > limit:
        return f"has {len(text.encode())} bytes, at most {limit} are allowed"
    if text.isascii():
        problem = "" if text.isprintable() else NOT_SEEN
    elif not unicodedata.is_normalized("NFC", text):
        problem = "is not in Unicode normal form C (composed letters)"
    else:
        # Format characters are not seen: two ids that look alike would be two units, and they reorder a line of text.
        problem = NOT_SEEN if any(unicodedata.category(letter) in UNSEEN for letter in text) else ""
    if not problem and required and text != text.strip():
        return "begins or ends with a space"
    return problem


FEW = 200
"""Fewer texts take less time one by one."""


class Lines:
    """Many texts as lines of one, which takes a thirtieth of the time to look at."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    @cached_property
    def _joined(self) -> str:
        return "\n".join(self._texts)

    @cached_property
    def _bytes(self) -> NDArray[np.uint8]:
        return np.frombuffer(f"{self._joined}\n".encode(errors="surrogatepass"), dtype=np.uint8)

    @cached_property
    def table(self) -> NDArray[np.uint8] | None:
        """A row of bytes (texts, size + 1) each, if all have one size, as codes often have; the last one ends the line.

        None where texts differ in size; of texts with lines of their own it may be anything. There must be a text.
        """
        size, left = divmod(len(self._bytes), len(self._texts))
        if left or (self._bytes[size - 1 :: size] != END).any():
            return None
        return self._bytes.reshape(len(self._texts), size)

    def are_good(self, limit: int, *, required: bool) -> bool:
        """Whether certainly none of them has a problem; of those that are not required, none that is not empty."""
        if len(self._texts) < FEW:
            return not any(text_problem(text, limit, required=required) for text in self._texts)
        ends = np.flatnonzero(self._bytes == END)
        if len(ends) != len(self._texts):  # one has lines of its own
            return False
        sizes = np.diff(ends, prepend=-1) - 1
        if sizes.max() > limit or (required and not sizes.min()):
            return False
        if self._joined.isascii():  # as bytes: all but the ends are seen
            unseen = np.count_nonzero(self._bytes <= ord(" ") if required else self._bytes < ord(" "))
            return bool(unseen == len(ends)) and not (self._bytes == 0x7F).any()
        letters = set(self._joined) - {"\n"}
        return (
            not (required and any(letter.isspace() for letter in letters))
            and unicodedata.is_normalized("NFC", self._joined)
            and not any(unicodedata.category(letter) in UNSEEN for letter in letters)
        )

    def ascend(self) -> bool:
        """Whether each comes after the one before in code-point order, as most callers' ids do: then no two are equal.

        Bytes of UTF-8 are in the same order as what they stand for.
        """
        if len(self._texts) < FEW or self.table is None:
            return all(map(operator.lt, self._texts, itertools.islice(self._texts, 1, None)))
        rows = self.table.view(f"S{self.table.shape[1]}").ravel()
        return bool((rows[:-1] < rows[1:]).all())
