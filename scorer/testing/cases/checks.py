"""Compares the results of the service with the expectations of a case."""

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
from scorer.testing.cases.reader import measure_name
from scorer_client import Cause, CriterionResult, Score, UnitResult


@dataclass(frozen=True)
class Comparison:
    """One expectation of a case, compared with the actual result."""

    path: Path
    """Path of the expectation in the document."""
    label: str
    """The compared value, such as ``points of readiness``. In a case that ranks, it starts with the unit, such as
    ``hue: level of readiness``."""
    expected: str
    """The expected result; one line per item if several items are expected."""
    actual: str
    """The actual result, in the form of ``expected``."""
    passed: bool


def check_unit(expect: schema.Expect, result: UnitResult, path: Path) -> Iterator[Comparison]:
    """Compares the result of one unit with its expectations; ``path`` is the path of its ``expect``."""
    points, percent, sums = _result_numbers(result)
    converted = {code: exact(score.converted) for code, score in sums.items()}
    published = {code: exact(score.published) for code, score in sums.items()}
    yield from _check_numbers("points", expect.points, points, path)
    yield from _check_numbers("percent", expect.percent, percent, path, " %")
    yield from _check_numbers("converted", expect.converted, converted, path)
    yield from _check_numbers("published", expect.published, published, path)
    yield from _check_numbers("self_reported", expect.self_reported, _self_reported(result), path)
    subtotals = {item.subtotal: exact(item.score.points) for item in result.subtotals}
    yield from _check_numbers("subtotals", expect.subtotals, subtotals, path)
    for code, level in expect.level.items():
        yield _check_position((*path, "level", code), f"level of {code}", level, result.category(code).level)
    for code, standing in expect.standing.items():
        actual = result.category(code).standing
        yield Comparison((*path, "standing", code), f"standing of {code}", standing, actual, standing == actual)
    for code, causes in expect.causes.items():
        yield _check_causes((*path, "causes", code), f"causes of {code}", causes, result.category(code).causes)
    for field, expected in (("missing", expect.missing), ("not_applicable", expect.not_applicable)):
        if expected is not None:
            codes = _criteria_with_status(result, field)
            passed = set(expected) == set(codes)
            expected_text = _joined_codes(list(dict.fromkeys(expected)))
            yield Comparison((*path, field), field.replace("_", " "), expected_text, _joined_codes(codes), passed)
    if expect.commended is not None:
        texts = str(expect.commended).lower(), str(result.commended).lower()
        yield Comparison((*path, "commended"), "commended", *texts, expect.commended == result.commended)


def check_ranks(case: Case, results: Mapping[str, UnitResult]) -> Iterator[Comparison]:
    """Compares the ranks of units with those that a case expects."""
    for category, ranks in (case.ranks or {}).items():
        for unit, rank in ranks.items():
            result = results[unit]
            actual = result.overall_rank if category == OVERALL else result.category(category).rank
            path = (*case.path, "expect", "rank", category, unit)
            label = f"{unit}: rank {'overall' if category == OVERALL else f'in {category}'}"
            yield _check_position(path, label, rank, actual)


def _result_numbers(result: UnitResult) -> tuple[dict[str, Decimal], dict[str, Decimal], dict[str, Score]]:
    """Points, percentages and scores of a unit, each by the name that expectations use.

    The scores are those of the categories and groups, and overall.
    """
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


def _self_reported(result: UnitResult) -> dict[str, Decimal]:
    """Self-reported points by category, group and criterion, and overall."""
    scored: dict[str, Score | CriterionResult] = {OVERALL: result.overall}
    for category in result.categories:
        scored[category.category] = category.score
        for group in category.groups:
            scored[group.group] = group.score
            scored |= {item.criterion: item for item in group.criteria}
    return {code: exact(item.self_reported.points) for code, item in scored.items() if item.self_reported}


def _check_numbers(
    field: str, expected: Mapping[str, Expected], actual: Mapping[str, Decimal], path: Path, unit: str = ""
) -> Iterator[Comparison]:
    for name, number in expected.items():
        result = actual[measure_name(name)]
        label = f"{field} {name}" if name == OVERALL else f"{field} of {name}"
        yield Comparison(
            (*path, field, name), label, f"{number}{unit}", f"{shortest(result)}{unit}", number.holds(result)
        )


def _check_position(path: Path, label: str, expected: int, actual: int) -> Comparison:
    """Compares a level or a rank; 0 stands for none."""
    return Comparison(path, label, str(expected or schema.NONE), str(actual or schema.NONE), expected == actual)


def _check_causes(path: Path, label: str, expected: Sequence[schema.Cause], actual: Sequence[Cause]) -> Comparison:
    """Compares causes in any order. Each expected cause must match a different actual cause, and none may be left.

    Actual causes that are combinations are replaced by their parts.
    """
    actual = list(_single(actual))
    unmatched = list(actual)
    passed = len(expected) == len(actual)
    for expected_cause in expected:
        match = next((cause for cause in unmatched if _matches(expected_cause, cause)), None)
        if match is None:
            passed = False
            break
        unmatched.remove(match)
    texts = _joined_lines(map(_expected_cause, expected)), _joined_lines(map(_actual_cause, actual))
    return Comparison(path, label, *texts, passed)


def _single(causes: Sequence[Cause]) -> Iterator[Cause]:
    for cause in causes:
        if cause.at_least:
            yield from _single(cause.of)
        else:
            yield cause


def _matches(expected: schema.Cause, actual: Cause) -> bool:
    if expected.level not in (None, actual.level) or expected.limit not in (None, actual.limit):
        return False
    if not expected.measure:
        return (expected.indicator, expected.category) == (actual.indicator, actual.category)
    return (
        measure_name(expected.measure) == actual.measure
        and (expected.minimum.unit, expected.strict, expected.upper) == (actual.unit, actual.strict, actual.upper)
        and Decimal(_minimum(expected)) == exact(actual.minimum)
        and (expected.value is None or expected.value.holds(exact(actual.value)))
    )


def _minimum(cause: schema.Cause) -> str:
    """The minimum of an expected cause, in points or percent."""
    minimum = cause.minimum
    assert minimum.amount.everywhere is not None  # the reader refuses minimums by tier
    return plain(minimum.amount.everywhere * (100 if minimum.unit == "percent" else 1))


def _expected_cause(cause: schema.Cause) -> str:
    level = f"level {cause.level}: " if cause.level is not None else ""
    limit = f"limit {cause.limit}: " if cause.limit is not None else ""
    if not cause.measure:
        return f"{level}{limit}{cause.indicator or cause.category}"
    sign = " %" if cause.minimum.unit == "percent" else " points"
    bound = cause.bound.replace("_", " ")
    value = f", is {cause.value}{sign}" if cause.value is not None else ""
    return f"{level}{limit}{measure_name(cause.measure)} {bound} {_minimum(cause)}{sign}{value}"


def _actual_cause(cause: Cause) -> str:
    owner = f"level {cause.level}" if cause.level else f"limit {cause.limit}"
    if not cause.measure:
        return f"{owner}: {cause.indicator or cause.category}"
    sign = " %" if cause.unit == "percent" else " points"
    bound = ("below" if cause.strict else "at most") if cause.upper else "above" if cause.strict else "at least"
    minimum, value = shortest(exact(cause.minimum)), shortest(exact(cause.value))
    return f"{owner}: {cause.measure} {bound} {minimum}{sign}, is {value}{sign}"


def _criteria_with_status(result: UnitResult, status: str) -> list[str]:
    groups = chain.from_iterable(category.groups for category in result.categories)
    return [item.criterion for group in groups for item in group.criteria if item.status == status]


def _joined_lines(items: Iterator[str]) -> str:
    return "\n".join(items) or schema.NONE


def _joined_codes(codes: Sequence[str]) -> str:
    return ", ".join(codes) or schema.NONE
