"""Values that the client and the service both define, because the client does not import the service, are equal."""

from __future__ import annotations

from typing import Literal

import pytest

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.criteria.conditions import AnswerGate, LevelGate, MeasureGate
from scorer.engine.scoring import Standing
from scorer.model import indicators
from scorer.model.fixed_point import PointsByTier
from scorer.plugins.group import Status
from scorer.service.messages.gate_texts import gate_text
from scorer_client import criteria_set_form, requests
from scorer_client.causes import Cause
from scorer_client.enums import words
from scorer_client.files.header import FIXED
from scorer_client.gate_texts import causes_of


def test_unit_columns_are_equal() -> None:
    assert set(FIXED) == set(indicators.COLUMNS_OF_UNITS)


def test_first_days_are_equal() -> None:
    assert requests.EPOCH == indicators.EPOCH


def test_indicator_kinds_are_equal() -> None:
    assert list(criteria_set_form.KINDS.values()) == [kind.value for kind in indicators.IndicatorKind]


def test_names_of_standings_and_statuses_are_equal() -> None:
    """A table has the names of the service's members, and the client derives the same names from the contract."""
    assert {standing.value: standing.name.lower() for standing in Standing} == words(pb.Standing.DESCRIPTOR)
    assert {status.value: status.name.lower() for status in Status} == words(pb.CriterionStatus.DESCRIPTOR)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(
    ("unit", "minimum", "strict", "value"),
    [("percent", 800_000, False, 80.0), ("percent", 785_000, True, 78.5), ("points", 12_500_000, True, 12.5)],
)
def test_texts_of_gates_are_parsed(
    unit: Literal["percent", "points"], minimum: int, strict: bool, value: float, upper: bool
) -> None:
    """The client parses the texts that the service writes into the columns ``failing``."""
    gate = MeasureGate("a+b", unit, PointsByTier(minimum), strict, upper)
    (cause,) = causes_of(f"level 3: {gate_text(gate, minimum)}")
    assert cause == Cause(3, "a+b", unit, value, strict, 0.0, upper)


@pytest.mark.parametrize("excluded", [False, True])
def test_texts_of_gates_on_answers_and_levels_are_parsed(excluded: bool) -> None:
    text = f"limit 2: {gate_text(AnswerGate('lan', ('none', 'simple'), excluded), 0)}"
    (answer,) = causes_of(text)
    assert (answer.limit, answer.indicator, answer.options, answer.excluded) == (2, "lan", ("none", "simple"), excluded)
    (level,) = causes_of(f"level 1: {gate_text(LevelGate('readiness', 3, excluded), 0)}")
    assert (level.level, level.category, level.category_level, level.excluded) == (1, "readiness", 3, excluded)


def test_texts_of_combinations_are_parsed() -> None:
    causes = causes_of("level 2: total >= 80%, 2 of 3 (a > 5, 1 of 2 (b < 5%, lan = x|y)); limit 1: level(c) <= 2")
    assert [(cause.level, cause.limit, cause.at_least, cause.out_of) for cause in causes] == [
        (2, 0, 0, 0), (2, 0, 2, 3), (0, 1, 0, 0),
    ]  # fmt: skip
    assert [part.at_least for part in causes[1].of] == [0, 1]
    assert [part.measure or part.indicator for part in causes[1].of[1].of] == ["b", "lan"]


@pytest.mark.parametrize("text", ["", "total >= 80%", "level 1: total", "level 1: 2 of 3 ()", "level x: total >= 5"])
def test_other_texts_are_not_parsed_as_gates(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        causes_of(text)
