"""The command in this process, with criteria sets that are loaded already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from scorer import cli
from scorer.catalogue.catalogue import Catalogue


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    errors: list[str]


Run = Callable[..., Done]


def runner(sets: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("answer_files", "commands.template", "commands.criteria"):
        monkeypatch.setattr(f"scorer.cli.{name}.load_catalogue", lambda *_: sets)

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["scorer", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err.splitlines())

    return run
