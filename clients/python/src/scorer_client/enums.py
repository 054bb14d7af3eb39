"""Converts enumerations of the contract to words."""

from __future__ import annotations

from google.protobuf.descriptor import EnumDescriptor

from egov.scorer.v1 import scorer_pb2 as pb


class Words(dict[int, str]):
    """The word for each number of an enumeration. Numbers that only a newer server knows are called ``unknown_7``."""

    def __missing__(self, number: int) -> str:
        return f"unknown_{number}" if number else "unspecified"


def words(enum: EnumDescriptor) -> Words:
    """The word for each number of an enumeration, such as ``below_minimum`` for STANDING_BELOW_MINIMUM."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return Words({value.number: value.name.removeprefix(prefix).lower() for value in enum.values if value.number})


_GATE_UNITS = words(pb.GateUnit.DESCRIPTOR)


def gate_unit(gate: pb.Gate) -> str:
    """The unit of a gate's minimum: percent or points; "" for gates that compare no measure."""
    return _GATE_UNITS[gate.unit] if gate.unit else ""
