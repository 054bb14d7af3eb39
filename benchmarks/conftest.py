"""Options and fixtures of the suites: the criteria set, and provinces that are drawn or read from a file."""

from __future__ import annotations

import os

# Set before NumPy is imported, as the command 'scorer' does: more threads and huge pages make it slower.
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
"""The lines of the summary: suite, number of units, variant, microseconds per unit, ratios."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmarks of the scorer")
    group.addoption("--quick", action="store_true", help="only 1,000 units, and few rounds")
    group.addoption("--criteria-set", metavar="CODE", default="bac-kan-2020", help="an installed criteria set")
    group.addoption(
        "--tier", metavar="TIER", default="", help="by default commune, or the last tier of a set without communes"
    )
    group.addoption(
        "--units", metavar="N", action="append", default=[], help="numbers of units, instead of the suite's own"
    )
    group.addoption(
        "--data", metavar="FILE.csv", type=Path, help="use the answers of this file, in the format of scorer rank"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHOWN] = []
    tuning.keep_memory()  # the service does the same
    if config.getoption("quick"):
        config.option.benchmark_max_time = 0.1
        config.option.benchmark_min_rounds = 3
    if config.getoption("data") and config.getoption("units"):
        raise pytest.UsageError("--data has its own units: leave --units out")
    requested_sizes(config)
    set_plan(config)
    if config.getoption("data"):
        own_data(config)


def requested_sizes(config: pytest.Config) -> list[int]:
    """The numbers of units in the option --units; empty without it."""
    texts = [number for text in config.getoption("units") for number in text.split(",")]
    if not all(text.isdecimal() and int(text) for text in texts):
        raise pytest.UsageError(f"--units takes numbers from 1, not {','.join(texts)}")
    return list(dict.fromkeys(map(int, texts)))


@cache
def set_plan(config: pytest.Config) -> SetPlan:
    """The criteria set of the option --criteria-set."""
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
    """The province of the option --data."""
    try:
        return Province.read(set_plan(config), config.getoption("data"), config.getoption("tier"))
    except ScorerError as error:
        violations = "".join(f"\n{violation.field}: {violation.description}" for violation in error.violations)
        raise pytest.UsageError(f"{config.getoption('data')}: {error}{violations}") from None
    except (OSError, LookupError) as error:
        raise pytest.UsageError(str(error)) from None


@cache
def other_groups(config: pytest.Config) -> dict[str, tuple[SetPlan, str]]:
    """Installed criterion groups that the set does not have, each with the first set and tier that have it."""
    own = {group.code for group in set_plan(config).criteria_set.groups()}
    first_uses: dict[str, tuple[SetPlan, str]] = {}
    for plan in installed().sets.values():
        for tier, tier_plan in reversed(plan.tiers.items()):
            for group in tier_plan.groups:
                if group.code not in own:
                    first_uses.setdefault(group.code, (plan, tier))
    return first_uses


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrizes tests with ``group`` by all groups, and tests with ``units`` by the requested sizes or SIZES.

    Tests of the same size share a province.
    """
    if "group" in metafunc.fixturenames:
        own = [group.code for group in set_plan(metafunc.config).criteria_set.groups()]
        metafunc.parametrize("group", [*own, *other_groups(metafunc.config)])
    if "units" in metafunc.fixturenames:
        metafunc.parametrize("units", sizes_of(metafunc), scope="session")


def sizes_of(metafunc: pytest.Metafunc) -> list[int]:
    """The numbers of units for a test."""
    config = metafunc.config
    if config.getoption("data"):
        return [len(own_data(config))]
    own = QUICK_SIZES if config.getoption("quick") else getattr(metafunc.module, "SIZES", SIZES)
    return requested_sizes(config) or list(own)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """All installed criteria sets."""
    return installed()


@pytest.fixture(scope="session")
def plan(pytestconfig: pytest.Config) -> SetPlan:
    """The criteria set of the option --criteria-set."""
    return set_plan(pytestconfig)


@pytest.fixture(scope="session")
def tier_plan(plan: SetPlan, pytestconfig: pytest.Config) -> TierPlan:
    """The tier of the option --tier."""
    if pytestconfig.getoption("data"):
        return own_data(pytestconfig).plan
    return plan.tiers[tier_of(plan, pytestconfig.getoption("tier"))]


@pytest.fixture(scope="session")
def province(plan: SetPlan, tier_plan: TierPlan, pytestconfig: pytest.Config) -> Callable[[int], Province]:
    """Creates the province of a size, always the same one; with --data, always the units of the file."""

    @lru_cache(maxsize=2)  # a million units take a gigabyte
    def draw(units: int) -> Province:
        return Province.draw(plan, units, tier_plan.tier)

    return (lambda _: own_data(pytestconfig)) if pytestconfig.getoption("data") else draw


@pytest.fixture(scope="session")
def province_of_group(
    province: Callable[[int], Province], pytestconfig: pytest.Config
) -> Callable[[str, int], Province]:
    """Creates a province for a criterion group, in the requested set or in another one that has the group."""
    others = other_groups(pytestconfig)

    def draw(group: str, units: int) -> Province:
        return Province.draw(others[group][0], units, others[group][1]) if group in others else province(units)

    return draw


@pytest.fixture(autouse=True)
def _record(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Any:
    """Adds set, tier, number of units and ratios to the results, and a line to the summary."""
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
    if "ratios" in info and "others" in info:
        ratios = ", ".join(f"{name} {value:.3g}" for name, value in info["ratios"].items())
        microseconds = info["medians"][info["variant"]] / info["units"] * 1e6
        pytestconfig.stash[SHOWN].append((suite, info["units"], info["variant"], microseconds, ratios))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the ratios, and the peers that are not installed."""
    if shown := config.stash[SHOWN]:
        terminalreporter.section("timed alternately: microseconds per unit; ratios")
        for suite, units, variant, microseconds, ratios in sorted(shown, key=lambda row: row[:2]):
            terminalreporter.write_line(f"{suite:8} {units:>9,}  {variant:34} {microseconds:12,.3f}  {ratios}")
    if missing := dict.fromkeys(peer.distribution for peer in PEERS if peer.missing()):
        terminalreporter.write_line(f"peers left out, as they are not installed: {', '.join(missing)}; {INSTALL}")
