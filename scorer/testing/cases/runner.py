"""Runs cases through the public client, so that they test what callers get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from scorer.criteria.document import Document, Path, Problem, read_document
from scorer.service.in_process import InProcessTransport
from scorer.testing.cases.checks import Check, check_ranks, check_unit
from scorer.testing.cases.files import LoadedCases, display_path
from scorer.testing.cases.model import Case, CaseUnit
from scorer.testing.cases.reader import read_cases
from scorer_client import Client, Row, ScorerError, UnitResult

_FIELD = re.compile(r"(?:unit_answers|rows\.units\[(?P<unit>\d+)\])\.(?P<rest>.+)")
_ANSWER = re.compile(r'answers\[(?P<code>".*")\]')
_EXCLUDED = re.compile(r"not_applicable_criteria\[(?P<at>\d+)\]")


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    checks: tuple[Check, ...]
    """In the order of the document."""
    problems: tuple[Problem, ...] = ()
    """What the service found wrong with the answers."""
    ran: bool = True
    """Whether anything could be compared: neither the answers nor what is expected have problems."""

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return self.ran and all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """What came out otherwise."""
        return tuple(check for check in self.checks if not check.passed)


@dataclass
class CaseFile:
    """A document of cases, read, and the client that they are run through."""

    source: str
    document: Document
    cases: tuple[Case, ...]
    code: str
    _client: Client = field(repr=False)

    @property
    def stated(self) -> int:
        """How many cases the document has, those that cannot be read too."""
        cases = self.document.data.get("cases") if isinstance(self.document.data, dict) else None
        return len(cases) if isinstance(cases, list) else 0

    @classmethod
    def read(cls, tested: LoadedCases) -> CaseFile:
        """Reads the cases of a set that was not refused.

        Raises:
            OSError: the file cannot be read.
        """
        assert tested.cases is not None
        (plan,) = tested.catalogue.sets.values()
        source = display_path(tested.cases)
        cases, document = read_cases(read_document(tested.cases), source, plan.criteria_set)
        return cls(source, document, cases, tested.code, Client(InProcessTransport(tested.catalogue)))

    def run(self, case: Case) -> Outcome:
        """Runs one case; answers that the service does not take are problems of the document."""
        before = len(self.document.problems)
        try:
            results = self._results(case)
        except ScorerError as error:
            for violation in error.violations:
                path = _place(case.units, violation.field) or case.path
                self.document.problem(path, violation.description, key=violation.reason == "UNKNOWN_INDICATOR")
            if not error.violations:
                self.document.problem(case.path, error.message)
        if self.document.broken(*case.path):
            return Outcome(case, (), tuple(self.document.problems[before:]), ran=False)
        return Outcome(case, tuple(sorted(_checks(case, results), key=lambda check: self.position(check.path))))

    def run_all(self) -> Iterator[Outcome]:
        """Runs every case that could be read."""
        return (self.run(case) for case in self.cases)

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column of a key, or of the list entry, from 1."""
        return self.document.keys.get(path) or self.document.values[path]

    def where(self, path: Path) -> str:
        """The same with the file, such as ``hue-2020.cases.yaml:12:9``."""
        return ":".join(map(str, (self.source, *self.position(path))))

    def _results(self, case: Case) -> dict[str, UnitResult]:
        rows = [Row(u.id, u.tier, u.answers, parent=u.parent, not_applicable=u.not_applicable) for u in case.units]
        if case.ranks is None:
            return {row.id: self._client.score_unit(self.code, row, full=True) for row in rows}
        province = self._client.rank_province(self.code, rows, full=True)
        return {unit.id: unit for ranking in province.rankings for unit in ranking.units}


def _checks(case: Case, results: Mapping[str, UnitResult]) -> Iterator[Check]:
    yield from check_ranks(case, results)
    for unit in case.units:
        if unit.expect is None:
            continue
        for check in check_unit(unit.expect, results[unit.id], (*unit.path, "expect")):
            yield check if case.ranks is None else replace(check, what=f"{unit.id}: {check.what}")


def _place(units: tuple[CaseUnit, ...], path: str) -> Path | None:
    """Where in the document a field of the request was written; None for the request itself."""
    if (found := _FIELD.fullmatch(path)) is None:
        return None
    unit, rest = units[int(found["unit"] or 0)], found["rest"]
    if answer := _ANSWER.fullmatch(rest):
        return (*unit.path, "answers", json.loads(answer["code"]))
    if excluded := _EXCLUDED.fullmatch(rest):
        return (*unit.path, "not_applicable", int(excluded["at"]))
    return (*unit.path, rest.removeprefix("unit."))
