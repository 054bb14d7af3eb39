"""Rows with answers of every kind, and an object without text."""

from __future__ import annotations

import datetime
from typing import Any

from scorer_client import Row

SET = "tested-2020"

ANSWERS: dict[str, Any] = {
    "computers": 3, "staff": 4, "firewall": True, "head": "deputy", "issued": datetime.date(2020, 6, 30),
    "awarded": 2.7, "online": 1, "files": 2,
}  # fmt: skip
HANOI = datetime.timezone(datetime.timedelta(hours=7))


class Unprintable:
    """An object whose repr fails, as a broken library may have."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def row(code: Any = "hue", **changes: Any) -> Row:
    fields = {"tier": "district", "answers": ANSWERS} | changes
    return Row(code, **fields)


def answering(**answers: Any) -> Row:
    return row(answers=ANSWERS | answers)
