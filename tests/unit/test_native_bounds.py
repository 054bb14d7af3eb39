"""Native code stays within its arrays for any arguments. The run with sanitizers repeats these tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from scorer import native
from scorer.engine.kernel import COMPARISON, COMPOSITION, DECISION, RULE
from scorer.formulas.native_table import LINE

UNITS = 3


def line(**fields: float) -> np.ndarray:
    """A table of one line."""
    table = np.zeros(1, dtype=LINE)
    table["measure"], table["exclusion"], table["sign"], table["scale"] = -1, -1, 1, 1
    table["factor"], table["denominator_factor"] = 1, 1
    for name, value in fields.items():
        table[name] = value
    return table


def comparison(**fields: int) -> np.ndarray:
    """One comparison, of the only sum with one threshold."""
    return record(COMPARISON, {"threshold_count": 1, "stride": 1} | fields)


def rule(**fields: int) -> np.ndarray:
    """One rule, which has the only comparison."""
    return record(RULE, {"comparison_count": 1} | fields)


def decision(**fields: int) -> np.ndarray:
    """One decision, which has the only rule and one level."""
    return record(DECISION, {"rule_count": 1, "outcomes": 2, "outcome_count": 1} | fields)


def record(kind: np.dtype, fields: dict[str, int]) -> np.ndarray:
    table = np.zeros(1, dtype=kind)
    for name, value in fields.items():
        table[name] = value
    return table


def compositions(**fields: float) -> np.ndarray:
    """How a category and the overall score are combined, without limits; all fields are of the category."""
    table = np.zeros(2, dtype=COMPOSITION)
    table["floor"], table["cap"] = -np.inf, np.inf
    for name, value in fields.items():
        table[name][0] = value
    return table


def exactly(criterion: int, unit: int) -> tuple[float, float]:
    return 7.0 + criterion, 0.25 * unit


def evaluate(table: np.ndarray, **changed: object) -> dict[str, np.ndarray]:
    """One line for three units; nothing else is wrong but what is changed."""
    shape = (1, UNITS)
    arguments: dict[str, object] = {
        "lines": table, "pool": np.zeros(3), "slots": 0, "answers": np.zeros((2, UNITS)), "excluded": None,
        "points": np.zeros(shape), "status": np.zeros(shape, dtype=np.uint8), "remainders": np.zeros(shape),
        "round_exactly": exactly,
    }  # fmt: skip
    arguments |= changed
    native.evaluate_lines(*arguments.values())  # type: ignore[arg-type]
    return arguments  # type: ignore[return-value]


def score(**changed: object) -> dict[str, np.ndarray]:
    """One criterion in one group, one category with a gate; nothing else is wrong but what is changed."""
    flat = (1, UNITS)
    arguments: dict[str, object] = {
        "lines": line(row=1, each=2, start=5, cap=9), "pool": np.array([5e5, 0, 1]), "slots": 0,
        "answers": np.zeros((2, UNITS)), "excluded": np.zeros(flat, dtype=np.bool_),
        "points": np.zeros(flat), "status": np.zeros(flat, dtype=np.uint8), "remainders": None,
        "round_exactly": exactly,
        "maxima": np.array([9.0]), "has_lines": np.array([True]), "members": np.array([[True], [True]]),
        "nominal": np.array([9.0, 9]), "step": 1.0, "rounding": native.HALF_UP, "caps": np.array([np.inf]),
        "compositions": compositions(), "mean_exactly": lambda index, values: 0.0,
        "decisions": decision(), "rules": rule(), "comparisons": comparison(), "tables": np.array([0, -1]),
        "sums": np.zeros((3, 2, UNITS)), "scores": np.zeros((4, 2, UNITS)),
        "group_sums": np.zeros((3, 1, UNITS)), "group_scores": np.zeros((4, 1, UNITS)),
        "cells": np.zeros(flat, dtype=np.int64), "levels": np.zeros(flat, dtype=np.int64),
        "standings": np.zeros(flat, dtype=np.uint8), "first": 0, "stop": UNITS,
    }  # fmt: skip
    arguments |= changed
    native.score(*arguments.values())  # type: ignore[arg-type]
    return arguments  # type: ignore[return-value]


def test_a_line_within_its_arrays_is_evaluated() -> None:
    found = evaluate(line(row=1, each=2, start=5, cap=9))
    assert found["points"].tolist() == [[5.0] * 3]
    assert found["status"].tolist() == [[native.SCORED] * 3]


def test_a_plan_within_its_arrays_is_scored() -> None:
    found = score()
    assert found["sums"][:, 0].tolist() == [[5.0] * 3, [9.0] * 3, [555_555.0] * 3]
    assert found["cells"].tolist() == found["levels"].tolist() == [[1] * 3]
    assert found["standings"].tolist() == [[native.RANKED] * 3]


BEYOND = {
    "no such kind": line(kind=7),
    "a kind below all": line(kind=-1),
    "an answer beyond the matrix": line(row=2),
    "an answer before the matrix": line(row=-1),
    "a denominator beyond the matrix": line(kind=native.QUOTIENT, denominator_row=2),
    "thresholds beyond the pool": line(kind=native.LADDER, threshold_count=2),
    "thresholds before the pool": line(kind=native.LADDER, thresholds=-1, threshold_count=1),
    "computed rows beyond the matrix": line(kind=native.COMPUTED),
    "a nested line that does not exist": line(kind=native.SUM, first_nested=1, nested_count=1),
    "no nested lines": line(kind=native.SUM, first_nested=1, nested_count=0),
    "a slot that is not there": line(slot=1),
    "no such exclusion": line(exclusion=1),
    "nothing divided": line(zero_excludes=1),
    "more thresholds than can be counted": line(kind=native.LADDER, threshold_count=2**62),
    "computed rows that cannot be counted": line(kind=native.COMPUTED, row=2**63 - 1),
    "more nested lines than can be counted": line(kind=native.SUM, first_nested=1, nested_count=2**63 - 1),
    "nested lines that cannot be counted": line(kind=native.BEST, first_nested=2**63 - 1, nested_count=2),
    "half a line": np.zeros(LINE.itemsize // 2, dtype=np.uint8),
}


@pytest.mark.parametrize("table", BEYOND.values(), ids=BEYOND.keys())
def test_a_line_that_refers_outside_its_arrays_is_refused(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="outside the arrays"):
        evaluate(table)
    with pytest.raises(ValueError, match="outside the arrays"):
        score(lines=table)


@pytest.mark.parametrize("fields", [{"group": 1}, {"group": -1}, {"measure": 1}])
def test_a_line_that_adds_to_no_group_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="outside the arrays"):
        score(lines=line(**fields))


FLAT = np.zeros((1, UNITS))
UNFIT: dict[str, dict[str, object]] = {
    "points of nobody": {"points": np.zeros((0, UNITS))},
    "points of other units": {"points": np.zeros((1, 2))},
    "whole points": {"points": FLAT.astype(np.int64)},
    "points of half the size": {"points": FLAT.astype(np.float32)},
    "points in columns": {"points": np.zeros((UNITS, 2)).T[:1]},
    "points to be read": {"points": np.broadcast_to(np.zeros(UNITS), (1, UNITS))},
    "no statuses at all": {"status": [1, 2, 3]},
    "answers of one dimension": {"answers": np.zeros(UNITS)},
    "answers in columns": {"answers": np.zeros((UNITS, 2)).T},
    "no answers": {"answers": None},
    "answers between two places": {
        "answers": np.frombuffer(bytes(49), dtype=np.uint8)[1:].view(np.float64).reshape(2, UNITS)
    },
    "fewer than no slots": {"slots": -1},
    "more slots than can be": {"slots": 2**40},
}


@pytest.mark.parametrize("changed", UNFIT.values(), ids=UNFIT.keys())
def test_arrays_that_do_not_fit_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        evaluate(line(), **changed)
    with pytest.raises((ValueError, TypeError)):
        score(**changed)


UNSCORABLE: dict[str, dict[str, object]] = {
    "other units excluded": {"excluded": np.zeros((1, 2), dtype=np.bool_)},
    "sums of other units": {"sums": np.zeros((3, 2, 2))},
    "two rows of sums": {"sums": np.zeros((2, 2, UNITS))},
    "fewer sums than members": {"sums": np.zeros((3, 1, UNITS))},
    "members of other groups": {"members": np.array([[True, False], [True, False]])},
    "scores of fewer sums": {"scores": np.zeros((4, 1, UNITS))},
    "no sum of all": {"nominal": np.array([9.0]), "scores": np.zeros((4, 1, UNITS))},
    "nothing at all": {"nominal": np.zeros(0), "scores": np.zeros((4, 0, UNITS))},
    "groups without counts": {"group_scores": None},
    "counts without groups": {"group_sums": None},
    "sums of other groups": {"group_sums": np.zeros((3, 2, UNITS))},
    "maxima of other groups": {"maxima": np.zeros(2)},
    "levels of other categories": {"levels": np.zeros((2, UNITS), dtype=np.int64)},
    "standings as numbers": {"standings": np.zeros((1, UNITS))},
    "units before the first": {"first": -1},
    "units beyond the last": {"stop": UNITS + 1},
    "units backwards": {"first": 2, "stop": 1},
    "a category that is not there": {"decisions": decision(category=1)},
    "a category below all": {"decisions": decision(category=-1)},
    "more rules than there are": {"decisions": decision(rule_count=2)},
    "rules that cannot be counted": {"decisions": decision(first_rule=1, rule_count=2**63 - 1)},
    "a rule before the first": {"decisions": decision(first_rule=-1)},
    "outcomes beyond the pool": {"decisions": decision(outcomes=3)},
    "more outcomes than bits": {"decisions": decision(outcomes=0, outcome_count=64), "pool": np.zeros(70)},
    "more comparisons than there are": {"rules": rule(comparison_count=2)},
    "a comparison before the first": {"rules": rule(first_comparison=-1)},
    "a number that is not there": {"comparisons": comparison(compared=7)},
    "a number below all": {"comparisons": comparison(compared=-1)},
    "thresholds beyond the pool": {"comparisons": comparison(thresholds=3)},
    "thresholds before the pool": {"comparisons": comparison(thresholds=-1)},
    "more thresholds than can be counted": {"comparisons": comparison(threshold_count=2**63 - 1)},
    "fewer than no thresholds": {"comparisons": comparison(threshold_count=-1)},
    "a cell beyond the levels": {"comparisons": comparison(stride=2)},
    "a cell that cannot be counted": {"comparisons": comparison(stride=2**62)},
    "a cell before the levels": {"comparisons": comparison(stride=-1)},
    "a table beyond the tables": {"rules": rule(table=1)},
    "a table before the tables": {"rules": rule(table=-1)},
    "half a composition": {"compositions": np.zeros(4, dtype=np.uint8)},
    "no composition": {"compositions": compositions()[:0]},
    "a composition too many": {"compositions": np.concatenate([compositions(), compositions()[1:]])},
    "an unknown way to combine": {"compositions": compositions(method=9)},
    "groups by converted scores": {"compositions": compositions(method=native.SUM_OF_CONVERTED)},
    "weights beyond the pool": {"compositions": compositions(method=native.GEOMETRIC_MEAN, weights=3)},
    "weights before the pool": {"compositions": compositions(method=native.ARITHMETIC_MEAN, weights=-1)},
    "caps of other groups": {"caps": np.array([1.0, 1.0])},
    "half a comparison": {"comparisons": np.zeros(4, dtype=np.uint8)},
    "half a rule": {"rules": np.zeros(4, dtype=np.uint8), "cells": np.zeros((4, UNITS), dtype=np.int64)},
    "half a decision": {"decisions": np.zeros(1, dtype=np.uint8)},
    "cells of another number of rules": {"cells": np.zeros((2, UNITS), dtype=np.int64)},
    "no round_exactly": {"lines": line(kind=native.QUOTIENT, cap=1e17, denominator_row=1),
                         "answers": np.full((2, UNITS), 0.5), "round_exactly": None},
}  # fmt: skip


def test_another_number_of_arguments_is_refused() -> None:
    for function in (native.evaluate_lines, native.score, native.rank, native.check_answers):
        with pytest.raises(TypeError, match="arguments, not 1"):
            function(3)  # type: ignore[call-arg,arg-type]


@pytest.mark.parametrize("changed", UNSCORABLE.values(), ids=UNSCORABLE.keys())
def test_a_plan_that_does_not_fit_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        score(**changed)


answers = np.zeros((2, UNITS))
ranges, whole_only, pairs = np.zeros((2, 2)), np.zeros(2, dtype=np.bool_), np.zeros((2, 1), dtype=np.int64)
keys, ranked, by_id = np.zeros((2, UNITS), dtype=np.int64), np.ones((2, UNITS), dtype=np.bool_), np.arange(UNITS)


def check(**changed: object) -> bytes:
    arguments = {"answers": answers, "ranges": ranges, "whole_only": whole_only, "pairs": pairs} | changed
    return native.check_answers(*arguments.values())  # type: ignore[arg-type]


def rank(**changed: object) -> None:
    arguments = {
        "keys": keys,
        "ranked": ranked,
        "by_id": by_id,
        "ties": np.zeros(2, dtype=np.int64),
        "ranks": keys.copy(),
        "order": by_id.copy(),
    }
    native.rank(*(arguments | changed).values())  # type: ignore[arg-type]


REFUSED: dict[str, Callable[[], object]] = {
    "a part that does not exist": lambda: check(pairs=pairs + 2),
    "a whole before the first": lambda: check(pairs=pairs - 1),
    "ranges of other rows": lambda: check(ranges=np.zeros((2, 3))),
    "answers to be read": lambda: check(answers=np.broadcast_to(np.zeros(UNITS), (2, UNITS))),
    "keys below 0": lambda: rank(keys=keys - 1),
    "large keys": lambda: rank(keys=keys + 2**40),
    "ranks of other units": lambda: rank(ranks=keys[:, :2].copy()),
    "ranks nowhere": lambda: rank(ranks=None),
    "a unit that is not there": lambda: rank(by_id=by_id + 1),
    "a unit before the first": lambda: rank(by_id=by_id - 1),
    "fewer units": lambda: rank(by_id=by_id[:2]),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_invalid_arguments_raise_an_error(call: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        call()


def test_duplicate_units_are_ordered_within_their_array() -> None:
    order = np.full(UNITS, 7, dtype=np.int64)
    rank(by_id=np.zeros(UNITS, dtype=np.int64), keys=keys + np.arange(UNITS), order=order)
    assert order.tolist() == [0] * UNITS
    nobody = np.empty((2, 0), dtype=np.int64)
    rank(keys=nobody, ranked=ranked[:, :0].copy(), by_id=nobody[0], ranks=nobody.copy(), order=nobody[0].copy())


@pytest.mark.parametrize(
    "table",
    [line(kind=native.QUOTIENT, cap=1e17, denominator_row=1), line(kind=native.SLOPE, cap=1e17, length=0.5)],
    ids=["quotient", "slope"],
)
def test_no_divisor_is_less_than_one(table: np.ndarray) -> None:
    found = evaluate(table, answers=np.full((2, UNITS), 0.5))
    assert found["points"].tolist() == [[7.0] * 3], "all are rounded exactly, with fractions"
    assert found["remainders"].tolist() == [[0.0, 0.25, 0.5]]


def test_no_converted_maximum_is_less_than_one() -> None:
    given = np.zeros((3, 1, UNITS))
    given[:2] = [[[1e10]], [[0.5]]]
    found = score(lines=line(), group_sums=given, maxima=np.array([1e9]), has_lines=np.array([False]))
    assert found["group_scores"][0].tolist() == [[0.0] * UNITS]


@pytest.mark.parametrize("units", [UNITS, 5_000])
def test_errors_raised_while_rounding_are_passed_on(units: int) -> None:
    table, answers = line(kind=native.QUOTIENT, cap=1e17, denominator_row=1), np.full((2, units), 0.5)
    room = {
        "points": np.empty((1, units)),
        "status": np.empty((1, units), np.uint8),
        "remainders": np.empty((1, units)),
    }

    def broken(criterion: int, unit: int) -> tuple[float, float]:
        raise LookupError(f"{criterion} of {unit}")

    with pytest.raises(LookupError, match="0 of 0"):
        evaluate(table, round_exactly=broken, answers=answers, **room)
