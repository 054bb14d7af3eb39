"""``scorer serve --workers``: several processes on one port, and what happens when they or their parent are killed."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from harness import Service
from hue_requests import late_call, one_unit, request
from processes import PATIENCE, Serving, parent_of, serve, until
from slow_calls import Gate, held

from egov.scorer.v1 import scorer_pb2 as pb
from egov.scorer.v1 import scorer_pb2_grpc
from scorer.service import background_server
from scorer.service.runtime.settings import Settings
from scorer.service.server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux divides the connections of a port")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serve(tmp_path_factory.mktemp("shared"), "--workers", "2") as running:
        yield running


def slow_request(channel: grpc.Channel) -> pb.RankProvinceRequest:
    """A request that takes at least a twentieth of a second."""
    rank = scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince
    units, took = 100, 0.0
    while took < 0.05:
        units, times = 2 * units, []
        for _ in range(3):
            started = time.monotonic()
            rank(request(units), timeout=PATIENCE)
            times.append(time.monotonic() - started)
        took = min(times)
    return request(units)


def test_all_workers_answer_and_log_lines_name_the_process(shared: Serving) -> None:
    assert len(shared.workers) == 2
    for channel in shared.channels(2):
        reply = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), timeout=PATIENCE)
        assert reply.scorecard.overall.score.points == 15
        channel.close()
    logged = shared.log.partition(" with 2 workers\n")[2].splitlines()
    assert {int(line[1 : line.index("]")]) for line in logged} >= shared.workers
    assert all(line.startswith("[") for line in logged)


def test_a_killed_worker_loses_only_its_calls_and_is_replaced(shared: Serving) -> None:
    channels = shared.channels(8)
    killed = next(iter(channels.values()))
    enough, failed = threading.Event(), dict.fromkeys(channels, 0)

    def load(channel: grpc.Channel) -> None:
        call = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
        while not enough.is_set():
            try:
                call(one_unit(), timeout=PATIENCE, wait_for_ready=True)
            except grpc.RpcError:
                failed[channel] += 1
                time.sleep(0.2)  # until the client has noticed the end of the connection too

    threads = [threading.Thread(target=load, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in shared.workers and len(shared.workers) == 2, "it was not replaced")
    enough.set()
    for thread in threads:
        thread.join()
    assert {channel: count for channel, count in failed.items() if count > (channels[channel] == killed)} == {}
    (successor,) = shared.workers - set(channels.values())
    line = re.compile(
        rf"^\[{shared.process.pid}\] .* WARNING worker {killed} died of signal 9; "
        rf"worker {successor} takes its place$",
        re.M,
    )
    until(lambda: line.search(shared.log), "it is not logged")
    for channel in [*channels, *shared.channels(2)]:  # the second ones wait until the successor answers
        channel.close()


def test_numeric_libraries_use_one_thread_by_default() -> None:
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    code = (
        "import os, sys, scorer.cli.commands.serve; assert 'numpy' in sys.modules;"
        "threads = [open(f'/proc/self/task/{task}/comm').read().strip() for task in os.listdir('/proc/self/task')];"
        f"print(*(os.environ[name] for name in {names}), len(threads) - threads.count('jemalloc_bg_thd'))"  # pyarrow's
    )
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment["OMP_NUM_THREADS"] = "2"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "1 1 2 1\n"


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.long), 2])
def test_no_arrived_call_is_lost_on_sigterm_under_load(tmp_path: Path, count: int) -> None:
    with serve(tmp_path, "--workers", str(count)) as running:
        workers, body = running.workers, threading.Event()
        channels = [running.channel() for _ in range(8)]
        late = [late_call(channel, body) for channel in channels]
        slow = slow_request(channels[0])
        busy = [scorer_pb2_grpc.ScorerServiceStub(c).RankProvince.future(slow) for c in channels * 2]
        time.sleep(0.2)
        assert not all(call.done() for call in busy)
        running.process.send_signal(signal.SIGTERM)
        for call in busy[: len(channels)]:
            assert call.result(PATIENCE).rankings[0].unit_count == len(slow.rows.units)
        body.set()  # while others are scored, and long before the grace ends
        for call in busy:
            assert call.result(PATIENCE).rankings[0].unit_count == len(slow.rows.units)
        for call in late:
            assert call.result(PATIENCE).scorecard.overall.score.points == 15, running.log
        assert running.process.wait(PATIENCE) == 0
        assert not any(map(parent_of, workers))
        assert "Traceback" not in running.log
        for channel in channels:
            channel.close()


def refuses(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) != 0


def test_long_calls_are_answered_after_new_calls_are_refused() -> None:
    gate = Gate()
    sets = gate.sets()

    async def start() -> Server:
        server = Server(lambda: sets, Settings(address="127.0.0.1:0"))
        await server.start()
        return server

    server = background_server.run(start())
    with grpc.insecure_channel(server.address) as channel, ThreadPoolExecutor(12) as callers:
        service = Service(server.address, channel)
        waiting = [callers.submit(held, service) for _ in range(12)]  # more than are scored at once
        assert gate.inside.acquire(timeout=PATIENCE)
        time.sleep(0.5)
        stopping = threading.Thread(target=lambda: background_server.run(server.stop(8.0)))
        stopping.start()
        until(lambda: refuses(server.port), "the door is open")
        gate.open.set()
        for call in waiting:
            assert call.result(PATIENCE).scorecard.unit.id == "a"
        stopping.join()


@pytest.mark.long
@pytest.mark.usefixtures("patient")
def test_a_second_signal_ends_all_workers_at_once(tmp_path: Path) -> None:
    with serve(tmp_path, "--workers", "2") as running:
        workers, body = running.workers, threading.Event()
        channel = running.channel()
        call = late_call(channel, body)
        time.sleep(0.5)
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 1  # long before the grace ends
        until(lambda: not any(map(parent_of, workers)), "workers are left")
        body.set()
        assert call.code() is grpc.StatusCode.UNAVAILABLE
        channel.close()


def test_a_parent_that_is_killed_leaves_no_worker(tmp_path: Path) -> None:
    with serve(tmp_path, "--workers", "2") as running:
        workers = running.workers
        assert len(workers) == 2
        running.process.kill()
        until(lambda: not any(map(parent_of, workers)), "workers are left")
        assert "Traceback" not in running.log


def send_to_a_thread(process: int, number: signal.Signals) -> None:
    """Sends a signal to a thread other than the main one, as the kernel may do."""
    thread = max(int(entry.name) for entry in Path(f"/proc/{process}/task").iterdir())
    assert thread != process
    assert ctypes.CDLL(None).tgkill(process, thread, number) == 0


@pytest.mark.long
@pytest.mark.parametrize("count", ["1", "2"])
@pytest.mark.usefixtures("patient")
def test_signals_delivered_to_another_thread_work(tmp_path: Path, count: str) -> None:
    with serve(tmp_path, "--workers", count) as running:
        body, channel = threading.Event(), running.channel()
        call = late_call(channel, body)  # it keeps it from ending after the first one
        time.sleep(0.5)
        send_to_a_thread(running.process.pid, signal.SIGTERM)
        until(lambda: refuses(int(running.address.rpartition(":")[2])), "it was not told")
        assert running.process.poll() is None
        send_to_a_thread(running.process.pid, signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 1  # long before the grace ends
        body.set()
        assert call.code() is grpc.StatusCode.UNAVAILABLE
        channel.close()


@pytest.mark.long
def test_signals_to_all_processes_count_as_one(tmp_path: Path) -> None:
    with serve(tmp_path, "--workers", "2") as running:
        body, channel = threading.Event(), running.channel()
        call = late_call(channel, body)
        time.sleep(0.5)
        for pid in (running.process.pid, *running.workers, *running.workers):
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.5)
        body.set()
        assert call.result(PATIENCE).scorecard.overall.score.points == 15
        assert running.process.wait(PATIENCE) == 0, running.log
        channel.close()
