"""Balances calls over servers: python round_robin.py SECONDS HOST:PORT...

Calls the healthy servers in turn, and retries on another server when one ends. Prints the number of calls by status
code, and exits with 1 if any call failed.
"""

import json
import sys
import time
from collections import Counter

import grpc

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc

SERVICE = "egov.scorer.v1.ScorerService"
CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": SERVICE},
    "methodConfig": [
        {
            "name": [{"service": SERVICE}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.05s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}

request = scorer_pb2.ScoreUnitRequest(criteria_set="hue-2020")
request.unit_answers.unit.id, request.unit_answers.unit.tier = "hue", "district"
request.unit_answers.answers["infrastructure_awarded"].number = 20.43

codes: Counter[str] = Counter()
end = time.monotonic() + float(sys.argv[1])
options = [("grpc.service_config", json.dumps(CONFIG))]
with grpc.insecure_channel(f"ipv4:{','.join(sys.argv[2:])}", options) as channel:
    scorer = scorer_pb2_grpc.ScorerServiceStub(channel)
    while time.monotonic() < end:
        calls = [scorer.ScoreUnit.future(request, timeout=10, wait_for_ready=True) for _ in range(8)]
        for call in calls:
            codes[call.code().name] += 1
print(", ".join(f"{code} {count}" for code, count in sorted(codes.items())))
sys.exit(set(codes) != {"OK"})
