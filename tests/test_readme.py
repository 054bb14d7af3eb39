"""The README's examples are run, and print what it says."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from harness import Service, serving

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.gates import GateCompiler
from scorer.plugins.host import PluginHost
from scorer_client import Client

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULT_ADDRESS = "127.0.0.1:50051"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(Catalogue.installed(PluginHost.installed(), GateCompiler())) as running:
        yield running


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """The indented commands, continued lines joined."""
    found = re.findall(r"(?:^    .*\n)+", README, re.MULTILINE)
    return ["\n".join(line[4:] for line in block.splitlines()) for block in found]


def test_python_example_prints_what_the_readme_says(service: Service) -> None:
    (code, _), (text,) = blocks("python"), blocks("text")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.replace(DEFAULT_ADDRESS, service.address), "README.md", "exec"), {})
    assert printed.getvalue() == text


def test_a_parquet_file_is_ranked_in_three_lines(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by DuckDB from the answers that come with the scorer."""
    answers = ROOT / "plugins/scorer_plugins/answers/bac-kan-2020.csv"
    with_lists = "select * replace (string_split(not_applicable, ';') as not_applicable)"
    duckdb.sql(f"{with_lists} from read_csv('{answers}', nullstr='')").write_parquet(str(tmp_path / "answers.parquet"))
    monkeypatch.chdir(tmp_path)
    _, code = blocks("python")
    assert len([line for line in code.splitlines() if line]) == 3
    names: dict[str, Any] = {}
    exec(compile(code.replace(DEFAULT_ADDRESS, service.address), "README.md", "exec"), names)
    with Client(service.address) as client:
        assert names["ranking"].equals(client.rank_csv("bac-kan-2020", answers).to_pandas())


def test_scorer_commands_of_the_readme_run(tmp_path: Path) -> None:
    """In the order of the README; filling in the form is done by copying the answers that come with the scorer."""
    (tmp_path / "plugins").symlink_to(ROOT / "plugins")
    run = [line for block in commands() for line in block.splitlines() if line.startswith("scorer ")]
    assert "scorer serve" in run
    run.remove("scorer serve")
    assert len(run) >= 7
    for line in run:
        words = [f"{Path(sys.executable).parent}/scorer", *line.split()[1:]]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if "template" in line:
            shutil.copy(ROOT / "plugins/scorer_plugins/answers/bac-kan-2020.csv", tmp_path / "bac-kan-2020.csv")
    assert "huyện Ba Bể" in (tmp_path / "ranking.csv").read_text(encoding="utf-8")


def test_every_number_of_the_worked_example_is_recomputed(service: Service) -> None:
    answers = ROOT / "plugins/scorer_plugins/answers/bac-kan-2020.csv"
    with Client(service.address) as client:
        rows = client.read_csv("bac-kan-2020", answers).rows()
        districts = client.rank_province("bac-kan-2020", rows, full=True).ranking("district")
    unit = next(unit for unit in districts.units if unit.id == "d-ba-be")
    answer = next(row.answers for row in rows if row.id == "d-ba-be")
    ready, got = unit.category("readiness"), unit.category("achievement")
    groups = {group.group: group for group in ready.groups}
    inf_06 = next(item for item in groups["infrastructure"].criteria if item.criterion == "INF.06")
    measures = {measure.measure: measure for measure in ready.measures}
    joint = measures["infrastructure+human_resources"]
    sums = ", ".join(
        f"{code.replace('_', ' ')} {group.score.points:g} of {group.score.max_points:g}"
        for code, group in groups.items()
    )
    lacking = {cause.measure: cause for cause in got.causes}
    joint_text = f"infrastructure + human resources {joint.percent} %"
    (cause,) = ready.causes
    recent, computers = f"{answer['computers_recent']:g}", f"{answer['computers']:g}"
    score = ready.score
    expected = [
        f"| {recent} of {computers} computers serve the work well: "
        f"INF.06 gives {recent} / {computers} x {inf_06.max_points:g} = {inf_06.points:g} points |",
        f"| {sums} |",
        f"| {score.points:g} of {score.max_points:g} points = {score.percent:g} %; "
        f"nothing is left out as not applicable, so converted {score.converted:g} |",
        f"| gates of level 4 ask for 70 % | total {measures['total'].percent:g} %, policy environment "
        f"{measures['policy_environment'].percent} %, infrastructure + human resources {joint.points:g} of "
        f"{joint.max_points:g} = {joint.percent} %: all hold |",
        f"| gates of level {cause.level} ask for {cause.minimum:g} % | {joint_text} does not hold: "
        f"this keeps Ba Bể from level {cause.level} |",
        f"| level {ready.level}, rank {ready.rank}; {districts.tally('readiness').ranked} of {districts.unit_count} "
        "districts is ranked |",
        f"| not ranked: transaction {lacking['transaction'].value} % and transformation "
        f"{lacking['transformation'].value} % are under {lacking['transaction'].minimum:g} %; so no overall rank |",
    ]
    assert cause.value == joint.percent
    assert unit.overall_rank == 0
    assert ready.score.not_applicable == 0
    for line in expected:
        assert line in README, line


def test_buf_commands_of_the_readme_run(service: Service) -> None:
    buf = shutil.which("buf", path=str(Path(sys.executable).parent))
    assert buf, "buf-bin is among the development requirements"
    listing, scoring = (block for block in commands() if block.startswith("buf curl"))

    def run(command: str) -> str:
        line = command.replace("buf ", f"{buf} ", 1).replace(DEFAULT_ADDRESS, service.address)
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "egov.scorer.v1.ScorerService/RankProvince" in run(listing)
    category = json.loads(run(scoring))["scorecard"]["categories"][0]
    assert category["score"]["percent"] == 88.8125
    assert category["score"]["published"] == 44.41
    assert category["level"] == 2
    assert {gate["gate"]["level"] for gate in category["failing"]} == {1}
