"""``scorer serve --criteria DIR``: calls and memory during reloads, and several processes."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from harness import LOOPBACK, Service, group, host
from live_sets import KEPT, Callers, document, memory, put, revision, score, state
from processes import PATIENCE, Serving, serve, until

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.engine.gates import GateCompiler
from scorer.plugin_api import CriterionGroup, Indicator
from scorer.service import background_server

RELOADS = int(os.environ.get("TEST_RELOADS", "25"))
"""How often a set is written during calls; TEST_RELOADS=500 takes some minutes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sets"
    made.mkdir()
    return made


@pytest.fixture
def running(tmp_path: Path, folder: Path) -> Iterator[Serving]:
    put(folder / "mine.yaml", document())
    (folder / "mine.cases.yaml").write_text("no set, and no YAML either: [", encoding="utf-8")
    (folder / ".hidden.yaml").write_text("criteria_set: hidden", encoding="utf-8")
    with serve(tmp_path, "--criteria", str(folder)) as process:
        yield process


@pytest.fixture
def service(running: Serving) -> Iterator[Service]:
    service = Service(running.address)
    yield service
    service.channel.close()


SLOW = """
criteria_set: slow
title: {en: Slow}
provenance: published
tiers: [district]
categories:
  readiness:
    groups:
      water:
        criteria:
          - {id: W.1, formula: count, indicator: wells, each: EACH, points: 10}
    levels:
      - {level: 1, gates: [{measure: total, at_least: GATE}]}
"""
TEXTS = [SLOW.replace("EACH", each).replace("GATE", gate) for each, gate in (("1", "40%"), ("2", "50%"))]
WELLS = Indicator("wells", "count", maximum=50)


def living_slow(folder: Path, **overrides: object) -> LiveCatalogue:
    put(folder / "slow.yaml", TEXTS[0])
    plugins = host(group("water", WELLS, **overrides))
    return LiveCatalogue(Catalogue({}, (), plugins), CriteriaDirectory(folder), GateCompiler())


def test_a_running_call_keeps_its_revision(folder: Path) -> None:
    began, go_on = threading.Event(), threading.Event()

    def score(self: CriterionGroup, criteria: Any, cohort: Any) -> Any:
        if not began.is_set():
            began.set()
            assert go_on.wait(PATIENCE)
        return CriterionGroup.score(self, criteria, cohort)

    living = living_slow(folder, score=score)
    request = pb.ScoreUnitRequest(criteria_set="slow", unit_answers={"unit": {"id": "u", "tier": "district"}})
    request.unit_answers.answers["wells"].number = 3
    with (
        background_server.serving(living.current, LOOPBACK) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        service = Service(server.address, channel)
        under_way = service.scorer.ScoreUnit.future(request, timeout=PATIENCE)
        assert began.wait(PATIENCE)
        put(folder / "slow.yaml", TEXTS[1])
        assert living.reload() is not None
        replies = [service.scorer.ScoreUnit(request, timeout=PATIENCE)]
        go_on.set()
        replies.insert(0, under_way.result(PATIENCE))
    assert [reply.provenance.revision for reply in replies] == [revision(text) for text in TEXTS]
    assert [reply.scorecard.overall.score.points for reply in replies] == [3, 6]
    assert [reply.scorecard.categories[0].level for reply in replies] == [0, 1]


def test_replaced_sets_are_freed_and_unchanged_ones_not_reloaded(folder: Path) -> None:
    """Without a search for circles of garbage, which looks at nothing that was there when the server started."""
    living = living_slow(folder)
    put(folder / "other.yaml", SLOW.replace("EACH", "1").replace("GATE", "60%").replace("slow", "other"))
    living.reload()
    sets = living.current().sets
    (category,) = sets["slow"].tiers["district"].categories
    (rule,) = category.rules
    assert rule.table is not None
    replaced, unchanged = [weakref.ref(sets["slow"]), weakref.ref(rule.table)], sets["other"]
    del sets, category, rule
    gc.disable()
    try:
        put(folder / "slow.yaml", TEXTS[1])
        living.reload()
        assert [reference() for reference in replaced] == [None, None]
    finally:
        gc.enable()
    (folder / "other.yaml").touch()
    living.reload()
    living.reload(force=True)
    assert living.current().sets["other"] is unchanged


class BeingWritten(CriteriaDirectory):
    """A directory that changes while it is read."""

    def texts(self, stamps: Any) -> dict[str, Any]:
        found = super().texts(stamps)
        put(self.path / "slow.yaml", TEXTS[1])
        return found


def test_a_file_that_changes_while_read_is_postponed_unless_requested(folder: Path) -> None:
    living = living_slow(folder)
    living.directory = BeingWritten(folder)
    put(folder / "slow.yaml", TEXTS[1].replace("50%", "70%"))
    before = living.current()
    assert living.reload() is None
    assert living.current() is before
    assert living.reload(force=True) is not None
    assert living.current().sets["slow"].criteria_set.revision == revision(TEXTS[1])


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(60 + 10 * RELOADS)
def test_many_reloads_under_load_cause_no_failure_and_no_leak(folder: Path, running: Serving, service: Service) -> None:
    """Every second edit moves a gate, so that tables are compiled; every tenth is found without being asked."""
    callers, held = Callers(running.address, 2), []
    callers.written.append((revision(document()), 0.5))
    with callers:
        for n in range(RELOADS):
            text = document(str(points := (n + 1) / 1000))
            if n % 2:
                text = text.replace("at_least: 90%", f"at_least: 9{n // 2 % 5}.5%", 1)
            callers.written.append((revision(text), points))
            put(folder / "mine.yaml", text)
            if n % 10:
                running.process.send_signal(signal.SIGHUP)
            until(lambda: score(service) == callers.written[-1], f"edit {n} was not taken")
            callers.served = len(callers.written) - 1
            held.append(memory(running.process.pid))
    print(f"{RELOADS} reloads, {callers.answers} answers, MiB held: {held[:: max(RELOADS // 20, 1)]}")
    assert callers.wrong == []
    assert callers.answers > RELOADS
    assert " ERROR " not in running.log
    assert held[-1] - held[RELOADS // 5] < 24, held


def test_every_worker_loads_an_edit_and_at_once_on_sighup(tmp_path: Path, folder: Path) -> None:
    put(folder / "mine.yaml", document())
    with serve(tmp_path, "--workers", "2", "--criteria", str(folder)) as running:
        workers = {worker: Service(running.address, channel) for channel, worker in running.channels(2).items()}
        assert len(workers) == 2
        for points, asked in (("0.25", False), ("0.75", True)):
            put(folder / "mine.yaml", document(points))
            if asked:
                running.process.send_signal(signal.SIGHUP)
            for service in workers.values():
                until(lambda: score(service) == (revision(document(points)), float(points)), "not edited")  # noqa: B023
        put(folder / "mine.yaml", "criteria_set: [")
        for service in workers.values():
            until(lambda: state(service, "mine") == KEPT, "not kept")  # noqa: B023
            assert score(service) == (revision(document("0.75")), 0.75)
            service.channel.close()
        loaded = re.findall(r"^\[(\d+)\] .* criteria sets: .* loaded in ", running.log, re.M)
        assert {int(pid) for pid in loaded} == set(workers)
        assert running.workers == set(workers)  # nobody has died of the signal
