"""Validates parts of a document with pydantic models and reports errors in terms of the document."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from scorer.criteria.document import Document, Path, as_mapping
from scorer.model.fixed_point import TierError
from scorer.model.suggestions import did_you_mean, in_quotes, short_repr, unknown_key, without_quotes

Model = TypeVar("Model", bound=BaseModel)


def parse_model(document: Document, path: Path, model: type[Model], data: object) -> Model | None:
    """``data`` as an instance of ``model``; None if it is invalid: every problem is then added to the document."""
    if not isinstance(data, Mapping):
        document.problem(
            path, f"expected keys and values ({', '.join(list(_keys(model))[:4])}, ...), not {short_repr(data)}"
        )
        return None
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        errors = error.errors()
        for item in errors:
            loc = item["loc"]
            # Pydantic also reports a list with invalid items as too short.
            if item["type"] == "too_short" and any(o["loc"][: len(loc)] == loc and o["loc"] != loc for o in errors):
                continue
            ctx = item.get("ctx", {})
            if isinstance(ctx.get("error"), TierError):
                loc = (*loc, ctx["error"].tier)
            _add_problem(document, path, model, loc, item["type"], item["msg"], item["input"], ctx)
        return None


def sound_part(model: type[Model], data: object, stand_ins: Mapping[str, Any]) -> Model | None:
    """An instance of ``model`` with those keys of ``data`` that are valid, so that checks can go on after mistakes.

    Args:
        model: the model.
        data: the invalid data.
        stand_ins: values of required keys that are missing or invalid.

    Returns:
        None if the valid keys do not make an instance: a required key without a stand-in is missing.
    """
    kept = dict(stand_ins)
    for key in [key for key in _keys(model) if key in as_mapping(data)]:
        try:
            model.model_validate({**kept, key: as_mapping(data)[key]})
        except ValidationError as error:
            if any(item["loc"][:1] == (key,) for item in error.errors()):
                continue
        kept[key] = as_mapping(data)[key]
    try:
        return model.model_validate(kept)
    except ValidationError:
        return None


def _add_problem(
    document: Document, path: Path, model: type[BaseModel], loc: Path, kind: str, message: str, value: Any, ctx: Any
) -> None:
    key = bool(loc) and loc[-1] == "[key]"
    loc = loc[:-1] if key else loc
    value_path = (*path, *loc)
    if kind == "missing":
        document.problem(value_path, f"the required key {loc[-1]!r} is missing")
    elif kind == "extra_forbidden":
        document.problem(value_path, unknown_key(str(loc[-1]), _keys_at(model, loc)), key=True)
    elif kind in ("literal_error", "enum"):
        allowed = [word.strip("'") for word in str(ctx["expected"]).replace(" or ", ", ").split(", ")]
        document.problem(
            value_path, f"expected {ctx['expected']}, not {short_repr(value)}{did_you_mean(str(value), allowed)}"
        )
    elif kind == "value_error":
        document.problem(value_path, message.removeprefix("Value error, "), key=key)
    elif kind in ("less_than_equal", "greater_than_equal"):
        bound = f"at most {ctx['le']}" if "le" in ctx else f"at least {ctx['ge']}"
        document.problem(value_path, f"expected {bound}, not {short_repr(value)}")
    elif kind == "string_type" and (hint := in_quotes(value)):
        document.problem(value_path, hint)
    elif kind == "too_short" and ctx["min_length"] > 1:
        document.problem(value_path, f"expected at least {ctx['min_length']} entries, not {ctx['actual_length']}")
    elif kind in _EXPECTED:
        found = without_quotes(value) if kind == "int_type" else short_repr(value)
        document.problem(value_path, f"expected {_EXPECTED[kind]}, not {found}")
    else:
        document.problem(value_path, message[:1].lower() + message[1:])


_EXPECTED = {
    "string_type": "text",
    "string_too_short": "some text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "dict_type": "keys and values",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "at least one entry",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


def _keys_at(model: type[BaseModel], loc: Path) -> Iterator[str]:
    """The valid keys of the mapping that contains the last key of ``loc``."""
    inner = model
    for step in loc[:-1]:
        for name, info in inner.model_fields.items():
            if step == (info.alias or name):
                inner = next(_nested_models(info.annotation), inner)
                break
    return _keys(inner)


def _nested_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yields the Pydantic models in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _nested_models(argument)
