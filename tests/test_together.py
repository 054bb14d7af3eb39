"""ScoreUnit calls that wait at the same time are scored together, and no caller can tell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue import Catalogue
from scorer.gates import GateCompiler
from scorer.plugins import PluginHost
from scorer.service import scorer_service
from scorer.service.call import Call
from scorer.service.errors import Refusal
from scorer.service.scorer_service import ScorerService
from scorer.service.together import Together

PATIENCE = 20.0


class Held:
    """Work whose first call goes on only when told to; notes what it was given."""

    def __init__(self, work: Callable[..., Any], batch: Callable[..., Sequence[Any]]) -> None:
        self._work, self._batch = work, batch
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.batches: list[Sequence[Any]] = []

    def __call__(self, *args: Any) -> Any:
        self.batches.append(self._batch(*args))
        if not self.begun.is_set():
            self.begun.set()
            assert self.go_on.wait(PATIENCE)
        return self._work(*args)


def at_once(together: Together[Any, Any], held: Held, tasks: Sequence[Callable[[], Any]]) -> list[Future[Any]]:
    """Does the first task, and the others while it is held."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [pool.submit(tasks[0])]
        assert held.begun.wait(PATIENCE)
        for n, task in enumerate(tasks[1:], 1):
            futures.append(pool.submit(task))
            ends = time.monotonic() + PATIENCE
            while len(together._waiting) < n and time.monotonic() < ends:
                time.sleep(0.001)
        held.go_on.set()
    return futures


def divide(jobs: Sequence[int]) -> Sequence[float]:
    return [60 / job for job in jobs]


def test_jobs_that_wait_are_answered_together_by_kind() -> None:
    held = Held(divide, list)
    together = Together[int, float](held)
    jobs = [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5), ("a", 6)]
    futures = at_once(together, held, [lambda kind=kind, job=job: together.answer(kind, job) for kind, job in jobs])
    assert [future.result() for future in futures] == [60, 30, 20, 15, 12, 10]
    assert held.batches == [[1], [2, 4, 6], [3, 5]]
    assert together.answer("a", 10) == 6


def test_a_job_that_fails_fails_alone() -> None:
    held = Held(divide, list)
    together = Together[int, float](held)
    futures = at_once(together, held, [lambda job=job: together.answer("", job) for job in (0, 1, 0, 2)])
    assert [type(future.exception()) for future in futures] == [
        ZeroDivisionError, type(None), ZeroDivisionError, type(None),
    ]  # fmt: skip
    assert [futures[1].result(), futures[3].result()] == [60, 30]
    assert held.batches == [[0], [1, 0, 2], [1], [0], [2]]
    assert together.answer("", 3) == 20


# The service.


@pytest.fixture(scope="module")
def sets() -> Catalogue:
    return Catalogue.installed(PluginHost.installed(), GateCompiler())


def request(unit: str, tier: str, computers: float, period: str = "2020-H1") -> pb.ScoreUnitRequest:
    answers = {"computers": pb.Answer(number=computers), "firewall_software": pb.Answer(flag=True)}
    row = pb.UnitAnswers(unit=pb.Unit(id=unit, tier=tier), answers=answers, not_applicable_criteria=["INF.10"])
    return pb.ScoreUnitRequest(criteria_set="bac-kan-2020", period=period, unit_answers=row)


def outcome(service: ScorerService, asked: pb.ScoreUnitRequest, call: Call) -> object:
    try:
        return service.score_unit(asked, call).data()
    except Refusal as refusal:
        return refusal.code, refusal.reason, refusal.message, refusal.violations


def test_calls_that_are_scored_together_get_what_each_gets_alone(
    sets: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        request("first", "commune", 5),
        request("same", "commune", 10),
        request("same", "district", 20),
        request("other", "commune", 7, period="2020"),
        request("wrong", "commune", -1),
        request("late", "commune", 5, period="2031"),
        request("gone", "commune", 5),
        request("last", "department", 30),
    ]
    asked[3].unit_answers.ClearField("not_applicable_criteria")

    def calls() -> list[Call]:
        return [Call("ScoreUnit", has_gone=lambda one=one: one.unit_answers.unit.id == "gone") for one in asked]

    service = ScorerService(lambda: sets)
    alone = [outcome(service, one, call) for one, call in zip(asked, calls(), strict=True)]
    held = Held(scorer_service.rows_sheet, lambda _, rows, *__: [row.unit.id for row in rows])
    monkeypatch.setattr(scorer_service, "rows_sheet", held)
    under_way = calls()
    tasks = [lambda one=one, call=call: outcome(service, one, call) for one, call in zip(asked, under_way, strict=True)]
    futures = at_once(service._together, held, tasks)
    assert [future.result() for future in futures] == alone
    assert held.batches[:2] == [["first"], ["same", "same", "other", "wrong", "late", "gone", "last"]]
    assert [isinstance(reply, bytes) for reply in alone] == [True] * 4 + [False] * 3 + [True]
    assert [call.units for call in under_way] == [1, 1, 1, 1, 0, 0, 0, 1]


def test_good_calls_are_one_cohort_a_tier(sets: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [request(f"unit-{n}", ("commune", "district")[n % 2], n) for n in range(7)]
    service = ScorerService(lambda: sets)
    alone = [outcome(service, one, Call("ScoreUnit")) for one in asked]
    held = Held(scorer_service.rows_sheet, lambda _, rows, *__: rows)
    monkeypatch.setattr(scorer_service, "rows_sheet", held)
    under_way = [Call("ScoreUnit") for _ in asked]
    tasks = [lambda one=one, call=call: outcome(service, one, call) for one, call in zip(asked, under_way, strict=True)]
    assert [future.result() for future in at_once(service._together, held, tasks)] == alone
    assert list(map(len, held.batches)) == [1, 6]
    assert [len(part.assessment.cohort) for call in under_way for part in call.scored] == [1, 3, 3, 3, 3, 3, 3]
    assert [call.units for call in under_way] == [1] * 7
