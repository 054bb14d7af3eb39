"""Reads the texts of gates in tables, such as ``level 3: network > 12.5, 2 of 3 (presence >= 80%, total >= 70%)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from scorer_client.causes import Cause

_RULE = re.compile(r"(level|limit) (\d+): (.+)")
_SOME = re.compile(r"(\d+) of (\d+) \((.+)\)")
_MEASURE = re.compile(r"(\S+) (>=|>|<=|<) ([0-9.]+)(%?)")
_LEVEL = re.compile(r"level\((\S+)\) (<=|>) (\d+)")
_ANSWER = re.compile(r"(\S+) (=|!=) (\S+)")


@lru_cache(10_000)
def causes_of(text: str) -> tuple[Cause, ...]:
    """The gates and combinations in a text, as causes without the values of a unit.

    Raises:
        ValueError: the text has another format.
    """
    causes = list[Cause]()
    for part in _split(text, "; "):
        rule = _RULE.fullmatch(part)
        if rule is None:
            raise ValueError(f"{part!r} is not a list of gates such as 'level 3: network > 12.5, total >= 80%'")
        level, limit = (int(rule[2]), 0) if rule[1] == "level" else (0, int(rule[2]))
        causes += (_cause(item, level, limit) for item in _split(rule[3], ", "))
    return tuple(causes)


def _cause(text: str, level: int, limit: int) -> Cause:
    cause = Cause(level, "", "", 0.0, False, 0.0, limit=limit)
    if match := _SOME.fullmatch(text):
        of = tuple(_cause(item, level, limit) for item in _split(match[3], ", "))
        return cause._replace(at_least=int(match[1]), out_of=int(match[2]), of=of)
    if match := _LEVEL.fullmatch(text):
        return cause._replace(category=match[1], category_level=int(match[3]), excluded=match[2] == ">")
    if match := _ANSWER.fullmatch(text):
        options = tuple(map(unquote, match[3].split("|")))
        return cause._replace(indicator=match[1], options=options, excluded=match[2] == "!=")
    if match := _MEASURE.fullmatch(text):
        return cause._replace(
            measure=match[1],
            unit="percent" if match[4] else "points",
            minimum=float(match[3]),
            strict=match[2] in ("<", ">"),
            upper=match[2] in ("<", "<="),
        )
    raise ValueError(f"{text!r} is not a gate such as 'total >= 80%'")


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts of a text between separators that are not in parentheses."""
    depth, start = 0, 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and text.startswith(separator, index):
            yield text[start:index]
            start = index + len(separator)
    yield text[start:]
