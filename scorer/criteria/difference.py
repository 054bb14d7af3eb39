"""Describes the differences between two criteria sets in sentences.

Categories, groups and indicators are compared by code, criteria by id, levels by number.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from scorer.criteria import schema
from scorer.criteria.document import as_list, as_mapping
from scorer.criteria.subtotal_reader import SUBTOTALS

MAX_VALUE_CHARACTERS = 160
"""Maximum number of characters of a value in a sentence. Longer texts are shortened. Of other longer values, only the
entries that differ are named."""

CONTEXT_CHARACTERS = 30
"""Number of characters of a long text that are shown before the first difference."""

_TEXTS = ("title", "notes", "meaning")
"""Keys whose texts are compared by language."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each difference between the contents of two documents that were accepted, except for the code.

    A key that is stated with its default value is the same as a key that is not stated.
    """
    yield from _keys("", before, after, schema.Head, skip=("categories", "criteria_set", SUBTOTALS))
    for code, old, new in _pairs(as_mapping(before.get(SUBTOTALS)), as_mapping(after.get(SUBTOTALS))):
        yield from _part(f"subtotal {code}", old, new, schema.Subtotal)
    yield from _order("the subtotals", before.get(SUBTOTALS), after.get(SUBTOTALS))
    for code, old, new in _pairs(as_mapping(before.get("categories")), as_mapping(after.get("categories"))):
        yield from _part(f"category {code}", old, new, schema.Category, _category_parts)
    yield from _order("the categories", before.get("categories"), after.get("categories"))


def _category_parts(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for code, before, after in _pairs(as_mapping(old.get("groups")), as_mapping(new.get("groups"))):
        yield from _part(f"group {code}", before, after, schema.Group, _group_parts)
    yield from _order(f"the groups of {name}", old.get("groups"), new.get("groups"))
    for code, before, after in _pairs(_by_key(old, "levels", "level"), _by_key(new, "levels", "level")):
        yield from _part(f"level {code} of {name}", before, after, schema.Level)


def _group_parts(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for code, before, after in _pairs(as_mapping(old.get("indicators")), as_mapping(new.get("indicators"))):
        yield from _part(f"indicator {code}", before, after, schema.Indicator)
    ids = _by_key(old, "criteria", "id"), _by_key(new, "criteria", "id")
    for code, before, after in _pairs(*ids):
        yield from _part(f"criterion {code}", before, after, schema.Criterion)
    yield from _order(f"the criteria of {name}", *ids)


DEFAULTS = {"cohort": "tier", "floor": 0}
"""Default values that a document writes in another form than the schema: the form of the document, by key."""

_INNER = {"categories", "groups", "levels", "criteria", "indicators"}
"""Keys whose parts are compared one by one."""


def _part(name: str, old: Any, new: Any, model: type[BaseModel], parts: Any = None) -> Iterator[str]:
    """The differences of a part; None stands for a part that does not exist."""
    if old is None:
        yield f"{name} is new{_summary(new)}"
    elif new is None:
        yield f"{name} is gone{_summary(old)}"
    else:
        yield from _keys(name, old, new, model, skip=tuple(_INNER))
        if parts:
            yield from parts(name, old, new)


def _summary(part: Mapping[str, Any]) -> str:
    """The kind of a part, in parentheses."""
    inner = {key: value for key, value in part.items() if key in ("criteria", "groups")}
    if inner:
        counted = [f"{key}: {len(value)}" for key, value in inner.items()]
        return f" ({', '.join(counted)})"
    return f" ({', '.join(f'{key}: {_shown(value)}' for key, value in part.items() if key not in ('id', 'level'))})"


def _keys(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], model: type[BaseModel], skip: Iterable[str]
) -> Iterator[str]:
    """Yields the differences of the keys of a part. ``model`` has the default values of the keys."""
    fields = {info.alias or key: info.default for key, info in model.model_fields.items()}
    prefix = f"{name}: " if name else ""
    for key in dict.fromkeys([*old, *new]):
        default = DEFAULTS.get(key, fields.get(key, PydanticUndefined))
        if isinstance(default, BaseModel):
            inner = f"{name}, {key}" if name else key
            yield from _keys(inner, as_mapping(old.get(key)), as_mapping(new.get(key)), type(default), skip)
            continue
        before, after = (part.get(key, None if default is PydanticUndefined else default) for part in (old, new))
        if key in skip or _comparable(before) == _comparable(after):
            continue
        if key in _TEXTS and isinstance(before, Mapping) and isinstance(after, Mapping):
            for language, was, now in _pairs(before, after):
                if was != now:
                    yield f"{prefix}{key} ({language}) {_change(was, now)}"
        else:
            yield from (f"{prefix}{change}" for change in _changes(key, before, after))


def _changes(path: str, before: Any, after: Any) -> Iterator[str]:
    """Yields the differences of two values. Of long lists and mappings, only the entries that differ are named, by
    path.
    """
    long = max(len(_flow(before)), len(_flow(after))) > MAX_VALUE_CHARACTERS
    if long and before and after and isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, was, now in _pairs(before, after):
            if _comparable(was) != _comparable(now):
                yield from _changes(f"{path}.{key}", was, now)
    elif long and before and after and isinstance(before, list) and isinstance(after, list):
        yield from _changed_entries(path, before, after)
    else:
        yield f"{path} {_change(before, after)}"


def _changed_entries(path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    """The entries of two lists that differ. Entries whose index changes because others are added or removed do not
    differ.
    """
    old, new = ([_flow(_comparable(item)) for item in side] for side in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, first, stop, now, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        same = min(stop - first, end - now)
        for n in range(same):
            yield from _changes(f"{path}[{now + n}]", before[first + n], after[now + n])
        yield from (f"{path}[{n}] is gone: {_shown(before[n])}" for n in range(first + same, stop))
        yield from (f"{path}[{n}] is new: {_shown(after[n])}" for n in range(now + same, end))


def _change(before: object, after: object) -> str:
    if before in (None, "", {}, []):
        return f"is new: {_shown(after)}"
    if after in (None, "", {}, []):
        return f"is gone: {_shown(before)}"
    if isinstance(before, str) and isinstance(after, str):
        letters = enumerate(zip(before, after, strict=False))
        same = next((n for n, (old, new) in letters if old != new), min(len(before), len(after)))
        return f"was {_shown(before, same)}, is {_shown(after, same)}"
    return f"was {_shown(before)}, is {_shown(after)}"


def _pairs(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Each key with its values in both mappings; None where a mapping has no such key."""
    return ((key, old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new]))


def _order(name: str, old: Any, new: Any) -> Iterator[str]:
    """A sentence if the parts that both mappings have are in another order."""
    kept = [key for key in as_mapping(old) if key in as_mapping(new)]
    now = [key for key in as_mapping(new) if key in as_mapping(old)]
    if kept != now:
        yield f"{name} are in another order: {', '.join(map(str, now))}"


def _by_key(part: Mapping[str, Any], entries: str, key: str) -> dict[Any, Any]:
    return {entry[key]: entry for entry in as_list(part.get(entries))}


def _comparable(value: Any) -> Any:
    """A form of a value in which values with the same meaning are equal, such as 1.0 and 1."""
    if isinstance(value, Mapping):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(item) for item in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value).normalize()
    return value


def _shown(value: object, differs_at: int = 0) -> str:
    """A value; of a long text only a part, which begins shortly before the first difference from another text."""
    text = _flow(value)
    if not isinstance(value, str) or len(text) <= MAX_VALUE_CHARACTERS:
        return text
    start = max(0, differs_at - CONTEXT_CHARACTERS)
    part = text[start : start + MAX_VALUE_CHARACTERS]
    return f"{'...' if start else ''}{part}{'...' if start + len(part) < len(text) else ''}"


def _flow(value: object) -> str:
    """A value nearly as a document writes it in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
