"""The rankings of a province: units in order, counts, and who lacks what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from scorer_client import optional
from scorer_client.lacks import Lack, lacks
from scorer_client.ranking_table import TableUnits
from scorer_client.results import UnitResult

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_SHARED_METADATA = (b"provenance", b"decimals")
"""What the tables of a province say alike."""


class GateCount(NamedTuple):
    """How many units do not pass a gate."""

    level: int
    measure: str
    unit: str
    minimum: float
    strict: bool
    units: int


class CriterionCount(NamedTuple):
    """What units reached in one criterion; the fields are those of the message CriterionCount."""

    criterion: str
    applicable: int
    full: int
    none: int
    missing: int


@dataclass(frozen=True)
class Tally:
    """A category counted over a whole ranking."""

    category: str
    ranked: int
    levels: Mapping[int, int]
    """Units by level, best level first."""
    failing: tuple[GateCount, ...]
    criteria: tuple[CriterionCount, ...]
    """FULL only."""


@dataclass(frozen=True)
class Ranking:
    """The units that are ranked together, in ranking order."""

    tier: str
    cohort: str
    """The tier; or the parent's id, where the set ranks within parents."""
    unit_count: int
    overall_ranked: int
    tallies: tuple[Tally, ...]
    units: Sequence[UnitResult]
    """Of a table: made when they are accessed."""

    @property
    def table(self) -> pa.Table:
        """The units as a pyarrow table; docs/tables.md has its columns.

        Raises:
            ValueError: the units were ranked as rows.
        """
        if not isinstance(self.units, TableUnits):
            raise ValueError("units that were ranked as rows have no table; use rank_table or rank_file")
        return self.units.table

    def to_pandas(self) -> pd.DataFrame:
        """The units as a pandas data frame. Integers that may be null, such as ranks, are of pandas' nullable types.

        Raises:
            ValueError: the units were ranked as rows.
            ImportError: pandas is not installed.
        """
        return _to_pandas(self.table)

    def to_polars(self) -> pl.DataFrame:
        """The units as a polars data frame.

        Raises:
            ValueError: the units were ranked as rows.
            ImportError: polars is not installed.
        """
        return _to_polars(self.table)

    def tally(self, category: str) -> Tally:
        """One category's counts.

        Raises:
            KeyError: the tier has no such category.
        """
        for tally in self.tallies:
            if tally.category == category:
                return tally
        raise KeyError(category)

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have less than all points of a criterion: who has no firewall.

        Raises:
            KeyError: the tier has no such criterion.
            ValueError: the units' criteria are not here: ask for them with ``full``.
        """
        if criterion not in _criteria(self.units):
            raise KeyError(criterion)
        return self.units.lacking(criterion) if isinstance(self.units, TableUnits) else lacks(self.units, criterion)


class Provenance(NamedTuple):
    """What a result was made with."""

    criteria_set: str
    revision: str
    criteria_provenance: str
    province: str
    period: str
    engine_version: str


@dataclass(frozen=True)
class Province:
    """The rankings of a province, one a tier; or a parent, where the set ranks within parents."""

    rankings: tuple[Ranking, ...]
    provenance: Provenance
    next_page_token: str = ""
    request_id: str = field(default="", compare=False)
    """Of the call, by which the service's log has it."""

    @property
    def table(self) -> pa.Table:
        """The units of all rankings as one pyarrow table, with the columns that any of them has: null in the others.

        Raises:
            ValueError: the units were ranked as rows.
        """
        return _concatenated([ranking.table for ranking in self.rankings])

    def to_pandas(self) -> pd.DataFrame:
        """The same as a pandas data frame; see ``Ranking.to_pandas``.

        Raises:
            ValueError: the units were ranked as rows.
            ImportError: pandas is not installed.
        """
        return _to_pandas(self.table)

    def to_polars(self) -> pl.DataFrame:
        """The same as a polars data frame.

        Raises:
            ValueError: the units were ranked as rows.
            ImportError: polars is not installed.
        """
        return _to_polars(self.table)

    def ranking(self, tier: str, cohort: str = "") -> Ranking:
        """One tier's ranking; that of one parent, when ``cohort`` names it.

        Raises:
            KeyError: the reply has no such tier or cohort, or several cohorts of the tier, and none is named.
        """
        found = [ranking for ranking in self.rankings if ranking.tier == tier and cohort in ("", ranking.cohort)]
        if len(found) > 1:
            raise KeyError(f"{tier} is ranked by {len(found)} cohorts, from {found[0].cohort!r} on: name one")
        if not found:
            raise KeyError(cohort or tier)
        return found[0]

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have less than all points of a criterion: who has no firewall.

        Raises:
            KeyError: no tier has such a criterion.
            ValueError: the units' criteria are not here: ask for them with ``full``.
        """
        rankings = [ranking for ranking in self.rankings if criterion in _criteria(ranking.units)]
        if not rankings:
            raise KeyError(criterion)
        return [lack for ranking in rankings for lack in ranking.lacking(criterion)]

    def unit(self, code: str) -> UnitResult:
        """One unit, by id.

        Raises:
            KeyError: the reply has no such unit.
        """
        for ranking in self.rankings:
            units = ranking.units
            one = units.find(code) if isinstance(units, TableUnits) else next((u for u in units if u.id == code), None)
            if one is not None:
                return one
        raise KeyError(code)


def _criteria(units: Sequence[UnitResult]) -> Collection[str]:
    """The criteria that the units have.

    Raises:
        ValueError: they are not here.
    """
    if isinstance(units, TableUnits):
        found: Collection[str] = units.criteria
    else:
        groups = [group for category in units[0].categories for group in category.groups]
        found = {item.criterion for group in groups for item in group.criteria}
    if not found:
        raise ValueError("criteria of units are only in results that were asked for with full=True")
    return found


def _concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of several tiers as one, without the metadata in which they differ."""
    pa = optional.pyarrow()
    if len(tables) == 1:
        return tables[0]
    alike = []
    for table in tables:
        # All dictionaries together may have more texts than the indices of one can count.
        fields = [
            field.with_type(pa.dictionary(pa.int32(), field.type.value_type))
            if pa.types.is_dictionary(field.type)
            else field
            for field in table.schema
        ]
        shared = {key: value for key, value in table.schema.metadata.items() if key in _SHARED_METADATA}
        alike.append(table.cast(pa.schema(fields, metadata=shared)))
    return pa.concat_tables(alike, promote_options="permissive").unify_dictionaries() if alike else pa.table({})


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    pa, pandas = optional.pyarrow(), optional.pandas()
    nullable = {pa.int8(): pandas.Int8Dtype(), pa.int32(): pandas.Int32Dtype()}
    # To copy columns of one type together takes a third of the time, but pandas warns about more than 100 blocks.
    separate = table.num_columns <= 100
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, split_blocks=separate)
    return frame


def _to_polars(table: pa.Table) -> pl.DataFrame:
    frame: pl.DataFrame = optional.polars().from_arrow(table)
    return frame
