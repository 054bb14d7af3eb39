"""Cases in memory: units with their answers, and what is expected of each."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from scorer.criteria.document import Path
from scorer.criteria.model import Provenance
from scorer.testing.cases.schema import Expect

Answer = bool | int | float | str | datetime.date

OVERALL = "overall"
"""The measure of all categories together."""


@dataclass(frozen=True)
class CaseUnit:
    """A unit of a case."""

    path: Path
    """Where it stands in the document."""
    id: str
    tier: str
    parent: str
    answers: Mapping[str, Answer]
    not_applicable: tuple[str, ...]
    expect: Expect | None
    """What is expected of it; None when only ranks are."""


@dataclass(frozen=True)
class Case:
    """One case: a unit scored alone, or units ranked together."""

    name: str
    path: Path
    line: int
    provenance: Provenance
    """Where what is expected comes from."""
    units: tuple[CaseUnit, ...]
    ranks: Mapping[str, Mapping[str, int]] | None
    """Ranks by category (or ``overall``) and unit, 0 for not ranked; None when the unit is scored alone."""
