"""The servers and clients of several tests of the client."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from client_units import BAC_KAN, GROUPS, SMALL_SET
from harness import catalogue, good, host, installed_catalogue, serving

from scorer.catalogue.catalogue import Catalogue
from scorer.service.in_process_transport import InProcessTransport
from scorer_client import Client


@pytest.fixture(scope="package")
def sets() -> Catalogue:
    return good(catalogue(host(*GROUPS), SMALL_SET))


@pytest.fixture(scope="package")
def client(sets: Catalogue) -> Iterator[Client]:
    with serving(sets) as service, Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="package")
def local(sets: Catalogue) -> Client:
    return Client(InProcessTransport(sets))


@pytest.fixture(scope="package")
def bundled() -> Iterator[Client]:
    with serving(installed_catalogue()) as service, Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="package")
def answers() -> Iterator[Path]:
    with as_file(files("scorer_plugins.answers") / f"{BAC_KAN}.csv") as file:
        yield file
