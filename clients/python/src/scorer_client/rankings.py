"""The rankings of a province: units in order, counts, and the units that lack points of a criterion."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from scorer_client import optional_libraries
from scorer_client.causes import Cause
from scorer_client.formatting import not_found
from scorer_client.lacking_units import Lack, lacks
from scorer_client.ranking_table import TableUnits
from scorer_client.results import UnitResult
from scorer_client.titles import Texts, in_language

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_SHARED_METADATA = (b"provenance", b"names", b"decimals")
"""Keys of the metadata that is equal in all tables of a province."""


class GateCount(NamedTuple):
    """A gate and the number of units that fail it. The other fields are those of ``Cause``."""

    level: int
    measure: str
    unit: str
    minimum: float
    strict: bool
    units: int
    """Number of units that fail the gate."""
    upper: bool = False
    indicator: str = ""
    options: tuple[str, ...] = ()
    category: str = ""
    category_level: int = 0
    excluded: bool = False
    limit: int = 0

    def subject(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """What the gate reads: the name of a measure, an indicator or another category."""
        return self._cause().subject(language, titles)

    def needed(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """What the gate requires, such as: at least 80 %."""
        return self._cause().needed(language, titles)

    def _cause(self) -> Cause:
        gate = {field: getattr(self, field) for field in self._fields if field != "units"}
        return Cause(**gate, value=0.0)


class CriterionCount(NamedTuple):
    """Counts of units for one criterion."""

    criterion: str
    applicable: int
    """Number of units to which the criterion applies."""
    full: int
    """Number of units with the most points that the criterion gives."""
    none: int
    """Number of units with the fewest points that the criterion gives."""
    missing: int
    """Number of units whose answer is missing."""


@dataclass(frozen=True)
class Tally:
    """Counts of units in one category, over a whole ranking."""

    category: str
    ranked: int
    """Number of units that are ranked."""
    levels: Mapping[int, int]
    """The number of units on each level, the best level first."""
    failing: tuple[GateCount, ...]
    criteria: tuple[CriterionCount, ...]
    """Empty unless the result was requested with ``full``."""


@dataclass(frozen=True)
class Ranking:
    """The units that are ranked together, in ranking order."""

    tier: str
    cohort: str
    """The tier; or the parent's id, if the set ranks within parents."""
    unit_count: int
    """Number of all units of the ranking, including those on other pages."""
    overall_ranked: int
    """Number of units that have an overall rank."""
    tallies: tuple[Tally, ...]
    units: Sequence[UnitResult]
    """The units in ranking order. If the request was a table, each object is created when it is accessed."""

    @property
    def table(self) -> pa.Table:
        """The units as a pyarrow table; docs/tables.md describes its columns.

        Raises:
            ValueError: the units were ranked as rows.
        """
        if not isinstance(self.units, TableUnits):
            raise ValueError("units that were ranked as rows have no table; use rank_table or rank_file")
        return self.units.table

    def to_pandas(self) -> pd.DataFrame:
        """The units as a pandas data frame. Integers that may be null, such as ranks, have nullable types.

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
        """The counts of one category.

        Raises:
            KeyError: the tier does not have the category.
        """
        for tally in self.tallies:
            if tally.category == category:
                return tally
        raise not_found("category", category, [tally.category for tally in self.tallies])

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have fewer points for a criterion than its maximum, such as units without a firewall.

        Raises:
            KeyError: the tier does not have the criterion.
            ValueError: the result has no criteria, because it was requested without ``full``.
        """
        if criterion not in (criteria := _criteria(self.units)):
            raise not_found("criterion", criterion, criteria)
        return self.units.lacking(criterion) if isinstance(self.units, TableUnits) else lacks(self.units, criterion)


class Provenance(NamedTuple):
    """The criteria set and the version of the engine that a result is based on."""

    criteria_set: str
    revision: str
    criteria_provenance: str
    province: str
    period: str
    engine_version: str


@dataclass(frozen=True)
class Province:
    """The rankings of a province: one per tier, or one per parent if the set ranks within parents."""

    rankings: tuple[Ranking, ...]
    provenance: Provenance
    next_page_token: str = ""
    request_id: str = field(default="", compare=False)
    """The id of the call in the service's log."""
    texts: Mapping[str, Texts] = field(default_factory=dict)
    """Titles of tiers, levels and statuses by language; see ``names``."""

    def names(self, language: str) -> dict[str, str]:
        """Titles of tiers, levels and statuses in one language, or in the first language of each.

        The keys are ``tier/district``, ``readiness/1`` for a level, ``standing/ranked``, ``status/missing`` and
        ``provenance/published``. Tiers and levels without titles are left out. ``Form.names`` also has the titles of
        categories, groups and criteria.
        """
        return in_language(self.texts, language)

    @property
    def table(self) -> pa.Table:
        """The units of all rankings as one pyarrow table. Columns that a ranking does not have are null.

        Raises:
            ValueError: the units were ranked as rows.
        """
        return _concatenated([ranking.table for ranking in self.rankings])

    def to_pandas(self) -> pd.DataFrame:
        """The units of all rankings as a pandas data frame; see ``Ranking.to_pandas``.

        Raises:
            ValueError: the units were ranked as rows.
            ImportError: pandas is not installed.
        """
        return _to_pandas(self.table)

    def to_polars(self) -> pl.DataFrame:
        """The units of all rankings as a polars data frame.

        Raises:
            ValueError: the units were ranked as rows.
            ImportError: polars is not installed.
        """
        return _to_polars(self.table)

    def ranking(self, tier: str, cohort: str = "") -> Ranking:
        """The ranking of a tier; or of one parent, if ``cohort`` names it.

        Raises:
            KeyError: there is no ranking of the tier or cohort, or there are several rankings and ``cohort`` is "".
        """
        found = [ranking for ranking in self.rankings if ranking.tier == tier and cohort in ("", ranking.cohort)]
        if len(found) > 1:
            raise KeyError(f"{tier} has {len(found)} cohorts, such as {found[0].cohort!r}: name one")
        if not found:
            if cohorts := [ranking.cohort for ranking in self.rankings if ranking.tier == tier]:
                raise not_found("cohort", cohort, cohorts)
            raise not_found("tier", tier, [ranking.tier for ranking in self.rankings])
        return found[0]

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have fewer points for a criterion than its maximum, such as units without a firewall.

        Raises:
            KeyError: no tier has the criterion.
            ValueError: the result has no criteria, because it was requested without ``full``.
        """
        rankings = [ranking for ranking in self.rankings if criterion in _criteria(ranking.units)]
        if not rankings:
            raise not_found("criterion", criterion, [code for one in self.rankings for code in _criteria(one.units)])
        return [lack for ranking in rankings for lack in ranking.lacking(criterion)]

    def unit(self, code: str) -> UnitResult:
        """The unit with this id.

        Raises:
            KeyError: the result does not have the unit.
        """
        for ranking in self.rankings:
            units = ranking.units
            unit = units.find(code) if isinstance(units, TableUnits) else next((u for u in units if u.id == code), None)
            if unit is not None:
                return unit
        raise KeyError(code)


def _criteria(units: Sequence[UnitResult]) -> Collection[str]:
    """The criteria for which the result has points of each unit.

    Raises:
        ValueError: the result was requested without criteria.
    """
    if isinstance(units, TableUnits):
        found: Collection[str] = units.criteria
    else:
        groups = (group for category in units[0].categories for group in category.groups)
        found = {item.criterion: None for group in groups for item in group.criteria}
    if not found:
        raise ValueError("criteria of units are only in results that were requested with full=True")
    return found


def _concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """One table of several rankings, with only the metadata that is equal in all of them."""
    pa = optional_libraries.pyarrow()
    if len(tables) == 1:
        return tables[0]
    compatible = []
    for table in tables:
        # The index type of a single table may be too small for the combined dictionary.
        fields = [
            field.with_type(pa.dictionary(pa.int32(), field.type.value_type))
            if pa.types.is_dictionary(field.type)
            else field
            for field in table.schema
        ]
        shared = {key: value for key, value in table.schema.metadata.items() if key in _SHARED_METADATA}
        compatible.append(table.cast(pa.schema(fields, metadata=shared)))
    if not compatible:
        return pa.table({})
    return pa.concat_tables(compatible, promote_options="permissive").unify_dictionaries()


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    pa, pandas = optional_libraries.pyarrow(), optional_libraries.pandas()
    nullable = {pa.int8(): pandas.Int8Dtype(), pa.int32(): pandas.Int32Dtype()}
    # Copying all columns of a type into one block takes a third of the time, but pandas warns above 100 blocks.
    separate = table.num_columns <= 100
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, split_blocks=separate)
    return frame


def _to_polars(table: pa.Table) -> pl.DataFrame:
    frame: pl.DataFrame = optional_libraries.polars().from_arrow(table)
    return frame
