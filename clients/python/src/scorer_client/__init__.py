"""Calls the scorer: scores units, ranks provinces, reads criteria sets.

from scorer_client import Client, Row

with Client("127.0.0.1:50051") as client:
    for ranking in client.rank_csv("bac-kan-2020", "answers.csv", period="2020-H1").rankings:
        for unit in ranking.units:
            print(unit.overall_rank, unit.name, unit.why())
"""

from scorer_client.client import AsyncClient, Client
from scorer_client.errors import ScorerError, Violation
from scorer_client.lacks import Lack
from scorer_client.requests import Row, Unit, Value
from scorer_client.results import (
    CategoryResult,
    Cause,
    CriterionCount,
    CriterionResult,
    GateCount,
    GroupResult,
    Measure,
    Provenance,
    Province,
    Ranking,
    Score,
    Tally,
    UnitResult,
)

__all__ = [
    "AsyncClient",
    "CategoryResult",
    "Cause",
    "Client",
    "CriterionCount",
    "CriterionResult",
    "GateCount",
    "GroupResult",
    "Lack",
    "Measure",
    "Provenance",
    "Province",
    "Ranking",
    "Row",
    "Score",
    "ScorerError",
    "Tally",
    "Unit",
    "UnitResult",
    "Value",
    "Violation",
]
