"""Converts enumerations of the contract to words."""

from __future__ import annotations

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper


def words(enum: EnumTypeWrapper) -> dict[int, str]:
    """By number, the members of an enumeration in lower case: ``below_minimum`` for STANDING_BELOW_MINIMUM."""
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    return {number: name.removeprefix(prefix).lower() for name, number in enum.items() if number}
