"""What the suites start from: seeded provinces of the size asked for, and a server on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from province import Province

from scorer.catalogue import Catalogue
from scorer.gates import GateCompiler
from scorer.plan import SetPlan
from scorer.plugins import PluginHost

SET = "hue-2020"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="1,000 units only, and few rounds")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "units" in metafunc.fixturenames:
        metafunc.parametrize("units", [1_000] if metafunc.config.getoption("quick") else [1, 1_000, 10_000, 100_000])


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        config.option.benchmark_max_time = 0.2
        config.option.benchmark_min_rounds = 3


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.installed(PluginHost.installed(), GateCompiler())


@pytest.fixture(scope="session")
def plan(catalogue: Catalogue) -> SetPlan:
    return catalogue.sets[SET]


@pytest.fixture(scope="session")
def province(plan: SetPlan) -> Callable[[int], Province]:
    """Makes the province of a size; the same one every time."""
    return lambda units: Province.draw(plan, units)


@pytest.fixture(autouse=True)
def _sizes(request: pytest.FixtureRequest) -> None:
    """Notes the size in the results."""
    if "units" in request.fixturenames and "benchmark" in request.fixturenames:
        units = request.getfixturevalue("units")
        benchmark = request.getfixturevalue("benchmark")
        benchmark.extra_info["units"] = units
        benchmark.group = f"{request.node.module.__name__.rpartition('test_')[2]}, {units:,} units"
