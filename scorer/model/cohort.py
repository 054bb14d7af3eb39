"""The units of one tier with their answers, as groups and formulas read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from scorer.model.fixed_point import MICRO, Bools, Floats, Ints, round_to_micro
from scorer.model.indicators import MAX_ANSWER, Indicator, IndicatorKind


@dataclass(frozen=True)
class Cohort:
    """The n units of one tier in a call; a single unit is a cohort of one. Read-only."""

    tier: str
    unit_ids: tuple[str, ...]
    indicators: Mapping[str, Indicator]
    """Every indicator of the criteria set, by code."""
    rows: Mapping[str, int]
    """The matrix row of each indicator."""
    matrix: Floats
    """(indicators, n) answers: NaN for not reported, otherwise as ``IndicatorKind`` says."""
    excluded: Mapping[str, Bools]
    """For each criterion, by id: (n,) whether it does not apply to the unit. A criterion without an entry applies
    to all units."""
    in_order: bool = False
    """True if the ids are known to be in code-point order."""

    def __len__(self) -> int:
        return len(self.unit_ids)

    @cached_property
    def by_id(self) -> Ints:
        """(n,) indices of the units in code-point order of their ids."""
        if self.in_order or sorted(self.unit_ids) == list(self.unit_ids):
            return np.arange(len(self.unit_ids))
        return np.array(sorted(range(len(self.unit_ids)), key=self.unit_ids.__getitem__))

    def freeze(self) -> None:
        """Makes the arrays read-only."""
        for array in (self.matrix, *self.excluded.values()):
            array.setflags(write=False)

    def read_only(self) -> Cohort:
        """The same cohort for a plugin, with views and proxies, because other groups and later calls read it too.

        A plugin could make a view writable, or write to its ``base``, if the cohort was not frozen before.
        """
        return replace(
            self,
            indicators=MappingProxyType(self.indicators),
            rows=MappingProxyType(self.rows),
            matrix=_read_only(self.matrix),
            excluded=MappingProxyType({code: _read_only(mask) for code, mask in self.excluded.items()}),
        )

    def values(self, indicator: str) -> Floats:
        """(n,) answers to one indicator, NaN where not reported.

        Raises:
            KeyError: the criteria set has no such indicator.
        """
        row: Floats = self.matrix[self.rows[indicator]]
        return row

    def micro(self, indicator: str) -> Floats:
        """(n,) answers in whole millionths, exact for every kind."""
        return round_to_micro(self.values(indicator))

    def is_number(self, indicator: str) -> bool:
        """Whether answers may have decimals."""
        return self.indicators[indicator].kind is IndicatorKind.NUMBER

    def reported(self, indicator: str) -> Bools:
        """(n,) whether each unit reported the indicator."""
        return ~np.isnan(self.values(indicator))


Array = TypeVar("Array", bound=np.ndarray)


def _read_only(array: Array) -> Array:
    view = array.view()
    view.setflags(write=False)
    return view


def six_decimals(values: Floats) -> Floats:
    """Each number rounded to six decimals, so that equal numbers are equal doubles.

    NaN, and numbers that are too large to be answers, stay as they are.
    """
    nearest: Floats = np.where(np.abs(values) <= MAX_ANSWER, round_to_micro(values) / MICRO + 0.0, values)  # never -0.0
    return nearest
