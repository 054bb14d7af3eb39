"""The Python client with two servers, one of which is killed or stopped during calls."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from processes import started, until

from scorer_client import Client, Row, ScorerError

SET = "hue-2020"
ROW = Row("hue", "district", {"policy_environment_awarded": 13.32, "infrastructure_awarded": 20.43})
LARGE = {
    "id": [f"u{n}" for n in range(20_000)],
    "policy_environment_awarded": [13.0] * 20_000,
    "infrastructure_awarded": [20.0] * 20_000,
}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[tuple[subprocess.Popen[bytes], str]]]:
    with ExitStack() as stack:
        yield [stack.enter_context(started(tmp_path / f"{name}.log")) for name in ("one", "two")]


class Load:
    """Calls from several threads until it is stopped."""

    def __init__(self, *calls: Callable[[], object]) -> None:
        self.answered, self.failed = 0, list[ScorerError]()
        self._stopped, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(call,)) for call in calls]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, call: Callable[[], object]) -> None:
        while not self._stopped.is_set():
            try:
                call()
            except ScorerError as error:
                self.failed.append(error)
            else:
                with self._lock:
                    self.answered += 1

    def more(self, count: int) -> None:
        """Waits until ``count`` more calls were answered."""
        wanted = self.answered + count
        ends = time.monotonic() + 120
        while self.answered < wanted and not self.failed:
            assert time.monotonic() < ends
            time.sleep(0.01)


def calls(client: Client) -> list[Callable[[], object]]:
    """Small calls, and calls that are too large for gRPC's own retries."""
    small: Callable[[], object] = lambda: client.score_unit(SET, ROW)  # noqa: E731
    large: Callable[[], object] = lambda: client.rank_table(SET, LARGE, tier="district")  # noqa: E731
    return [small] * 4 + [large] * 2


@pytest.mark.parametrize("how", [pytest.param(signal.SIGKILL, marks=pytest.mark.long), signal.SIGTERM])
def test_no_call_is_lost_if_one_of_two_servers_ends(
    servers: list[tuple[subprocess.Popen[bytes], str]], how: signal.Signals
) -> None:
    (first, _), (second, _) = servers
    with Client([address for _, address in servers]) as client, Load(*calls(client)) as load:
        load.more(100)
        first.send_signal(how)
        load.more(100)
        first.wait(60)
        load.more(100)
    assert load.failed == []
    assert second.poll() is None


def test_calls_go_to_both_servers(servers: list[tuple[subprocess.Popen[bytes], str]], tmp_path: Path) -> None:
    with Client([address for _, address in servers]) as client:
        ids = {client.score_unit(SET, ROW, request_id=f"call-{n}").request_id for n in range(40)}
        assert ids == {f"call-{n}" for n in range(40)}

    def logged() -> list[set[str]]:
        return [set(re.findall(r"call-\d+", (tmp_path / f"{name}.log").read_text())) for name in ("one", "two")]

    until(lambda: len(set().union(*logged())) == 40, "not all are logged")
    seen = logged()
    assert seen[0] | seen[1] == ids
    assert all(len(some) >= 10 for some in seen)
