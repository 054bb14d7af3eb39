"""Many units, as columns."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, KeysView, Sequence
from typing import overload

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.requests import Unit


class Units(Sequence[Unit]):
    """Units, each made when it is asked for, and found by id: in less room than the objects alone would take."""

    def __init__(self, units: Iterable[Unit] = ()) -> None:
        self._ids: list[str] = []
        self._names: list[str] = []
        self._tiers: list[str] = []
        self._parents: list[str] = []
        self._places: dict[str, int] = {}
        for unit in units:
            self.append(unit.id, unit.tier, unit.name, unit.parent)

    def append(self, code: str, tier: str, name: str = "", parent: str = "") -> None:
        """Adds a unit at the end."""
        self._places.setdefault(code, len(self._ids))
        self._ids.append(code)
        self._names.append(name)
        self._tiers.append(sys.intern(tier))  # the same text for thousands
        self._parents.append(sys.intern(parent))

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, at: int) -> Unit: ...
    @overload
    def __getitem__(self, at: slice) -> list[Unit]: ...
    def __getitem__(self, at: int | slice) -> Unit | list[Unit]:
        if isinstance(at, slice):
            return [self[place] for place in range(len(self))[at]]
        return Unit(self._ids[at], self._tiers[at], self._names[at], self._parents[at])

    def __iter__(self) -> Iterator[Unit]:
        return map(Unit, self._ids, self._tiers, self._names, self._parents)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def fill(self, columns: pb.UnitColumns) -> None:
        """The units for the wire; what is the same for all, once."""
        columns.ids.extend(self._ids)
        columns.tiers.extend(self._tiers[:1] if len(set(self._tiers)) == 1 else self._tiers)
        if any(self._names):
            columns.names.extend(self._names)
        if any(self._parents):
            columns.parents.extend(self._parents)

    def place(self, code: str) -> int | None:
        """Where the first unit of this id stands; None: nowhere."""
        return self._places.get(code)

    def ids(self) -> KeysView[str]:
        """Every id once."""
        return self._places.keys()
