"""``scorer serve --criteria DIR``: sets that change while they are served."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cli_in_process
import grpc
import pytest
from harness import LOOPBACK, Service, group, host
from live_sets import (
    AVAILABLE,
    KEPT,
    MISTAKE,
    REFUSED,
    Callers,
    document,
    listed,
    memory,
    put,
    revision,
    score,
    state,
    summaries,
)  # fmt: skip
from processes import PATIENCE, Serving, serve, until

from egov.scorer.v1 import criteria_pb2 as cpb
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import Catalogue
from scorer.catalogue.directory import CriteriaDirectory, Unreadable
from scorer.catalogue.live import LiveCatalogue
from scorer.cli.output import out
from scorer.engine.gates import GateCompiler
from scorer.plugin_api import CriterionGroup, Indicator
from scorer.service import background

RELOADS = int(os.environ.get("TEST_RELOADS", "25"))
"""How often a set is written while others call; TEST_RELOADS=500 takes some minutes."""


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    with patch.object(out, "_width", 160):
        return cli_in_process.run(*map(str, words))


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


# --- the life of a set ---------------------------------------------------------------------------------------------


def test_a_set_is_added_edited_broken_mended_and_removed_while_it_is_served(
    folder: Path, running: Serving, service: Service
) -> None:
    first, second, third = document(), document("0.25"), document("0.75")
    mine, short = folder / "mine.yaml", {text: revision(text)[:12] for text in (first, second, third)}
    assert [summary.code for summary in listed(service)] == ["bac-kan-2020", "hue-2020", "mine"]
    assert score(service) == (revision(first), 0.5)

    mine.write_text(second, encoding="utf-8")
    until(lambda: score(service) == (revision(second), 0.25), "not edited")

    put(mine, third.replace(*MISTAKE))
    until(lambda: state(service, "mine") == KEPT, "not kept")
    (kept,) = summaries(service, "mine")
    assert kept.revision == revision(second)
    assert any(re.match(rf"{re.escape(str(mine))}:\d+:\d+: rounding.pionts: ", problem) for problem in kept.problems)
    assert score(service) == (revision(second), 0.25)
    whole = service.criteria.GetCriteriaSet(cpb.GetCriteriaSetRequest(criteria_set="mine"), timeout=PATIENCE)
    assert whole.criteria_set.summary == kept
    shown = run("criteria", "list", "--address", running.address)
    (line,) = (line for line in shown.stdout.splitlines() if line.strip().startswith("mine "))
    assert re.search(rf" kept, {len(kept.problems)} problems? +{short[second]}", line), shown.stdout
    assert shown.stderr.splitlines() == [f"scorer: {problem}" for problem in kept.problems]

    put(mine, third)
    until(lambda: score(service) == (revision(third), 0.75), "not mended")
    assert (state(service, "mine"), list(summaries(service, "mine")[0].problems)) == (AVAILABLE, [])

    put(folder / "other.yaml", document(code="other"))
    until(lambda: state(service, "other") == AVAILABLE, "not added")
    mine.unlink()
    until(lambda: not summaries(service, "mine"), "not withdrawn")
    with pytest.raises(grpc.RpcError, match="unknown criteria set 'mine'; there are: bac-kan-2020, hue-2020, other"):
        score(service)

    until(lambda: "mine is withdrawn" in running.said, "it is not logged")
    lines = [line for line in running.said.splitlines() if " criteria sets: " in line]
    head = rf".* INFO criteria sets: {re.escape(str(folder))} loaded in \d+\.\d\d s: "
    assert [re.sub(head, "", line) for line in lines] == [
        f"mine is revision {short[second]}, was {short[first]}",
        f"mine stays at revision {short[second]}, because {mine} is refused",
        f"mine is revision {short[third]}, was {short[second]}",
        f"other is new, revision {revision(document(code='other'))[:12]}",
        f"mine is withdrawn, was revision {short[third]}",
    ]
    errors = [line.partition(" ERROR ")[2] for line in running.said.splitlines() if " ERROR " in line]
    assert errors == list(kept.problems)


def test_reload_criteria_sets_reads_the_directory_and_returns_the_result(
    folder: Path, running: Serving, service: Service, tmp_path: Path
) -> None:
    del running
    edited = document("0.25")
    put(folder / "mine.yaml", edited)
    request = cpb.ReloadCriteriaSetsRequest()
    reply = service.criteria.ReloadCriteriaSets(request, timeout=PATIENCE)
    assert score(service) == (revision(edited), 0.25)
    assert list(reply.criteria_sets) == listed(service)

    put(folder / "mine.yaml", document("0.75").replace(*MISTAKE))
    reply = service.criteria.ReloadCriteriaSets(request, timeout=PATIENCE)
    (mine,) = (summary for summary in reply.criteria_sets if summary.code == "mine")
    assert (mine.state, mine.revision, len(mine.problems)) == (KEPT, revision(edited), 1)

    folder.rename(tmp_path / "away")
    with pytest.raises(grpc.RpcError, match="cannot be read: No such file or directory") as caught:
        service.criteria.ReloadCriteriaSets(request, timeout=PATIENCE)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert score(service) == (revision(edited), 0.25)


def test_a_broken_new_document_and_a_duplicate_code_are_refused(
    folder: Path, running: Serving, service: Service
) -> None:
    put(folder / "broken.yaml", document(code="broken").replace(*MISTAKE))
    put(folder / "again.yaml", document(code="mine"))  # by name before mine.yaml, which gives it already
    put(folder / "hue.yaml", document(code="hue-2020"))
    until(lambda: len(listed(service)) == 6, "not refused")
    (broken,) = summaries(service, "broken")
    assert (broken.state, broken.revision) == (REFUSED, "")
    mine, again = summaries(service, "mine")[::-1]
    assert (mine.state, again.state) == (AVAILABLE, REFUSED)
    wanted = f"{folder}/again.yaml:3:15: criteria_set: {folder}/mine.yaml already defines criteria set 'mine'"
    assert list(again.problems) == [wanted]
    hue = [summary for summary in summaries(service, "hue-2020") if summary.state == REFUSED]
    wanted = (
        f"{folder}/hue.yaml:3:15: criteria_set: the installed hue-2020.yaml already defines criteria set 'hue-2020'"
    )
    assert [list(summary.problems) for summary in hue] == [[wanted]]
    with pytest.raises(grpc.RpcError, match="criteria set 'broken' was refused"):
        score(service, "broken")
    (folder / "mine.yaml").unlink()
    until(lambda: [summary.state for summary in summaries(service, "mine")] == [AVAILABLE], "no successor")
    assert score(service) == (revision(document()), 0.5)


@pytest.mark.long
def test_a_suspicious_set_is_served_with_a_warning_in_the_log(folder: Path, running: Serving, service: Service) -> None:
    text = re.sub(r"(measure: total, at_least: )(\d\d)%", r"\g<1>0.\2", document())
    put(folder / "mine.yaml", text)
    until(lambda: score(service) == (revision(text), 0.5), "not loaded")
    warning = rf" WARNING {re.escape(str(folder))}/mine.yaml:\d+:\d+: categories\..*: warning: a minimum of 0.9 points"
    until(lambda: re.search(warning, running.said), "no warning")
    warned = len(re.findall(warning, running.said))
    running.process.send_signal(signal.SIGHUP)
    until(lambda: "nothing has changed" in running.said, "not looked at")
    assert len(re.findall(warning, running.said)) == warned
    listed = run("criteria", "list", "--criteria", folder).stderr
    assert listed.count(": warning: a minimum of 0.9 points") == warned


@pytest.mark.long
def test_documents_with_many_problems_fill_neither_the_log_nor_a_reply(
    folder: Path, running: Serving, service: Service
) -> None:
    (folder / "many.yaml").write_text(document(code="a-lot") + "a: 1\n" * 50_000, encoding="utf-8")
    for n in range(150):
        text = "criteria_set: {code}\n" + "".join(f"{'k' * 200}{key}: x\n" for key in range(25))
        (folder / f"long-{n:03}.yaml").write_text(text.replace("{code}", f"long-{n}"), encoding="utf-8")
    until(lambda: state(service, "a-lot"), "not refused")
    (many,) = summaries(service, "a-lot")
    assert (many.problem_count, len(many.problems)) == (50_000, 21)
    assert many.problems[-1].endswith(": 49980 more problems from here on; fix those above first")
    reply = service.criteria.ReloadCriteriaSets(cpb.ReloadCriteriaSetsRequest(), timeout=PATIENCE)
    assert reply.ByteSize() < 1_000_000
    assert list(reply.criteria_sets) == listed(service)
    assert all(summary.problems and summary.problem_count for summary in reply.criteria_sets if not summary.revision)
    assert running.said.count(" ERROR ") == 151 * 21
    with pytest.raises(grpc.RpcError, match=r"refused when it was loaded: .*\(and 49999 more\)"):
        score(service, "a-lot")


@pytest.mark.long
@pytest.mark.parametrize("how", ["its code can be read", "its text is the same"])
def test_a_broken_document_that_is_renamed_keeps_its_last_good_revision(
    folder: Path, running: Serving, service: Service, how: str
) -> None:
    broken = document("0.75").replace(*MISTAKE) if how == "its code can be read" else "criteria_set: ["
    put(folder / "mine.yaml", broken)
    until(lambda: state(service, "mine") == KEPT, "not kept")
    (folder / "mine.yaml").rename(folder / "renamed.yaml")
    until(lambda: any("renamed.yaml" in problem for problem in summaries(service, "mine")[0].problems), "not noticed")
    assert state(service, "mine") == KEPT
    assert score(service) == (revision(document()), 0.5)
    (folder / "renamed.yaml").unlink()
    until(lambda: not summaries(service, "mine"), "not withdrawn")


@pytest.mark.long
def test_sets_stay_while_their_directory_is_missing(folder: Path, running: Serving, service: Service) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    until(
        lambda: "cannot be read: No such file or directory; the previous sets stay in use" in running.said,
        "not noticed",
    )
    put(away / "mine.yaml", document("0.25"))
    assert score(service) == (revision(document()), 0.5)
    time.sleep(1.2)  # said once, not at every look
    assert running.said.count("No such file or directory") == 1
    away.rename(folder)
    until(lambda: score(service) == (revision(document("0.25")), 0.25), "not found again")
    assert "can be read again" in running.said


def test_a_switched_config_map_link_is_loaded_as_a_whole(tmp_path: Path) -> None:
    """As Kubernetes puts a ConfigMap: files are links through ..data, a link to a directory that another replaces."""
    mount = tmp_path / "mount"
    for name, points in (("..1", "0.5"), ("..2", "0.25")):
        (mount / name).mkdir(parents=True)
        for code in ("mine", "other"):
            (mount / name / f"{code}.yaml").write_text(document(points, code), encoding="utf-8")
    (mount / "..data").symlink_to("..1")
    for code in ("mine", "other"):
        (mount / f"{code}.yaml").symlink_to(f"..data/{code}.yaml")
    with serve(tmp_path, "--criteria", str(mount)) as running:
        service = Service(running.address)
        assert [score(service, code)[1] for code in ("mine", "other")] == [0.5, 0.5]
        (mount / "..new").symlink_to("..2")
        (mount / "..new").replace(mount / "..data")
        until(lambda: score(service)[1] == 0.25, "not turned")
        assert score(service, "other")[1] == 0.25
        time.sleep(0.5)  # until it would be logged
        assert running.said.count(" loaded in ") == 1
        service.channel.close()


@pytest.mark.long
def test_a_document_that_is_being_written_is_not_loaded(folder: Path, running: Serving, service: Service) -> None:
    """Half a document, should a busy machine hold the writer for long, does not add up to what it states: refused."""
    text = document("0.25")
    with (folder / "mine.yaml").open("w", encoding="utf-8") as file:
        for start in range(0, len(text), 2_000):
            file.write(text[start : start + 2_000])
            file.flush()
            time.sleep(0.1)
            assert score(service) == (revision(document()), 0.5)
    until(lambda: score(service) == (revision(text), 0.25), "not taken when it was whole")


@pytest.mark.long
def test_a_file_that_always_changes_does_not_block_the_others(folder: Path, running: Serving, service: Service) -> None:
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.wait(0.05):
            (folder / "busy.yaml").write_text(f"{document(code='busy')}# {(n := n + 1)}", encoding="utf-8")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        put(folder / "mine.yaml", document("0.25"))
        until(lambda: score(service) == (revision(document("0.25")), 0.25), "kept from loading")
        put(folder / "mine.yaml", document("0.75"))
        until(lambda: score(service) == (revision(document("0.75")), 0.75), "kept from loading again")
        assert not state(service, "busy")
    finally:
        stop.set()
        writer.join()
    until(lambda: state(service, "busy") == AVAILABLE, "not loaded after a pause")
    assert running.said.count("criteria sets: busy.yaml changes all the time; it is loaded when it stops changing") == 1


def test_files_with_other_endings_are_named(folder: Path, running: Serving, service: Service) -> None:
    for name in ("x.yml", "UP.YAML", "x.Yaml", "x.cases.yaml", ".x.yml", "x.yaml.bak"):
        (folder / name).write_text(document(code="x"), encoding="utf-8")
    until(lambda: state(service, ""), "not named")
    problems = [problem for summary in summaries(service, "") for problem in summary.problems]
    why = "is not loaded, because its name does not end in .yaml; rename it to"
    assert sorted(problems) == sorted(
        f"{folder}/{name}:1:1: {why} {right}"
        for name, right in (("x.yml", "x.yaml"), ("UP.YAML", "UP.yaml"), ("x.Yaml", "x.yaml"))
    )
    until(lambda: all(problem in running.said for problem in problems), "they are not logged")


def test_no_link_leads_out_of_the_directory(folder: Path, running: Serving, service: Service, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password: open sesame", encoding="utf-8")
    (tmp_path / "outside.yaml").write_text(document(code="outside"), encoding="utf-8")
    (folder / "a.yaml").symlink_to("../secret")
    (folder / "b.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "away").symlink_to("..")
    (folder / "c.yaml").symlink_to("away/secret")
    (folder / "d.yaml").symlink_to("e.yaml")
    (folder / "e.yaml").symlink_to("d.yaml")
    (folder / "inside.yaml").symlink_to(".inside")
    (folder / ".inside").write_text(document(code="inside"), encoding="utf-8")
    until(lambda: state(service, "inside") == AVAILABLE, "not loaded")
    why = "cannot be read: it is a link that leads out of the directory; put the file itself there"
    problems = [problem for summary in summaries(service, "") for problem in summary.problems]
    assert problems[:3] == [f"{folder}/{name}.yaml:1:1: {why}" for name in "abc"]
    assert len(problems) == 5
    assert not state(service, "outside")
    assert "sesame" not in running.said


def test_a_link_that_replaces_a_checked_file_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "sets"
    for directory in (outside, folder / "inner"):
        directory.mkdir(parents=True)
        (directory / "b.yaml").write_text("secret" if directory == outside else "plain", encoding="utf-8")
    (folder / "a.yaml").write_text("plain", encoding="utf-8")
    (folder / "b.yaml").symlink_to("inner/b.yaml")
    sets = CriteriaDirectory(folder)
    assert sets.texts(sets.stamps()) == {"a.yaml": b"plain", "b.yaml": b"plain"}
    inside = CriteriaDirectory._inside

    def replaced_afterwards(self: CriteriaDirectory, name: str) -> Path:
        path = inside(self, name)
        if name == "a.yaml":
            (folder / name).unlink()
            (folder / name).symlink_to(outside / "b.yaml")
        else:
            (folder / "inner").rename(folder / "moved")
            (folder / "inner").symlink_to(outside)
        return path

    stamps = sets.stamps()
    monkeypatch.setattr(CriteriaDirectory, "_inside", replaced_afterwards)
    texts = sets.texts(stamps)
    assert [type(text) for text in texts.values()] == [Unreadable, Unreadable], texts


@pytest.mark.long
def test_an_unreadable_file_is_refused_and_read_again_on_request(
    folder: Path, running: Serving, service: Service
) -> None:
    (folder / "nowhere.yaml").symlink_to("not-there")
    (folder / "directory.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    until(lambda: state(service, ""), "not refused")
    problems = [problem for summary in summaries(service, "") for problem in summary.problems]
    assert problems == [
        f"{folder}/nowhere.yaml:1:1: cannot be read: No such file or directory",
        f"{folder}/pipe.yaml:1:1: is not a regular file",
    ]
    assert "nothing has changed" not in running.said
    running.process.send_signal(signal.SIGHUP)
    until(lambda: " s: nothing has changed in them" in running.said, "not asked")


@pytest.mark.long
def test_odd_names_bad_characters_and_pipes_do_not_block_other_sets(
    folder: Path, running: Serving, service: Service
) -> None:
    os.mkfifo(folder / "pipe.yaml")
    pipe = os.open(folder / "pipe.yaml", os.O_RDWR)  # somebody may write to it, and does not
    try:
        (folder / "half.yaml").write_text('criteria_set: "\\ud800"', encoding="utf-8")
        Path(os.fsdecode(os.fsencode(folder) + b"/odd-\xff.yaml")).write_text("criteria_set: odd", encoding="utf-8")
        until(lambda: state(service, "odd"), "not refused")
        problems = [
            problem for code in ("", "odd") for summary in summaries(service, code) for problem in summary.problems
        ]
        assert f"{folder}/pipe.yaml:1:1: is not a regular file" in problems
        assert any(problem.startswith(f"{folder}/half.yaml:1:") for problem in problems)
        assert any(problem.startswith(f"{folder}/odd-\\xff.yaml:1:") for problem in problems)
        assert score(service) == (revision(document()), 0.5)
        put(folder / "mine.yaml", document("0.25"))
        until(lambda: score(service) == (revision(document("0.25")), 0.25), "not taken")
    finally:
        os.close(pipe)


# --- the command ---------------------------------------------------------------------------------------------------


def test_a_path_that_is_not_a_directory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path, why in ((tmp_path / "none", "No such file or directory"), (file, "Not a directory")):
        wanted = f"scorer: cannot read the directory of criteria sets {path}: {why}\n"
        for words in (["serve", "--address", "127.0.0.1:0"], ["criteria", "list"]):
            done = run(*words, "--criteria", path)
            assert (done.returncode, done.stdout, done.stderr) == (2, "", wanted)


def test_sets_of_a_directory_are_listed_shown_and_put_in_a_form_without_a_server(folder: Path, tmp_path: Path) -> None:
    put(folder / "mine.yaml", document())
    put(folder / "broken.yaml", "a: [")
    done = run("criteria", "list", "--criteria", folder)
    assert re.search(rf"^ *mine .* available +{revision(document())[:12]} *$", done.stdout, re.M), done.stdout
    assert re.search(r"^ *\? .* refused, 1 problem *$", done.stdout, re.M), done.stdout
    assert done.stderr.startswith(f"scorer: {folder}/broken.yaml:1:5: not YAML: ")
    assert run("criteria", "show", "mine", "--criteria", folder).stdout.lstrip().startswith("mine ")
    assert run("criteria", "template", "mine", "--criteria", folder, "--out", tmp_path).returncode == 0
    assert (tmp_path / "mine.csv").is_file()


def test_an_unreachable_server_is_reported() -> None:
    done = run("criteria", "list", "--address", "127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scorer: cannot list the criteria sets of 127.0.0.1:1: UNAVAILABLE: ")


# --- calls under way, and memory -----------------------------------------------------------------------------------

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
    with background.serving(living.current, LOOPBACK) as server, grpc.insecure_channel(server.address) as channel:
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
    """A directory that somebody writes to while it is read."""

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
    assert " ERROR " not in running.said
    assert held[-1] - held[RELOADS // 5] < 24, held


# --- several processes ---------------------------------------------------------------------------------------------


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
        loaded = re.findall(r"^\[(\d+)\] .* criteria sets: .* loaded in ", running.said, re.M)
        assert {int(pid) for pid in loaded} == set(workers)
        assert running.workers == set(workers)  # nobody has died of the signal
