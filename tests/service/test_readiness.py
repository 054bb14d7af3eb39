"""When a server is ready, by its health and its required sets."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hue_requests import late_call
from processes import PATIENCE, SCORER, serve

SERVICE = "egov.scorer.v1.ScorerService"


@pytest.mark.parametrize("count", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_health_is_not_serving_while_calls_finish(tmp_path: Path, count: str) -> None:
    with serve(tmp_path, "--workers", count) as running, running.channel() as channel:
        body = threading.Event()
        call = late_call(channel, body)
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=SERVICE), timeout=PATIENCE
        )
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        running.process.send_signal(signal.SIGTERM)
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
        body.set()
        assert call.result(PATIENCE).scorecard.overall.score.points == 15
        assert running.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("count", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_server_without_a_required_set_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "mine.yaml").write_text("criteria_set: mine-2020\ntitle: {en: Mine}\n", encoding="utf-8")
    monkeypatch.setenv("SCORER_CRITERIA", str(tmp_path / "sets"))
    monkeypatch.setenv("SCORER_REQUIRED", json.dumps(["hue-2020", "mine-2020", "other-2020"]))
    words = [SCORER, "serve", "--address", "127.0.0.1:0", "--workers", count]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    *_, last = done.stderr.splitlines()
    assert last.startswith("scorer: required criteria sets cannot be used: mine-2020, other-2020; either"), last
    assert "mine.yaml:" in done.stderr
    assert "serving " not in done.stderr


def test_a_server_with_its_required_sets_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORER_REQUIRED", json.dumps(["hue-2020"]))
    with serve(tmp_path) as running, running.channel() as channel:
        reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=5)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
