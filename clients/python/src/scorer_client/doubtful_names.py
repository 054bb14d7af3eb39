"""Finds names of units in which a program has probably replaced letters by question marks."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LOST = re.compile("[^\\W\\d_]\\?+[^\\W\\d_]|\ufffd")


def is_doubtful(name: str) -> bool:
    """Whether a name has a question mark inside a word, or the replacement character U+FFFD.

    Programs write question marks for letters that the encoding of a file does not have: ``huy?n`` for ``huyện``.
    """
    return bool(_LOST.search(name))


def count_doubtful(names: Iterable[str]) -> int:
    """The number of doubtful names."""
    return sum(("?" in name or "\ufffd" in name) and is_doubtful(name) for name in names)
