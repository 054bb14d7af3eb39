"""Tests of the client for asyncio: it returns the same results as the other client, without blocking the event loop."""

from __future__ import annotations

import asyncio
import inspect
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from harness import Service, installed_catalogue, serving

from scorer_client import AsyncClient, Client, ScorerError
from scorer_client.methods import Methods

SET = "bac-kan-2020"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


@pytest.fixture(scope="module")
def answers() -> Iterator[Path]:
    with as_file(files("scorer_plugins.answers") / f"{SET}.csv") as file:
        yield file


def test_both_clients_have_the_same_methods_with_their_texts() -> None:
    names = [name for name in dir(Methods) if not name.startswith("_")]
    assert len(names) == 11
    for name in names:
        ours, theirs = getattr(AsyncClient, name), getattr(Client, name)
        assert inspect.signature(ours) == inspect.signature(theirs)
        assert ours.__doc__ == theirs.__doc__
        assert ours.__doc__


def test_every_async_method_returns_the_sync_result(service: Service, answers: Path) -> None:
    with Client(service.address) as client:
        table = client.read_file(SET, answers)
        rows = table.rows()
        calls = [
            ("score_unit", (SET, rows[0])),
            ("rank_province", (SET, rows)),
            ("rank_table", (SET, {"id": [row.id for row in rows], "tier": [row.tier for row in rows]})),
            ("rank_file", (SET, answers)),
            ("rank_file", (SET, table)),
            ("read_file", (SET, answers)),
            ("criteria_sets", ()),
            ("criteria_set", (SET,)),
            ("form", (SET,)),
            ("who_lacks", (SET, rows, "INF.02")),
            ("who_lacks_file", (SET, answers, "INF.02")),
        ]

        def plain(value: object) -> object:
            """Units of tables are made when they are asked for, and are not compared."""
            return [(r.tier, list(r.units)) for r in value.rankings] if hasattr(value, "rankings") else value

        async def ask() -> list[object]:
            async with AsyncClient(service.address) as other:
                return [plain(await getattr(other, name)(*args)) for name, args in calls]

        for (name, args), theirs in zip(calls, asyncio.run(ask()), strict=True):
            ours = plain(getattr(client, name)(*args))
            if name == "read_file":
                assert ours.rows() == theirs.rows()
            else:
                assert ours == theirs, name


def test_async_calls_run_concurrently_and_raise_the_same_errors(service: Service) -> None:
    async def ask() -> list[object]:
        async with AsyncClient(service.address) as client:
            return await asyncio.gather(client.form(SET), client.form("unknown"), return_exceptions=True)

    form, error = asyncio.run(ask())
    assert form.criteria_set == SET
    assert isinstance(error, ScorerError)
    assert (error.code.name, bool(error.request_id)) == ("NOT_FOUND", True)


@pytest.fixture
def silent_address() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_calls_of_a_closed_client_raise_its_error(silent_address: str) -> None:
    async def ask() -> list[object]:
        client = AsyncClient(silent_address)
        running = asyncio.create_task(client.form(SET))
        await asyncio.sleep(0.05)
        await client.close()
        return await asyncio.gather(running, client.form(SET), return_exceptions=True)

    client = Client(silent_address)
    client.close()
    with pytest.raises(ScorerError) as caught:
        client.form(SET)
    for error in (caught.value, *asyncio.run(ask())):
        assert isinstance(error, ScorerError)
        assert (error.code.name, error.message, bool(error.request_id)) == ("CANCELLED", "the client is closed", True)


def test_a_cancelled_task_stays_cancelled_when_the_client_closes(silent_address: str) -> None:
    async def ask() -> bool:
        async with AsyncClient(silent_address) as client:
            running = asyncio.create_task(client.form(SET))
            await asyncio.sleep(0.05)
            running.cancel()
        await asyncio.wait([running])
        return running.cancelled()

    assert asyncio.run(ask())


def test_mistakes_in_a_file_have_row_and_column(service: Service, answers: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.csv"
    spoilt.write_text(answers.read_text(encoding="utf-8").replace("d-ba-be,", "d-ba-be\u0301,", 1), encoding="utf-8")

    async def ask() -> None:
        async with AsyncClient(service.address) as client:
            await client.rank_file(SET, spoilt)

    with pytest.raises(ScorerError) as caught:
        asyncio.run(ask())
    assert all(violation.field.startswith("row ") for violation in caught.value.violations)


def test_progress_is_reported_while_a_file_is_read_in_a_thread(service: Service, answers: Path) -> None:
    told: list[tuple[str, int, int]] = []
    threads: set[int] = set()

    def note(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        if stage == "read":
            threads.add(threading.get_ident())

    async def ask() -> None:
        async with AsyncClient(service.address) as client:
            await client.rank_file(SET, answers, progress=note)

    asyncio.run(ask())
    size = answers.stat().st_size
    assert told == [("read", size, size), ("sent", 0, 140), ("answered", 140, 140)]
    assert threading.get_ident() not in threads


def test_an_async_client_needs_a_running_event_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        AsyncClient("127.0.0.1:50051")


@pytest.mark.long
def test_both_clients_have_type_hints(tmp_path: Path) -> None:
    """The results of the async client have to be awaited."""
    code = tmp_path / "typed.py"
    code.write_text(
        "from typing import assert_type\n"
        "from scorer_client import AsyncClient, Client, Province, Row, UnitResult\n"
        "async def ask(ours: Client, theirs: AsyncClient, row: Row) -> None:\n"
        "    assert_type(ours.score_unit('s', row, full=True), UnitResult)\n"
        "    assert_type(await theirs.rank_province('s', [row], tier='t'), Province)\n"
        "    ours.rank_province('s', [row], teir='t')\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file=", code]
    source = Path(__file__).parents[1] / "src"
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env={"MYPYPATH": str(source)}
    )
    errors = [line for line in done.stdout.splitlines() if line.startswith("typed.py")]
    assert len(errors) == 1, done.stdout + done.stderr
    assert '"teir"' in errors[0]
