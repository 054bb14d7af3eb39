"""What carries the client's calls: gRPC, or whatever has the same methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import grpc

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer_client.errors import ScorerError

MAX_REPLY_BYTES = 512 * 2**20

RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": "egov.scorer.v1.ScorerService"}, {"service": "egov.scorer.v1.CriteriaService"}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
"""Only a server that could not be reached is asked again: everything else is an answer."""

Reply = TypeVar("Reply")


class Transport(Protocol):
    """What carries calls; each raises ``ScorerError``."""

    def score_unit(self, request: scorer_pb2.ScoreUnitRequest, timeout: float | None) -> scorer_pb2.ScoreUnitResponse:
        """ScoreUnit."""

    def rank_province(
        self, request: scorer_pb2.RankProvinceRequest, timeout: float | None
    ) -> scorer_pb2.RankProvinceResponse:
        """RankProvince."""

    def list_criteria_sets(
        self, request: criteria_pb2.ListCriteriaSetsRequest, timeout: float | None
    ) -> criteria_pb2.ListCriteriaSetsResponse:
        """ListCriteriaSets."""

    def get_criteria_set(
        self, request: criteria_pb2.GetCriteriaSetRequest, timeout: float | None
    ) -> criteria_pb2.GetCriteriaSetResponse:
        """GetCriteriaSet."""

    def close(self) -> None:
        """Ends the connection."""


class GrpcTransport:
    """Calls over gRPC."""

    def __init__(self, target: str) -> None:
        options = [
            ("grpc.max_receive_message_length", MAX_REPLY_BYTES),
            ("grpc.service_config", json.dumps(RETRIES)),
        ]
        self._channel = grpc.insecure_channel(target, options)
        scorer = scorer_pb2_grpc.ScorerServiceStub(self._channel)
        criteria = criteria_pb2_grpc.CriteriaServiceStub(self._channel)
        self.score_unit = _call(scorer.ScoreUnit)
        self.rank_province = _call(scorer.RankProvince)
        self.list_criteria_sets = _call(criteria.ListCriteriaSets)
        self.get_criteria_set = _call(criteria.GetCriteriaSet)

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()


def _call(method: Callable[..., Reply]) -> Callable[[Any, float | None], Reply]:
    def call(request: Any, timeout: float | None) -> Reply:
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise ScorerError.of_call(error) from error

    return call
