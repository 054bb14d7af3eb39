"""The log: one line a call that a program can read, and nothing of what a unit reported."""

from __future__ import annotations

import io
import json
import logging
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from processes import PATIENCE, SCORER, Serving, serve, until
from test_workers import one_unit, request

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc
from scorer.service.logs import BURST, CALLS, MOST, UNDIVIDED, Bursts

ID = "tinh-46/2020:7"


@pytest.fixture(scope="module", params=["1", "2"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serve(tmp_path_factory.mktemp("logs"), "--workers", request.param, "--log", "json") as running:
        yield running


def lines(running: Serving, request_id: str) -> list[dict[str, Any]]:
    """What the log says of a call; every line of it can be read."""

    def read() -> list[dict[str, Any]]:
        logged = running.said.partition("\nserving ")[2] or running.said.partition("serving ")[2]
        found = [json.loads(line) for line in logged.splitlines()[1:]]
        return [line for line in found if line.get("request_id") == request_id]

    until(lambda: read(), "it is not logged")
    return read()


def test_a_call_is_one_line_with_who_what_and_how_long_and_its_id_comes_back(running: Serving) -> None:
    with running.channel() as channel:
        rank = scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince
        _, call = rank.with_call(request(5), metadata=[("x-request-id", ID)], timeout=PATIENCE)
    assert dict(call.trailing_metadata())["x-request-id"] == ID
    (line,) = lines(running, ID)
    assert line.pop("milliseconds") > 0
    assert len(line.pop("revision")) == 12
    assert line.pop("time")
    assert line.pop("pid", None) in (running.workers or {None})
    assert line == {
        "level": "INFO", "logger": "scorer.calls", "message": "call", "request_id": ID, "identity": "anonymous",
        "method": "RankProvince", "code": "OK", "units": 5, "criteria_set": "hue-2020",
    }  # fmt: skip


def test_a_refusal_is_one_line_too_and_one_for_each_field_without_its_answer(running: Serving) -> None:
    wrong = one_unit()
    wrong.unit_answers.answers["infrastructure_awarded"].number = 987654.25
    wrong.unit_answers.answers["zebra"].number = 3
    with running.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            wrong, metadata=[("x-request-id", "refused")], timeout=PATIENCE
        )
    assert dict(caught.value.trailing_metadata())["x-request-id"] == "refused"
    call, *violations = lines(running, "refused")
    assert (call["code"], call["reason"], call["violations"]) == ("INVALID_ARGUMENT", "INVALID_REQUEST", 2)
    assert {line["field"] for line in violations} == {
        'unit_answers.answers["infrastructure_awarded"]', 'unit_answers.answers["zebra"]',
    }  # fmt: skip
    assert "987654" not in running.said


def test_answers_and_names_of_units_are_not_logged(running: Serving) -> None:
    told = one_unit()
    told.unit_answers.unit.name = "huyện Bí Mật"
    told.unit_answers.answers["infrastructure_awarded"].number = 7.654321
    with running.channel() as channel:
        reply = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            told, metadata=[("x-request-id", "secret")], timeout=PATIENCE
        )
    assert reply.scorecard.unit.name == "huyện Bí Mật"
    assert len(lines(running, "secret")) == 1
    assert "7.65" not in running.said
    assert "Mật" not in running.said
    assert "M\\u1eadt" not in running.said


def test_an_id_that_could_spoil_a_line_is_not_taken(running: Serving) -> None:
    with running.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            scorer_pb2.ScoreUnitRequest(criteria_set="none"), metadata=[("x-request-id", "a b")], timeout=PATIENCE
        )
    given = dict(caught.value.trailing_metadata())["x-request-id"]
    assert given != "a b"
    assert len(lines(running, given)) == 1


def test_text_has_the_same_on_one_line(tmp_path: Path) -> None:
    with serve(tmp_path, "--log", "text") as running:
        with running.channel() as channel:
            score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
            score(one_unit(), metadata=[("x-request-id", ID)], timeout=PATIENCE)
        until(lambda: ID in running.said, "it is not logged")
        (line,) = [line for line in running.said.splitlines() if ID in line]
    for said in ("identity=anonymous", "method=ScoreUnit", "code=OK", "units=1", "criteria_set=hue-2020", "revision="):
        assert f" {said}" in line


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_service_that_ends_has_written_every_line(tmp_path: Path, workers: str) -> None:
    with serve(tmp_path, "--workers", workers) as running:
        with running.channel() as channel:
            score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
            for n in range(50):
                score(one_unit(), metadata=[("x-request-id", f"call-{n:02}")], timeout=PATIENCE)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0
        logged = [line for line in running.said.splitlines() if "x-request" in line or "request_id=call-" in line]
    assert [f"request_id=call-{n:02}" in line for n, line in enumerate(logged)] == [True] * 50


class Kept(io.StringIO):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)

    @property
    def lines(self) -> list[str]:
        return "".join(self.written).splitlines()


def tell(bursts: Bursts, *messages: str, name: str = CALLS, level: int = logging.INFO) -> None:
    for message in messages:
        bursts.handle(logging.makeLogRecord({"name": name, "levelno": level, "msg": message}))


@pytest.mark.parametrize("at_once", [{"level": logging.WARNING}, {"name": "scorer.criteria"}])
def test_calls_are_written_soon_and_in_order_and_other_lines_at_once_behind_them(at_once: dict[str, Any]) -> None:
    kept = Kept()
    bursts = Bursts(kept)
    tell(bursts, "one", "two")
    until(lambda: kept.lines == ["one", "two"], "they are not written")
    tell(bursts, "three")
    tell(bursts, "four", **at_once)
    assert kept.lines == ["one", "two", "three", "four"]


def test_calls_wait_for_a_log_that_is_slower_than_they_are() -> None:
    kept = Kept()
    bursts = Bursts(kept)
    messages = [str(n) for n in range(2 * MOST)]
    tell(bursts, *messages)
    assert len(messages) - len(kept.lines) <= MOST
    bursts.flush()
    assert kept.lines == messages


@pytest.mark.parametrize("length", [1, 1_000, UNDIVIDED - 1, UNDIVIDED, 3 * UNDIVIDED])
def test_lines_are_written_together_as_far_as_other_processes_cannot_come_between(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scorer.service.logs.BURST", PATIENCE)  # only ``flush`` writes
    kept = Kept()
    bursts = Bursts(kept)
    messages = ["ế" * (length // 3) + "x" * (length % 3) + f"{n}"[: length - 1] for n in range(9)]
    tell(bursts, *messages)
    bursts.flush()
    assert kept.lines == messages
    for text in filter(None, kept.written):
        assert text.endswith("\n")
        assert len(text.encode()) <= UNDIVIDED or text.count("\n") == 1
    assert max(text.count("\n") for text in kept.written) == min(
        9, max(UNDIVIDED // (len(messages[0].encode()) + 1), 1)
    )


class Broken(Kept):
    """Cannot be written to at first."""

    def write(self, text: str) -> int:
        if not self.written:
            self.written.append("")
            raise AttributeError("write")
        return super().write(text)


def test_a_log_that_cannot_be_written_keeps_nobody_from_working() -> None:
    kept = Broken()
    bursts = Bursts(kept)
    tell(bursts, "lost")
    until(lambda: bool(kept.written), "it is not tried")
    tell(bursts, "one")
    until(lambda: kept.lines == ["one"], "it is not written")
    tell(bursts, "two", level=logging.WARNING)
    assert kept.lines == ["one", "two"]


def test_a_service_without_standard_error_serves_and_ends(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["sh", "-c", 'exec "$0" "$@" 2>&-', SCORER, "serve", "--address", address]
    with subprocess.Popen(words, cwd=tmp_path) as process, grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(PATIENCE)
            score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
            for _ in range(3):
                assert score(one_unit(), timeout=PATIENCE).scorecard.unit.id == one_unit().unit_answers.unit.id
                time.sleep(2 * BURST)
        finally:
            process.terminate()
        assert process.wait(PATIENCE) == 0


def test_a_line_that_cannot_be_made_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Kept()
    bursts = Bursts(kept)
    bursts.handle(logging.makeLogRecord({"name": CALLS, "levelno": logging.INFO, "msg": "%d", "args": ("no number",)}))
    tell(bursts, "after")
    bursts.flush()
    assert kept.lines == ["after"]
    assert "no number" in capsys.readouterr().err
