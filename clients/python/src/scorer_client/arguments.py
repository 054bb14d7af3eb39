"""Checks the types of arguments, so that none is ignored or misread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TypeAlias

from scorer_client.file_table import FileTable
from scorer_client.formatting import described, shown
from scorer_client.rankings import Province

Check: TypeAlias = tuple[str, Callable[[object], bool]]
"""The expected type in words, and a function that returns whether a value has this type."""


def _of(expected: str, *types: type) -> Check:
    return expected, lambda value: isinstance(value, types)


def _or_none(check: Check) -> Check:
    expected, accepts = check
    return f"{expected} or None", lambda value: value is None or accepts(value)


_TEXT = _of("a str", str)
_CODE = _or_none(_TEXT)
_FLAG = _of("a bool", bool)
_PATH = _of("a str or Path", str, os.PathLike)
_PEM = _of("bytes, a str or a Path", bytes, str, os.PathLike)
_MAPPING = _of("a mapping", Mapping)
_RESULT = _of("a Province", Province)
_WHOLE = ("an int", lambda value: isinstance(value, int) and not isinstance(value, bool))
_SECONDS = ("a number", lambda value: isinstance(value, Real) and not isinstance(value, bool))
_FUNCTION = ("a function", callable)
_TOKEN = ("a str or a function", lambda value: isinstance(value, str) or callable(value))

CHECKS: Mapping[str, Check] = {
    "authority": _or_none(_PEM),
    "certificate": _or_none(_PEM),
    "code": _CODE,
    "criteria_set": _CODE,
    "criterion": _TEXT,
    "file": _of("a str, Path or FileTable", str, os.PathLike, FileTable),
    "full": _FLAG,
    "insecure": _FLAG,
    "key": _or_none(_PEM),
    "language": _TEXT,
    "options": _MAPPING,
    "page_size": _WHOLE,
    "page_token": _TEXT,
    "period": _TEXT,
    "previous": _or_none(_RESULT),
    "progress": _or_none(_FUNCTION),
    "province": _TEXT,
    "request_id": _TEXT,
    "result": _RESULT,
    "series": _TEXT,
    "server_name": _TEXT,
    "template": _or_none(_PATH),
    "tier": _TEXT,
    "timeout": _or_none(_SECONDS),
    "token": _or_none(_TOKEN),
}
"""The check of each argument, by the argument's name. Others, such as rows, are checked where they are converted."""


def check_arguments(arguments: Mapping[str, object]) -> None:
    """Checks the types of arguments, by their names.

    Raises:
        TypeError: an argument has a wrong type.
        ValueError: a text has a character that UTF-8 cannot express, or a whole number does not fit into 32 bits.
    """
    for name, value in arguments.items():
        if name not in CHECKS:
            continue
        expected, accepts = CHECKS[name]
        if not accepts(value):
            raise TypeError(f"{name}: expected {expected}, not {described(value)}")
        if isinstance(value, str) and CHECKS[name] in (_TEXT, _CODE):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError(f"{name}: has a character that UTF-8 cannot express: {shown(value)}") from None
        if CHECKS[name] is _WHOLE and not -(2**31) <= value < 2**31:  # type: ignore[operator]
            raise ValueError(f"{name}: does not fit into 32 bits: {shown(value)}")
