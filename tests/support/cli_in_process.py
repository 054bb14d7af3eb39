"""Runs the command in this process, which saves the second that a new process needs for imports."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
from cli_process import ROOT
from harness import COMPILER, installed_catalogue

from scorer import cli
from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.plugins.host import PluginHost


def run(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Like ``cli_process.run``, for what does not depend on the process, its streams or their encoding.

    The installed criteria sets are loaded once for all commands.
    """
    out, errors = StringIO(), StringIO()
    with (
        patch("scorer.cli.loading._load_installed", lambda *_: installed_catalogue()),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(errors),
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["scorer", *words]),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    gc.enable()  # scorer serve stops the collection of garbage while it loads
    return subprocess.CompletedProcess(words, int(ended.value.code or 0), out.getvalue(), errors.getvalue())


def stdout_of(*words: str) -> str:
    """Runs a command that must succeed, and returns its standard output."""
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


DIRECTORY_COMPILER = GateCompiler()
"""Not ``COMPILER``, because loading a directory makes a compiler forget the gates of all other sets."""


class Done(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    errors: list[str]


Run = Callable[..., Done]


def runner(sets: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs commands with criteria sets that are already loaded."""
    for name in ("answer_input", "commands.template", "commands.criteria", "commands.show"):
        monkeypatch.setattr(f"scorer.cli.{name}.load_catalogue", lambda *_: sets)
    return _command(monkeypatch, capsys)


def local_runner(plugins: PluginHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs commands where these plugins are installed; criteria sets are loaded as always."""
    monkeypatch.setattr(PluginHost, "installed", lambda *_: plugins)
    monkeypatch.setattr("scorer.cli.loading.working_compiler", lambda *_: COMPILER)
    monkeypatch.setattr("scorer.cli.loading.GateCompiler", lambda **_: DIRECTORY_COMPILER)
    return _command(monkeypatch, capsys)


def _command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["scorer", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err.splitlines())

    return run
