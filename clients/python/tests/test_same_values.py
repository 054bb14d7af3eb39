"""Values that the client and the service both define, because the client does not import the service, are equal."""

from __future__ import annotations

import pytest

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.plan import GatePlan
from scorer.engine.scoring import Standing
from scorer.model import indicators
from scorer.plugins.group import Status
from scorer.service.messages import ranking_table as service_tables
from scorer_client import forms, ranking_table, requests
from scorer_client.enums import words
from scorer_client.files.header import FIXED


def test_columns_of_units() -> None:
    assert set(FIXED) == set(indicators.COLUMNS_OF_UNITS)


def test_first_day() -> None:
    assert requests.EPOCH == indicators.EPOCH


def test_kinds_of_indicators() -> None:
    assert list(forms.KINDS.values()) == [kind.value for kind in indicators.IndicatorKind]


def test_names_of_standings_and_statuses() -> None:
    """A table has the names of the service's members, and the client derives the same names from the contract."""
    assert {standing.value: standing.name.lower() for standing in Standing} == words(pb.Standing.DESCRIPTOR)
    assert {status.value: status.name.lower() for status in Status} == words(pb.CriterionStatus.DESCRIPTOR)


@pytest.mark.parametrize(
    ("unit", "minimum", "strict", "value"),
    [("percent", 800_000, False, 80.0), ("percent", 785_000, True, 78.5), ("points", 12_500_000, True, 12.5)],
)
def test_texts_of_gates(unit: str, minimum: int, strict: bool, value: float) -> None:
    """The client parses the texts that the service writes into the columns ``failing``."""
    gate = GatePlan(level=3, level_index=0, measure=0, unit=unit, minimum=minimum, strict=strict, key=0, threshold=0)
    text = f"level 3: {service_tables.gate_text(gate, 'a+b')}"
    assert ranking_table._gates(text) == ((3, "a+b", unit, value, strict),)
