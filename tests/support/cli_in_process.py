"""The command in this process, with criteria sets that are loaded already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
from harness import COMPILER

from scorer import cli
from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.plugins.host import PluginHost

DIRECTORY_COMPILER = GateCompiler()
"""Not ``COMPILER``: whoever loads a directory has it forget the gates of all other sets."""


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    errors: list[str]


Run = Callable[..., Done]


def runner(sets: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("answer_files", "commands.template", "commands.criteria"):
        monkeypatch.setattr(f"scorer.cli.{name}.load_catalogue", lambda *_: sets)
    return command(monkeypatch, capsys)


def local_runner(plugins: PluginHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, where these plugins are installed; it loads criteria sets as it always does."""
    monkeypatch.setattr(PluginHost, "installed", lambda *_: plugins)
    monkeypatch.setattr("scorer.cli.loading.working_compiler", lambda: COMPILER)
    monkeypatch.setattr("scorer.cli.loading.GateCompiler", lambda: DIRECTORY_COMPILER)
    return command(monkeypatch, capsys)


def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["scorer", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err.splitlines())

    return run
