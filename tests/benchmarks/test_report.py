"""The report, the chart and the bounds of benchmarks, on an invented run."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import check_bounds
import pytest
import typer
from chart import chart
from check_bounds import BOUNDS, BadBounds, read_bounds
from results import NoResults, read

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SVG = "{http://www.w3.org/2000/svg}"


def benchmark(suite: str, name: str, median: float, **extra: Any) -> dict[str, Any]:
    return {
        "fullname": f"benchmarks/test_{suite}.py::{name}",
        "name": name,
        "stats": {"median": median},
        "extra_info": extra,
    }


RUN = {
    "machine_info": {
        "system": "Linux", "release": "6.1", "python_version": "3.11.7",
        "cpu": {"brand_raw": "Some CPU", "count": 2},
    },
    "datetime": "2026-01-02T03:04:05",
    "benchmarks": [
        benchmark("kernel", "test_ours[1000]", 0.0005, units=1_000, variant="ours", ratios={"ours : loop": 0.025}),
        benchmark("kernel", "test_ours[10000]", 0.0025, units=10_000, variant="ours", ratios={"ours : loop": 0.0125}),
        benchmark("kernel", "test_loop[1000]", 0.02, units=1_000, variant="loop|<_*", different={"a.level": 3}),
        benchmark(
            "service", "test_score", 9.0, units=1, variant="ScoreUnit", ratios={"ScoreUnit : no-op": 2.0},
            medians={"ScoreUnit": 0.0006, "no-op": 0.0003},
        ),
        benchmark(
            "service", "test_memory", 9.0, units=100_000, medians={}, ratios={"memory : bytes": 3.0},
            versions={"NumPy": "2.4.6"},
        ),
        benchmark("plugins", "test_plain", 0.000001),
    ],
}  # fmt: skip

KEPT = """
[[bound]]
ratio = "ours : loop"
units = 1000
at_most = 0.04
measured = 0.022

[[bound]]
ratio = "ScoreUnit : no-op"
units = 1
at_most = 4
measured = 2.2
"""


def written(folder: Path, run: Mapping[str, Any] = RUN) -> Path:
    file = folder / "run.json"
    file.write_text(json.dumps(run), encoding="utf-8")
    return file


def command(script: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", BENCHMARKS / script, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


# The report.


def test_the_page_has_machine_ratios_and_microseconds_per_unit(tmp_path: Path) -> None:
    done = command("report.py", written(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "CPU Some CPU, cores 2, system Linux 6.1, Python 3.11.7, NumPy 2.4.6, date 2026-01-02" in lines
    for row in (
        "| ratio | 1 unit | 1,000 units | 10,000 units | 100,000 units |",
        "| ours : loop |  | 0.025 | 0.0125 |  |",
        "| ScoreUnit : no-op | 2 |  |  |  |",
        "| memory : bytes |  |  |  | 3 |",
        "## kernel: microseconds per unit",
        "| ours | 0.5 | 0.25 |",
        "| loop\\|&lt;\\_\\* | 20 |  |",
        "| ScoreUnit | 600 |",
        "| no-op | 300 |",
        "| test\\_plain | 1 |",
        "| loop\\|&lt;\\_\\* | 1,000 | a.level 3 |",
    ):
        assert row in lines, row
    assert not any("test_score" in line or "test_memory" in line for line in lines)


def test_page_and_chart_are_written_and_linked(tmp_path: Path) -> None:
    page, picture = tmp_path / "page" / "results.md", tmp_path / "chart.svg"
    page.parent.mkdir()
    done = command("report.py", written(tmp_path), "--markdown", page, "--chart", picture)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    link = re.search(r"!\[.*\]\((.*)\)", page.read_text(encoding="utf-8"))
    assert link is not None
    assert (page.parent / link[1]).resolve() == picture
    assert ET.fromstring(picture.read_text(encoding="utf-8")).tag == f"{SVG}svg"


def bars(svg: ET.Element) -> dict[str, float]:
    """Widths of bars, by their labels."""
    found = {bar.findtext(f"{SVG}title"): float(bar.get("width", "")) for bar in svg.iter(f"{SVG}rect") if len(bar)}
    return {str(title): width for title, width in found.items()}


def test_the_chart_has_a_bar_per_variant_and_size_on_a_logarithmic_axis(tmp_path: Path) -> None:
    svg = ET.fromstring(chart(read(written(tmp_path)).timings))
    found = bars(svg)
    assert list(found) == [  # suites as they were run
        "ours, 1,000 units: 0.5 microseconds per unit",
        "ours, 10,000 units: 0.25 microseconds per unit",
        "loop|<_*, 1,000 units: 20 microseconds per unit",
        "ScoreUnit, 1 units: 600 microseconds per unit",
        "no-op, 1 units: 300 microseconds per unit",
        "test_plain, 1 units: 1 microseconds per unit",
    ]
    width = {title.partition(",")[0]: pixels for title, pixels in found.items() if "10,000" not in title}
    twice = width["ScoreUnit"] - width["no-op"]
    half = width["ours"] - found["ours, 10,000 units: 0.25 microseconds per unit"]
    assert twice == pytest.approx(half, abs=0.2)  # a factor is a length
    assert width["loop|<_*"] - width["test_plain"] == pytest.approx(twice * 4.3219, abs=0.5)
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    for text in (
        "kernel",
        "service",
        "plugins",
        "0.1",
        "1",
        "1,000",
        "10,000 units",
        "microseconds per unit, logarithmic",
    ):
        assert text in texts
    right, bottom = (float(svg.get(side, "")) for side in ("width", "height"))
    for box in svg.iter(f"{SVG}rect"):
        assert float(box.get("x", "0")) < right
        assert float(box.get("y", "0")) < bottom


def test_a_chart_of_nothing_is_an_empty_chart() -> None:
    assert bars(ET.fromstring(chart([]))) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"benchmarks": [{}]}', json.dumps(RUN | {"benchmarks": []})])
def test_a_file_without_results_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NoResults):
        read(file)


@pytest.mark.parametrize("script", ["report.py", "check_bounds.py"])
def test_an_unreadable_file_gives_one_line_and_exit_code_2(tmp_path: Path, script: str) -> None:
    for file in (written(tmp_path, {}), tmp_path / "no-such-file"):
        done = command(script, file)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


# Checks of bounds.


def run_watch(folder: Path, bounds: str, run: Mapping[str, Any] = RUN, *, suggest: bool = False) -> tuple[int, str]:
    file, said = folder / "bounds.toml", io.StringIO()
    file.write_text(bounds, encoding="utf-8")
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            check_bounds.main(written(folder, run), file, suggest)
        except typer.Exit as ended:
            return ended.exit_code, said.getvalue()
    return 0, said.getvalue()


def test_a_run_within_its_bounds_passes(tmp_path: Path) -> None:
    code, said = run_watch(tmp_path, KEPT)
    assert code == 0
    assert [line.split()[-1] for line in said.splitlines() if " : " in line] == ["ok", "ok"]
    (line,) = (line for line in said.splitlines() if "ours : loop" in line)
    assert line.split() == ["ours", ":", "loop", "1,000", "0.022", "0.025", "0.04", "ok"]


def test_the_exit_code_is_1_if_a_bound_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "bounds.toml"
    for bounds, code in ((KEPT, 0), (KEPT.replace("0.04", "0.024"), 1)):
        file.write_text(bounds, encoding="utf-8")
        assert command("check_bounds.py", written(tmp_path), "--bounds", file).returncode == code


@pytest.mark.parametrize("value", [0.0401, float("nan"), float("inf"), -1.0])
def test_one_broken_bound_fails(tmp_path: Path, value: float) -> None:
    first, *others = RUN["benchmarks"]  # type: ignore[misc]
    run = RUN | {
        "benchmarks": [first | {"extra_info": first["extra_info"] | {"ratios": {"ours : loop": value}}}, *others]
    }
    code, said = run_watch(tmp_path, KEPT, run)
    assert code == 1
    assert said.count("BROKEN") == 1
    assert said.count("ok") == 1


@pytest.mark.parametrize("change", [("ours : loop", "ours : gone"), ("units = 1000", "units = 2000")])
def test_a_bound_on_a_missing_ratio_fails(tmp_path: Path, change: tuple[str, str]) -> None:
    code, said = run_watch(tmp_path, KEPT.replace(*change))
    assert code == 1
    assert "not in the run" in said
    assert said.count("BROKEN") == 1


def test_two_ratios_with_one_name_are_refused(tmp_path: Path) -> None:
    run = RUN | {"benchmarks": [*RUN["benchmarks"], RUN["benchmarks"][0]]}  # type: ignore[misc, index]
    code, said = run_watch(tmp_path, KEPT, run)
    assert code == 2
    assert "2 ratios 'ours : loop' of 1,000 units" in said


@pytest.mark.parametrize(
    "bounds",
    [
        "",
        "bound = []",
        "not TOML",
        KEPT.replace("measured = 2.2", ""),
        KEPT.replace("at_most = 4", "at_most = inf"),
        KEPT.replace("at_most = 4", "at_most = nan"),
        KEPT.replace("at_most = 4", 'at_most = "4"'),
        KEPT.replace("at_most = 4", "at_most = 2"),
        KEPT + KEPT,
    ],
    ids=[
        "empty file", "no bounds", "not TOML", "no measured ratio", "infinite", "not a number", "a text",
        "below the measured ratio", "duplicate",
    ],
)  # fmt: skip
def test_bounds_that_nothing_can_break_are_refused(tmp_path: Path, bounds: str) -> None:
    code, said = run_watch(tmp_path, bounds)
    assert code == 2, said
    file = tmp_path / "bounds.toml"
    with pytest.raises(BadBounds):
        read_bounds(file)


def test_suggested_bounds_fit_the_run(tmp_path: Path) -> None:
    code, said = run_watch(tmp_path, KEPT, suggest=True)
    assert code == 0
    file = tmp_path / "anew.toml"
    file.write_text(said, encoding="utf-8")
    ours, score = read_bounds(file)
    assert (ours.ratio, ours.units, ours.measured, ours.at_most) == ("ours : loop", 1_000, 0.025, 0.045)
    assert (score.ratio, score.units, score.measured, score.at_most) == ("ScoreUnit : no-op", 1, 2.0, 3.6)
    assert run_watch(tmp_path, said)[0] == 0


def test_the_bundled_bounds_allow_only_noise() -> None:
    bounds = read_bounds(BOUNDS)
    for bound in bounds:
        assert 1.3 <= bound.at_most / bound.measured <= 2.5, bound
    assert {bound.units for bound in bounds} <= {1, 1_000}  # what a quick run has


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)]+)\)", text)
    assert links
    for target in links:
        assert (BENCHMARKS / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("script", ["load.py", "report.py", "check_bounds.py"])
def test_every_option_is_in_the_readme(script: str) -> None:
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    options = re.findall(r"--[a-z][a-z-]+", command(script, "--help").stdout)
    assert len(options) > 2
    for option in set(options) - {"--help"}:
        assert option in text, option
