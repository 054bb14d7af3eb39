"""Servers and workers that cannot start, and addresses and ports that they cannot have."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import cli_in_process
import pytest
from processes import PATIENCE, SCORER, Serving, serve, until

from scorer.cli.serving.shared_port import HeldPort
from scorer.service.server import AddressError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux divides the connections of a port")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serve(tmp_path_factory.mktemp("shared"), "--workers", "2") as running:
        yield running


def complaint(*arguments: str) -> tuple[int, list[str]]:
    """Exit code and message, without those about broken plugins."""
    done = subprocess.run([SCORER, "serve", *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == ""
    return done.returncode, [line for line in done.stderr.splitlines() if " is quarantined: " not in line]


@pytest.mark.parametrize("count", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_port_of_workers_is_refused_to_other_servers(shared: Serving, count: str) -> None:
    said = complaint("--address", shared.address, "--workers", count)
    assert said == (2, [f"scorer: cannot listen on '{shared.address}'; is another server there?"])


def test_workers_that_cannot_load_end_the_server_with_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "durable").mkdir()
    (tmp_path / "durable" / "__init__.py").touch()
    (tmp_path / "durable" / "engine.py").write_text("raise ImportError('no engine')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, lines = complaint("--address", "127.0.0.1:0", "--workers", "2")
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("scorer: durable-rules cannot be imported (no engine); repair it with: ")


@pytest.mark.parametrize("count", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_killed_rule_engine_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    (tmp_path / "durable").mkdir()
    (tmp_path / "durable" / "__init__.py").touch()
    (tmp_path / "durable" / "engine.py").write_text("import os; os.kill(os.getpid(), 9)\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    why = "the rule engine died of signal 9; without it, criteria sets with gates cannot be used"
    assert complaint("--address", "127.0.0.1:0", "--workers", count) == (2, [f"scorer: {why}"])


@pytest.mark.parametrize("count", ["1", "2"])
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("::1:0", "--address: '::1:0' is an IPv6 address without brackets; write [::1]:0"),
        ("198.51.100.7:0", "cannot listen on '198.51.100.7:0': Cannot assign requested address"),
        ("0400.0.0.1:0", "cannot listen on '0400.0.0.1:0': Name or service not known"),
    ],
)
def test_an_unusable_address_is_reported_as_such(count: str, address: str, why: str) -> None:
    done = cli_in_process.run("serve", "--address", address, "--insecure", "--workers", count)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (2, "", f"scorer: {why}")


LIMITED = """
import os, resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Runs a command that can write files of a given size only. A function that is called after a fork may crash, because
gRPC has threads in the process of the tests."""


@pytest.mark.parametrize(
    ("max_bytes", "why"),
    [
        (0, "metrics of several workers need a writable temporary directory; set TMPDIR to one: No usable"),
        pytest.param(
            2**15,
            "cannot write the files of metrics: File too large; set TMPDIR to a directory with more space",
            marks=pytest.mark.long,
        ),
    ],
)
def test_metrics_that_cannot_be_written_are_reported_in_one_line(max_bytes: int, why: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, str(max_bytes)),
            *(SCORER, "serve", "--address", "127.0.0.1:0", "--workers", "2", "--metrics", "127.0.0.1:0"),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("metrics on ")]
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert lines[0].startswith(f"scorer: {why}")


@pytest.fixture
def ill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file is there, workers die at once."""
    text = f"""
import os, sys
if "scorer.cli.serving.worker" in sys.orig_argv and os.path.exists({str(tmp_path / "ill")!r}):
    os._exit(7)
"""
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "ill"


def test_a_worker_that_dies_before_serving_ends_the_server(ill: Path) -> None:
    ill.touch()
    code, lines = complaint("--address", "127.0.0.1:0", "--workers", "2")
    assert (code, len(lines)) == (1, 1)
    assert re.fullmatch(r"scorer: worker \d+ ended with code 7 before it served", lines[0])


def replaced(running: Serving) -> list[datetime]:
    """The log line about a replaced worker."""
    found = re.findall(r"^\[\d+\] (\S+) WARNING .* takes its place$", running.log, re.M)
    return [datetime.fromisoformat(text) for text in found]


@pytest.mark.long
def test_a_worker_that_dies_repeatedly_is_replaced_with_growing_delay(tmp_path: Path, ill: Path) -> None:
    with serve(tmp_path, "--workers", "2") as running:
        channels = running.channels(2)
        killed, other = running.workers
        ill.touch()
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(replaced(running)) >= 4, "it was not replaced again and again")
        first, second, third, fourth, *_ = replaced(running)
        assert fourth - third > second - first  # four times as long, and what the machine takes
        channel = next(channel for channel, worker in channels.items() if worker == other)
        assert running.worker_of(channel) == other
        ill.unlink()
        until(lambda: len(running.workers) == 2, "it was not replaced")
        for channel in [*channels, *running.channels(2)]:
            channel.close()


def test_a_server_continues_after_all_workers_and_their_successors_have_died(tmp_path: Path, ill: Path) -> None:
    with serve(tmp_path, "--workers", "2") as running:
        ill.touch()
        for worker in running.workers:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(replaced(running)) >= 3, "no successor of a successor was started")
        ill.unlink()
        until(lambda: len(running.workers) == 2, "they were not replaced")
        [*channels] = running.channels(1)
        assert running.worker_of(channels[0]) in running.workers
        channels[0].close()


def shared_listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def port_of(held: HeldPort) -> int:
    return int(held.address.rpartition(":")[2])


def test_a_port_is_held_before_anybody_listens_and_free_afterwards() -> None:
    with HeldPort("127.0.0.1:0") as held:
        with pytest.raises(AddressError):
            HeldPort(held.address)
        with socket.socket() as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                alone.bind(("127.0.0.1", port_of(held)))
        with shared_listener(port_of(held)), shared_listener(port_of(held)), pytest.raises(AddressError):
            HeldPort(held.address)
    with HeldPort(held.address):
        pass


def test_connections_that_linger_do_not_keep_a_port() -> None:
    with HeldPort("127.0.0.1:0") as held, shared_listener(port_of(held)) as listener:
        client = socket.create_connection(listener.getsockname())
        listener.accept()[0].close()  # who closes first lingers
        assert client.recv(1) == b""
        client.close()
    with HeldPort(held.address), shared_listener(port_of(held)), pytest.raises(AddressError):
        HeldPort(held.address)


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "[::]"])
def test_every_address_of_a_host_is_held(host: str) -> None:
    with HeldPort(f"{host}:0") as held:
        assert held.address == f"{host}:{port_of(held)}"
        for address in ("127.0.0.1", "[::1]"):
            with pytest.raises(AddressError):
                HeldPort(f"{address}:{port_of(held)}")
    with HeldPort("127.0.0.1:0") as held, pytest.raises(AddressError) as caught:
        HeldPort(f"{host}:{port_of(held)}")
    assert str(caught.value) == f"cannot listen on '{host}:{port_of(held)}'; is another server there?"


@pytest.mark.parametrize("address", ["256.256.256.256:0", "::1:0", "198.51.100.7:0", "[::1:0", ".:0", "unix:/tmp/x:0"])
def test_an_address_of_another_machine_is_reported(address: str) -> None:
    with pytest.raises(AddressError):
        HeldPort(address)
