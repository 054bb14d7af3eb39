"""Runs ``scorer serve`` as a process, and reads its output."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from egov.scorer.v1 import scorer_pb2 as pb
from egov.scorer.v1 import scorer_pb2_grpc

SCORER = Path(sysconfig.get_path("scripts")) / "scorer"
PATIENCE = 60.0
"""Seconds."""


def parent_of(pid: int) -> int:
    """The parent of a process; 0 if the process has ended."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if state == "Z" else int(parent)


def children_of(parent: int) -> set[int]:
    """The ids of the processes that a process has started and that have not ended."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return {pid for pid in pids if parent_of(pid) == parent}


def until(holds: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


class Serving:
    """A running ``scorer serve``; ``log`` is what it has written to standard error."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        self.process, self.address, self._log = process, address, log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def workers(self) -> set[int]:
        return children_of(self.process.pid)

    def channel(self) -> grpc.Channel:
        """A new connection."""
        return grpc.insecure_channel(self.address, options=[("grpc.use_local_subchannel_pool", 1)])

    def worker_of(self, channel: grpc.Channel) -> int:
        """The worker that serves a connection, by its log line about a refusal."""
        request_id = os.urandom(8).hex()
        with pytest.raises(grpc.RpcError, match="unknown criteria set"):
            scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
                pb.ScoreUnitRequest(criteria_set="none"),
                metadata=[("x-request-id", request_id)],
                timeout=PATIENCE,
                wait_for_ready=True,
            )
        line = re.compile(rf"^\[(\d+)\] .* call request_id={request_id} ", re.M)
        until(lambda: line.search(self.log), "it is not logged")
        return int(line.findall(self.log)[0])

    def channels(self, count: int) -> dict[grpc.Channel, int]:
        """Connections, each with the worker that serves it: at least ``count``, and at least one per worker."""
        found: dict[grpc.Channel, int] = {}
        ends = time.monotonic() + PATIENCE
        while len(found) < count or set(found.values()) != self.workers:
            assert time.monotonic() < ends, (found, self.workers)
            channel = self.channel()
            found[channel] = self.worker_of(channel)
        return found


@contextmanager
def started(
    log: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """``scorer serve`` on a free port: the process, which is killed in the end, and the address where it serves.

    Args:
        log: the file that its standard error goes to.
        arguments: further ones of the command.
        environment: of the process; None: that of the tests.
    """
    command = [SCORER, "serve", "--address", "127.0.0.1:0", *arguments]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        line = re.compile(r"^serving .* on (127\.0\.0\.1:[1-9]\d*)\b.*\n", re.M)
        until(lambda: line.search(log.read_text(encoding="utf-8")) or process.poll() is not None, "it does not serve")
        said = log.read_text(encoding="utf-8")
        addresses = line.findall(said)
        assert len(addresses) == 1, said
        yield process, addresses[0]
    finally:
        process.kill()
        process.wait()


@contextmanager
def serve(folder: Path, *arguments: str) -> Iterator[Serving]:
    """A server with Huế's criteria set."""
    log = folder / "stderr"
    with started(log, *arguments) as (process, address):
        assert re.search(r"^serving .*\bhue-2020\b", log.read_text(encoding="utf-8"), re.M)
        yield Serving(process, address, log)


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
