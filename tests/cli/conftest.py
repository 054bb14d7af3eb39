"""Fixtures for files of answers: the bundled sets in process, and a file to write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bac_kan_csv import SET
from cli_in_process import Run, runner
from harness import installed_catalogue, serving
from workbooks import TEXT

from scorer.catalogue.catalogue import Catalogue
from scorer_client import Client
from scorer_client.criteria_set_form import Form


@pytest.fixture(scope="module")
def installed() -> Catalogue:
    return installed_catalogue()


@pytest.fixture(scope="module")
def client(installed: Catalogue) -> Iterator[Client]:
    with serving(installed) as service, Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="module")
def form(client: Client) -> Form:
    return client.form(SET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.csv"


@pytest.fixture
def scorer(installed: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(installed, monkeypatch, capsys)


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    """The bundled answers as a CSV file."""
    file = tmp_path / "bundled.csv"
    file.write_text(TEXT, encoding="utf-8")
    return file
