"""Plugins that end the process while they score: after a few times they are quarantined, and the others are served."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from harness import Refused
from processes import PATIENCE, until
from third_party import ZEROS, Served, document, group_module, run, serve, third_party_plugin

from egov.scorer.v1 import criteria_pb2, scorer_pb2_grpc
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugins.journal import Death, PluginJournal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")

CRASHES = f"""\
        import ctypes
        import os
        import signal
        import threading
        import time

        how = cohort.unit_ids[0]
        if how == "segfault":
            ctypes.string_at(0)
        if how == "abort":
            os.abort()
        if how == "exit":
            os._exit(0)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "fork" and not os.fork():
            time.sleep(60)
            os._exit(0)
        if how == "fork":
            os.abort()
        if how == "later":
            threading.Timer(0.3, os._exit, [7]).start()
        if how == "slow":
            time.sleep(60)
{ZEROS}"""

FORMULA = """\
import ctypes

from scorer.plugin_api import NUMBERS, Formula, Read, hookimpl


class Brittle(Formula):
    kind = "brittle"
    indicator: str

    def reads(self):
        yield Read(("indicator",), self.indicator, NUMBERS)

    def evaluate(self, maximum, cohort, excluded):
        ctypes.string_at(0)


@hookimpl
def scorer_formulas():
    return [Brittle]
"""

CHECK = """\
import ctypes

from scorer.plugin_api import Check


class Brittle(Check):
    reason = "BRITTLE"

    def reads(self):
        return ("wells",)

    def violated(self, cohort):
        if "segfault" in cohort.unit_ids:
            ctypes.string_at(0)
        return np.zeros(len(cohort), dtype=bool)

    def describe(self, cohort, unit):
        return ""


Group.checks = (Brittle(),)
"""

BAD = "plugin 'bad' (third-party-bad 1.0)"


def make_site(folder: Path) -> Path:
    site = folder / "site"
    third_party_plugin(site, "bad", group_module("bad", CRASHES, sets=["bad-2024.yaml"]))
    third_party_plugin(site, "good", group_module("good", CRASHES, indicator="tanks", sets=["good-2024.yaml"]))
    for group, indicator in (("bad", "wells"), ("good", "tanks")):
        (site / f"{group}-2024.yaml").write_text(document(f"{group}-2024", group, indicator), encoding="utf-8")
    return site


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A server with two workers. Each test has its own, because after many crashes a server waits longer
    before it replaces a worker."""
    (tmp_path / "criteria").mkdir()
    words = ["--workers", "2", "--criteria", str(tmp_path / "criteria")]
    with serve(make_site(tmp_path), tmp_path / "log", *words) as running:
        yield running


def call(service: Served, unit: str, group: str = "bad") -> tuple[grpc.StatusCode, str]:
    """Status code and message of a call over a new connection."""
    indicator = {"good": "tanks"}.get(group, "wells")
    row = pb.UnitAnswers(unit=pb.Unit(id=unit, tier="district"), answers={indicator: pb.Answer(number=1)})
    with grpc.insecure_channel(service.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub = scorer_pb2_grpc.ScorerServiceStub(channel)
        request = pb.ScoreUnitRequest(criteria_set=f"{group}-2024", unit_answers=row)
        try:
            stub.ScoreUnit(request, timeout=PATIENCE, wait_for_ready=True)
        except grpc.RpcError as error:
            if (
                error.code() is grpc.StatusCode.FAILED_PRECONDITION
                and Refused(error).info.reason != "PLUGIN_QUARANTINED"
            ):
                raise
            return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


def crash(service: Served, *ways: str, group: str = "bad") -> None:
    """Calls that each end a worker, which is replaced."""
    for way in ways:
        deaths = service.log.count("takes its place")
        assert call(service, way, group)[0] is grpc.StatusCode.UNAVAILABLE
        until(lambda deaths=deaths: service.log.count("takes its place") > deaths, "the worker was not replaced")


def refused_everywhere(service: Served) -> bool:
    """Whether each of many connections meets a worker that refuses the set."""
    return all(call(service, "fine")[0] is grpc.StatusCode.FAILED_PRECONDITION for _ in range(8))


def scored_everywhere(service: Served) -> bool:
    return all(call(service, "fine")[0] is grpc.StatusCode.OK for _ in range(8))


def hang_up(service: Served) -> None:
    """Reloads the criteria sets in all workers."""
    service.process.send_signal(signal.SIGHUP)


def reload_one_worker(service: Served) -> None:
    reply = service.criteria.ReloadCriteriaSets(criteria_pb2.ReloadCriteriaSetsRequest(), timeout=PATIENCE)
    states = {found.code: found.state for found in reply.criteria_sets}
    assert states["bad-2024"] == criteria_pb2.CRITERIA_SET_STATE_AVAILABLE


@pytest.mark.parametrize(
    ("ways", "reload"),
    [
        (("segfault", "abort", "exit"), reload_one_worker),
        pytest.param(("kill", "fork", "kill"), hang_up, marks=pytest.mark.long),
    ],
)
def test_a_plugin_that_crashes_three_workers_is_quarantined_until_a_reload(
    service: Served, ways: tuple[str, ...], reload: Callable[[Served], None]
) -> None:
    crash(service, *ways[:2])
    assert call(service, "fine") == (grpc.StatusCode.OK, "")  # nothing is quarantined for two crashes
    crash(service, ways[2])
    until(lambda: refused_everywhere(service), "it is not quarantined")
    code, message = call(service, ways[0])
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert re.fullmatch(
        rf"criteria set 'bad-2024' cannot be used: its {re.escape(BAD)} is quarantined: "
        r"3 workers died while it scored(, the last in bad\.py, line \d+)?; "
        r"fix it, then restart or reload the service",
        message,
    )
    assert len(re.findall(rf" ERROR {re.escape(BAD)} is quarantined: 3 workers died while it scored", service.log)) == 1
    assert call(service, "fine", "good") == (grpc.StatusCode.OK, "")
    assert "Traceback" not in service.log
    health = health_pb2_grpc.HealthStub(service.channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    assert health.status == health_pb2.HealthCheckResponse.SERVING

    listed = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(), timeout=PATIENCE).criteria_sets
    [bad] = [found for found in listed if found.code == "bad-2024"]
    assert bad.state == criteria_pb2.CRITERIA_SET_STATE_REFUSED
    assert f"its {BAD} is quarantined: 3 workers died while it scored" in bad.problems[0]

    reload(service)
    until(lambda: scored_everywhere(service), "it is still quarantined")
    until(lambda: f"plugins that crashed score again: {BAD}" in service.log, "it is not logged")
    crash(service, "abort")
    assert scored_everywhere(service)  # it may crash as often again


def test_a_plugin_whose_threads_crash_workers_is_quarantined(service: Served) -> None:
    for _ in range(3):
        deaths = service.log.count("takes its place")
        assert call(service, "later") == (grpc.StatusCode.OK, "")
        until(lambda deaths=deaths: service.log.count("takes its place") > deaths, "the worker was not replaced")
    until(lambda: refused_everywhere(service), "it is not quarantined")
    assert re.search(rf"worker \d+ ended with code 7 after {re.escape(BAD)} scored; worker", service.log)
    assert f"{BAD} is quarantined: 3 workers died after it scored" in service.log
    assert call(service, "fine", "good") == (grpc.StatusCode.OK, "")


def test_a_plugin_that_scores_in_another_thread_is_not_blamed(service: Served) -> None:
    channels = [grpc.insecure_channel(service.address, [("grpc.use_local_subchannel_pool", n + 1)]) for n in range(8)]
    for _ in range(3):
        row = pb.UnitAnswers(unit=pb.Unit(id="slow", tier="district"), answers={"tanks": pb.Answer(number=1)})
        request = pb.ScoreUnitRequest(criteria_set="good-2024", unit_answers=row)
        slow = [scorer_pb2_grpc.ScorerServiceStub(c).ScoreUnit.future(request, timeout=PATIENCE) for c in channels]
        time.sleep(1)
        crash(service, "segfault")
        for future in slow:
            future.cancel()
    until(lambda: refused_everywhere(service), "it is not quarantined")
    assert call(service, "fine", "good") == (grpc.StatusCode.OK, "")
    assert re.search(rf"died of signal 11 while {re.escape(BAD)} scored \(bad\.py, line \d+\)", service.log)
    for channel in channels:
        channel.close()


@pytest.mark.long
def test_a_crash_in_a_formula_or_a_check_is_blamed_on_the_plugin_that_brings_it(tmp_path: Path) -> None:
    site, name = tmp_path / "site", "checked"
    third_party_plugin(site, "brittle", FORMULA)
    sets = ["checked-2024.yaml", "formula-2024.yaml"]
    third_party_plugin(site, "checked", group_module("checked", sets=sets) + CHECK)
    (site / sets[0]).write_text(document("checked-2024", "checked"), encoding="utf-8")
    brittle = document("formula-2024", "checked").replace("formula: awarded", "formula: brittle")
    (site / sets[1]).write_text(brittle, encoding="utf-8")
    with serve(site, tmp_path / "log", "--workers", "2") as running:
        crash(running, *["fine"] * 3, group="formula")
        until(lambda: call(running, "a", "formula")[0] is grpc.StatusCode.FAILED_PRECONDITION, running.log)
        assert "plugin 'brittle' (third-party-brittle 1.0) is quarantined: 3 workers died" in running.log
        assert call(running, "fine", name) == (grpc.StatusCode.OK, "")
        crash(running, *["segfault"] * 3, group=name)
        until(lambda: call(running, "a", name)[0] is grpc.StatusCode.FAILED_PRECONDITION, running.log)
        assert "plugin 'checked' (third-party-checked 1.0) is quarantined: 3 workers died" in running.log


def test_a_server_without_workers_reports_where_it_crashed(tmp_path: Path) -> None:
    with serve(make_site(tmp_path), tmp_path / "log") as running:
        assert call(running, "segfault")[0] is grpc.StatusCode.UNAVAILABLE
        assert running.process.wait(PATIENCE) == -signal.SIGSEGV
        assert "Fatal Python error: Segmentation fault" in running.log
        assert re.search(r'File ".*/bad\.py", line \d+ in score', running.log)


@pytest.mark.parametrize(
    ("way", "status", "what"),
    [
        ("exit", 0, rf"while {re.escape(BAD)} scored \(bad\.py, line \d+\)"),
        ("later", 7, rf"after {re.escape(BAD)} scored"),
    ],
)
def test_a_server_without_workers_reports_which_plugin_ended_it(
    tmp_path: Path, way: str, status: int, what: str
) -> None:
    with serve(make_site(tmp_path), tmp_path / "log") as running:
        call(running, way)
        assert running.process.wait(PATIENCE) == status
        lines = [line for line in running.log.splitlines() if "os._exit" in line]
        assert len(lines) == 1
        assert re.search(rf" CRITICAL os\._exit\({status}\) ended the service {what}", lines[0]), lines


def test_a_plugin_that_crashes_workers_on_import_is_named(tmp_path: Path) -> None:
    code = (
        "import ctypes, sys\nif 'scorer.cli.serving.worker' in sys.orig_argv:\n    ctypes.string_at(0)\n"
        + group_module("sly")
    )
    third_party_plugin(tmp_path, "sly", code)
    done = run(tmp_path, "serve", "--address", "127.0.0.1:0", "--workers", "2")
    assert done.returncode == 1
    assert re.fullmatch(r"scorer: worker \d+ died of signal 11 \(sly\.py, line 3\) before it served\n", done.stderr)


def test_an_invalid_journal_blames_no_plugin() -> None:
    journal = PluginJournal.create()
    assert journal.read_death() == Death()
    journal.write([(1, ("a", "b")), (2, ("b", "c"))])
    assert journal.read_death() == Death(("a", "b", "c"))
    journal.write([], ("d",))
    assert journal.read_death() == Death()
    assert journal.read_death(by_signal=False) == Death(("d",), after_call=True)
    journal.write([(1, ("a" * 100,))] * 64)
    os.pwrite(journal.descriptor, b"\0" * 9, 100)  # half of it was written
    assert journal.read_death() == Death()
    journal.close()
