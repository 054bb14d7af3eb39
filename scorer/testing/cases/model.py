"""Cases in memory: units with their answers, and the expected results."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from scorer.criteria.document import Path
from scorer.criteria.model import Provenance
from scorer.testing.cases.schema import Expect

Answer = bool | int | float | str | datetime.date

OVERALL = "overall"
"""The name that expectations use for the sum over all categories."""


@dataclass(frozen=True)
class CaseUnit:
    """A unit of a case."""

    path: Path
    """Path of the unit in the document."""
    id: str
    tier: str
    parent: str
    answers: Mapping[str, Answer]
    not_applicable: tuple[str, ...]
    expect: Expect | None
    """Expected result of the unit; None if the case only expects ranks."""


@dataclass(frozen=True)
class Case:
    """One case: a single unit to score, or several units to rank."""

    name: str
    path: Path
    """Path of the case in the document."""
    line: int
    """Line in the document, from 1."""
    provenance: Provenance
    """Whether the expected results are published or reconstructed."""
    units: tuple[CaseUnit, ...]
    ranks: Mapping[str, Mapping[str, int]] | None
    """Expected ranks by category (or ``overall``) and unit, 0 for not ranked; None if a single unit is scored."""
