"""Plugins that cannot be imported are each named with the reason."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from breaking_plugins import BREAKING, NAP, SECONDS, loud_and_sets
from third_party import SCORER, ZEROS, document, environment, group_module, install, run, serve, third_party_plugin

from egov.scorer.v1 import scorer_pb2 as pb


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every broken plugin, and some good ones."""
    site = tmp_path_factory.mktemp("site")
    for name, (code, _) in BREAKING.items():
        third_party_plugin(site, name, code)
    install(site, "a-first", "1.0", {"wells_.py": group_module("wells")}, {"wells": "wells_"})
    install(site, "bad-value", "1.0", {}, {"bad_value": "not a module"})
    for name, file in (("damaged-points", "entry_points.txt"), ("damaged-data", "METADATA")):
        install(site, name, "1.0", {}, {})
        [damaged] = site.glob(f"{name.replace('-', '_')}*/{file}")
        damaged.write_bytes(b"[scorer.plugins]\n\xff\xfe = x\n")
    for name in ("nameless", "nameless-too"):
        install(site, name, "1.0", {}, {"nameless": "nameless"})
        [metadata] = site.glob(f"{name.replace('-', '_')}-*/METADATA")
        metadata.unlink()
    code = "import os, sys\nif '-P' not in sys.orig_argv:\n    os._exit(3)\n" + group_module("sly")
    third_party_plugin(site, "sly", code)
    code = "import asyncio, sys\nif '-P' not in sys.orig_argv:\n    asyncio.run = None\n" + group_module("sly_patch")
    third_party_plugin(site, "sly_patch", code)
    # Nothing is wrong with these.
    for name in ("zulu", "alpha"):
        install(site, name, "1", {f"{name}_.py": group_module(name, indicator=name)}, {"same": f"{name}_"})
    filters = "warnings.filterwarnings('ignore', module='polite'); warnings.filterwarnings('ignore', message='old')\n"
    third_party_plugin(site, "polite", "import warnings\n" + filters + group_module("polite", indicator="bows"))
    loud_and_sets(site, "hangs")
    return site


@pytest.fixture(scope="module")
def listed(site: Path) -> dict[str, Any]:
    """The entries of ``scorer plugins list --json``, by distribution."""
    done = run(site, "plugins", "list", "--json", SCORER_PLUGIN_SECONDS=SECONDS)
    assert done.returncode == 0
    assert done.stderr == "[\n{\n"  # what it printed
    found = json.loads(done.stdout)
    assert found["api_version"] == 1
    return {plugin["distribution"]: plugin for plugin in found["plugins"] if plugin["distribution"] != "egov-scorer"}


def test_broken_plugins_are_quarantined_with_the_reason(listed: dict[str, Any]) -> None:
    """One test for all, because only one process should try them out."""
    broken = {name: listed[f"third-party-{name}"] for name in BREAKING}
    assert {
        name: plugin["failure"] for name, plugin in broken.items() if BREAKING[name][1] not in plugin["failure"]
    } == {}
    for name, plugin in broken.items():
        assert (plugin["name"], plugin["version"], plugin["status"]) == (name, "1.0", "quarantined")
        assert (plugin["groups"], plugin["formulas"], plugin["criteria_sets"]) == ([], [], []), name
    known = {"infrastructure_too", "wells_too", "threads", "forks", "moves", "listens", "patches", "mute", "strays"}
    known |= {"opens", "shallow", "redirects", "stops_time", "rounds", "rounds_later", "quiet", "alarms", "wakes"}
    known |= {"raises", "empties", "reads", "closes_errors", "redirects_errors", "strict", "speaks", "starves"}
    known |= {"rescores", "rereads", "finds_nothing", "copies", "manages", "walks", "patches_later"}
    known |= {"traces", "collects", "audits", "finds_badly"}
    versions = {name: plugin["api_version"] for name, plugin in broken.items()}
    assert versions == {**dict.fromkeys(BREAKING), "later": 2, **dict.fromkeys(known, 1)}


def test_the_other_plugins_are_listed(listed: dict[str, Any]) -> None:
    assert listed.pop("bad-value")["failure"] == "its entry point 'not a module' is not MODULE or MODULE:NAME"
    for name in ("damaged_points", "damaged_data"):
        damaged = listed.pop(name)
        assert (damaged["name"], damaged["version"], damaged["status"]) == (name, "1.0", "quarantined")
        assert damaged["failure"].startswith("its metadata cannot be read: UnicodeDecodeError: ")
    for name in ("nameless", "nameless_too"):
        assert listed.pop(name)["failure"] == "its metadata cannot be read: ValueError: METADATA gives no name"
    sly = listed.pop("third-party-sly")
    assert (sly["status"], sly["failure"]) == ("quarantined", "would end the process")
    sly = listed.pop("third-party-sly_patch")
    assert (sly["status"], sly["failure"]) == ("quarantined", "changes asyncio.run, which the whole service uses")
    good = {name: plugin for name, plugin in listed.items() if plugin["status"] == "ready"}
    assert {name: plugin["groups"] for name, plugin in good.items()} == {
        "a-first": ["wells"],
        "alpha": ["alpha"],  # it and the next one have the same name
        "zulu": ["zulu"],
        "third-party-loud": ["loud"],
        "third-party-polite": ["polite"],  # it adds filters of its own for warnings
        "third-party-sets_": [],
    }
    assert good["alpha"]["name"] == good["zulu"]["name"] == "same"
    assert good["a-first"]["api_version"] == 1
    assert "hangs-2024.yaml" in good["third-party-sets_"]["criteria_sets"]
    assert not any(plugin["failure"] for plugin in good.values())


ONLY_HERE = """\
import atexit, os, sys

if "-P" not in sys.orig_argv:  # not where it is tried out
    os.chdir("/")
    atexit.register(print, "]")
    atexit.register(os.system, "echo ]")
"""


@pytest.mark.long
def test_a_plugin_that_moves_and_prints_at_exit_spoils_neither_paths_nor_json(tmp_path: Path) -> None:
    third_party_plugin(tmp_path / "site", "moves", ONLY_HERE + group_module("moves"))
    answers = resources.files("scorer_plugins.answers") / "hue-2020.csv"
    (tmp_path / "in.csv").write_text(answers.read_text(encoding="utf-8"), encoding="utf-8")
    command = [SCORER, "rank", "in.csv", "--set", "hue-2020", "--json", "--out", "out.json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path / "site"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    plugin = "plugin 'moves' (third-party-moves 1.0)"
    why = "changes the working directory, which the whole service uses"
    assert done.stderr == f"scorer: {plugin} is quarantined: {why}\n"  # nothing runs at exit


def test_a_plugin_that_closes_files_only_in_the_service_is_named(tmp_path: Path) -> None:
    code = "import os, sys\nif '-P' not in sys.orig_argv:\n    os.closerange(3, 4096)\n"
    third_party_plugin(tmp_path, "closes", code + group_module("closes"))
    done = run(tmp_path, "criteria", "list")
    name = "plugin 'closes' (third-party-closes 1.0)"
    assert f"scorer: {name} is quarantined: closes or redirects files of the process (descriptor " in done.stderr


SCORES_AND_STAYS = f"""\
        import faulthandler, sys, threading, time

        faulthandler.dump_traceback_later(0.2, exit=True)
        threading.Thread(target=time.sleep, args=(3600,)).start()
        sys.stdout.close()
{ZEROS}"""

ENDS_THE_PROCESS = """\
import atexit, os, faulthandler

atexit.register(os._exit, 7)
faulthandler.dump_traceback_later(0.2, exit=True)
"""


def test_leftovers_of_a_plugin_neither_end_nor_block_a_command(tmp_path: Path) -> None:
    site, file = tmp_path / "site", tmp_path / "answers.csv"
    code = group_module("stays", SCORES_AND_STAYS, sets=["stays-2024.yaml"])
    third_party_plugin(site, "stays", ENDS_THE_PROCESS + code)
    (site / "stays-2024.yaml").write_text(document("stays-2024", "stays"), encoding="utf-8")
    file.write_text("id,tier,wells\na,district,1\n", encoding="utf-8")
    done = run(site, "rank", str(file), "--set", "stays-2024", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rankings"][0]["units"][0]["id"] == "a"


CLOSES = f"""\
        import sys

        sys.stdout.close()
        sys.stderr.close()
{ZEROS}"""


def test_a_plugin_cannot_close_the_log(tmp_path: Path) -> None:
    site = tmp_path / "site"
    third_party_plugin(site, "closes", group_module("closes", CLOSES, sets=["closes-2024.yaml"]))
    (site / "closes-2024.yaml").write_text(document("closes-2024", "closes"), encoding="utf-8")
    unit = pb.UnitAnswers(unit=pb.Unit(id="a", tier="district"))
    with serve(site, tmp_path / "log") as service:
        for request_id in ("first", "second"):
            request = pb.ScoreUnitRequest(criteria_set="closes-2024", unit_answers=unit)
            service.scorer.ScoreUnit(request, metadata=[("x-request-id", request_id)], timeout=30)
        ends = time.monotonic() + 30
        while "request_id=second" not in service.log and time.monotonic() < ends:
            time.sleep(0.05)
        assert "request_id=second" in service.log


@pytest.mark.long
def test_plugin_seconds_allows_a_slow_import(tmp_path: Path) -> None:
    site = tmp_path / "site"
    third_party_plugin(site, "slow", "import time; time.sleep(1.5)\n" + group_module("slow"))
    for seconds, failure in (("0.5", "was not imported within 0.5 seconds; plugin_seconds allows more"), ("60", "")):
        done = run(site, "plugins", "list", "--json", SCORER_PLUGIN_SECONDS=seconds)
        [plugin] = [plugin for plugin in json.loads(done.stdout)["plugins"] if plugin["name"] == "slow"]
        assert plugin["failure"] == failure
    (tmp_path / "scorer.toml").write_text("plugin_seconds = 0.5\n", encoding="utf-8")
    with serve(site, tmp_path / "log", "--settings", str(tmp_path / "scorer.toml")) as running:
        assert "was not imported within 0.5 seconds" in running.log
    third_party_plugin(site, "hangs", BREAKING["hangs"][0])
    assert "was not imported within 10 seconds" in run(site, "plugins", "list").stdout  # by default
    done = run(site, "plugins", "list", SCORER_PLUGIN_SECONDS="ten")
    wanted = "scorer: SCORER_PLUGIN_SECONDS='ten' is not a number of seconds, above 0 and at most 3600\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", wanted)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processes_that_a_plugin_started_end_with_the_probe(listed: dict[str, Any]) -> None:
    del listed
    running = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            running.append(entry.read_bytes())
    assert any(b"python" in command for command in running)
    assert not any(str(NAP).encode() in command for command in running)
