"""Runs cases through the public client, so that they test the replies that callers get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from scorer.criteria.document import Document, Path, Problem, as_list, as_mapping
from scorer.criteria.yaml_parser import read_document
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.service.in_process_transport import InProcessTransport
from scorer.testing.cases.checks import Comparison, check_ranks, check_unit
from scorer.testing.cases.files import LoadedCases, display_path
from scorer.testing.cases.model import Case, CaseUnit
from scorer.testing.cases.reader import read_cases
from scorer_client import Client, Row, ScorerError, UnitResult

_EXPECTED = {
    IndicatorKind.COUNT: "a whole number",
    IndicatorKind.NUMBER: "a number such as 1.5",
    IndicatorKind.FLAG: "true or false",
    IndicatorKind.CHOICE: "the code of an option",
    IndicatorKind.DATE: "a day such as 2026-01-31",
}

_FIELD = re.compile(r"(?:unit_answers|rows\.units\[(?P<unit>\d+)\])\.(?P<field>.+)")
_ANSWER = re.compile(r'answers\[(?P<code>".*")\]')
_EXCLUSION = re.compile(r"not_applicable_criteria\[(?P<index>\d+)\]")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a case."""

    case: Case
    checks: tuple[Comparison, ...]
    """The comparisons with the expectations, in document order."""
    problems: tuple[Problem, ...] = ()
    """The violations that the service reported for the answers."""
    ran: bool = True
    """Whether results could be compared. False if the answers or the expectations have problems."""

    @property
    def passed(self) -> bool:
        """Whether all results are as expected."""
        return self.ran and all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Comparison, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)


@dataclass
class CaseFile:
    """A document with cases, and the client that runs them."""

    source: str
    document: Document
    cases: tuple[Case, ...]
    code: str
    _client: Client = field(repr=False)
    _indicators: Mapping[str, Indicator] = field(repr=False)

    @property
    def case_count(self) -> int:
        """The number of cases in the document, including those that cannot be read."""
        return len(as_list(as_mapping(self.document.data).get("cases")))

    @classmethod
    def read(cls, tested: LoadedCases) -> CaseFile:
        """Reads the cases of a set. The set must not be refused and must have a file with cases.

        Raises:
            OSError: the file cannot be read.
        """
        assert tested.cases is not None
        (plan,) = tested.catalogue.sets.values()
        source = display_path(tested.cases)
        indicators = plan.criteria_set.indicators
        cases, document = read_cases(read_document(tested.cases), source, plan.criteria_set)
        return cls(source, document, cases, tested.code, Client(InProcessTransport(tested.catalogue)), indicators)

    def run(self, case: Case) -> Outcome:
        """Runs one case. Violations that the service reports become problems of the document."""
        before = len(self.document.problems)
        try:
            results = self._results(case)
        except ScorerError as error:
            for violation in error.violations:
                path = _document_path(case.units, violation.field) or case.path
                description = violation.description
                if violation.reason == "WRONG_KIND":  # the service describes the fields of its messages
                    kind = self._indicators[str(path[-1]).split("@")[0]].kind
                    description = f"expected {_EXPECTED[IndicatorKind(kind)]}, because the indicator is a {kind}"
                self.document.problem(path, description, key=violation.reason == "UNKNOWN_INDICATOR")
            if not error.violations:
                self.document.problem(case.path, error.message)
        if self.document.broken(*case.path):
            return Outcome(case, (), tuple(self.document.problems[before:]), ran=False)
        return Outcome(case, tuple(sorted(_checks(case, results), key=lambda check: self.position(check.path))))

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the key or list entry at ``path``."""
        return self.document.keys.get(path) or self.document.values[path]

    def where(self, path: Path) -> str:
        """File, line and column of the key or list entry at ``path``, such as ``hue-2020.cases.yaml:12:9``."""
        return ":".join(map(str, (self.source, *self.position(path))))

    def _results(self, case: Case) -> dict[str, UnitResult]:
        rows = [Row(u.id, u.tier, u.answers, parent=u.parent, not_applicable=u.not_applicable) for u in case.units]
        if case.ranks is None:
            return {row.id: self._client.score_unit(self.code, row, full=True) for row in rows}
        province = self._client.rank_province(self.code, rows, full=True)
        return {unit.id: unit for ranking in province.rankings for unit in ranking.units}


def _checks(case: Case, results: Mapping[str, UnitResult]) -> Iterator[Comparison]:
    yield from check_ranks(case, results)
    for unit in case.units:
        if unit.expect is None:
            continue
        for check in check_unit(unit.expect, results[unit.id], (*unit.path, "expect")):
            yield check if case.ranks is None else replace(check, label=f"{unit.id}: {check.label}")


def _document_path(units: tuple[CaseUnit, ...], field_path: str) -> Path | None:
    """The path in the document of a field of the request; None if the field does not belong to a unit."""
    if (match := _FIELD.fullmatch(field_path)) is None:
        return None
    unit, unit_field = units[int(match["unit"] or 0)], match["field"]
    if answer := _ANSWER.fullmatch(unit_field):
        return (*unit.path, "answers", json.loads(answer["code"]))
    if exclusion := _EXCLUSION.fullmatch(unit_field):
        return (*unit.path, "not_applicable", int(exclusion["index"]))
    return (*unit.path, unit_field.removeprefix("unit."))
