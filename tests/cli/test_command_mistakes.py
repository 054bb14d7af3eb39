"""Mistakes on the command line give one clear line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cli_in_process
import pytest
from cli_process import ROOT, lines, run

from scorer import cli
from scorer.cli.loading import load_catalogue


@pytest.mark.parametrize(
    "words", [("rank", "x.csv"), ("report", "x.csv", "--out", "x.html"), ("lacking", "x.csv", "INF.01")], ids=" ".join
)
def test_an_empty_tier_is_refused(words: tuple[str, ...]) -> None:
    done = cli_in_process.run(*words, "--tier", "")
    assert done.returncode == 2
    assert done.stderr == "scorer: --tier is empty; is a variable of your script not set?\n"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("rank", ""), "an argument is empty"),
        (("rank", "x.csv", "--criteria="), "--criteria is empty"),
        (("rank", "x.csv", "--period", ""), "--period is empty"),
        (("criteria", "template", "hue-2020", "--per-unit", ""), "--per-unit is empty"),
        (("rank", "x.csv", "--expect-units", "0"), "'--expect-units': '0' is not a whole number from 1"),
        (("rank", "x.csv", "--expect-units", "1_0"), "'1_0' is not a whole number"),
        (("rank", "x.csv", "--expect-units", "٩"), "'٩' is not a whole number"),
        (("rank", "x.csv", "--on", "2020-6-30"), "'--on': '2020-6-30' is not a day such as 2020-06-30"),
        (("rank", "x.csv", "--on", "٢٠٢٠-06-30"), "'٢٠٢٠-06-30' is not a day"),
        (("rank", "x.csv", "--on", "2021-02-29"), "'2021-02-29' is not a day"),
        (("rank", "x.csv", "--lang", "VI"), "Invalid value for '--lang': 'VI' is not one of 'en', 'vi'."),
        (("criteria", "list", "--address", "http://x:1"), "--address: 'http://x:1' is a URL; write HOST:PORT"),
        (("criteria", "list", "--address", "x:99999"), "--address: 'x:99999' has no port from 1 to 65535"),
        (("serve", "--workers", "1_0"), "--workers: has to be a whole number"),
        (("serve", "--workers", "٢"), "--workers: has to be a whole number"),
        (("report", "x.csv", "--out", "a.html", "--out", "./a.html"), "--out a.html is given twice"),
        (
            ("criteria", "template", "hue-2020", "--units", "x.csv", "--per-unit", "forms", "--out", "f.csv"),
            "with --per-unit, --out has to be a workbook, FORM.xlsx, not f.csv",
        ),
    ],
)
def test_a_value_that_would_be_misread_is_refused(words: tuple[str, ...], what: str) -> None:
    done = cli_in_process.run(*words)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert what in done.stderr


def test_a_mistake_in_an_option_is_not_reported_in_the_file() -> None:
    answers = Path("plugins/scorer_plugins/answers/hue-2020.csv")
    done = cli_in_process.run("rank", str(answers), "--set", "hue-2020", "--period", "2019")
    assert done.stderr.splitlines()[-1] == "scorer: 1 mistake; nothing was ranked or written"


MISTAKES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "a criteria set that there is not": (["criteria", "show", "hue-2021"], ["'hue-2021'", "did you mean 'hue-2020'?"]),
    "a file that is not there": (
        ["criteria", "check", "not-there.yaml"],
        ["cannot read not-there.yaml", "No such file"],
    ),
    "a directory": (["criteria", "check", "scorer"], ["cannot read scorer", "Is a directory"]),
    "no host": (["serve", "--address", "50051"], ["'50051' is not HOST:PORT, such as 127.0.0.1:50051"]),
    "no port": (["serve", "--address", "127.0.0.1:"], ["'127.0.0.1:' is not HOST:PORT"]),
    "a port in words": (["serve", "--address", "localhost:http"], ["'localhost:http' is not HOST:PORT"]),
    "a port beyond all": (["serve", "--address", "127.0.0.1:65536"], ["'127.0.0.1:65536' is not HOST:PORT"]),
    "a port of other digits": (["serve", "--address", "127.0.0.1:\u0665\u0660"], ["is not HOST:PORT"]),
    "a host that is none": (["serve", "--address", "256.256.256.256:0"], ["256.256.256.256:0"]),
    "a demonstration that there is not": (["demo", "--set", "hue"], ["'hue'", "hue-2020"]),
    "a command that there is not": (["demoo"], ["demoo", "demo"]),
    "a command of criteria that there is not": (["criteria", "chekc"], ["chekc", "check"]),
    "an option that there is not": (["serve", "--adress", "127.0.0.1:0"], ["--adress", "--address"]),
    "an option without its value": (["serve", "--address"], ["--address"]),
    "an argument too few": (["criteria", "show"], ["SET"]),
    "an argument too many": (["criteria", "show", "hue-2020", "please"], ["please"]),
}


def is_one_clear_line(text: str, wanted: Sequence[str]) -> None:
    for words in wanted:
        assert words in text
    assert text.startswith("scorer: ")
    assert len(text.splitlines()) == 1, text


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_gives_one_clear_line(
    what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, wanted = MISTAKES[what]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["scorer", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    is_one_clear_line(shown.err, wanted)


def test_an_interrupt_while_libraries_are_imported_gives_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from scorer.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, tmp_path, "criteria", "list"], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_refused_command_restores_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["scorer", *MISTAKES["an option that there is not"][0]])
    with pytest.raises(SystemExit):
        cli.main()
    capfd.readouterr()
    load_catalogue()  # keeps standard output to the command that runs; there is none
    os.write(1, b"the caller's")
    assert capfd.readouterr().out == "the caller's"


@pytest.mark.parametrize(
    "what",
    [
        pytest.param("a criteria set that there is not", marks=pytest.mark.long),
        "a host that is none",
        pytest.param("a command that there is not", marks=pytest.mark.long),
    ],
)
def test_a_mistake_gives_one_clear_line_in_the_installed_command(what: str) -> None:
    words, wanted = MISTAKES[what]
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    is_one_clear_line(done.stderr, wanted)


def test_a_taken_port_gives_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "{}:{}".format(*taken.getsockname())
        done = run("serve", "--address", address)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"scorer: cannot listen on '{address}'; is another server there?\n"


@pytest.mark.parametrize("words", [[], ["criteria"], ["plugins"]], ids=["scorer", "criteria", "plugins"])
def test_a_command_without_arguments_prints_its_usage(words: list[str]) -> None:
    done = cli_in_process.run(*words)
    assert done.returncode == 2
    assert "Usage: " + " ".join(["scorer", *words]) in " ".join(lines(done.stdout + done.stderr))
