"""Enumerations of the contract as words."""

from __future__ import annotations

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper


def words(enum: EnumTypeWrapper) -> dict[int, str]:
    """The words of an enumeration's members by number: ``below_minimum`` for STANDING_BELOW_MINIMUM."""
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    return {number: name.removeprefix(prefix).lower() for name, number in enum.items() if number}
