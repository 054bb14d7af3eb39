"""SIGHUP reloads the directory of criteria sets, if there is one, and never ends a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hue_requests import late_call
from processes import PATIENCE, SCORER, serve, until
from third_party import environment, group_module, third_party_plugin

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


@pytest.mark.parametrize("count", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_sighup_without_a_directory_is_logged_and_the_server_goes_on(tmp_path: Path, count: str) -> None:
    with serve(tmp_path, "--workers", count) as running:
        processes = {running.process.pid, *(running.workers if count == "2" else ())}
        body, channel = threading.Event(), running.channel()
        call = late_call(channel, body)
        for _ in range(2):
            for pid in processes:
                os.kill(pid, signal.SIGHUP)
        line = " INFO SIGHUP: criteria sets are not loaded again: none come from a directory (--criteria)\n"
        until(lambda: running.log.count(line) >= len(processes), "it is not said")
        body.set()
        assert call.result(PATIENCE).scorecard.overall.score.points == 15
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGTERM)
        running.process.send_signal(signal.SIGHUP)  # while it ends
        assert running.process.wait(PATIENCE) == 0
        channel.close()


@pytest.mark.parametrize(
    ("count", "directory"),
    [
        ("2", True),
        pytest.param("1", False, marks=pytest.mark.long),
        pytest.param("1", True, marks=pytest.mark.long),
        pytest.param("2", False, marks=pytest.mark.long),
    ],
)
def test_sighup_during_loading_does_not_end_the_server(tmp_path: Path, count: str, directory: bool) -> None:
    site, loading, go = tmp_path / "site", tmp_path / "loading", tmp_path / "go"
    code = f"""
import os, sys, time
if "scorer.cli.serving.worker" in sys.orig_argv or "serve" in sys.orig_argv:
    open({str(loading)!r}, "a").write(f"{{os.getpid()}}\\n")
    while not os.path.exists({str(go)!r}):
        time.sleep(0.05)
"""
    third_party_plugin(site, "slow", code + group_module("slow"))
    (tmp_path / "sets").mkdir()
    words = [SCORER, "serve", "--address", "127.0.0.1:0", "--workers", count]
    words += ["--criteria", str(tmp_path / "sets")] if directory else []
    with (tmp_path / "log").open("wb") as stderr:
        process = subprocess.Popen(words, env=environment(site), stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        until(lambda: loading.exists() and len(loading.read_text().split()) == int(count), "it does not load")
        for pid in {process.pid, *map(int, loading.read_text().split())}:
            os.kill(pid, signal.SIGHUP)
        go.touch()
        until(lambda: "serving " in (tmp_path / "log").read_text(encoding="utf-8"), "it has ended")
        assert process.poll() is None
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


def test_sigterm_during_loading_ends_the_server_with_code_0(tmp_path: Path) -> None:
    loading = tmp_path / "loading"
    code = f"""
import sys, time
if "serve" in sys.orig_argv:
    open({str(loading)!r}, "w").close()
    time.sleep({PATIENCE})
"""
    third_party_plugin(tmp_path / "site", "slow", code + group_module("slow"))
    process = subprocess.Popen(
        [SCORER, "serve", "--address", "127.0.0.1:0"],
        env=environment(tmp_path / "site"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(loading.exists, "it does not load")
        process.terminate()
        said, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, "")
    finally:
        process.kill()
        process.wait()
