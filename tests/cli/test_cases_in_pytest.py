"""Cases of criteria sets as tests of pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from case_documents import BROKEN, FAILING, GOOD, cases, set_folder


def collected(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


PLUGIN = ("-p", "scorer.testing.cases.pytest_plugin")


def test_pytest_runs_cases_as_items(tmp_path: Path) -> None:
    done = collected(cases(set_folder(tmp_path), GOOD, FAILING), *PLUGIN, "--import-mode=importlib")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert re.search(
        r"^mine\.cases\.yaml:21:\d+: points of readiness\n {4}expected  35\.51\n", done.stdout, re.MULTILINE
    )
    assert "    actual    35.5\n" in done.stdout
    assert "Traceback" not in done.stdout
    assert "runner.py" not in done.stdout


def test_pytest_reports_mistakes_of_a_document(tmp_path: Path) -> None:
    done = collected(cases(set_folder(tmp_path), BROKEN), *PLUGIN)
    assert done.returncode == 2
    assert "mine.cases.yaml:8:38: cases[0].expect.levels: unknown key 'levels'" in done.stdout
    assert "Traceback" not in done.stdout


def test_pytest_collects_only_requested_cases(tmp_path: Path) -> None:
    done = collected(cases(set_folder(tmp_path), FAILING))
    assert done.returncode == 5, done.stdout  # no tests were collected


def test_the_service_does_not_need_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; import scorer.cli.commands.criteria, scorer.testing.cases.runner"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
