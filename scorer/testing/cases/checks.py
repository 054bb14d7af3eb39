"""Compares results of the service with what a case expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from scorer.criteria.document import Path
from scorer.model.fixed_point import plain
from scorer.testing.cases import schema
from scorer.testing.cases.model import OVERALL, Case
from scorer.testing.cases.numbers import Expected, exact, shortest
from scorer.testing.cases.reader import canonical
from scorer_client import Cause, Score, UnitResult


@dataclass(frozen=True)
class Check:
    """One expectation and what came of it."""

    path: Path
    """Where it stands in the document."""
    what: str
    """Such as ``points of readiness``; units of a case that ranks come first, such as ``hue: level of readiness``."""
    expected: str
    actual: str
    """Several things stand on lines of their own."""
    passed: bool


def check_unit(expect: schema.Expect, result: UnitResult, path: Path) -> Iterator[Check]:
    """What is expected of one unit; ``path`` is that of its ``expect``."""
    points, percent, sums = _numbers(result)
    converted = {code: exact(score.converted) for code, score in sums.items()}
    published = {code: exact(score.published) for code, score in sums.items()}
    yield from _compared("points", expect.points, points, path)
    yield from _compared("percent", expect.percent, percent, path, " %")
    yield from _compared("converted", expect.converted, converted, path)
    yield from _compared("published", expect.published, published, path)
    for code, level in expect.level.items():
        yield _placed((*path, "level", code), f"level of {code}", level, result.category(code).level)
    for code, standing in expect.standing.items():
        actual = result.category(code).standing
        yield Check((*path, "standing", code), f"standing of {code}", standing, actual, standing == actual)
    for code, causes in expect.causes.items():
        yield _caused((*path, "causes", code), f"causes of {code}", causes, result.category(code).causes)
    for field, wanted in (("missing", expect.missing), ("not_applicable", expect.not_applicable)):
        if wanted is not None:
            found = _with_status(result, field)
            what = "missing" if field == "missing" else "not applicable"
            passed = set(wanted) == set(found)
            yield Check((*path, field), what, _listed(sorted(set(wanted), key=wanted.index)), _listed(found), passed)
    if expect.commended is not None:
        words = str(expect.commended).lower(), str(result.commended).lower()
        yield Check((*path, "commended"), "commended", *words, expect.commended == result.commended)


def check_ranks(case: Case, results: Mapping[str, UnitResult]) -> Iterator[Check]:
    """The ranks that a case expects, by category and unit."""
    for where, places in (case.ranks or {}).items():
        for unit, rank in places.items():
            result = results[unit]
            actual = result.overall_rank if where == OVERALL else result.category(where).rank
            path = (*case.path, "expect", "rank", where, unit)
            yield _placed(path, f"{unit}: rank {'overall' if where == OVERALL else f'in {where}'}", rank, actual)


def _numbers(result: UnitResult) -> tuple[dict[str, Decimal], dict[str, Decimal], dict[str, Score]]:
    """Points and percentages by name, and the sums that have converted scores too."""
    points: dict[str, Decimal] = {}
    percent: dict[str, Decimal] = {}
    sums: dict[str, Score] = {}
    for category in result.categories:
        for measure in category.measures:
            points[measure.measure], percent[measure.measure] = exact(measure.points), exact(measure.percent)
        for group in category.groups:
            points |= {item.criterion: exact(item.points) for item in group.criteria}
            sums[group.group] = group.score
    sums |= {category.category: category.score for category in result.categories}
    sums[OVERALL] = result.overall
    points |= {code: exact(score.points) for code, score in sums.items()}
    percent |= {code: exact(score.percent) for code, score in sums.items()}
    return points, percent, sums


def _compared(
    field: str, wanted: Mapping[str, Expected], actual: Mapping[str, Decimal], path: Path, unit: str = ""
) -> Iterator[Check]:
    for name, expected in wanted.items():
        found = actual[canonical(name)]
        what = f"{field} {name}" if name == OVERALL else f"{field} of {name}"
        yield Check((*path, field, name), what, f"{expected}{unit}", f"{shortest(found)}{unit}", expected.holds(found))


def _placed(path: Path, what: str, expected: int, actual: int) -> Check:
    return Check(path, what, str(expected or schema.NONE), str(actual or schema.NONE), expected == actual)


def _caused(path: Path, what: str, wanted: Sequence[schema.Cause], found: Sequence[Cause]) -> Check:
    """Each cause has to be expected and each expected one has to be there, in any order."""
    left = list(found)
    for cause in wanted:
        match = next((other for other in left if _same(cause, other)), None)
        if match is None:
            break
        left.remove(match)
    else:
        if not left:
            return Check(path, what, _lines(map(_expected_cause, wanted)), _lines(map(_actual_cause, found)), True)
    return Check(path, what, _lines(map(_expected_cause, wanted)), _lines(map(_actual_cause, found)), False)


def _same(wanted: schema.Cause, found: Cause) -> bool:
    minimum = wanted.at_least or wanted.above
    assert minimum is not None
    return (
        canonical(wanted.measure) == found.measure
        and (minimum.unit, wanted.above is not None) == (found.unit, found.strict)
        and Decimal(_minimum(wanted)) == exact(found.minimum)
        and wanted.level in (None, found.level)
        and (wanted.value is None or wanted.value.holds(exact(found.value)))
    )


def _minimum(cause: schema.Cause) -> str:
    minimum = cause.at_least or cause.above
    assert minimum is not None
    assert minimum.amount.everywhere is not None  # the reader has seen to it
    return plain(minimum.amount.everywhere * (100 if minimum.unit == "percent" else 1))


def _expected_cause(cause: schema.Cause) -> str:
    minimum = cause.at_least or cause.above
    assert minimum is not None
    sign = " %" if minimum.unit == "percent" else " points"
    edge = "above" if cause.above else "at least"
    level = f"level {cause.level}: " if cause.level is not None else ""
    value = f", is {cause.value}{sign}" if cause.value is not None else ""
    return f"{level}{canonical(cause.measure)} {edge} {_minimum(cause)}{sign}{value}"


def _actual_cause(cause: Cause) -> str:
    sign = " %" if cause.unit == "percent" else " points"
    edge = "above" if cause.strict else "at least"
    minimum, value = shortest(exact(cause.minimum)), shortest(exact(cause.value))
    return f"level {cause.level}: {cause.measure} {edge} {minimum}{sign}, is {value}{sign}"


def _with_status(result: UnitResult, status: str) -> list[str]:
    groups = chain.from_iterable(category.groups for category in result.categories)
    return [item.criterion for group in groups for item in group.criteria if item.status == status]


def _lines(items: Iterator[str]) -> str:
    return "\n".join(items) or schema.NONE


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes) or schema.NONE
