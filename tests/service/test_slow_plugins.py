"""Plugins that score slowly or hang: callers get an error in time, and others are served."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from harness import Service, refusal
from processes import PATIENCE, until
from third_party import ZEROS, Served, document, group_module, serve, third_party_plugin

from egov.scorer.v1 import scorer_pb2 as pb

SLEEPS = f"""\
        import time

        if "slow" in cohort.unit_ids:
            time.sleep(900)  # longer than a test may take
{ZEROS}"""

PLUGIN = "group 'sleepy' of plugin 'sleepy' (third-party-sleepy 1.0)"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patient: None) -> Iterator[Served]:
    monkeypatch.setenv("SCORER_LIMITS__SCORING", "8")
    site = tmp_path / "site"
    third_party_plugin(site, "sleepy", group_module("sleepy", SLEEPS, sets=["sleepy-2024.yaml"]))
    third_party_plugin(site, "brisk", group_module("brisk", ZEROS, indicator="tanks", sets=["brisk-2024.yaml"]))
    for group, indicator in (("sleepy", "wells"), ("brisk", "tanks")):
        (site / f"{group}-2024.yaml").write_text(document(f"{group}-2024", group, indicator), encoding="utf-8")
    with serve(site, tmp_path / "log") as running:
        yield running


def request(unit: str, group: str = "sleepy", indicator: str = "wells") -> pb.ScoreUnitRequest:
    answers = {indicator: pb.Answer(number=1)}
    unit_answers = pb.UnitAnswers(unit=pb.Unit(id=unit, tier="district"), answers=answers)
    return pb.ScoreUnitRequest(criteria_set=f"{group}-2024", unit_answers=unit_answers)


def score(service: Service, unit: str, timeout: float | None = 20) -> pb.ScoreUnitResponse:
    return service.scorer.ScoreUnit(request(unit), timeout=timeout)


def give_up(service: Service, calls: int, timeout: float = 1.5) -> None:
    """Makes calls that sleep longer than their deadline."""
    futures = [service.scorer.ScoreUnit.future(request("slow"), timeout=timeout) for _ in range(calls)]
    assert {future.code() for future in futures} == {grpc.StatusCode.DEADLINE_EXCEEDED}


def test_a_hanging_plugin_ends_with_the_deadline_and_the_next_call_works(service: Served) -> None:
    give_up(service, 1)
    assert score(service, "quick").scorecard.unit.id == "quick"


@pytest.mark.long
def test_more_hanging_calls_than_threads_do_not_stop_the_service(service: Served) -> None:
    give_up(service, 8)
    give_up(service, 8)
    assert score(service, "quick").scorecard.unit.id == "quick"


def test_a_hanging_plugin_gets_no_more_calls_and_others_are_served(service: Served) -> None:
    rounds = 0
    with refusal() as caught:
        while rounds < 20:
            score(service, "quick")
            give_up(service, 8, timeout=2)
            rounds += 1
    assert rounds >= 3
    refused = caught[0]
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.UNAVAILABLE, "PLUGIN_BUSY")
    assert refused.details == (
        f"{PLUGIN} is still scoring for 24 earlier calls; "
        "try again later; if that does not help, the plugin must be fixed and the service restarted"
    )
    assert service.scorer.ScoreUnit(request("quick", "brisk", "tanks"), timeout=20).scorecard.unit.id == "quick"


@pytest.mark.long
def test_callers_without_deadline_do_not_block_others(service: Served) -> None:
    waiting = [service.scorer.ScoreUnit.future(request("slow")) for _ in range(8)]
    assert score(service, "quick", timeout=40).scorecard.unit.id == "quick"
    assert not any(call.done() for call in waiting)
    for call in waiting:
        call.cancel()


@pytest.mark.long
def test_the_log_names_a_plugin_that_takes_long(service: Served) -> None:
    give_up(service, 1)
    until(lambda: f"WARNING {PLUGIN} has been running for " in service.log, "the log names it")
    (seconds,) = set(re.findall(r"has been running for (\d+) s$", service.log, re.M))
    assert int(seconds) >= 5


def test_an_abandoned_call_does_not_delay_shutdown(service: Served) -> None:
    give_up(service, 3)
    time.sleep(1)
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE) == 0  # long before the grace ends
