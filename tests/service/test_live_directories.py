"""``scorer serve --criteria DIR``: directories with links, odd names, and files that are being written."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Service
from live_sets import AVAILABLE, document, put, revision, score, state, summaries
from processes import Serving, serve, until

from scorer.catalogue.directory import CriteriaDirectory, Unreadable


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


@pytest.mark.long
def test_sets_stay_while_their_directory_is_missing(folder: Path, running: Serving, service: Service) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    until(
        lambda: "cannot be read: No such file or directory; the previous sets stay in use" in running.log,
        "not noticed",
    )
    put(away / "mine.yaml", document("0.25"))
    assert score(service) == (revision(document()), 0.5)
    time.sleep(1.2)  # said once, not at every look
    assert running.log.count("No such file or directory") == 1
    away.rename(folder)
    until(lambda: score(service) == (revision(document("0.25")), 0.25), "not found again")
    assert "can be read again" in running.log


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
        assert running.log.count(" loaded in ") == 1
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
    assert running.log.count("criteria sets: busy.yaml changes all the time; it is loaded when it stops changing") == 1


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
    until(lambda: all(problem in running.log for problem in problems), "they are not logged")


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
    assert "sesame" not in running.log


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
    assert "nothing has changed" not in running.log
    running.process.send_signal(signal.SIGHUP)
    until(lambda: " s: nothing has changed in them" in running.log, "not asked")


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
