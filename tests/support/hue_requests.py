"""Requests of the set hue-2020."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc
from processes import PATIENCE

from egov.scorer.v1 import scorer_pb2 as pb

SCORE_UNIT = "/egov.scorer.v1.ScorerService/ScoreUnit"


def request(units: int = 1) -> pb.RankProvinceRequest:
    """Districts of Thừa Thiên Huế."""
    rows = pb.UnitRows()
    for n in range(units):
        row = rows.units.add(unit=pb.Unit(id=f"u{n}", name=f"huyện {n}", tier="district"))
        for code in ("policy_environment", "infrastructure", "human_resources"):
            row.answers[f"{code}_awarded"].number = 5 + n % 4
    return pb.RankProvinceRequest(criteria_set="hue-2020", rows=rows)


def one_unit() -> pb.ScoreUnitRequest:
    return pb.ScoreUnitRequest(criteria_set="hue-2020", unit_answers=request().rows.units[0])


def late_call(channel: grpc.Channel, body: threading.Event) -> grpc.Future:
    """A call that sends only its headers until ``body`` is set."""

    def sent() -> Iterator[bytes]:
        assert body.wait(PATIENCE)
        yield one_unit().SerializeToString()

    return channel.stream_unary(SCORE_UNIT, response_deserializer=pb.ScoreUnitResponse.FromString).future(sent())
