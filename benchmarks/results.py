"""Reads the results that 'pytest benchmarks --benchmark-json FILE' writes.

The suites put these values into the ``extra_info`` of a benchmark:

    units      number of units
    variant    name of what was timed
    medians    in seconds, by variant; if absent, there is one variant, with pytest-benchmark's median
    ratios     by name
    different  for variants that are not exact: by column, the number of entries that differ from the scorer's
    versions   of libraries, by name
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NoResults(Exception):
    """The file has no results."""


@dataclass(frozen=True)
class Timing:
    """The median of one variant."""

    suite: str
    """The suite's name, such as "service" for test_service.py."""
    variant: str
    units: int
    seconds: float

    @property
    def microseconds(self) -> float:
        """Per unit."""
        return self.seconds / self.units * 1e6


@dataclass(frozen=True)
class Ratio:
    """The time of one variant divided by that of another one."""

    name: str
    units: int
    value: float


@dataclass(frozen=True)
class Inexact:
    """A variant whose results differ from the scorer's."""

    variant: str
    units: int
    entries: Mapping[str, int]
    """The number of entries that differ, by column."""


@dataclass(frozen=True)
class Results:
    """The results of one run."""

    machine: Mapping[str, str]
    """The machine and the versions, for people."""
    timings: tuple[Timing, ...]
    ratios: tuple[Ratio, ...]
    inexact: tuple[Inexact, ...]


def read(file: Path) -> Results:
    """The results in a file.

    Raises:
        NoResults: the file is not JSON of pytest-benchmark, or has no benchmark.
        OSError: the file cannot be read.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        results = _results(data, data["benchmarks"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoResults(f"{file} is not what --benchmark-json writes: {error!r}") from error
    if not data["benchmarks"]:
        raise NoResults(f"{file} has no benchmark")
    return results


def _results(data: Mapping[str, Any], benchmarks: list[Mapping[str, Any]]) -> Results:
    timings, ratios, inexact = list[Timing](), list[Ratio](), list[Inexact]()
    for benchmark in benchmarks:
        suite, info = _suite(benchmark), benchmark["extra_info"]
        units, variant = int(info.get("units", 1)), info.get("variant", benchmark["name"])
        medians = info.get("medians", {variant: benchmark["stats"]["median"]})
        timings += [Timing(suite, name, units, float(median)) for name, median in medians.items()]
        ratios += [Ratio(name, units, float(value)) for name, value in info.get("ratios", {}).items()]
        if entries := info.get("different"):
            inexact.append(Inexact(variant, units, {name: int(count) for name, count in entries.items()}))
    return Results(_machine(data, benchmarks), tuple(timings), tuple(ratios), tuple(inexact))


def _suite(benchmark: Mapping[str, Any]) -> str:
    file = str(benchmark["fullname"]).partition("::")[0]
    return Path(file).stem.removeprefix("test_")


def _machine(data: Mapping[str, Any], benchmarks: list[Mapping[str, Any]]) -> dict[str, str]:
    info, cpu = data["machine_info"], data["machine_info"].get("cpu", {})
    values = {
        "CPU": cpu.get("brand_raw") or info.get("processor") or info.get("machine"),
        "cores": cpu.get("count"),
        "system": f"{info.get('system', '')} {info.get('release', '')}".strip(),
        "Python": info.get("python_version"),
    }
    for benchmark in benchmarks:
        values |= benchmark["extra_info"].get("versions", {})
    values["date"] = str(data.get("datetime", ""))[:10]
    return {name: str(value) for name, value in values.items() if value}


def figure(value: float) -> str:
    """A number with three significant digits; from 100 on, all digits before the decimal point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
