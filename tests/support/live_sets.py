"""Criteria sets of a directory that change while they are served, and callers that observe them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
from harness import Service
from processes import PATIENCE

from egov.scorer.v1 import criteria_pb2 as cpb
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.criteria.yaml_parser import parse

ROOT = Path(__file__).parents[2]
BAC_KAN = ROOT / "plugins/scorer_plugins/criteria_sets/bac-kan-2020.yaml"
STEP = "{at_least: 1, points: 0.5}"
"""A text that occurs once in the set of Bắc Kạn: the points of one meeting of the steering committee."""

MISTAKE = ("rounding: {points: 2", "rounding: {pionts: 2")

AVAILABLE, REFUSED, KEPT = (
    cpb.CRITERIA_SET_STATE_AVAILABLE,
    cpb.CRITERIA_SET_STATE_REFUSED,
    cpb.CRITERIA_SET_STATE_KEPT,
)


def document(points: str = "0.5", code: str = "mine") -> str:
    """The set of Bắc Kạn with another code, and these points for one meeting."""
    text = BAC_KAN.read_text(encoding="utf-8")
    assert text.count(STEP) == 1
    return text.replace(STEP, STEP.replace("0.5", points)).replace(
        "criteria_set: bac-kan-2020", f"criteria_set: {code}"
    )


def revision(text: str) -> str:
    return parse(text, "").revision()


def put(file: Path, text: str) -> None:
    """Writes a new file and renames it over the old one, as is recommended."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def one_meeting(code: str = "mine") -> pb.ScoreUnitRequest:
    unit = pb.UnitAnswers(unit=pb.Unit(id="u", name="xã", tier="commune"))
    unit.answers["steering_committee_meetings"].number = 1
    return pb.ScoreUnitRequest(criteria_set=code, unit_answers=unit)


def score(service: Service, code: str = "mine") -> tuple[str, float]:
    """Revision and points of the unit of one meeting."""
    reply = service.scorer.ScoreUnit(one_meeting(code), timeout=PATIENCE, wait_for_ready=True)
    return reply.provenance.revision, reply.scorecard.overall.score.points


def listed(service: Service) -> list[cpb.CriteriaSetSummary]:
    reply = service.criteria.ListCriteriaSets(cpb.ListCriteriaSetsRequest(), timeout=PATIENCE, wait_for_ready=True)
    return list(reply.criteria_sets)


def summaries(service: Service, code: str) -> list[cpb.CriteriaSetSummary]:
    return [summary for summary in listed(service) if summary.code == code]


def state(service: Service, code: str) -> int:
    """The state of a set; 0 if it is not listed."""
    found = summaries(service, code)
    return found[0].state if found else 0


def memory(process: int) -> int:
    """The memory of a process in MiB."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") >> 20


class Callers:
    """Threads that call a server all the time, and check every answer against the sets that were written.

    Args:
        address: of the server.
        count: number of threads.
        ask: makes a call. By default, it scores the unit of one meeting.
    """

    def __init__(self, address: str, count: int, ask: Callable[[Service], tuple[object, ...]] = score) -> None:
        self.written: list[tuple[object, ...]] = []
        """The right answers, in turn; by default, revision and points."""
        self.served = 0
        """Place of the last one known to be served."""
        self.answers = 0
        self.wrong: list[object] = []
        self._address, self._ask, self._enough = address, ask, threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(count)]

    def _call(self) -> None:
        service = Service(self._address)
        while not self._enough.is_set():
            first = self.served
            try:
                answer = self._ask(service)
            except grpc.RpcError as error:
                self.wrong.append(error)
                continue
            if answer not in self.written[first : len(self.written)]:
                self.wrong.append((first, answer))
            self.answers += 1
        service.channel.close()

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()
