"""RankProvince over the loopback interface, beside a server that sends the same bytes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from province import Province

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue import Catalogue
from scorer.service.server import Server

RANK = "/egov.scorer.v1.ScorerService/RankProvince"
LARGE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
Call = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def rank_province(catalogue: Catalogue) -> Iterator[Call]:
    """RankProvince, bytes in and bytes out."""
    server = Server(lambda: catalogue, "127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(server.address, LARGE) as channel:
        yield channel.unary_unary(RANK)
    server.stop(0)


@pytest.fixture(scope="module")
def echo() -> Iterator[Call]:
    """The same bytes back."""
    server = grpc.server(ThreadPoolExecutor(1), options=LARGE)
    handler = grpc.unary_unary_rpc_method_handler(lambda data, _: data)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Echo", {"Echo": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}", LARGE) as channel:
        yield channel.unary_unary("/Echo/Echo")
    server.stop(0)


def test_rank_province_table(
    benchmark: Any, rank_province: Call, province: Callable[[int], Province], units: int
) -> None:
    reply = pb.RankProvinceResponse.FromString(benchmark(rank_province, province(units).table))
    assert reply.rankings[0].unit_count == units


def test_rank_province_rows(
    benchmark: Any, rank_province: Call, province: Callable[[int], Province], units: int
) -> None:
    reply = pb.RankProvinceResponse.FromString(benchmark(rank_province, province(units).rows))
    assert reply.rankings[0].unit_count == units


def test_echo_of_the_table(benchmark: Any, echo: Call, province: Callable[[int], Province], units: int) -> None:
    data = province(units).table
    assert benchmark(echo, data) == data
