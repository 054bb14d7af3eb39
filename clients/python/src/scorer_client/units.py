"""A list of units that is stored as columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator, KeysView, Sequence
from dataclasses import dataclass
from typing import Any, overload

from scorer_client import optional_libraries


@dataclass(frozen=True)
class Unit:
    """A government unit."""

    id: str
    tier: str
    name: str = ""
    parent: str = ""


class Units(Sequence[Unit]):
    """Units by index and by id. ``Unit`` objects are created when they are accessed, which saves memory."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._names: list[str] = []
        self._tiers: list[str] = []
        self._parents: list[str] = []
        self._indices: dict[str, int] = {}

    def append(self, code: str, tier: str, name: str = "", parent: str = "") -> None:
        """Adds a unit at the end."""
        self._indices.setdefault(code, len(self._ids))
        self._ids.append(code)
        self._names.append(name)
        self._tiers.append(sys.intern(tier))  # interned, because thousands of units have the same text
        self._parents.append(sys.intern(parent))

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> Unit: ...
    @overload
    def __getitem__(self, index: slice) -> list[Unit]: ...
    def __getitem__(self, index: int | slice) -> Unit | list[Unit]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        return Unit(self._ids[index], self._tiers[index], self._names[index], self._parents[index])

    def __iter__(self) -> Iterator[Unit]:
        return map(Unit, self._ids, self._tiers, self._names, self._parents)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def arrow_columns(self) -> dict[str, Any]:
        """The columns id, tier, name and parent as pyarrow arrays; name and parent only if some unit has one."""
        pa = optional_libraries.pyarrow()
        columns = {"id": pa.array(self._ids, pa.string()), "tier": pa.array(self._tiers, pa.string())}
        for name, values in (("name", self._names), ("parent", self._parents)):
            if any(values):
                columns[name] = pa.array([value or None for value in values], pa.string())
        return columns

    def index_of(self, code: str) -> int | None:
        """Index of the first unit with this id; None if there is none."""
        return self._indices.get(code)

    def ids(self) -> KeysView[str]:
        """All different ids."""
        return self._indices.keys()
