"""Replies of a server that knows more members of enumerations than the client, and replies that are damaged."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pyarrow as pa
import pytest

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer_client import Client, Row

GATE = scorer_pb2.Gate(level=1, measure="total", unit=8, minimum=3)  # type: ignore[arg-type]
CATEGORY = scorer_pb2.CategoryScore(
    category="readiness",
    standing=9,  # type: ignore[arg-type]
    failing=[scorer_pb2.GateResult(gate=GATE, value=2)],
    groups=[
        scorer_pb2.GroupScore(
            group="desk",
            criteria=[scorer_pb2.CriterionScore(criterion="A", status=7)],  # type: ignore[arg-type]
        )
    ],
)
CRITERION = criteria_pb2.Criterion(id="A", effect=5)  # type: ignore[arg-type]
INDICATOR = criteria_pb2.Indicator(code="x", kind=6)  # type: ignore[arg-type]


class Other(scorer_pb2_grpc.ScorerServiceServicer, criteria_pb2_grpc.CriteriaServiceServicer):
    def ScoreUnit(self, *_: object) -> scorer_pb2.ScoreUnitResponse:
        return scorer_pb2.ScoreUnitResponse(scorecard=scorer_pb2.Scorecard(categories=[CATEGORY]))

    def RankProvince(self, request: scorer_pb2.RankProvinceRequest, _: object) -> scorer_pb2.RankProvinceResponse:
        sent = bytes.fromhex(request.province)
        ranking = scorer_pb2.Ranking(table=scorer_pb2.RankingTable(arrow_stream=sent))
        return scorer_pb2.RankProvinceResponse(rankings=[ranking], provenance=scorer_pb2.Provenance())

    def GetCriteriaSet(self, *_: object) -> criteria_pb2.GetCriteriaSetResponse:
        group = criteria_pb2.Group(code="desk", criteria=[CRITERION])
        category = criteria_pb2.Category(code="readiness", groups=[group])
        found = criteria_pb2.CriteriaSet(categories=[category], indicators=[INDICATOR])
        return criteria_pb2.GetCriteriaSetResponse(criteria_set=found)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    server = grpc.server(ThreadPoolExecutor(1))
    scorer_pb2_grpc.add_ScorerServiceServicer_to_server(Other(), server)
    criteria_pb2_grpc.add_CriteriaServiceServicer_to_server(Other(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with Client(f"127.0.0.1:{port}") as client:
        yield client
    server.stop(None)


def test_unknown_members_are_called_by_their_number(client: Client) -> None:
    result = client.score_unit("newer", Row("u", "district", {}))
    category = result.category("readiness")
    assert (category.standing, category.groups[0].criteria[0].status) == ("unknown_9", "unknown_7")
    assert category.causes[0].unit == "unknown_8"
    assert category.sentence() == "readiness: unknown_9; total is 2 unknown_8, level 1 requires at least 3 unknown_8"
    form = client.form("newer")
    assert (form.indicators["x"].kind, form.effects["A"]) == ("unknown_6", "unknown_5")


@pytest.mark.parametrize("stream", [b"", b"no table at all", pa.schema([("id", "string")]).serialize().to_pybytes()])
def test_a_table_that_is_damaged_or_cut_off_is_an_error(client: Client, stream: bytes) -> None:
    (ranking,) = client.rank_table("other", {"id": ["u"]}, tier="district", province=stream.hex()).rankings
    with pytest.raises(ValueError, match="the table of the reply is damaged or cut off"):
        list(ranking.units)
