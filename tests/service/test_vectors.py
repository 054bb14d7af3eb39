"""The conformance vectors, which clients of all languages share, run by the Python client with a real server."""

from __future__ import annotations

import base64
import datetime
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import expected_json
import expected_table_json
import grpc
import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from harness import refusal
from processes import serve
from vector_results import Json, assert_province, assert_unit, camel, word

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc
from scorer_client import Cause, Client, Province, Row, ScorerError

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "clients" / "vectors"

OPTIONS = {
    "series": "series", "province": "province", "period": "period", "tier": "tier", "pageSize": "page_size",
    "pageToken": "page_token",
}  # fmt: skip


def cases(name: str) -> list[Any]:
    found = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case.get("name", case.get("en"))) for case in found]


ANSWERED = [*cases("hue-2020"), *cases("bac-kan-2020")]
TABLES = [case for case in cases("tables") if "response" in case.values[0]]
REFUSED_TABLES = [case for case in cases("tables") if "error" in case.values[0]]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("vectors")) as running:
        yield running.address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    with Client(address) as connected:
        yield connected


@pytest.fixture(scope="module")
def stub(address: str) -> Iterator[scorer_pb2_grpc.ScorerServiceStub]:
    with grpc.insecure_channel(address) as channel:
        yield scorer_pb2_grpc.ScorerServiceStub(channel)


# Requests as calls of the client


def answer(given: Json) -> Any:
    ((kind, value),) = given.items()
    if kind == "date":
        return datetime.date(value["year"], value["month"], value["day"])
    return float(value) if kind == "number" else value


def row(given: Json) -> Row:
    answers = {code: answer(value) for code, value in given.get("answers", {}).items()}
    return Row(**{"id": "", **given["unit"]}, answers=answers, not_applicable=given.get("notApplicableCriteria", ()))


def options(request: Json) -> dict[str, Any]:
    given = {ours: request[theirs] for theirs, ours in OPTIONS.items() if theirs in request}
    if "effectiveOn" in request:
        given["effective_on"] = datetime.date(**request["effectiveOn"])
    return {"full": request.get("view") == "SCORECARD_VIEW_FULL", **given}


def as_rows(client: Client, request: Json) -> Province:
    return client.rank_province(request.get("criteriaSet"), map(row, request["rows"]["units"]), **options(request))


def as_table(client: Client, request: Json) -> Province:
    """The rows of a request as columns."""
    rows = [row(given) for given in request["rows"]["units"]]
    codes = sorted({code for one in rows for code in one.answers})
    table = {
        **{field: [getattr(one, field) for one in rows] for field in ("id", "name", "tier", "parent")},
        "not_applicable": [list(one.not_applicable) for one in rows],
        **{code: [one.answers.get(code) for one in rows] for code in codes},
    }
    return client.rank_table(request.get("criteriaSet"), table, **options(request))


def arrow_stream(request: Json) -> bytes:
    return base64.b64decode(request["table"]["arrowStream"])


def read(stream: bytes) -> pa.Table:
    return pa.ipc.open_stream(stream).read_all()


def send(stub: scorer_pb2_grpc.ScorerServiceStub, request: Json) -> scorer_pb2.RankProvinceResponse:
    """A request as the message that it is."""
    reply: scorer_pb2.RankProvinceResponse = stub.RankProvince(ParseDict(request, scorer_pb2.RankProvinceRequest()))
    return reply


def call(client: Client, method: str, request: Json) -> Any:
    if method == "ScoreUnit":
        return client.score_unit(request.get("criteriaSet"), row(request["unitAnswers"]), **options(request))
    if method == "GetCriteriaSet":
        return client.form(request["criteriaSet"])
    if "rows" in request:
        return as_rows(client, request)
    return client.rank_table(request.get("criteriaSet"), read(arrow_stream(request)), **options(request))


@pytest.mark.parametrize("case", ANSWERED)
def test_replies_equal_the_recorded_ones(client: Client, case: Json) -> None:
    found = call(client, case["method"], case["request"])
    if case["method"] == "ScoreUnit":
        assert_unit(found, case["response"]["scorecard"])
    else:
        assert_province(found, case["response"], rows=True)


@pytest.mark.parametrize("case", [case for case in ANSWERED if case.values[0]["method"] == "RankProvince"])
def test_vectors_sent_as_tables_give_the_recorded_replies(client: Client, case: Json) -> None:
    assert_province(as_table(client, case["request"]), case["response"], rows=False)


@pytest.mark.parametrize("case", TABLES)
def test_the_columns_of_a_vector_equal_its_stream(case: Json) -> None:
    assert expected_table_json.columns(read(arrow_stream(case["request"]))) == case["table"]


@pytest.mark.parametrize("case", TABLES)
def test_tables_equal_the_recorded_ones(stub: scorer_pb2_grpc.ScorerServiceStub, case: Json) -> None:
    reply = send(stub, case["request"])
    found = [read(ranking.table.arrow_stream) for ranking in reply.rankings]
    assert [expected_table_json.columns(table) for table in found] == [table["columns"] for table in case["tables"]]
    metadata = [expected_table_json.metadata(table) for table in found]
    provenance = MessageToDict(reply.provenance, always_print_fields_with_no_presence=True)
    for one in metadata:
        assert ParseDict(one.pop("names"), scorer_pb2.Names()) == reply.names
        assert {camel(name): value for name, value in one.pop("provenance").items()} == provenance
    assert metadata == [table["metadata"] for table in case["tables"]]
    assert case["response"]["provenance"].items() <= provenance.items()
    for ranking in reply.rankings:
        ranking.ClearField("table")
    rest = expected_json.whole(reply)
    assert rest["rankings"] == case["response"]["rankings"]


@pytest.mark.parametrize("case", TABLES)
def test_tables_of_the_client_equal_the_recorded_ones(client: Client, case: Json) -> None:
    rankings = call(client, case["method"], case["request"]).rankings
    assert [expected_table_json.columns(ranking.table) for ranking in rankings] == [
        table["columns"] for table in case["tables"]
    ]


@pytest.mark.parametrize("case", REFUSED_TABLES)
def test_refused_tables_give_the_recorded_violations(stub: scorer_pb2_grpc.ScorerServiceStub, case: Json) -> None:
    expected = case["error"]
    with refusal() as caught:
        send(stub, case["request"])
    (refused,) = caught
    assert (refused.code.name, refused.info.reason) == (expected["code"], expected["reason"])
    assert refused.fields == {violation["field"]: violation["reason"] for violation in expected["violations"]}
    assert expected["metadata"].items() <= dict(refused.info.metadata).items()


@pytest.mark.parametrize("case", cases("errors"))
def test_refused_rows_give_the_recorded_violations(client: Client, case: Json) -> None:
    expected = case["error"]
    if case["name"] == "a day that is none":
        with pytest.raises(ValueError, match="day"):  # Python has no such day to send
            call(client, case["method"], case["request"])
        return
    with pytest.raises(ScorerError) as caught:
        call(client, case["method"], case["request"])
    error = caught.value
    assert (error.code.name, error.reason) == (expected["code"], expected["reason"])
    assert sorted((v.field, v.reason) for v in error.violations) == sorted(
        (violation["field"], violation["reason"]) for violation in expected["violations"]
    )
    assert all(violation.description for violation in error.violations)
    assert error.violations_total == len(expected["violations"])
    assert expected["metadata"].items() <= error.metadata.items()
    assert error.metadata["request_id"]


@pytest.mark.parametrize("case", cases("sentences"))
@pytest.mark.parametrize("language", ["en", "vi"])
def test_causes_give_the_recorded_sentences(case: Json, language: str) -> None:
    assert Cause(**case["cause"]).sentence(language, case.get("titles"), case.get("category", "")) == case[language]


def test_vectors_are_up_to_date_with_the_oracle() -> None:
    command = [sys.executable, ROOT / "tools" / "vectors.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_vectors_cover_every_kind_of_result() -> None:
    """Every kind of answer, standing, status and view occurs, and so do ranks, ties, levels and exclusions."""

    def found(name: str) -> set[Any]:
        everything: list[Any] = [case.values[0] for case in ANSWERED]
        values = set()
        while everything:
            item = everything.pop()
            if isinstance(item, dict):
                values |= {item[name]} if isinstance(item.get(name), str | int | float) else set()
                everything += item.values()
            elif isinstance(item, list):
                everything += item
        return values

    assert found("method") == {"ScoreUnit", "RankProvince"}
    assert {"SCORECARD_VIEW_BASIC", "SCORECARD_VIEW_FULL"} <= found("view")
    assert found("standing") == {"STANDING_RANKED", "STANDING_BELOW_MINIMUM"}
    assert {word(status) for status in found("status")} == {"scored", "missing", "not_applicable"}
    assert found("level") == {0, 1, 2, 3, 4}
    assert found("flag") == {True, False}
    assert len(found("choice")) > 3
    assert found("year")
    assert any(math.trunc(number) != number for number in found("number"))
