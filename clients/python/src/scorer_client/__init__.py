"""The client of the scorer service: scores units, ranks provinces, reads criteria sets.

For example:

    from scorer_client import Client, Row

    with Client("127.0.0.1:50051") as client:
        for ranking in client.rank_file("bac-kan-2020", "answers.csv", period="2020-H1").rankings:
            for unit in ranking.units:
                print(unit.overall_rank, unit.name, unit.why())
"""

from scorer_client.causes import Cause
from scorer_client.client import AsyncClient, Client
from scorer_client.errors import ScorerError, Violation
from scorer_client.file_table import FileTable
from scorer_client.lacking_units import Lack
from scorer_client.rankings import CriterionCount, GateCount, Provenance, Province, Ranking, Tally
from scorer_client.requests import Row, Value
from scorer_client.results import (
    CategoryResult,
    CriterionResult,
    GroupResult,
    Measure,
    Score,
    SubtotalResult,
    UnitResult,
)

__all__ = [
    "AsyncClient",
    "CategoryResult",
    "Cause",
    "Client",
    "CriterionCount",
    "CriterionResult",
    "FileTable",
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
    "SubtotalResult",
    "Tally",
    "UnitResult",
    "Value",
    "Violation",
]
