"""Progress is shown on standard error if that is a terminal, never among results, and not with --json."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from report_files import ANSWERS, SCORER, SET, scorer
from workbooks import TEXT, book

from scorer.cli.answer_input import local_client


def on_terminal(*words: object) -> str:
    """The output of a command to its standard error, which is a terminal. Its standard output is discarded."""
    controller, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "200", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [SCORER, *map(str, words)], stdout=subprocess.DEVNULL, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        written = bytearray()
        try:
            while part := os.read(controller, 65536):
                written += part
        except OSError:  # the other end is closed
            pass
        os.close(controller)
    assert process.returncode == 0, written
    return written.decode()


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    form, page = tmp_path / "form[red].xlsx", tmp_path / "report.html"
    text = on_terminal("criteria", "template", SET, "--units", ANSWERS, "--out", form)
    assert f"writing {form}" in text
    text = on_terminal("report", form, "--set", SET, "--out", page)
    for shown in (f"reading {form}", "ranking 140 units", "preparing the report on 140 units", f"writing {page}"):
        assert shown in text


def test_no_progress_is_shown_with_json() -> None:
    assert on_terminal("rank", ANSWERS, "--set", SET, "--json") == ""


def test_no_progress_is_shown_without_a_terminal() -> None:
    done = scorer("rank", ANSWERS, "--set", SET)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_progress_grows_up_to_the_total(tmp_path: Path, ending: str) -> None:
    client = local_client()
    file, parts = tmp_path / f"a.{ending}", []
    if ending == "xlsx":
        book().save(file)
    else:
        file.write_text(TEXT, encoding="utf-8")
    client.read_file(SET, file, progress=lambda _, done, total: parts.append((done, total)))
    amounts = [done for done, _ in parts]
    assert amounts == sorted(amounts)
    assert parts[-1] == (file.stat().st_size, file.stat().st_size)
    assert len(parts) > 1 or ending == "csv"
