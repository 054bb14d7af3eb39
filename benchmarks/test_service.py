"""Calls over the loopback interface, beside calls that do nothing: to the same kind of server, in a spawned process.

What a ratio is made of is timed in turn, round by round, after every way's reply was checked. "Bytes" clients send and
take bytes; "typed" ones are scorer_client: rows to results, and pandas frames to pandas frames. A round is some calls;
``medians`` are seconds a call.
"""

from __future__ import annotations

import asyncio
import datetime
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from load_clients import LARGE
from province import Province
from spawned import NOOP, SERVE, Spawned, spawned

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client import Client, Row, Value
from scorer_client.unit_table import table_stream

SCORE = "/egov.scorer.v1.ScorerService/ScoreUnit"
RANK = "/egov.scorer.v1.ScorerService/RankProvince"
NOTHING = "/benchmark.Nothing/Noop"
ECHO = "/benchmark.Nothing/Echo"

SIZES = (1_000, 10_000)
IN_FLIGHT = 50
ROUND = 50
"""ScoreUnit calls of a round, each of another unit."""
MOST_ROWS = 1_000
"""Units up to which rows are sent too."""
LARGEST = 100_000
"""Units of the call whose memory is measured."""

LIMIT, QUICK_LIMIT = 12.0, 3.0
"""Seconds that all rounds of one benchmark take together, about: calls are less even than computing is."""
FEWEST, MOST = 5, 60
"""Rounds."""


@pytest.fixture(scope="module")
def service() -> Iterator[Spawned]:
    with spawned(SERVE) as server:
        yield server


@pytest.fixture(scope="module")
def nothing() -> Iterator[Spawned]:
    with spawned(NOOP) as server:
        yield server


class Way:
    """One way of making some calls, and what its rounds took."""

    def __init__(self, calls: int, server: Spawned, make: Callable[[], object]) -> None:
        self.calls, self.make, self.server = calls, make, server
        self.seconds: list[float] = []
        self.cpu = 0.0
        """Seconds of CPU time of the server, over all rounds."""

    def __call__(self) -> None:
        cpu, start = self.server.cpu(), time.perf_counter()
        self.make()
        self.seconds.append((time.perf_counter() - start) / self.calls)
        self.cpu += self.server.cpu() - cpu

    @property
    def median(self) -> float:
        """Seconds a call."""
        return statistics.median(self.seconds)

    @property
    def cpu_a_call(self) -> float:
        """Seconds of CPU time of the server a call."""
        return self.cpu / self.calls / len(self.seconds)


def in_turn(benchmark: Any, config: pytest.Config, units: int, ways: dict[str, Way]) -> None:
    """Times ways that were checked before, round by round; the first one is the benchmark, the others come between.

    Each way that comes between stands in ``medians`` too: they are timed nowhere else.
    """
    (first, ours), *others = ways.items()
    start = time.perf_counter()
    for way in ways.values():
        way.make()
    once = time.perf_counter() - start

    def time_the_others() -> None:
        for _, other in others:
            other()

    limit = QUICK_LIMIT if config.getoption("quick") else LIMIT
    rounds = max(FEWEST, min(MOST, int(limit / once)))
    benchmark.pedantic(ours, setup=time_the_others, rounds=rounds)
    benchmark.extra_info |= {
        "units": units,
        "way": first,
        "medians": {name: way.median for name, way in ways.items()},
        "beside": {name: way.median for name, way in others},
        "ratios": {},
        "versions": {"gRPC": grpc.__version__, "NumPy": np.__version__},
    }


# RankProvince.


def value(answer: pb.Answer) -> Value:
    given: Any = getattr(answer, str(answer.WhichOneof("value")))
    return datetime.date(given.year, given.month, given.day) if answer.HasField("date") else given


def row(message: pb.UnitAnswers) -> Row:
    answers = {code: value(answer) for code, answer in message.answers.items()}
    return Row(message.unit.id, message.unit.tier, answers, not_applicable=list(message.not_applicable_criteria))


class Forms:
    """A province in the forms in which callers have it."""

    def __init__(self, province: Province) -> None:
        self.rows_bytes, self.table_bytes = province.rows, province.table
        self.rows = [row(message) for message in pb.RankProvinceRequest.FromString(self.rows_bytes).rows.units]
        self.code, self.tier = province.set_plan.criteria_set.code, province.cohort.tier
        self.frame = province.arrow.to_pandas(types_mapper=pd.ArrowDtype)
        """As ``pandas.read_parquet`` gives it with the backend pyarrow."""

    def check(self, ranking: Any, order: Sequence[str], ranks: Sequence[int]) -> None:
        """A typed client's results."""
        assert [result.id for result in ranking.units] == order
        assert [result.overall_rank or 0 for result in ranking.units] == ranks


def test_rank_province(
    benchmark: Any,
    pytestconfig: pytest.Config,
    service: Spawned,
    nothing: Spawned,
    province: Callable[[int], Province],
    units: int,
) -> None:
    """As a table."""
    forms = Forms(province(units))
    with (
        grpc.insecure_channel(service.address, LARGE) as channel,
        grpc.insecure_channel(nothing.address, LARGE) as idle,
        Client(service.address) as client,
    ):
        rank, echo = channel.unary_unary(RANK), idle.unary_unary(ECHO)

        def typed() -> pd.DataFrame:
            return client.rank_table(forms.code, forms.frame, tier=forms.tier).to_pandas()

        expected = read(rank(forms.table_bytes))
        assert sorted(expected["id"].to_pylist()) == sorted(forms.frame["id"])
        assert typed()[["id", "points"]].to_dict("list") == expected.select(["id", "points"]).to_pydict()
        assert echo(forms.table_bytes) == forms.table_bytes
        assert typed_echo(echo, forms)["id"].tolist() == forms.frame["id"].tolist()
        ways = {
            "RankProvince table, bytes": Way(1, service, lambda: rank(forms.table_bytes)),
            "RankProvince table, typed": Way(1, service, typed),
            "echo of the table, bytes": Way(1, nothing, lambda: echo(forms.table_bytes)),
            "echo of the table, typed": Way(1, nothing, lambda: typed_echo(echo, forms)),
        }
        in_turn(benchmark, pytestconfig, units, ways)
    note_echo(benchmark, ways, "table, bytes")
    note_echo(benchmark, ways, "table, typed")
    ratio = ways["RankProvince table, typed"].median / ways["RankProvince table, bytes"].median
    benchmark.extra_info["ratios"]["RankProvince table, typed : bytes"] = ratio


def test_rank_province_rows(
    benchmark: Any,
    pytestconfig: pytest.Config,
    service: Spawned,
    nothing: Spawned,
    province: Callable[[int], Province],
    units: int,
) -> None:
    if units > MOST_ROWS:
        pytest.skip(f"rows are sent of up to {MOST_ROWS:,} units")
    forms = Forms(province(units))
    with (
        grpc.insecure_channel(service.address, LARGE) as channel,
        grpc.insecure_channel(nothing.address, LARGE) as idle,
        Client(service.address) as client,
    ):
        rank, echo = channel.unary_unary(RANK), idle.unary_unary(ECHO)
        table = read(rank(forms.table_bytes))
        order, ranks = table["id"].to_pylist(), table["rank"].fill_null(0).to_pylist()
        (cards,) = pb.RankProvinceResponse.FromString(rank(forms.rows_bytes)).rankings
        assert [card.unit.id for card in cards.scorecards] == order
        assert [card.overall.rank for card in cards.scorecards] == ranks
        forms.check(client.rank_province(forms.code, forms.rows).rankings[0], order, ranks)
        assert echo(forms.rows_bytes) == forms.rows_bytes
        ways = {
            "RankProvince rows, bytes": Way(1, service, lambda: rank(forms.rows_bytes)),
            "RankProvince rows, typed": Way(1, service, lambda: client.rank_province(forms.code, forms.rows)),
            "echo of the rows, bytes": Way(1, nothing, lambda: echo(forms.rows_bytes)),
        }
        in_turn(benchmark, pytestconfig, units, ways)
    note_echo(benchmark, ways, "rows, bytes")


def note_echo(benchmark: Any, ways: Mapping[str, Way], what: str) -> None:
    """How many times as long it takes as sending the same bytes back."""
    ratio = ways[f"RankProvince {what}"].median / ways[f"echo of the {what}"].median
    benchmark.extra_info["ratios"][f"RankProvince {what} : echo"] = ratio


def read(reply: bytes) -> pa.Table:
    """The table of the one ranking of a reply."""
    (ranking,) = pb.RankProvinceResponse.FromString(reply).rankings
    with pa.ipc.open_stream(ranking.table.arrow_stream) as reader:
        return reader.read_all()


def typed_echo(echo: Callable[[bytes], bytes], forms: Forms) -> pd.DataFrame:
    """What a typed client does without a service: a frame to bytes, there and back, bytes to a frame."""
    request = pb.RankProvinceRequest(criteria_set=forms.code)
    request.table.arrow_stream = table_stream(forms.frame)
    echoed = pb.RankProvinceRequest.FromString(echo(request.SerializeToString()))
    with pa.ipc.open_stream(echoed.table.arrow_stream) as reader:
        return reader.read_all().to_pandas()


def test_memory(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province]) -> None:
    """The most memory that a large call takes above what an idle server has, as a multiple of the request.

    One of three: what a call leaves behind, the next one finds.
    """
    if pytestconfig.getoption("quick") or pytestconfig.getoption("data"):
        pytest.skip(f"{LARGEST:,} units are drawn, which takes some seconds")
    small, large = province(1_000).table, province(LARGEST).table
    with spawned(SERVE) as server, grpc.insecure_channel(server.address, LARGE) as channel:
        rank = channel.unary_unary(RANK)
        rank(small)  # what the first call takes for good is not this call's
        server.forget_peak()
        idle = server.memory()
        reply = benchmark.pedantic(rank, args=(large,), rounds=3)
        peak = server.peak() - idle
    assert pb.RankProvinceResponse.FromString(reply).rankings[0].unit_count == LARGEST
    benchmark.extra_info |= {
        "units": LARGEST,
        "medians": {},
        "peak_megabytes": peak / 1e6,
        "request_megabytes": len(large) / 1e6,
        "ratios": {"RankProvince table, peak memory : bytes of the request": peak / len(large)},
    }


# ScoreUnit.


def singles(province: Province) -> list[bytes]:
    if province.plan.cohort_criteria:
        pytest.skip(f"criteria {', '.join(province.plan.cohort_criteria)} compare units: none is scored alone")
    return [province.single_of(place % len(province)) for place in range(ROUND)]


def test_score_unit(
    benchmark: Any,
    pytestconfig: pytest.Config,
    service: Spawned,
    nothing: Spawned,
    province: Callable[[int], Province],
) -> None:
    """One call at a time."""
    bodies = singles(province(1_000))
    requests = [pb.ScoreUnitRequest.FromString(body) for body in bodies]
    code, rows = requests[0].criteria_set, [row(request.unit_answers) for request in requests]
    with (
        grpc.insecure_channel(service.address) as channel,
        grpc.insecure_channel(nothing.address) as idle,
        Client(service.address) as client,
    ):
        score, echo, noop = channel.unary_unary(SCORE), idle.unary_unary(ECHO), idle.unary_unary(NOTHING)
        check_cards([score(body) for body in bodies], requests)
        assert [client.score_unit(code, one).id for one in rows] == [one.id for one in rows]
        assert [echo(body) for body in bodies] == bodies
        assert [noop(body) for body in bodies] == [b""] * ROUND
        ways = {
            "ScoreUnit, bytes": Way(ROUND, service, lambda: [score(body) for body in bodies]),
            "ScoreUnit, typed": Way(ROUND, service, lambda: [client.score_unit(code, one) for one in rows]),
            "no-op": Way(ROUND, nothing, lambda: [noop(body) for body in bodies]),
            "echo": Way(ROUND, nothing, lambda: [echo(body) for body in bodies]),
        }
        in_turn(benchmark, pytestconfig, 1, ways)
    note_score_unit(benchmark, ways["ScoreUnit, bytes"], ways["no-op"], "1 in flight")


def test_score_unit_in_flight(
    benchmark: Any,
    pytestconfig: pytest.Config,
    service: Spawned,
    nothing: Spawned,
    province: Callable[[int], Province],
) -> None:
    """Fifty calls at a time: what a server gets through."""
    how, bodies = f"{IN_FLIGHT} in flight", singles(province(1_000)) * 4

    async def all_of(method: Any) -> list[bytes]:
        left, replies = iter(enumerate(bodies)), [b""] * len(bodies)

        async def caller() -> None:
            for at, body in left:
                replies[at] = await method(body)

        await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
        return replies

    async def connect(server: Spawned) -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(server.address)

    with asyncio.Runner() as runner:
        channel, idle = runner.run(connect(service)), runner.run(connect(nothing))
        score, noop = channel.unary_unary(SCORE), idle.unary_unary(NOTHING)
        check_cards(runner.run(all_of(score)), [pb.ScoreUnitRequest.FromString(body) for body in bodies])
        assert runner.run(all_of(noop)) == [b""] * len(bodies)
        ways = {
            f"ScoreUnit, bytes, {how}": Way(len(bodies), service, lambda: runner.run(all_of(score))),
            f"no-op, {how}": Way(len(bodies), nothing, lambda: runner.run(all_of(noop))),
        }
        in_turn(benchmark, pytestconfig, 1, ways)
        runner.run(channel.close())
        runner.run(idle.close())
    note_score_unit(benchmark, ways[f"ScoreUnit, bytes, {how}"], ways[f"no-op, {how}"], how)


def check_cards(replies: Sequence[bytes], requests: Sequence[pb.ScoreUnitRequest]) -> None:
    for reply, request in zip(replies, requests, strict=True):
        card = pb.ScoreUnitResponse.FromString(reply).scorecard
        assert card.unit.id == request.unit_answers.unit.id
        assert card.overall.score.max_points > 0


def note_score_unit(benchmark: Any, ours: Way, noop: Way, how: str) -> None:
    benchmark.extra_info["server_cpu"] = {"ScoreUnit": ours.cpu_a_call, "no-op": noop.cpu_a_call}
    benchmark.extra_info["ratios"] |= {
        f"ScoreUnit : no-op, {how}": ours.median / noop.median,
        f"ScoreUnit : no-op, server CPU, {how}": ours.cpu_a_call / noop.cpu_a_call,
    }
