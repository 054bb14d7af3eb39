"""Calls the scorer: scores units, ranks provinces, reads criteria sets.

from scorer_client import Client, Row

with Client("127.0.0.1:50051") as client:
    reply = client.rank_province("hue-2020", [Row("hue", "district", {"infrastructure_awarded": 20.43})])
"""

from scorer_client.client import Client, Row, Value
from scorer_client.errors import ScorerError, Violation

__all__ = ["Client", "Row", "ScorerError", "Value", "Violation"]
