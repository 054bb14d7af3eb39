"""Workers that do not respond are reported, counted and replaced; others are left alone."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from processes import PATIENCE, children_of, until
from third_party import ZEROS, Served, document, group_module, serve, third_party_plugin

from egov.scorer.v1 import scorer_pb2 as pb
from egov.scorer.v1 import scorer_pb2_grpc

LIMIT = 4
"""Seconds without a heartbeat after which a worker is replaced."""

HOLDS = f"""\
        import ctypes

        if "hold" in cohort.unit_ids:
            ctypes.PyDLL(None).sleep(600)  # with the interpreter lock
{ZEROS}"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


@pytest.fixture
def metrics() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def hang(tmp_path: Path) -> Path:
    """While this file is there, workers hang when they import the plugin, and hold the interpreter lock."""
    return tmp_path / "hang"


@pytest.fixture
def service(tmp_path: Path, metrics: str, hang: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("SCORER_UNRESPONSIVE_SECONDS", str(LIMIT))
    imported = f"""
import ctypes, os, sys
if "scorer.cli.serving.worker" in sys.orig_argv and os.path.exists({str(hang)!r}):
    ctypes.PyDLL(None).sleep(600)
"""
    site = tmp_path / "site"
    third_party_plugin(site, "grip", imported + group_module("grip", HOLDS, sets=["grip-2024.yaml"]))
    (site / "grip-2024.yaml").write_text(document("grip-2024", "grip"), encoding="utf-8")
    with serve(site, tmp_path / "log", "--workers", "2", "--metrics", metrics) as running:
        yield running


def workers(service: Served) -> set[int]:
    return children_of(service.process.pid)


def metric(address: str, name: str) -> float:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as reply:
        found = re.search(rf"^{name} (\S+)", reply.read().decode(), re.M)
    assert found
    return float(found[1])


def score(service: Served, unit: str, timeout: float = PATIENCE) -> pb.ScoreUnitResponse:
    """Scores one unit over a new connection."""
    answers = pb.UnitAnswers(unit=pb.Unit(id=unit, tier="district"), answers={"wells": pb.Answer(number=1)})
    request = pb.ScoreUnitRequest(criteria_set="grip-2024", unit_answers=answers)
    with grpc.insecure_channel(service.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        score_unit = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
        return score_unit(request, timeout=timeout, wait_for_ready=True)


def assert_replaced(service: Served, metrics: str, before: set[int], pid: int) -> None:
    until(lambda: f"WARNING worker {pid} does not respond; " in service.log, "it is not reported")
    until(lambda: metric(metrics, "scorer_unresponsive_workers") == 1 or pid not in workers(service), "not counted")
    until(lambda: re.search(rf"ERROR worker {pid} has not responded for \d s and is killed$", service.log, re.M), "")
    line = re.compile(
        rf"WARNING worker {pid} died of signal 9(?: while .* scored)?; worker (\d+) takes its place$", re.M
    )
    until(lambda: line.search(service.log), "it is not replaced")
    assert workers(service) == before - {pid} | {int(line.findall(service.log)[0])}
    until(lambda: metric(metrics, "scorer_workers") == 2, "the successor does not serve")
    until(lambda: metric(metrics, "scorer_unresponsive_workers") == 0, "it is still counted")
    for n in range(10):
        assert score(service, f"unit-{n}").scorecard.unit.id == f"unit-{n}"


@pytest.mark.long
def test_a_worker_that_is_stopped_is_replaced(service: Served, metrics: str) -> None:
    before = workers(service)
    pid = min(before)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    assert_replaced(service, metrics, before, pid)
    assert time.monotonic() - started >= LIMIT - 1


def test_a_worker_whose_plugin_holds_the_interpreter_lock_is_replaced(service: Served, metrics: str) -> None:
    before = workers(service)
    with pytest.raises(grpc.RpcError):
        score(service, "hold")
    until(lambda: "is killed" in service.log, "it is not killed")
    (pid,) = (int(found) for found in re.findall(r"ERROR worker (\d+) has not responded", service.log))
    assert pid in before
    assert_replaced(service, metrics, before, pid)


def test_a_worker_that_hangs_while_it_loads_is_replaced(service: Served, hang: Path) -> None:
    hang.touch()
    killed = min(workers(service))
    os.kill(killed, signal.SIGKILL)
    line = re.compile(rf"worker {killed} died of signal 9; worker (\d+) takes its place$", re.M)
    until(lambda: line.search(service.log), "it is not replaced")
    successor = int(line.findall(service.log)[0])
    until(lambda: f"ERROR worker {successor} has not responded" in service.log, "the successor is not killed")
    hang.unlink()
    until(lambda: re.search(rf"worker {successor} died of signal 9; worker \d+ takes", service.log), "no replacement")
    assert score(service, "quick").scorecard.unit.id == "quick"


def test_a_worker_that_responds_again_in_time_stays(service: Served, metrics: str) -> None:
    before = workers(service)
    pid = min(before)
    os.kill(pid, signal.SIGSTOP)
    until(lambda: metric(metrics, "scorer_unresponsive_workers") == 1, "it is not counted")
    os.kill(pid, signal.SIGCONT)
    until(lambda: f"WARNING worker {pid} responds again" in service.log, "it is not said")
    until(lambda: metric(metrics, "scorer_unresponsive_workers") == 0, "it is still counted")
    assert workers(service) == before


@pytest.mark.long
def test_workers_are_not_replaced_because_their_parent_was_stopped(service: Served) -> None:
    before = workers(service)
    service.process.send_signal(signal.SIGSTOP)
    time.sleep(2 * LIMIT)
    assert score(service, "quick").scorecard.unit.id == "quick"
    service.process.send_signal(signal.SIGCONT)
    time.sleep(LIMIT)
    assert workers(service) == before
    assert "respond" not in service.log


ENDS = """
import asyncio, os, sys, threading, time

def end(file):
    name, made = "scorer.service.runtime.grpc_server", []
    while not hasattr(sys.modules.get(name), "GrpcServer"):
        time.sleep(0.01)
    kind = sys.modules[name].GrpcServer
    make = kind.__init__
    kind.__init__ = lambda self, *more, **named: (made.append(self), make(self, *more, **named))[1]
    while not os.path.exists(file):
        time.sleep(0.01)
    asyncio.run_coroutine_threadsafe(made[0].stop(None), made[0]._loop)

if "scorer.cli.serving.worker" in sys.orig_argv and not os.path.exists({file!r}):
    threading.Thread(target=end, args=({file!r},), daemon=True).start()
"""
"""Code of a ``sitecustomize`` that ends the servers of workers, but not their processes, when a file is there."""


def test_workers_whose_server_has_ended_are_replaced(tmp_path: Path) -> None:
    site, file = tmp_path / "site", tmp_path / "end"
    site.mkdir()
    (site / "sitecustomize.py").write_text(ENDS.replace("{file!r}", repr(str(file))), encoding="utf-8")
    with serve(site, tmp_path / "log", "--workers", "2") as service:
        before = workers(service)
        file.touch()
        until(lambda: not before & workers(service) and len(workers(service)) == 2, "they are not replaced")
        assert service.log.count("RuntimeError: gRPC's server has ended by itself") == 2
        until(lambda: service.log.count(" ended with code 1; worker ") == 2, "it is not said")


@pytest.mark.long
def test_a_stopped_worker_does_not_delay_shutdown(service: Served) -> None:
    pid = min(workers(service))
    os.kill(pid, signal.SIGSTOP)
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE) == 1
    assert f"worker {pid} does not end and is killed" in service.log
