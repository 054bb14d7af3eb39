"""The process that tries out plugins: what it prints, finds and starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from breaking_plugins import BREAKING, HANGS_IN_HOOK, SETS, unit
from third_party import ZEROS, document, environment, group_module, install, run, serve, third_party_plugin

from scorer.plugins.probe import ProbeResult, probe_plugins


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plugin that ends the process and a set that needs it."""
    site = tmp_path_factory.mktemp("small")
    third_party_plugin(site, "ends", BREAKING["ends"][0])
    third_party_plugin(site, "sets_", SETS)
    (site / "ends-2024.yaml").write_text(document("ends-2024", "ends"), encoding="utf-8")
    return site


def test_plugins_list_is_readable_in_a_narrow_terminal(small: Path) -> None:
    lines = run(small, "plugins", "list", COLUMNS="60").stdout.splitlines()
    assert max(map(len, lines)) <= 60
    text = " ".join(" ".join(lines).split())
    assert "plugin 'ends' (third-party-ends 1.0) is quarantined: ended the process with code 7 while" in text


SPEAKS = f"""\
        import os

        print("[scoring")
        os.system("echo {{")
        os.write(1, b"]")
{ZEROS}"""


def test_output_of_a_scoring_plugin_is_not_mixed_with_results(tmp_path: Path) -> None:
    site, file = tmp_path / "site", tmp_path / "answers.csv"
    third_party_plugin(
        site, "speaks", f"print('imported')\n{group_module('speaks', SPEAKS, sets=['speaks-2024.yaml'])}"
    )
    (site / "speaks-2024.yaml").write_text(document("speaks-2024", "speaks"), encoding="utf-8")
    file.write_text("id,tier,wells\na,district,1\n", encoding="utf-8")
    done = run(site, "rank", str(file), "--set", "speaks-2024", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rankings"][0]["units"][0]["id"] == "a"
    assert {"imported", "[scoring", "{"} <= set(done.stderr.splitlines())


PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "third-party-built"
version = "2.5"
dependencies = ["egov-scorer"]

[project.entry-points."scorer.plugins"]
built = "built_plugin:plugin"

[tool.hatch.build.targets.wheel]
packages = ["built_plugin"]
"""

CLASS = """

class Plugin:
    scorer_criterion_group = staticmethod(scorer_criterion_group)
    scorer_criteria_sets = staticmethod(scorer_criteria_sets)


plugin = Plugin()
"""


@pytest.mark.long
def test_a_distribution_that_pip_built_and_installed_is_found(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    (source / "built_plugin").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    code = group_module("built", sets=["built-2024.yaml"]) + CLASS
    (source / "built_plugin" / "__init__.py").write_text(code, encoding="utf-8")
    (source / "built_plugin" / "built-2024.yaml").write_text(document("built-2024", "built"), encoding="utf-8")
    alone = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *alone, "--target", site, source]
    subprocess.run(command, check=True, timeout=120)
    found = json.loads(run(site, "plugins", "list", "--json").stdout)["plugins"][-1]
    assert found == {
        "name": "built", "distribution": "third-party-built", "version": "2.5", "api_version": 1, "groups": ["built"],
        "formulas": [], "criteria_sets": ["built-2024.yaml"], "status": "ready", "failure": "",
    }  # fmt: skip
    with serve(site, tmp_path / "log") as running:
        assert running.scorer.ScoreUnit(unit("built"), timeout=20).scorecard.overall.score.points == 7


def test_a_distribution_under_the_name_of_the_scorer_is_quarantined_and_hides_nothing(tmp_path: Path) -> None:
    install(tmp_path, "Egov_Scorer", "9.9", {"impostor.py": group_module("impostor")}, {"impostor": "impostor"})
    found = json.loads(run(tmp_path, "plugins", "list", "--json").stdout)["plugins"]
    [impostor] = [plugin for plugin in found if plugin["name"] == "impostor"]
    assert impostor["failure"] == "its distribution calls itself 'Egov_Scorer', which is the scorer's own name"
    assert (impostor["status"], impostor["groups"]) == ("quarantined", [])
    assert ["infrastructure"] in [plugin["groups"] for plugin in found if plugin["status"] == "ready"]


def test_no_process_is_started_without_third_party_plugins(small: Path) -> None:
    code = (
        "import sys; started = []\n"
        "sys.addaudithook(lambda event, _: started.append(event) if event == 'subprocess.Popen' else None)\n"
        "from scorer.plugins.host import PluginHost; PluginHost.installed(); print(len(started))"
    )
    counts = [
        subprocess.run([sys.executable, "-c", code], env=environment(where), capture_output=True, text=True, check=True)
        for where in (None, small)
    ]
    assert [done.stdout for done in counts] == ["0\n", "2\n"]


@pytest.mark.parametrize(
    ("command", "failure"),
    [
        (["/no/such/program"], "could not be probed, because no process can be started: No such file or directory"),
        (
            [sys.executable, "-c", "import sys; sys.exit('no room')"],
            "could not be probed, because the probe process ended with code 1 before it began; "
            "its last output: no room",
        ),
    ],
)
def test_all_plugins_are_quarantined_if_the_probe_fails(command: list[str], failure: str) -> None:
    assert probe_plugins([("a", "a"), ("b", "b")], command=command) == [ProbeResult(failure)] * 2


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("import time; time.sleep(90)", "was not imported within 1 seconds"),
        (HANGS_IN_HOOK, "has hooks that did not return within 1 seconds"),
    ],
    ids=["import", "hook"],
)
def test_hooks_and_imports_share_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, failure: str
) -> None:
    (tmp_path / "slow_one.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    slow, json_ = probe_plugins([("slow", "slow_one"), ("json", "json")], time_limit=1)
    assert slow == ProbeResult(f"{failure}; plugin_seconds allows more")
    assert json_.failure == "implements no hook; is @hookimpl missing?"
