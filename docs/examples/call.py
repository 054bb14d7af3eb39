"""One call over TLS with a token: python call.py HOST:PORT AUTHORITY.pem TOKEN_FILE

Prints the level of one unit, or the error of the service.
"""

import sys
from pathlib import Path

import grpc

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc

address, authority, token = sys.argv[1], Path(sys.argv[2]).read_bytes(), Path(sys.argv[3]).read_text()
request = scorer_pb2.ScoreUnitRequest(criteria_set="hue-2020")
request.unit_answers.unit.id, request.unit_answers.unit.tier = "hue", "district"
request.unit_answers.not_applicable_criteria.append("INF.02")
for group, points in {"policy_environment": 13.32, "infrastructure": 20.43, "human_resources": 8.88}.items():
    request.unit_answers.answers[f"{group}_awarded"].number = points

credentials = grpc.composite_channel_credentials(
    grpc.ssl_channel_credentials(authority), grpc.access_token_call_credentials(token)
)
with grpc.secure_channel(address, credentials) as channel:
    try:
        reply = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            request, metadata=[("x-request-id", "walk-through-1")], timeout=10
        )
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    for category in reply.scorecard.categories:
        print(f"{reply.scorecard.unit.id}: level {category.level} of {category.category}")
