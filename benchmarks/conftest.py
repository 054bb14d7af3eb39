"""What the suites start from: seeded provinces of the size asked for, or the user's own file, in one criteria set."""

from __future__ import annotations

import os

# Before NumPy, as the command 'scorer' does: two threads are slower, and asking for huge pages takes its time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
from peers import INSTALL, PEERS
from province import Province, installed, tier_of

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.plan import SetPlan, TierPlan
from scorer.service.runtime import tuning
from scorer_client import ScorerError

SIZES = (1, 1_000, 10_000, 100_000)
QUICK_SIZES = (1_000,)
SHOWN = pytest.StashKey[list[tuple[str, int, str, float, str]]]()
"""Suite, units, way, microseconds a unit, ratios: what the summary shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmarks of the scorer")
    group.addoption("--quick", action="store_true", help="1,000 units only, and few rounds")
    group.addoption("--criteria-set", metavar="CODE", default="bac-kan-2020", help="an installed criteria set")
    group.addoption("--tier", metavar="TIER", default="", help="commune if the set has it, otherwise its last tier")
    group.addoption(
        "--units", metavar="N", action="append", default=[], help="numbers of units, instead of each suite's"
    )
    group.addoption("--data", metavar="FILE.csv", type=Path, help="answers to measure with, as scorer rank takes them")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHOWN] = []
    tuning.keep_memory()  # as the service does
    if config.getoption("quick"):
        config.option.benchmark_max_time = 0.1
        config.option.benchmark_min_rounds = 3
    if config.getoption("data") and config.getoption("units"):
        raise pytest.UsageError("--data has its own units: leave --units out")
    asked_sizes(config)
    set_plan(config)
    if config.getoption("data"):
        own_data(config)


def asked_sizes(config: pytest.Config) -> list[int]:
    """Numbers of units asked for; none for each suite's own."""
    texts = [number for text in config.getoption("units") for number in text.split(",")]
    if not all(text.isdecimal() and int(text) for text in texts):
        raise pytest.UsageError(f"--units takes numbers from 1, not {','.join(texts)}")
    return list(dict.fromkeys(map(int, texts)))


@cache
def set_plan(config: pytest.Config) -> SetPlan:
    """The criteria set asked for."""
    code, sets = config.getoption("criteria_set"), installed().sets
    if code not in sets:
        raise pytest.UsageError(f"there is no criteria set {code!r} here; there are {', '.join(sets)}")
    try:
        tier_of(sets[code], config.getoption("tier"))
    except LookupError as error:
        raise pytest.UsageError(str(error)) from None
    return sets[code]


@cache
def own_data(config: pytest.Config) -> Province:
    """The province of the file asked for."""
    try:
        return Province.read(set_plan(config), config.getoption("data"), config.getoption("tier"))
    except ScorerError as error:
        found = "".join(f"\n{violation.field}: {violation.description}" for violation in error.violations)
        raise pytest.UsageError(f"{config.getoption('data')}: {error}{found}") from None
    except (OSError, LookupError) as error:
        raise pytest.UsageError(str(error)) from None


@cache
def other_groups(config: pytest.Config) -> dict[str, tuple[SetPlan, str]]:
    """Installed groups that the set asked for has not, each with the first set, and tier of it, that has criteria."""
    own = {group.code for group in set_plan(config).criteria_set.groups()}
    found: dict[str, tuple[SetPlan, str]] = {}
    for plan in installed().sets.values():
        for tier, tier_plan in reversed(plan.tiers.items()):
            for group in tier_plan.groups:
                if group.code not in own:
                    found.setdefault(group.code, (plan, tier))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Groups of the set, and of others; and sizes: those asked for, or the suite's own SIZES.

    Tests of one size share a province.
    """
    if "group" in metafunc.fixturenames:
        own = [group.code for group in set_plan(metafunc.config).criteria_set.groups()]
        metafunc.parametrize("group", [*own, *other_groups(metafunc.config)])
    if "units" in metafunc.fixturenames:
        metafunc.parametrize("units", sizes_of(metafunc), scope="session")


def sizes_of(metafunc: pytest.Metafunc) -> list[int]:
    """Numbers of units to measure with."""
    config = metafunc.config
    if config.getoption("data"):
        return [len(own_data(config))]
    own = QUICK_SIZES if config.getoption("quick") else getattr(metafunc.module, "SIZES", SIZES)
    return asked_sizes(config) or list(own)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Everything installed."""
    return installed()


@pytest.fixture(scope="session")
def plan(pytestconfig: pytest.Config) -> SetPlan:
    """The criteria set asked for."""
    return set_plan(pytestconfig)


@pytest.fixture(scope="session")
def tier_plan(plan: SetPlan, pytestconfig: pytest.Config) -> TierPlan:
    """The tier asked for."""
    if pytestconfig.getoption("data"):
        return own_data(pytestconfig).plan
    return plan.tiers[tier_of(plan, pytestconfig.getoption("tier"))]


@pytest.fixture(scope="session")
def province(plan: SetPlan, tier_plan: TierPlan, pytestconfig: pytest.Config) -> Callable[[int], Province]:
    """Makes the province of a size, the same one every time; of a file, its units whatever the size."""

    @lru_cache(maxsize=2)  # a million units are a gigabyte
    def draw(units: int) -> Province:
        return Province.draw(plan, units, tier_plan.tier)

    return (lambda _: own_data(pytestconfig)) if pytestconfig.getoption("data") else draw


@pytest.fixture(scope="session")
def province_of_group(
    province: Callable[[int], Province], pytestconfig: pytest.Config
) -> Callable[[str, int], Province]:
    """The same, of the set that has a group: the one asked for, or another that is installed."""
    others = other_groups(pytestconfig)

    def draw(group: str, units: int) -> Province:
        return Province.draw(others[group][0], units, others[group][1]) if group in others else province(units)

    return draw


@pytest.fixture(autouse=True)
def _notes(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Any:
    """Notes what was measured in the results, and in the summary."""
    if "benchmark" not in request.fixturenames:
        yield
        return
    benchmark = request.getfixturevalue("benchmark")
    suite = request.node.module.__name__.rpartition("test_")[2]
    tier = request.getfixturevalue("tier_plan").tier
    benchmark.extra_info |= {"criteria_set": pytestconfig.getoption("criteria_set"), "tier": tier}
    if "units" in request.fixturenames:
        units = request.getfixturevalue("units")
        benchmark.extra_info["units"] = units
        benchmark.group = f"{suite}, {units:,} units"
    yield
    info = benchmark.extra_info
    if "ratios" in info and "beside" in info:
        ratios = ", ".join(f"{name} {value:.3g}" for name, value in info["ratios"].items())
        microseconds = info["medians"][info["way"]] / info["units"] * 1e6
        pytestconfig.stash[SHOWN].append((suite, info["units"], info["way"], microseconds, ratios))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The ratios of ways timed in turn, and the peers that are not here."""
    if shown := config.stash[SHOWN]:
        terminalreporter.section("timed in turn: microseconds a unit; the scorer by it")
        for suite, units, way, microseconds, ratios in sorted(shown, key=lambda row: row[:2]):
            terminalreporter.write_line(f"{suite:8} {units:>9,}  {way:34} {microseconds:12,.3f}  {ratios}")
    if missing := dict.fromkeys(peer.distribution for peer in PEERS if peer.missing()):
        terminalreporter.write_line(f"peers left out, as they are not installed: {', '.join(missing)}; {INSTALL}")
