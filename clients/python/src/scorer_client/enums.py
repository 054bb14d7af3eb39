"""Converts enumerations of the contract to words."""

from __future__ import annotations

from google.protobuf.descriptor import EnumDescriptor


def words(enum: EnumDescriptor) -> dict[int, str]:
    """The word for each number of an enumeration, such as ``below_minimum`` for STANDING_BELOW_MINIMUM."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix).lower() for value in enum.values if value.number}
