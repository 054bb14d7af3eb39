"""Metrics over HTTP, of one process and of all workers together."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from hue_requests import late_call, one_unit, request
from processes import PATIENCE, SCORER, Serving, serve, until
from prometheus_client.parser import text_string_to_metric_families

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer.cli.loading import load_catalogue
from scorer.service.call.metrics import FOLDER_VARIABLE

Labels = frozenset[tuple[str, str]]
METHODS = {"ScoreUnit", "RankProvince", "ListCriteriaSets", "GetCriteriaSet", "ReloadCriteriaSets"}
LABELS = {"method", "code", "criteria_set", "revision", "tier", "category", "measure", "le"}


def metrics(running: Serving) -> dict[tuple[str, Labels], float]:
    """Every sample by its name and labels."""
    found = re.search(r"^metrics on (http://127\.0\.0\.1:\d+/metrics)$", running.log, re.M)
    assert found, running.log
    with urllib.request.urlopen(found[1], timeout=PATIENCE) as reply:
        families = text_string_to_metric_families(reply.read().decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def count(running: Serving, name: str, **labels: str) -> float:
    return metrics(running).get((name, frozenset(labels.items())), 0.0)


@pytest.fixture(params=[pytest.param("1", marks=pytest.mark.long), "2"])
def running(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serve(tmp_path, "--workers", request.param, "--metrics", "127.0.0.1:0") as running:
        yield running


def connections(running: Serving) -> list[grpc.Channel]:
    """Connections, at least one to each process."""
    return list(running.channels(2)) if running.workers else [running.channel()]


def test_calls_units_gates_and_sets_are_counted_over_all_processes(running: Serving) -> None:
    channels = connections(running)
    unknown = count(running, "scorer_calls_total", method="ScoreUnit", code="NOT_FOUND")
    took = 0.0
    for channel in channels:
        stub = scorer_pb2_grpc.ScorerServiceStub(channel)
        stub.ScoreUnit(one_unit(), timeout=PATIENCE)
        started = time.monotonic()
        stub.RankProvince(request(7), timeout=PATIENCE)
        took += time.monotonic() - started
        criteria_pb2_grpc.CriteriaServiceStub(channel).ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest())
        with pytest.raises(grpc.RpcError):
            stub.ScoreUnit(scorer_pb2.ScoreUnitRequest(criteria_set="x"), timeout=PATIENCE)
    each, found = len(channels), metrics(running)

    def value(name: str, **labels: str) -> float:
        return found[name, frozenset(labels.items())]

    assert value("scorer_calls_total", method="ScoreUnit", code="OK") == each
    assert value("scorer_calls_total", method="ScoreUnit", code="NOT_FOUND") == unknown + each
    assert value("scorer_calls_total", method="ListCriteriaSets", code="OK") == each
    assert value("scorer_call_seconds_count", method="RankProvince") == each
    assert value("scorer_call_seconds_bucket", method="RankProvince", le="+Inf") == each
    assert 0 < value("scorer_call_seconds_sum", method="RankProvince") < took
    assert value("scorer_units_total", method="RankProvince", criteria_set="hue-2020") == 7 * each
    assert value("scorer_units_total", method="ScoreUnit", criteria_set="hue-2020") == each
    gate = {"criteria_set": "hue-2020", "tier": "district", "category": "readiness", "measure": "total"}
    assert value("scorer_unranked_units_total", **gate) == 8 * each  # of 48 points, these have 24 at most
    sets = load_catalogue().sets
    for code, plan in sets.items():
        assert value("scorer_criteria_set_info", criteria_set=code, revision=plan.criteria_set.revision) == 1
    assert value("scorer_refused_documents") == 0
    assert value("scorer_quarantined_plugins") == 0
    assert value("scorer_calls_under_way") == 0
    if running.workers:
        assert value("scorer_workers") == 2
    for channel in channels:
        channel.close()


@pytest.mark.long
def test_texts_of_callers_are_not_labels(running: Serving) -> None:
    channel = running.channel()
    for n in range(20):
        call = channel.unary_unary(f"/egov.scorer.v1.ScorerService/Method{n}")
        with pytest.raises(grpc.RpcError):
            call(b"", timeout=PATIENCE)
        with pytest.raises(grpc.RpcError):
            scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
                scorer_pb2.ScoreUnitRequest(criteria_set=f"set-{n}", period=f"{n}"),
                metadata=[("x-request-id", f"id-{n}")],
                timeout=PATIENCE,
            )
    named = [dict(labels) for name, labels in metrics(running) if name.startswith("scorer_")]
    assert {label for labels in named for label in labels} <= LABELS
    assert {labels["method"] for labels in named if "method" in labels} == {"ScoreUnit"} <= METHODS
    assert {labels["criteria_set"] for labels in named if "criteria_set" in labels} <= set(load_catalogue().sets)
    channel.close()


@pytest.mark.long
def test_counters_of_a_killed_worker_stay_and_its_gauges_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serve(tmp_path, "--workers", "2", "--metrics", "127.0.0.1:0") as running:
        channels = running.channels(2)
        for channel in channels:
            scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), timeout=PATIENCE)
        before = count(running, "scorer_calls_total", method="ScoreUnit", code="OK")
        assert before == len(channels)
        assert count(running, "scorer_workers") == 2
        killed = next(iter(running.workers))
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in running.workers and count(running, "scorer_workers") == 2, "it was not replaced")
        assert count(running, "scorer_calls_total", method="ScoreUnit", code="OK") == before
        assert count(running, "scorer_calls_under_way") == 0
        again = running.channels(2)
        for channel in again:
            scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), timeout=PATIENCE)
        assert count(running, "scorer_calls_total", method="ScoreUnit", code="OK") == before + len(again)
        for channel in [*channels, *again]:
            channel.close()


@pytest.mark.long
@pytest.mark.parametrize("signals", [1, 2])
def test_the_directory_of_metrics_is_removed(running: Serving, tmp_path: Path, signals: int) -> None:
    assert bool(list(tmp_path.glob("scorer-metrics-*"))) == bool(running.workers)
    channel, body = running.channel(), threading.Event()
    late = [late_call(channel, body)] if signals == 2 else []  # it keeps it from ending after the first one
    for _ in range(signals):
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(PATIENCE) == signals - 1
    assert not list(tmp_path.glob("scorer-metrics-*"))
    body.set()
    assert all(call.code() is grpc.StatusCode.UNAVAILABLE for call in late)
    channel.close()


def test_metrics_for_other_machines_need_the_setting_insecure() -> None:
    words = [SCORER, "serve", "--address", "127.0.0.1:0", "--metrics", "0.0.0.0:0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "metrics on 0.0.0.0:0 can be read from other machines, by everybody: use 127.0.0.1" in done.stderr


def test_a_taken_port_of_metrics_is_reported(running: Serving) -> None:
    taken = re.search(r"^metrics on http://(\S+)/metrics$", running.log, re.M)
    assert taken
    words = [SCORER, "serve", "--address", "127.0.0.1:0", "--metrics", taken[1]]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"cannot serve metrics on '{taken[1]}': Address already in use" in done.stderr


def test_callers_of_metrics_cannot_fill_the_log_or_take_all_connections(tmp_path: Path) -> None:
    with serve(tmp_path, "--metrics", "127.0.0.1:0") as running:
        before, file_descriptors = running.log, Path(f"/proc/{running.process.pid}/fd")
        address = re.search(r"^metrics on http://(\S+):(\d+)/metrics$", before, re.M)
        assert address
        server = address[1], int(address[2])
        for request in (b"GET /metr", b"GET /metrics HTTP/1.0\r\n\r\n"):
            for _ in range(20):
                broken = socket.create_connection(server)
                broken.sendall(request)
                broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                broken.close()  # resets the connection
        for accept in ("application/openmetrics-text; version=x", "text/plain; version=x; q=y"):
            url = f"http://{server[0]}:{server[1]}/metrics"
            with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept})) as reply:
                assert b"scorer_calls_under_way 0.0" in reply.read()
        with ExitStack() as idle:
            for _ in range(150):
                idle.enter_context(socket.create_connection(server)).sendall(b"GET /metr")
            assert count(running, "scorer_calls_under_way") == 0
            until(lambda: len(list(file_descriptors.iterdir())) < 100, "idle connections are kept")
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(f"http://{server[0]}:{server[1]}/", timeout=PATIENCE)
        refused.value.close()
        assert running.log == before


TOO_MANY_LABELS = """\
import resource
from types import SimpleNamespace

from scorer.service.call.metrics import FILE_BYTES, Metrics

metrics = Metrics()
resource.setrlimit(resource.RLIMIT_FSIZE, (2 * FILE_BYTES, 2 * FILE_BYTES))
plan = SimpleNamespace(criteria_set=SimpleNamespace(revision="0" * 64))
nothing = SimpleNamespace(plugins=())
for n in (500, 2000, 3000):
    sets = dict.fromkeys((f"set-{m}" for m in range(n)), plan)
    metrics.set_catalogue(SimpleNamespace(sets=sets, refused=(), host=nothing))
metrics.calls.labels("ScoreUnit", "OK").inc()
print(metrics.registry.get_sample_value("scorer_calls_total", {"method": "ScoreUnit", "code": "OK"}))
"""


def test_a_full_disk_loses_only_new_metrics(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOO_MANY_LABELS],
        env={**os.environ, FOLDER_VARIABLE: str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1.0\n"), done.stderr
    assert done.stderr == "some metrics are not counted any more: File too large\n"
    for file in tmp_path.iterdir():
        assert file.stat().st_blocks * 512 >= file.stat().st_size  # reserved: no later write can find the disk full


def test_workers_are_replaced_after_the_temporary_directory_was_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serve(tmp_path, "--workers", "2", "--metrics", "127.0.0.1:0") as running:
        [counts] = tmp_path.glob("scorer-metrics-*")
        shutil.rmtree(counts)
        for worker in running.workers:
            os.kill(worker, signal.SIGKILL)
        until(lambda: running.log.count("takes its place") == 2, "they were not replaced")
        until(lambda: count(running, "scorer_workers") == 2, "they do not serve")
        channels = running.channels(2)
        assert count(running, "scorer_calls_total", method="ScoreUnit", code="NOT_FOUND") == len(channels)
        for channel in channels:
            channel.close()
