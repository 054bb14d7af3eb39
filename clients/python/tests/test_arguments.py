"""Arguments of the client's methods, results, and errors between processes."""

from __future__ import annotations

import asyncio
import copy
import datetime
import json
import math
import multiprocessing
import pickle
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from client_values import HANOI, SET, Unprintable, answering, row
from harness import catalogue, good, host, serving
from small_set import INFRASTRUCTURE, SMALL_SET

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client import (
    AsyncClient,
    Client,
    CriterionCount,
    CriterionResult,
    Provenance,
    Province,
    Score,
    ScorerError,
    UnitResult,
)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(good(catalogue(host(INFRASTRUCTURE), SMALL_SET))) as service, Client(service.address) as connected:
        yield connected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effective_on": datetime.datetime(2020, 6, 30, tzinfo=HANOI)}, "effective_on: has a time zone; give a date"),
        ({"effective_on": "2020-06-30"}, "effective_on: expected a date, not '2020-06-30' of type str"),
        ({"series": 7}, "series: expected a str, not 7 of type int"),
        ({"period": 2020}, "period: expected a str, not 2020 of type int"),
    ],
)
def test_an_option_of_another_type_is_named(client: Client, options: dict[str, Any], message: str) -> None:
    for call in (client.score_unit, lambda code, row, **options: client.rank_province(code, [row], **options)):
        with pytest.raises(TypeError) as caught:
            call(None, row(), **options)  # type: ignore[operator]
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "options",
    [
        {"tier": 5}, {"province": None}, {"page_size": "5"}, {"page_size": True}, {"page_token": b"a"},
        {"full": "no"}, {"full": 0}, {"full": None}, {"timeout": "5"}, {"timeout": True}, {"request_id": 5},
        {"request_id": b"a"}, {"request_id": Unprintable()},
    ],
    ids=lambda options: f"{next(iter(options))} {type(next(iter(options.values()))).__name__}",
)  # fmt: skip
def test_an_option_of_a_ranking_of_another_type_is_named(client: Client, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(options))}: expected a"):
        client.rank_province(SET, [row()], **options)


@pytest.mark.parametrize("code", [0, False, [], b"tested-2020"], ids=repr)
def test_a_criteria_set_is_a_text_or_none(client: Client, code: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.score_unit(code, row()), lambda: client.rank_province(code, [row()]),
        lambda: client.rank_table(code, {"id": ["a"]}), lambda: client.rank_file(code, "answers.csv"),
        lambda: client.read_file(code, "answers.csv"), lambda: client.who_lacks(code, [row()], "INF.02"),
        lambda: client.who_lacks_file(code, "answers.csv", "INF.02"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=r"^criteria_set: expected a str or None, not "):
            call()
    for show in (client.criteria_set, client.form):
        with pytest.raises(TypeError, match=r"^code: expected a str or None, not "):
            show(code)


ODD: dict[str, Callable[[Any], object]] = {
    "rows: expected a list of rows, not None": lambda client: client.rank_province(SET, None),
    "rows: expected a list of rows, not 5": lambda client: client.who_lacks(SET, 5, "INF.02"),
    "file: expected a str, Path or FileTable, not None": lambda client: client.rank_file(SET, None),
    "file: expected a str, Path or FileTable, not b'..'": lambda client: client.rank_file(SET, b".."),
    "criterion: expected a str, not 5": lambda client: client.who_lacks(SET, [row()], 5),
    "progress: expected a function or None, not 5": lambda client: client.rank_file(SET, "a.csv", progress=5),
    "language: expected a str, not 5": lambda client: client.rank_file(SET, "a.csv", language=5),
    "result: expected a Province, not None": lambda client: client.report(None, "a.html"),
    "target: expected an address, several addresses or a transport, not None": lambda _: Client(None),  # type: ignore[type-var]
    "target: expected an address, several addresses or a transport, not 5": lambda _: Client(5),  # type: ignore[type-var]
    "target: expected a str or a list of str, not b'a:1'": lambda _: Client(b"a:1"),
    "timeout: expected a number or None, not '5'": lambda _: Client("a:1", timeout="5"),  # type: ignore[arg-type]
    "insecure: expected a bool, not 'no'": lambda _: Client("a:1", insecure="no"),  # type: ignore[arg-type]
    "token: expected a str or a function or None, not 5": lambda _: Client("a:1", token=5),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("message", ODD)
def test_an_argument_of_another_type_is_named(client: Client, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        ODD[message](client)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"page_size": 2**40}, "page_size: does not fit into 32 bits: 1099511627776"),
        ({"period": "\ud800"}, r"period: has a character that UTF-8 cannot express: '\ud800'"),
    ],
)
def test_an_option_that_cannot_be_sent_is_named(client: Client, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        client.rank_province(SET, [row()], **options)


def test_a_criteria_set_that_cannot_be_sent_is_named(client: Client) -> None:
    with pytest.raises(ValueError, match=r"^criteria_set: has a character that UTF-8 cannot express"):
        client.score_unit("\ud800", row())


def test_results_have_the_fields_of_the_contract() -> None:
    assert {*Provenance._fields, "plugins"} == {field.name for field in pb.Provenance.DESCRIPTOR.fields}
    assert {*Score._fields} == {field.name for field in pb.Score.DESCRIPTOR.fields}
    assert {*CriterionCount._fields} == {field.name for field in pb.CriterionCount.DESCRIPTOR.fields}
    assert {*CriterionResult._fields} == {field.name for field in pb.CriterionScore.DESCRIPTOR.fields}


def test_the_provenance_of_a_table_is_that_of_the_reply(client: Client) -> None:
    province = client.rank_table(SET, {"id": ["hue"]}, tier="district", period="2020")
    said = json.loads(province.rankings[0].table.schema.metadata[b"provenance"])
    assert said.pop("plugins") == [{"group": "infrastructure", "distribution": "", "version": ""}]
    assert Provenance(**said) == province.provenance


@pytest.mark.parametrize("timeout", [math.inf, 1e10, 10**400], ids=["inf", "1e10", "10**400"])
def test_a_timeout_may_have_any_length(client: Client, timeout: float) -> None:
    assert client.score_unit(SET, row(), timeout=timeout).id == "hue"
    with Client(str(client._target), timeout=timeout) as patient:
        assert patient.score_unit(SET, row()).id == "hue"


@pytest.mark.parametrize("timeout", [-1, math.nan])
def test_an_invalid_timeout_is_refused(client: Client, timeout: float) -> None:
    with pytest.raises(ValueError, match=r"^timeout: expected seconds from 0 or None"):
        client.score_unit(SET, row(), timeout=timeout)
    with pytest.raises(ValueError, match=r"^timeout: expected seconds from 0 or None"):
        Client("127.0.0.1:1", timeout=timeout)


def score(address: str, code: str) -> UnitResult:
    with Client(address) as own:
        return own.score_unit(SET, row(code))


def test_errors_can_be_sent_between_processes(client: Client) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(ScorerError) as caught:
        pool.apply_async(score, (client._target, "hue\n")).get(timeout=60)
    assert caught.value.violations[0].reason == "BAD_UNIT_ID"
    assert caught.value.request_id


@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, pickle.dumps])
def test_clients_can_neither_be_copied_nor_pickled(client: Client, same: Callable[[object], object]) -> None:
    async def asynchronous() -> None:
        async with AsyncClient("127.0.0.1:1") as other:
            refuse(other)

    def refuse(each: Client | AsyncClient) -> None:
        message = f"^{type(each).__name__} has an open connection, so it cannot be pickled or copied: create one"
        with pytest.raises(TypeError, match=message):
            same(each)

    refuse(client)
    asyncio.run(asynchronous())


def test_errors_and_results_can_be_copied_and_pickled(client: Client) -> None:
    with pytest.raises(ScorerError) as caught:
        client.score_unit(SET, answering(computers=0.5))
    for same in (copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))):
        error = same(caught.value)
        assert (str(error), vars(error)) == (str(caught.value), vars(caught.value))
        unit = client.score_unit(SET, row(), full=True)
        assert same(unit) == unit
        form = client.form(SET)
        assert same(form) == form
        rows, table = client.rank_province(SET, [row()]), client.rank_table(SET, {"id": ["hue"]}, tier="district")
        for province in (rows, table):
            copied: Province = same(province)
            assert copied == province
            assert list(copied.rankings[0].units) == list(province.rankings[0].units)
        assert table != client.rank_table(SET, {"id": ["hue-2"]}, tier="district")
