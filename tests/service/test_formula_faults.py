"""A fault of a formula kind of a plugin fails only its call, and is named with its criterion."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import grpc
import numpy as np
import pytest
from harness import catalogue, good, group, host, refusal, serving
from small_set import (
    INFRASTRUCTURE,
    OTHER_SET,
    WATER,
    WELLS,
    rank,
    row,
    still_answers,
)

from scorer.plugin_api import Cohort, Formula, Outcome, PointsByTier, Read
from scorer.plugin_api import Path as FieldPath


class Bursting(Formula):
    """A formula that raises an error or returns the wrong shape."""

    kind = "bursting"
    indicator: str
    result: str = ""

    def reads(self) -> list[Read]:
        return [Read(("indicator",), self.indicator, frozenset({"number"}))]  # type: ignore[arg-type]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: object) -> Outcome:
        points, missing = np.zeros(len(cohort)), np.zeros(len(cohort), dtype=np.bool_)
        results: dict[str, object] = {
            "longer": Outcome(np.zeros(len(cohort) + 1), missing),
            "one": Outcome(np.zeros(1), missing),
            "scalar": Outcome(np.float64(0), missing),  # type: ignore[arg-type]
            "masked": Outcome(np.ma.masked_equal(points, 0), missing),
            "texts": Outcome(points.astype(str), missing),
            "numbers": Outcome(points, points),  # type: ignore[arg-type]
            "indices": Outcome(points, missing, np.zeros(len(cohort), dtype=np.int64)),  # type: ignore[arg-type]
            "none": None,
        }
        if self.result:
            return results[self.result]  # type: ignore[return-value]
        raise ZeroDivisionError("vỡ ống")


class Complaining(Bursting):
    """A formula that reports endless problems."""

    kind = "complaining"

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[FieldPath, str]]:
        return itertools.repeat((("indicator",), "is not good enough"))


def test_a_formula_with_endless_problems_is_refused() -> None:
    complaining = WATER.replace("formula: awarded, indicator: wells", "formula: complaining, indicator: wells")
    plugins = host(group("water", *WELLS), INFRASTRUCTURE, formulas=[Complaining])
    [refused] = catalogue(plugins, complaining).refused
    assert "is not good enough" in str(refused.problems[0])


class Unready(Bursting):
    """A formula that cannot be created."""

    kind = "unready"

    def model_post_init(self, _: object) -> None:
        raise SystemExit(3)


def test_a_formula_that_cannot_be_created_is_refused() -> None:
    unready = WATER.replace("formula: awarded, indicator: wells", "formula: unready, indicator: wells")
    [refused] = catalogue(host(group("water", *WELLS), formulas=[Unready]), unready).refused
    assert "formula kind 'unready' is broken: SystemExit: 3" in str(refused.problems[0])


BAD_OUTCOMES = {
    "": "vỡ ống",
    "longer": "points of the outcome is an array of shape (3,) and kind 'f'",
    "one": "points of the outcome is an array of shape (1,)",
    "scalar": "points of the outcome is an array of shape ()",
    "masked": "points of the outcome is a masked array; its mask would be ignored",
    "texts": "points of the outcome is an array of shape (2,) and kind 'U'",
    "numbers": "missing of the outcome is an array of shape (2,) and kind 'f'",
    "indices": "not_applicable of the outcome is an array of shape (2,) and kind 'i'",
    "none": "evaluate() returned NoneType, not Outcome",
}


@pytest.mark.parametrize(("result", "what"), BAD_OUTCOMES.items(), ids=BAD_OUTCOMES)
def test_a_formula_that_raises_is_named_with_its_criterion(result: str, what: str) -> None:
    key = f", result: {result}" if result else ""
    bursting = WATER.replace("formula: awarded, indicator: wells", f"formula: bursting, indicator: wells{key}")
    plugins = host(group("water", *WELLS), INFRASTRUCTURE, formulas=[Bursting])
    with serving(good(catalogue(plugins, bursting, OTHER_SET))) as service:
        with refusal() as caught:
            rank(service, row("hue"), row("na-ri"), criteria_set="water-2020")
        refused = caught[0]
        assert refused.code is grpc.StatusCode.INTERNAL
        assert refused.details.startswith("formula kind 'bursting' of plugin 'formulas', criterion W.2: raised ")
        assert what in refused.details
        assert [refused.info.metadata[key] for key in ("group", "criterion", "plugin")] == ["water", "W.2", "formulas"]
        assert still_answers(service, "beside-2020")
