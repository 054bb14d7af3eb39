"""Plugins that cannot be imported, in all the ways there are: each is named, and everything else serves."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import refusal
from third_party import (
    HEAD,
    SCORER,
    ZEROS,
    Served,
    document,
    environment,
    group_module,
    install,
    run,
    serve,
    third_party_plugin,
)

from egov.scorer.v1 import criteria_pb2
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugins.probe import ProbeResult, probe_plugins

HANGS_IN_HOOK = """\
import time

from scorer.plugin_api import hookimpl


@hookimpl
def scorer_formulas():
    time.sleep(90)
"""

LEAVES_THREAD = f"""\
import threading
import time

threading.Thread(target=time.sleep, args=(90,), name="heartbeat", daemon=True).start()
{group_module("threads")}"""

DISTURBS = """\
import contextlib
import os

for descriptor in range(3, 20):
    with contextlib.suppress(OSError):
        os.write(descriptor, b"[]\\n{}\\n-\\n")
os._exit(2)
"""

SECONDS = "3"
"""Time limit of the probe in these tests, so that a hanging plugin does not delay them for long."""

NAP = 86_400 + os.getpid()
"""A number of seconds that no other process sleeps, so that these processes can be found."""

LEAVES_CHILD = f"""\
import os
import subprocess

subprocess.Popen(["sleep", "{NAP}"])
os.kill(os.getpid(), 15)
"""

JUDGES = """\
import json, os

said = [{"plugin": n, "failure": "", "group_name": "", "api_version": 1, "withheld": []} for n in range(99)]
for pipe in range(3, 20):
    try:
        os.write(pipe, "".join(json.dumps(verdict) + "\\n" for verdict in said).encode())
    except OSError:
        pass
"""

BREAKING: dict[str, tuple[str, str]] = {
    "dust": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "ends": (
        "import os; print('no licence', flush=True); os._exit(7)",
        "ended the process with code 7 while it was imported; its last output: no licence",
    ),
    "ends_well": ("import os; os._exit(0)", "ended the process with code 0 while it was imported"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "ended the process with signal SIGSEGV while it was imported"),
    "disturbs": (
        DISTURBS,
        "ended the process with code 2 while it was imported",
    ),
    "closes": ("import os; os.closerange(3, 99); os.close(1); os.abort()", "signal SIGABRT while it was imported"),
    "closes_all": (
        "import os; os.closerange(0, 4096)\n" + group_module("closes_all"),
        "closes or redirects files of the process while it was imported",
    ),
    "copies": (
        "import copy; copy.copy = copy.deepcopy = None\n" + group_module("copies"),
        "changes copy.copy, copy.deepcopy, which the whole service uses",
    ),
    "manages": (
        "import contextlib, re; contextlib.suppress = re.compile = re.sub = None\n" + group_module("manages"),
        "changes contextlib.suppress, re.compile, re.sub, which the whole service uses",
    ),
    "walks": (
        "import pathlib; pathlib.Path.iterdir = pathlib.Path.read_text = None\n" + group_module("walks"),
        "changes Path.iterdir, Path.read_text, which the whole service uses",
    ),
    "asks_nothing": (
        "import builtins; builtins.isinstance = builtins.setattr = builtins.vars = None\n"
        + group_module("asks_nothing"),
        "changes builtins.isinstance, builtins.setattr, builtins.vars, which the whole service uses",
    ),
    "forgets": (
        group_module("forgets") + "\nimport sys; sys.modules.clear()\n",
        "changes module ",
    ),
    "patches_later": (
        group_module("patches_later").replace("    return Group()", "    np.sum = None\n    return Group()"),
        "changes numpy.sum, which the whole service uses",
    ),
    "traces": (
        "import sys; sys.settrace(lambda *_: None)\n" + group_module("traces"),
        "changes the tracing of calls (settrace), which the whole service uses",
    ),
    "audits": (
        "import sys; sys.addaudithook(lambda *_: None)\n" + group_module("audits"),
        "adds an audit hook, which cannot be removed and can stop the whole service",
    ),
    "collects": (
        "import gc; gc.callbacks.append(lambda *_: None)\n" + group_module("collects"),
        "changes the callbacks of the garbage collector, which the whole service uses",
    ),
    "children": (LEAVES_CHILD, "ended the process with signal SIGTERM while it was imported"),
    "floods": ("while True: print('x' * 999)", "printed more than 1,048,576 bytes while it was imported"),
    "hangs": ("import time; time.sleep(90)", f"was not imported within {SECONDS} seconds"),
    "threads": (LEAVES_THREAD, "leaves threads running: heartbeat"),
    "forks": (
        "import os\n\nos.fork()\n" + group_module("forks"),
        "forks the process, which would run the service twice",
    ),
    "syntax": ("def", "SyntaxError: invalid syntax (syntax.py, line 1)"),
    "typo": (
        group_module("typo").replace("kind='number'", "kind='numbr'"),
        "indicator wells: unknown kind 'numbr'; did you mean 'number'? (typo, line ",
    ),
    "calls": ("\nimport json\n\njson.loads('')\n", "line 1 column 1 (char 0) (calls, line 4)"),
    "reads": ("input()\n" + group_module("reads"), "reads standard input, which is for the user of a command"),
    "closes_errors": (
        "import os; os.close(2)\n" + group_module("closes_errors"),
        "closes or redirects files of the process (descriptor 2)",
    ),
    "redirects_errors": (
        "import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n" + group_module("redirects_errors"),
        "closes or redirects files of the process (descriptor 2)",
    ),
    "strict": (
        "import warnings; warnings.simplefilter('error')\n" + group_module("strict"),
        "changes the filters of warnings, which the whole service uses",
    ),
    "rescores": (
        "import scorer.plugin_api as api; api.CriterionGroup.score = lambda *_: None\n" + group_module("rescores"),
        "changes CriterionGroup.score, which the whole service uses",
    ),
    "rereads": (
        "import scorer.plugin_api as api; api.Cohort.values = lambda *_: None\n" + group_module("rereads"),
        "changes Cohort.values, which the whole service uses",
    ),
    "speaks": (
        "import locale; locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')\n" + group_module("speaks"),
        "changes the locale, which the whole service uses",
    ),
    "starves": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n" + group_module("starves"),
        "changes the limits of the process (setrlimit), which the whole service uses",
    ),
    "moves": ("import os; os.chdir('/')\n" + group_module("moves"), "changes the working directory, which the whole"),
    "listens": (
        "import signal; signal.signal(signal.SIGTERM, lambda *_: None)\n" + group_module("listens"),
        "changes what SIGTERM does, which the whole service uses",
    ),
    "patches": (
        "import numpy\nnumpy.sum = lambda *_: 7\n" + group_module("patches"),
        "changes numpy.sum, which the whole service uses",
    ),
    "mute": (
        "import logging; logging.disable(50)\n" + group_module("mute"),
        "changes logging.disable, which the whole service uses",
    ),
    "strays": ("import sys; sys.path.clear()\n" + group_module("strays"), "changes sys.path, which the whole service"),
    "finds_nothing": (
        group_module("finds_nothing") + "\nimport sys; sys.meta_path.clear()\n",
        "changes sys.meta_path, which the whole service uses",
    ),
    "opens": ("import os; os.umask(0)\n" + group_module("opens"), "changes the mask of file modes, which the whole"),
    "shallow": (
        "import sys; sys.setrecursionlimit(200)\n" + group_module("shallow"),
        "changes the recursion limit, which the whole service uses",
    ),
    "redirects": (
        "import io, sys; sys.stdout = io.StringIO()\n" + group_module("redirects"),
        "changes sys.stdout, which the whole service uses",
    ),
    "stops_time": (
        "import time; time.time = lambda: 0.0\n" + group_module("stops_time"),
        "changes time.time, which the whole service uses",
    ),
    "rounds": (
        "import decimal; decimal.setcontext(decimal.Context(prec=4, traps=[]))\n" + group_module("rounds"),
        "changes the decimal context, which the whole service uses",
    ),
    "rounds_later": (
        "import decimal; decimal.DefaultContext.traps[decimal.InvalidOperation] = False\n"
        + group_module("rounds_later"),
        "changes the default decimal context, which the whole service uses",
    ),
    "quiet": (
        "import logging; logging.getLogger().setLevel(50)\n" + group_module("quiet"),
        "changes the level of the log, which the whole service uses",
    ),
    "alarms": (
        "import signal; signal.alarm(60)\n" + group_module("alarms"),
        "changes timers, which the whole service uses",
    ),
    "wakes": (
        "import signal; signal.signal(signal.SIGALRM, lambda *_: None)\n" + group_module("wakes"),
        "changes what SIGALRM does, which the whole service uses",
    ),
    "raises": (
        "import numpy; numpy.seterr(all='raise')\n" + group_module("raises"),
        "changes NumPy's handling of errors (seterr), which the whole service uses",
    ),
    "empties": (
        "import os; os.environ.clear()\n" + group_module("empties"),
        "changes the environment variables, which the whole service uses",
    ),
    "judges": (
        JUDGES + group_module("judges"),
        "writes probe results, which plugins must not do",
    ),
    "text": (group_module("text").replace("'text', 1", "'text', '1'"), "its api_version is '1', not a number; write"),
    "later": (group_module("later").replace("'later', 1", "'later', 2"), "was written for API version 2"),
    "infrastructure_too": (
        group_module("infrastructure"),
        "declares group 'infrastructure', "
        f"which plugin 'infrastructure' (egov-scorer {version('egov-scorer')}) already declares",
    ),
    "wells_too": (group_module("wells"), "declares group 'wells', which plugin 'wells' (a-first 1.0) already declares"),
}

PRINTS = """\
import os

print("[", flush=True)
os.system("echo {")
"""

SETS = f"""{HEAD}@hookimpl
def scorer_criteria_sets():
    from pathlib import Path

    return sorted(Path(__file__).parent.glob("*.yaml"))
"""


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


def loud_and_sets(site: Path, *groups: str) -> None:
    """Installs a plugin that prints, and one with a set for each group."""
    third_party_plugin(site, "loud", PRINTS + group_module("loud", indicator="decibels"))
    third_party_plugin(site, "sets_", SETS)
    for group in groups:
        indicator = "decibels" if group == "loud" else "wells"
        (site / f"{group}-2024.yaml").write_text(document(f"{group}-2024", group, indicator), encoding="utf-8")


@pytest.fixture(scope="module")
def listed(site: Path) -> dict[str, Any]:
    """The entries of ``scorer plugins list --json``, by distribution."""
    done = run(site, "plugins", "list", "--json", SCORER_PLUGIN_SECONDS=SECONDS)
    assert done.returncode == 0
    assert done.stderr == "[\n{\n"  # what it printed
    found = json.loads(done.stdout)
    assert found["api_version"] == 1
    return {plugin["distribution"]: plugin for plugin in found["plugins"] if plugin["distribution"] != "egov-scorer"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with three broken plugins, two good ones, and a set for each."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("hangs", "ends", "later"):
        third_party_plugin(folder, name, BREAKING[name][0])
    third_party_plugin(folder, "wells", group_module("wells"))
    loud_and_sets(folder, "hangs", "ends", "later", "wells", "loud")
    settings = folder / "scorer.toml"
    settings.write_text(f"plugin_seconds = {SECONDS}\n", encoding="utf-8")
    with serve(folder, folder / "log", "--settings", str(settings)) as running:
        yield running


@pytest.mark.parametrize("name", BREAKING)
def test_a_broken_plugin_is_quarantined_with_the_reason(listed: dict[str, Any], name: str) -> None:
    plugin = listed[f"third-party-{name}"]
    assert (plugin["name"], plugin["version"], plugin["status"]) == (name, "1.0", "quarantined")
    assert BREAKING[name][1] in plugin["failure"]
    assert (plugin["groups"], plugin["formulas"], plugin["criteria_sets"]) == ([], [], [])
    known = {"infrastructure_too", "wells_too", "threads", "forks", "moves", "listens", "patches", "mute", "strays"}
    known |= {"opens", "shallow", "redirects", "stops_time", "rounds", "rounds_later", "quiet", "alarms", "wakes"}
    known |= {"raises", "empties", "reads", "closes_errors", "redirects_errors", "strict", "speaks", "starves"}
    known |= {"rescores", "rereads", "finds_nothing", "copies", "manages", "walks", "patches_later"}
    known |= {"traces", "collects", "audits"}
    assert plugin["api_version"] == {"later": 2, **dict.fromkeys(known, 1)}.get(name)


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
        while "request_id=second" not in service.said and time.monotonic() < ends:
            time.sleep(0.05)
        assert "request_id=second" in service.said


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
        assert "was not imported within 0.5 seconds" in running.said
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


def unit(group: str, indicator: str = "wells") -> pb.ScoreUnitRequest:
    answers = pb.UnitAnswers(unit=pb.Unit(id="a", tier="district"), answers={indicator: pb.Answer(number=7)})
    return pb.ScoreUnitRequest(criteria_set=f"{group}-2024", unit_answers=answers)


@pytest.mark.parametrize("group", ["hangs", "ends", "later"])
def test_a_set_of_a_quarantined_plugin_is_refused_with_reason_and_advice(service: Served, group: str) -> None:
    with refusal() as caught:
        service.scorer.ScoreUnit(unit(group), timeout=20)
    refused = caught[0]
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CRITERIA_SET_REFUSED")
    plugin = f"its plugin '{group}' (third-party-{group} 1.0) is quarantined: {BREAKING[group][1]}"
    assert plugin in refused.details
    assert refused.details.endswith(
        f"; fix it, see 'scorer criteria check {group}-2024.yaml' and 'scorer plugins list'"
    )


def test_other_sets_are_served_and_health_is_serving(service: Served) -> None:
    health = health_pb2_grpc.HealthStub(service.channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    for group, indicator in (("wells", "wells"), ("loud", "decibels")):
        assert service.scorer.ScoreUnit(unit(group, indicator), timeout=20).scorecard.overall.score.points == 7
    sets = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(), timeout=20).criteria_sets
    available = [found.code for found in sets if found.state == criteria_pb2.CRITERIA_SET_STATE_AVAILABLE]
    assert available == ["bac-kan-2020", "hue-2020", "loud-2024", "wells-2024"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plugin that ends the process and a set that needs it."""
    site = tmp_path_factory.mktemp("small")
    third_party_plugin(site, "ends", BREAKING["ends"][0])
    third_party_plugin(site, "sets_", SETS)
    (site / "ends-2024.yaml").write_text(document("ends-2024", "ends"), encoding="utf-8")
    return site


def test_a_set_of_a_quarantined_plugin_is_refused_though_another_scores_its_group(tmp_path: Path) -> None:
    site = tmp_path / "site"
    third_party_plugin(site, "first", group_module("wells"))
    third_party_plugin(site, "second", group_module("wells", sets=["wells-2024.yaml"]))
    third_party_plugin(
        site, "third", group_module("third", sets=["third-2024.yaml"]).replace("'third', 1", "'third', 0")
    )
    third_party_plugin(site, "dust", "import dust_of_dust")
    for group in ("wells", "third"):
        (site / f"{group}-2024.yaml").write_text(document(f"{group}-2024", group), encoding="utf-8")
    with serve(site, tmp_path / "log") as running:
        for group, name, words in (
            (
                "wells",
                "second",
                "declares group 'wells', which plugin 'first' (third-party-first 1.0) already declares",
            ),
            ("third", "third", "was written for API version 0; this scorer offers 1"),
        ):
            with refusal() as caught:
                running.scorer.ScoreUnit(unit(group), timeout=20)
            assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
            assert f"its plugin '{name}' (third-party-{name} 1.0) is quarantined: {words}" in caught[0].details
        with refusal() as caught:
            running.scorer.ScoreUnit(unit("dust"), timeout=20)
        assert caught[0].code is grpc.StatusCode.NOT_FOUND
        assert "quarantined plugins may have it: plugin 'dust' (third-party-dust 1.0)" in caught[0].details


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_strict_server_does_not_start_and_names_all_causes(small: Path, workers: str) -> None:
    done = run(small, "serve", "--address", "127.0.0.1:0", "--strict", "--workers", workers)
    assert (done.returncode, done.stdout) == (2, "")
    named = "plugin 'ends' (third-party-ends 1.0) is quarantined: ended the process with code 7 while it was imported"
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"scorer: {named}")
    assert lines[1].startswith("scorer: ends-2024.yaml:8:7: categories.supply.groups.ends: its plugin 'ends'")
    assert lines[2] == (
        "scorer: plugins quarantined: 1, criteria sets refused: 1; "
        "with --strict, nothing is served until they are corrected or uninstalled"
    )


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_strict_server_starts_when_all_is_in_order(tmp_path: Path, workers: str) -> None:
    with serve(None, tmp_path / "log", "--strict", "--workers", workers) as running:
        assert len(running.said.splitlines()) == 1


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
