"""Many units, as columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator, KeysView, Sequence
from dataclasses import dataclass
from typing import Any, overload

from scorer_client import optional


@dataclass(frozen=True)
class Unit:
    """A government unit."""

    id: str
    tier: str
    name: str = ""
    parent: str = ""


class Units(Sequence[Unit]):
    """Units, each made when it is accessed, and found by id. This takes less memory than the objects alone would."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._names: list[str] = []
        self._tiers: list[str] = []
        self._parents: list[str] = []
        self._places: dict[str, int] = {}

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

    def arrow_columns(self) -> dict[str, Any]:
        """The columns id, tier, name and parent as pyarrow arrays, the last two only where a unit has one."""
        pa = optional.pyarrow()
        columns = {"id": pa.array(self._ids, pa.string()), "tier": pa.array(self._tiers, pa.string())}
        for name, values in (("name", self._names), ("parent", self._parents)):
            if any(values):
                columns[name] = pa.array([value or None for value in values], pa.string())
        return columns

    def place(self, code: str) -> int | None:
        """Index of the first unit of this id; None: there is none."""
        return self._places.get(code)

    def ids(self) -> KeysView[str]:
        """Every id once."""
        return self._places.keys()
