"""What 'pytest benchmarks --benchmark-json FILE' wrote, as the report and the watch read it.

Of a benchmark's extra_info they read: ``units``, how many units were scored; ``way``, what was timed; ``medians``,
seconds by way (otherwise there is one way, and its median is pytest-benchmark's); ``ratios`` by name; ``different``,
entries that a way that is not exact has otherwise, by column; ``versions`` of libraries by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NoResults(Exception):
    """The file holds no results."""


@dataclass(frozen=True)
class Timing:
    """The median of one way of doing something."""

    suite: str
    """Such as "service", of test_service.py."""
    way: str
    units: int
    seconds: float

    @property
    def microseconds(self) -> float:
        """Per unit."""
        return self.seconds / self.units * 1e6


@dataclass(frozen=True)
class Ratio:
    """One way by another."""

    name: str
    units: int
    value: float


@dataclass(frozen=True)
class Inexact:
    """A way whose results were not all the scorer's."""

    way: str
    units: int
    entries: Mapping[str, int]
    """How many differ, by column."""


@dataclass(frozen=True)
class Results:
    """One run."""

    machine: Mapping[str, str]
    """What it ran on, for people."""
    timings: tuple[Timing, ...]
    ratios: tuple[Ratio, ...]
    inexact: tuple[Inexact, ...]


def read(file: Path) -> Results:
    """The results in a file.

    Raises:
        NoResults: it is no JSON of pytest-benchmark, or holds no benchmark.
        OSError: it cannot be read.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        results = _results(data, data["benchmarks"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoResults(f"{file} is not what --benchmark-json writes: {error!r}") from error
    if not data["benchmarks"]:
        raise NoResults(f"{file} holds no benchmark")
    return results


def _results(data: Mapping[str, Any], benchmarks: list[Mapping[str, Any]]) -> Results:
    timings, ratios, inexact = list[Timing](), list[Ratio](), list[Inexact]()
    for benchmark in benchmarks:
        suite, info = _suite(benchmark), benchmark["extra_info"]
        units, way = int(info.get("units", 1)), info.get("way", benchmark["name"])
        medians = info.get("medians", {way: benchmark["stats"]["median"]})
        timings += [Timing(suite, name, units, float(median)) for name, median in medians.items()]
        ratios += [Ratio(name, units, float(value)) for name, value in info.get("ratios", {}).items()]
        if entries := info.get("different"):
            inexact.append(Inexact(way, units, {name: int(count) for name, count in entries.items()}))
    return Results(_machine(data, benchmarks), tuple(timings), tuple(ratios), tuple(inexact))


def _suite(benchmark: Mapping[str, Any]) -> str:
    file = str(benchmark["fullname"]).partition("::")[0]
    return Path(file).stem.removeprefix("test_")


def _machine(data: Mapping[str, Any], benchmarks: list[Mapping[str, Any]]) -> dict[str, str]:
    info, cpu = data["machine_info"], data["machine_info"].get("cpu", {})
    found = {
        "CPU": cpu.get("brand_raw") or info.get("processor") or info.get("machine"),
        "cores": cpu.get("count"),
        "system": f"{info.get('system', '')} {info.get('release', '')}".strip(),
        "Python": info.get("python_version"),
    }
    for benchmark in benchmarks:
        found |= benchmark["extra_info"].get("versions", {})
    found["date"] = str(data.get("datetime", ""))[:10]
    return {name: str(value) for name, value in found.items() if value}


def figure(value: float) -> str:
    """Three digits that count, or all that stand before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
