"""The examples of the README, and of the pages of docs/ that it leads to first, are run and print what they say."""

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

import cli_in_process
import cli_process
import duckdb
import pytest
from harness import Service, installed_catalogue, serving
from report_files import Run

from scorer_client import Client

ROOT = Path(__file__).parents[2]
README, FILES, METHOD, CLIENTS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/ranking-files.md", "docs/method.md", "docs/clients.md")
)
DEFAULT_ADDRESS = "127.0.0.1:50051"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def scorer_commands(page: str) -> list[str]:
    """Every indented or fenced call of ``scorer`` on a page."""
    return re.findall(r"^(?:    )?(scorer .*)$", page, re.MULTILINE)


def test_python_example_prints_what_the_readme_says(service: Service) -> None:
    (code, _), (text,) = blocks("python"), blocks("text")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.replace(DEFAULT_ADDRESS, service.address), "README.md", "exec"), {})
    assert printed.getvalue() == text


def test_a_parquet_file_is_ranked_in_three_lines(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB writes the file from the bundled answers."""
    answers = ROOT / "plugins/scorer_plugins/answers/bac-kan-2020.csv"
    with_lists = "select * replace (string_split(not_applicable, ';') as not_applicable)"
    duckdb.sql(f"{with_lists} from read_csv('{answers}', nullstr='')").write_parquet(str(tmp_path / "answers.parquet"))
    monkeypatch.chdir(tmp_path)
    _, code = blocks("python")
    assert len([line for line in code.splitlines() if line]) == 3
    names: dict[str, Any] = {}
    exec(compile(code.replace(DEFAULT_ADDRESS, service.address), "README.md", "exec"), names)
    with Client(service.address) as client:
        assert names["ranking"].equals(client.rank_file("bac-kan-2020", answers).to_pandas())


@pytest.mark.parametrize(
    ("page", "least", "run"),
    [(README, 4, cli_process.run), (FILES, 9, cli_in_process.run)],
    ids=["README", "ranking-files"],
)
def test_scorer_commands_run(page: str, least: int, run: Run, tmp_path: Path) -> None:
    """In the order of the page; filling in the form is done by copying the answers that come with the scorer.

    Those of the README run as processes, as readers start them.
    """
    (tmp_path / "plugins").symlink_to(ROOT / "plugins")
    lines = [line for line in scorer_commands(page) if line != "scorer serve"]  # which would not end
    assert len(lines) >= least
    for line in lines:
        done = run(*line.split()[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        if "template" in line:
            shutil.copy(ROOT / "plugins/scorer_plugins/answers/bac-kan-2020.csv", tmp_path / "bac-kan-2020.csv")
    assert "huyện Ba Bể" in (tmp_path / "ranking.csv").read_text(encoding="utf-8")


def test_every_number_of_the_worked_example_is_recomputed(service: Service) -> None:
    answers = ROOT / "plugins/scorer_plugins/answers/bac-kan-2020.csv"
    with Client(service.address) as client:
        rows = client.read_file("bac-kan-2020", answers).rows()
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
    joint_text = f"infrastructure + human resources has {joint.percent} %"
    (cause,) = ready.causes
    recent, computers = f"{answer['computers_recent']:g}", f"{answer['computers']:g}"
    score = ready.score
    expected = [
        f" {recent} of {computers} computers serve the work well: "
        f"INF.06 gives {recent} / {computers} x {inf_06.max_points:g} = {inf_06.points:g} points |",
        f" {sums} |",
        f" {score.points:g} of {score.max_points:g} points = {score.percent:g} %; "
        f"every criterion applies, so the converted score is {score.converted:g} |",
        f"| The gates of level 4 are checked. Each requires 70 %. | total {measures['total'].percent:g} %, "
        f"policy environment {measures['policy_environment'].percent} %, infrastructure + human resources "
        f"{joint.points:g} of {joint.max_points:g} = {joint.percent} %: all hold |",
        f"| The gates of level {cause.level} are checked. Each requires {cause.minimum:g} %. | {joint_text}: "
        f"this gate keeps Ba Bể from level {cause.level} |",
        f"| level {ready.level}, rank {ready.rank}; {districts.tally('readiness').ranked} of {districts.unit_count} "
        "districts is ranked |",
        f"transaction has {lacking['transaction'].value} % and transformation {lacking['transformation'].value} %, "
        f"and the gates of level 4 require {lacking['transaction'].minimum:g} %.",
    ]
    assert cause.value == joint.percent
    assert unit.overall_rank == 0
    assert ready.score.not_applicable == 0
    for words in expected:
        assert words in " ".join(METHOD.split()), words


def test_scoring_one_unit_with_buf_gives_what_the_page_says(service: Service) -> None:
    buf = shutil.which("buf", path=str(Path(sys.executable).parent))
    assert buf, "buf-bin is among the development requirements"
    (scoring,) = (block for block in re.findall(r"```bash\n(.*?)```", CLIENTS, re.DOTALL) if "/ScoreUnit" in block)
    line = scoring.replace("buf ", f"{buf} ", 1).replace(DEFAULT_ADDRESS, service.address)
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    category = json.loads(done.stdout)["scorecard"]["categories"][0]
    assert category["score"]["percent"] == 88.8125
    assert category["score"]["published"] == 44.41
    assert category["level"] == 2
    assert {gate["gate"]["level"] for gate in category["failing"]} == {1}
