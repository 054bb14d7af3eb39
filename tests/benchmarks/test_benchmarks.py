"""The benchmarks that run in process: their names and options, and missing peers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from arrow_tables import column
from peers import LOOP, Method
from province import Province, installed
from result_columns import columns, differences, score

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.service.call.context import CallContext
from scorer.service.methods.scorer_service import ScorerService

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

PEERS = ("numba", "polars", "openfisca_core", "zen")
DISTRIBUTIONS = ("numba", "polars", "openfisca-core", "zen-engine")

NAMES = {
    "test_formulas.py": {
        f"test_formula[{kind}]"
        for kind in (
            "flag", "fault", "choice", "steps", "count", "ratio", "ratio_to_best", "linear", "awarded", "sum", "best",
            "min_max", "percentile", "z_scores", "logarithmic",
        )
    },
    "test_gates.py": {"test_table[1000]", "test_durable_rules_one_by_one[1000]"},
    "test_kernel.py": {
        "test_scorer[1000-BASIC]",
        "test_scorer[1000-FULL]",
        "test_numba[1000-BASIC]",
        "test_numba[1000-FULL]",
        "test_python_loop[1000]",
        "test_every_level_is_reached",
    },
    "test_loading.py": {
        f"{test}[{document}]"
        for test in ("test_document", "test_gates_compiled", "test_gates_remembered")
        for document in ("bac-kan-2020.yaml", "hue-2020.yaml")
    },
    "test_peers.py": {
        "test_scorer[1000]",
        *(
            f"test_peer[1000-{peer}]"
            for peer in ("numba", "polars", "openfisca", "python-loop", "zen-batch", "zen-one-by-one")
        ),
    },
    "test_plugins.py": {
        f"test_group[{group}-1000]"
        for group in (
            "policy_environment", "infrastructure", "human_resources", "presence", "interaction", "transaction",
            "transformation",
        )
    },
}  # fmt: skip
"""The expected names. They are compared over time, so a changed name breaks a series."""


def run(*arguments: str, without: Iterable[str] = (), folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the benchmarks in a separate process, in which some modules cannot be imported."""
    hide = "".join(f"sys.modules[{module!r}] = None\n" for module in without)
    (folder / "hide_modules.py").write_text(f"import sys\n{hide}", encoding="utf-8")
    paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "hide_modules", "-p", "no:cacheprovider", "--quick", *arguments],
        cwd=BENCHMARKS.parent,
        env={**variables, "PYTHONPATH": paths},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


@pytest.mark.long
def test_the_benchmarks_have_the_expected_names(tmp_path: Path) -> None:
    done = run("--collect-only", "-q", *(str(BENCHMARKS / file) for file in NAMES), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for file, test in re.findall(r"benchmarks/(test_\w+\.py)::(\S+)", done.stdout):
        found.setdefault(file, set()).add(test)
    assert found == NAMES


@pytest.mark.long
def test_peers_that_are_not_installed_are_left_out_and_named(tmp_path: Path) -> None:
    done = run(str(BENCHMARKS / "test_peers.py"), "-k", "not loop", without=PEERS, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("peers left out")]
    assert "pip install 'egov-scorer[peers]'" in line
    assert all(distribution in line for distribution in DISTRIBUTIONS)
    assert "1 passed, 5 skipped" in done.stdout


@pytest.mark.long
def test_invalid_benchmark_options_are_refused(tmp_path: Path) -> None:
    suite = str(BENCHMARKS / "test_plugins.py")
    (tmp_path / "some.csv").write_text("id,tier,computer\nd-ba-be,district,3\n", encoding="utf-8")
    for arguments, said in (
        (["--criteria-set", "hue"], "there is no criteria set 'hue' here; there are bac-kan-2020, hue-2020"),
        (["--tier", "xa"], "bac-kan-2020 has no tier 'xa'; it has department, district, commune"),
        (["--units", "0"], "--units takes numbers from 1"),
        (["--units", "5", "--data", "some.csv"], "--data has its own units"),
        (["--data", "there-is-none.csv"], "there-is-none.csv"),
        (["--data", str(tmp_path / "some.csv")], "row 1, column C (computer): unknown column 'computer'"),
    ):
        done = run(suite, *arguments, folder=tmp_path)
        assert done.returncode == 4, done.stdout + done.stderr
        assert said in done.stdout + done.stderr


TIERS = [(code, tier) for code, plan in installed().sets.items() for tier in plan.tiers]


@pytest.mark.parametrize(("code", "tier"), TIERS)
def test_generated_provinces_reach_every_level_and_are_ranked(code: str, tier: str) -> None:
    drawn = Province.draw(installed().sets[code], 1_000, tier)
    found = columns(score(drawn))
    for category in drawn.plan.categories:
        assert set(found[f"{category.code}.level"].tolist()) == {0, *category.levels}
    for kind in ("missing", "not_applicable"):
        assert found[f"overall.{kind}"].any()
    service = ScorerService(installed)
    order = [drawn.cohort.unit_ids[place] for place in found["order"]]
    for data in (drawn.rows, drawn.table):
        reply = service.rank_province(pb.RankProvinceRequest.FromString(data), CallContext("RankProvince"))
        (ranking,) = reply.rankings
        ids = [card.unit.id for card in ranking.scorecards] or column(ranking, "id")
        assert ids == order
    alone = service.score_unit(pb.ScoreUnitRequest.FromString(drawn.single), CallContext("ScoreUnit"))
    assert round(alone.scorecard.overall.score.points * 10**6) == found["overall.points"][0]


@pytest.mark.parametrize(("code", "tier"), TIERS)
def test_the_plain_loop_agrees_with_the_scorer(code: str, tier: str) -> None:
    drawn = Province.draw(installed().sets[code], 200, tier)
    found = LOOP.scorer(Method.of(drawn.set_plan, drawn.plan))(drawn.cohort)
    assert differences(found, columns(score(drawn))) == []
    found["overall.points"][7] += 1
    assert differences(found, columns(score(drawn))) == ["overall.points: 1 of 200 differ"]


def test_a_file_of_answers_can_be_measured() -> None:
    plan = installed().sets["bac-kan-2020"]
    answers = Path(__file__).parents[2] / "plugins/scorer_plugins/answers/bac-kan-2020.csv"
    assert len(Province.read(plan, answers)) == 108
    read = Province.read(plan, answers, "district")
    found = columns(score(read))
    (ranked,) = np.flatnonzero(found["readiness.rank"] == 1)
    assert read.cohort.unit_ids[ranked] == "d-ba-be"
    assert found["readiness.points"][ranked] == 40_600_000
