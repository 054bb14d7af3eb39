"""``scorer serve --criteria DIR``: sets that change while they are served."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import cli_in_process
import grpc
import pytest
from harness import Service
from live_sets import AVAILABLE, KEPT, MISTAKE, REFUSED, document, listed, put, revision, score, state, summaries
from processes import PATIENCE, Serving, serve, until

from egov.scorer.v1 import criteria_pb2 as cpb
from scorer.cli.output import out


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


def test_a_set_is_added_edited_broken_corrected_and_removed_while_served(
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

    until(lambda: "mine is withdrawn" in running.log, "it is not logged")
    lines = [line for line in running.log.splitlines() if " criteria sets: " in line]
    head = rf".* INFO criteria sets: {re.escape(str(folder))} loaded in \d+\.\d\d s: "
    assert [re.sub(head, "", line) for line in lines] == [
        f"mine is revision {short[second]}, was {short[first]}",
        f"mine stays at revision {short[second]}, because {mine} is refused",
        f"mine is revision {short[third]}, was {short[second]}",
        f"other is new, revision {revision(document(code='other'))[:12]}",
        f"mine is withdrawn, was revision {short[third]}",
    ]
    errors = [line.partition(" ERROR ")[2] for line in running.log.splitlines() if " ERROR " in line]
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
    until(lambda: re.search(warning, running.log), "no warning")
    warned = len(re.findall(warning, running.log))
    running.process.send_signal(signal.SIGHUP)
    until(lambda: "nothing has changed" in running.log, "not looked at")
    assert len(re.findall(warning, running.log)) == warned
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
    assert running.log.count(" ERROR ") == 151 * 21
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
