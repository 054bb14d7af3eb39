"""A table of answers as a message to a sheet for the door; what only the wire can get wrong is noted here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.findings import REQUEST, Findings
from scorer.intake import Sheet
from scorer.plan import SetPlan
from scorer.points import Ints
from scorer.service.answers import MORE, check_count, unit_texts
from scorer.service.columns import Columns


class TablePlaces:
    """Field paths of a table."""

    def __init__(self, table: pb.UnitTable) -> None:
        self._table = table

    def unit(self, unit: int, field: str) -> str:
        """See ``Places``."""
        if self._table.units:
            return f"table.units[{unit}].{field}"
        return f"table.unit_columns.{field}s[{unit}]"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``Places``."""
        if column := self._columns.get(indicator):
            return f"{column}[{unit}]"
        at = list(self._table.number_columns.indicators).index(indicator) * unit_count(self._table) + unit
        return f"table.number_columns.numbers[{at}]"

    def exclusion(self, unit: int, at: int) -> str:
        """See ``Places``; ``at`` counts exclusions by 2^32 and criteria within one by 1."""
        del unit
        if self._table.criterion_exclusions:
            return f"table.criterion_exclusions[{at}].criterion_id"
        return f"table.exclusions[{at >> 32}].criterion_ids[{at & 0xFFFFFFFF}]"

    @cached_property
    def _columns(self) -> dict[str, str]:
        """Lists by indicator."""
        return {
            column.indicator: f"table.columns[{n}].{'choices' if column.choices else 'numbers'}"
            for n, column in reversed(list(enumerate(self._table.columns)))  # of two, the first one is read
        }


def unit_count(table: pb.UnitTable) -> int:
    """How many units a table has, in whichever form."""
    return len(table.units) or len(table.unit_columns.ids)


def table_sheet(plan: SetPlan, table: pb.UnitTable, numbers: memoryview | None, findings: Findings) -> Sheet:
    """A table as a sheet; ``numbers`` are those of its block when they are not in it."""
    ids, names, tiers, parents = _units(table, findings)
    columns = Columns(plan, len(ids), findings)
    few = check_count(findings, REQUEST, "table.columns", len(table.columns), len(plan.rows))
    for n, column in enumerate(table.columns if few else ()):
        columns.add(column, f"table.columns[{n}]")
    block = table.number_columns
    if check_count(findings, REQUEST, "table.number_columns.indicators", len(block.indicators), len(plan.rows)):
        columns.add_block(block, numbers, "table.number_columns")
    return Sheet(ids, names, tiers, parents, columns.matrix(), _exclusions(plan, table, ids, findings))


def _units(table: pb.UnitTable, findings: Findings) -> tuple[list[str], list[str], list[str], list[str]]:
    """Ids, names, tiers and parents; no tiers when it cannot be told who has which tier or parent."""
    if table.units:
        if table.HasField("unit_columns"):
            message = "is given beside table.units; give exactly one of them"
            findings.add(REQUEST, "table.unit_columns", "BOTH_LISTS", message)
        return unit_texts(table.units)
    columns = table.unit_columns
    units = len(columns.ids)

    def texts(field: str, given: Sequence[str], fewer: int, meaning: str) -> list[str] | None:
        if len(given) in (fewer, units):
            return list(given)
        message = f"has {len(given)} entries for {units} units; give {meaning}, or one each"
        findings.add(REQUEST, f"table.unit_columns.{field}", "WRONG_LENGTH", message)
        return None

    names = texts("names", columns.names, 0, "none")
    tiers = texts("tiers", columns.tiers, 1, "one for all")
    parents = texts("parents", columns.parents, 0, "none")
    return list(columns.ids), names or [], tiers or [] if parents is not None else [], parents or []


def _exclusions(
    plan: SetPlan, table: pb.UnitTable, ids: Sequence[str], findings: Findings
) -> list[tuple[int | Ints, int, str]]:
    criteria = len(plan.criteria_set.criteria)
    if not table.criterion_exclusions:
        few = check_count(findings, REQUEST, "table.exclusions", len(table.exclusions), len(ids))
        return _by_unit(table.exclusions, ids, criteria, findings) if few and table.exclusions else []
    if table.exclusions:
        message = "are given beside table.exclusions; give exactly one of them"
        findings.add(REQUEST, "table.criterion_exclusions", "BOTH_LISTS", message)
        return []
    few = check_count(findings, REQUEST, "table.criterion_exclusions", len(table.criterion_exclusions), criteria)
    return _by_criterion(table.criterion_exclusions, len(ids), findings) if few else []


def _by_unit(
    given: Sequence[pb.Exclusion], ids: Sequence[str], criteria: int, findings: Findings
) -> list[tuple[int | Ints, int, str]]:
    units = dict(zip(ids, range(len(ids)), strict=True))
    exclusions: list[tuple[int | Ints, int, str]] = []
    seen = set[str]()
    for n, exclusion in enumerate(given):
        code, criterion_ids = exclusion.unit_id, exclusion.criterion_ids
        if code not in units:
            hint = findings.hints.nearly("unit", code, units)
            message = f"no unit of the table has the id {code[:80]!r}{hint}"
            findings.add(REQUEST, f"table.exclusions[{n}].unit_id", "UNKNOWN_UNIT", message)
        elif code in seen:
            path = f"table.exclusions[{n}].unit_id"
            findings.add(REQUEST, path, "DUPLICATE_EXCLUSION", f"{code!r} has an exclusion already")
        elif len(criterion_ids) <= MORE * criteria:
            unit, place = units[code], n << 32
            for criterion in criterion_ids:
                exclusions.append((unit, place, criterion))
                place += 1
        else:
            path = f"table.exclusions[{n}].criterion_ids"
            check_count(findings, units[code], path, len(criterion_ids), criteria)
        seen.add(code)
    return exclusions


def _by_criterion(
    given: Sequence[pb.CriterionExclusion], units: int, findings: Findings
) -> list[tuple[int | Ints, int, str]]:
    exclusions: dict[str, tuple[int | Ints, int, str]] = {}
    for n, exclusion in enumerate(given):
        code, path = exclusion.criterion_id, f"table.criterion_exclusions[{n}]"
        if code in exclusions:
            message = f"{code[:80]!r} has an exclusion already"
            findings.add(REQUEST, f"{path}.criterion_id", "DUPLICATE_EXCLUSION", message)
        elif check_count(findings, REQUEST, f"{path}.unit_places", len(exclusion.unit_places), units):
            exclusions[code] = _known_places(exclusion, path, units, findings), n, code
    return list(exclusions.values())


def _known_places(exclusion: pb.CriterionExclusion, path: str, units: int, findings: Findings) -> Ints:
    """The places of its units that there are."""
    places = np.asarray(exclusion.unit_places, dtype=np.int64)
    there = places < units
    if there.all():
        return places
    findings.add_all(
        places[~there],
        lambda place: f"{path}.unit_places[{np.argmax(places == place)}]",
        "UNKNOWN_UNIT",
        lambda place: f"there is no unit {place}; the table has {units}, counted from 0",
    )
    return places[there]
