"""Encodings, widths, pipes and signals: what surrounds a command."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import cli_in_process
import pytest
from cli_process import ROOT, SCORER, run, stdout_of

HUE = ROOT / "plugins/scorer_plugins/criteria_sets/hue-2020.yaml"
DEMO = ("demo", "--set", "hue-2020")


@pytest.fixture(scope="module")
def demo() -> str:
    return stdout_of(*DEMO)


def test_the_c_locale_shows_every_letter() -> None:
    done = run(*DEMO, LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert "huyện Quảng Điền" in done.stdout


def test_an_ascii_terminal_shows_the_numbers() -> None:
    done = run(*DEMO, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "44.41" in done.stdout


def test_child_processes_do_not_inherit_the_encoding() -> None:
    done = subprocess.run(
        [str(SCORER), "criteria", "list"],
        env={**os.environ, "PYTHONIOENCODING": "utf-16"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode("utf-16")) == (0, "")
    assert "hue-2020" in done.stdout.decode("utf-16")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["demo"], marks=pytest.mark.long),
        ["criteria", "list"],
        pytest.param(["criteria", "show", "hue-2020"], marks=pytest.mark.long),
        pytest.param(["plugins", "list"], marks=pytest.mark.long),
        ["--help"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_gives_no_error(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([str(SCORER), *words], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode != 0


def test_output_can_be_piped_to_head() -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{SCORER}' criteria show hue-2020 | head -n 1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("hue-2020 ")


def test_piped_output_is_not_shortened(demo: str) -> None:
    inside = cli_in_process.stdout_of
    assert "…" not in demo + inside("criteria", "list") + inside("plugins", "list")


def test_json_is_utf8_for_any_standard_output() -> None:
    done = run(*DEMO, "--json", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Huế" in done.stdout
    assert "?" not in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("columns", ["0", "x", "²"])
@pytest.mark.parametrize("variable", ["COLUMNS", "LINES", "TERMINAL_WIDTH"])
def test_an_invalid_width_is_ignored(variable: str, columns: str) -> None:
    for words in (("plugins", "list"), ("criteria", "--help")):
        done = run(*words, **{variable: columns})
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip()


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("rank", "x.csv", "--province"), ("rank", "x.csv", "--set"), ("rank", "x.csv", "--period"),
        ("rank", "x.csv", "--tier"), ("rank", "x.csv", "--on", "2020-06-30", "--series"),
        ("criteria", "list", "--address"), ("criteria", "show"), ("criteria", "test"), ("plugins", "check"),
        ("plugins", "new"), ("score", "x.csv"), ("lacking", "x.csv"), ("serve", "--address"), ("serve", "--metrics"),
        ("demo", "--set"), ("settings", "check", "--settings"), (),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_argument_that_is_not_utf8_is_named(words: tuple[str, ...]) -> None:
    done = run(*words, "x\udcff")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "scorer: the argument 'x\\udcff' is not UTF-8; does the locale (LANG) use UTF-8?\n"


def test_a_file_whose_name_is_not_utf8_is_read(tmp_path: Path) -> None:
    (tmp_path / "x\udcff.yaml").write_bytes(HUE.read_bytes())
    done = run("criteria", "check", "x\udcff.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--json"],
        pytest.param(["demo"], marks=pytest.mark.long),
        pytest.param(["criteria", "list"], marks=pytest.mark.long),
        pytest.param(["plugins", "list", "--json"], marks=pytest.mark.long),
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_closed_standard_output_is_reported(words: list[str]) -> None:
    command = ["bash", "-c", '"$0" "$@" >&-', str(SCORER), *words]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "scorer: cannot write the output: Bad file descriptor\n")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_serve_prints_its_address_and_stops_on_a_signal(number: signal.Signals) -> None:
    command = [str(SCORER), "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if found := re.search(r"serving .*hue-2020.* on 127\.0\.0\.1:(\d+)$", line.rstrip()):
                break
        else:
            raise AssertionError("it did not say where it is")
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=10):
            pass
        server.send_signal(number)
        out, rest = server.communicate(timeout=60)
        assert server.returncode == 0
        assert "Traceback" not in rest
        assert out == ""
