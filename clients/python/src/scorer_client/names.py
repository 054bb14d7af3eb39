"""Names of units that lost letters on their way."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LOST = re.compile("[^\\W\\d_]\\?+[^\\W\\d_]|\ufffd")


def is_doubtful(name: str) -> bool:
    """Whether a name has a question mark inside a word, or the sign for a letter that could not be read.

    Programs that save a text in a character set without its letters write question marks: ``huy?n`` for ``huyện``.
    """
    return bool(_LOST.search(name))


def count_doubtful(names: Iterable[str]) -> int:
    """How many of many names are doubtful."""
    return sum(("?" in name or "\ufffd" in name) and is_doubtful(name) for name in names)
