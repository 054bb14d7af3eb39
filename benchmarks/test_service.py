"""Times calls over the loopback interface, compared with calls to a server that does no work.

All variants of a ratio are timed alternately, after their replies were checked. Clients named "bytes" send and receive
bytes. Clients named "typed" use scorer_client, from rows to results or from pandas frames to pandas frames. A round has
one or more calls; ``medians`` are in seconds per call.
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
from load_clients import MESSAGE_LIMITS
from province import Province
from server_process import NOOP, SERVE, Spawned, spawned

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client import Client, Row, Value
from scorer_client.unit_table import table_stream

SCORE = "/egov.scorer.v1.ScorerService/ScoreUnit"
RANK = "/egov.scorer.v1.ScorerService/RankProvince"
NOTHING = "/benchmark.Nothing/Noop"
ECHO = "/benchmark.Nothing/Echo"

SIZES = (1_000, 10_000)
IN_FLIGHT = 50
CALLS_PER_ROUND = 50
"""Number of ScoreUnit calls in a round, each with another unit."""
MAX_ROWS = 1_000
"""Maximum number of units that are sent as rows."""
MEMORY_UNITS = 100_000
"""Number of units of the call whose memory is measured."""

SECONDS, QUICK_SECONDS = 12.0, 3.0
"""Approximate duration of all rounds of one benchmark, in seconds. Calls vary more than computations, so it is longer
than in the other suites."""
MIN_ROUNDS, MAX_ROUNDS = 5, 60


@pytest.fixture(scope="module")
def service() -> Iterator[Spawned]:
    with spawned(("env", f"SCORER_LIMITS__CALLS_EACH={IN_FLIGHT}", *SERVE)) as server:  # all calls have one caller
        yield server


@pytest.fixture(scope="module")
def nothing() -> Iterator[Spawned]:
    with spawned(NOOP) as server:
        yield server


class Variant:
    """One way to make the calls of a round, and the duration of its rounds."""

    def __init__(self, calls: int, server: Spawned, make: Callable[[], object]) -> None:
        self.calls, self.make, self.server = calls, make, server
        self.seconds: list[float] = []
        self.cpu = 0.0
        """CPU time of the server in seconds, over all rounds."""

    def __call__(self) -> None:
        cpu, start = self.server.cpu(), time.perf_counter()
        self.make()
        self.seconds.append((time.perf_counter() - start) / self.calls)
        self.cpu += self.server.cpu() - cpu

    @property
    def median(self) -> float:
        """Seconds per call."""
        return statistics.median(self.seconds)

    @property
    def cpu_per_call(self) -> float:
        """CPU time of the server per call, in seconds."""
        return self.cpu / self.calls / len(self.seconds)


def in_turn(benchmark: Any, config: pytest.Config, units: int, variants: dict[str, Variant]) -> None:
    """Times variants alternately. The first is the benchmark of pytest-benchmark; the others run between its rounds.

    Writes the medians of all variants to the results.
    """
    (first, first_variant), *others = variants.items()
    start = time.perf_counter()
    for variant in variants.values():
        variant.make()
    round_seconds = time.perf_counter() - start

    def time_the_others() -> None:
        for _, other in others:
            other()

    limit = QUICK_SECONDS if config.getoption("quick") else SECONDS
    rounds = max(MIN_ROUNDS, min(MAX_ROUNDS, int(limit / round_seconds)))
    benchmark.pedantic(first_variant, setup=time_the_others, rounds=rounds)
    benchmark.extra_info |= {
        "units": units,
        "variant": first,
        "medians": {name: variant.median for name, variant in variants.items()},
        "others": {name: variant.median for name, variant in others},
        "ratios": {},
        "versions": {"gRPC": grpc.__version__, "NumPy": np.__version__},
    }


# RankProvince.


def value(answer: pb.Answer) -> Value:
    content: Any = getattr(answer, str(answer.WhichOneof("value")))
    return datetime.date(content.year, content.month, content.day) if answer.HasField("date") else content


def row(message: pb.UnitAnswers) -> Row:
    answers = {code: value(answer) for code, answer in message.answers.items()}
    return Row(message.unit.id, message.unit.tier, answers, not_applicable=list(message.not_applicable_criteria))


class Forms:
    """A province as request messages, rows and a data frame."""

    def __init__(self, province: Province) -> None:
        self.rows_bytes, self.table_bytes = province.rows, province.table
        self.rows = [row(message) for message in pb.RankProvinceRequest.FromString(self.rows_bytes).rows.units]
        self.code, self.tier = province.set_plan.criteria_set.code, province.cohort.tier
        self.frame = province.arrow.to_pandas(types_mapper=pd.ArrowDtype)
        """The data frame, in the form that ``pandas.read_parquet`` returns with the backend pyarrow."""

    def check(self, ranking: Any, order: Sequence[str], ranks: Sequence[int]) -> None:
        """Checks the results of a typed client."""
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
    """Sends a table."""
    forms = Forms(province(units))
    with (
        grpc.insecure_channel(service.address, MESSAGE_LIMITS) as channel,
        grpc.insecure_channel(nothing.address, MESSAGE_LIMITS) as idle,
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
        variants = {
            "RankProvince table, bytes": Variant(1, service, lambda: rank(forms.table_bytes)),
            "RankProvince table, typed": Variant(1, service, typed),
            "echo of the table, bytes": Variant(1, nothing, lambda: echo(forms.table_bytes)),
            "echo of the table, typed": Variant(1, nothing, lambda: typed_echo(echo, forms)),
        }
        in_turn(benchmark, pytestconfig, units, variants)
    add_echo_ratio(benchmark, variants, "table, bytes")
    add_echo_ratio(benchmark, variants, "table, typed")
    ratio = variants["RankProvince table, typed"].median / variants["RankProvince table, bytes"].median
    benchmark.extra_info["ratios"]["RankProvince table, typed : bytes"] = ratio


def test_rank_province_rows(
    benchmark: Any,
    pytestconfig: pytest.Config,
    service: Spawned,
    nothing: Spawned,
    province: Callable[[int], Province],
    units: int,
) -> None:
    if units > MAX_ROWS:
        pytest.skip(f"rows are timed up to {MAX_ROWS:,} units")
    forms = Forms(province(units))
    with (
        grpc.insecure_channel(service.address, MESSAGE_LIMITS) as channel,
        grpc.insecure_channel(nothing.address, MESSAGE_LIMITS) as idle,
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
        variants = {
            "RankProvince rows, bytes": Variant(1, service, lambda: rank(forms.rows_bytes)),
            "RankProvince rows, typed": Variant(1, service, lambda: client.rank_province(forms.code, forms.rows)),
            "echo of the rows, bytes": Variant(1, nothing, lambda: echo(forms.rows_bytes)),
        }
        in_turn(benchmark, pytestconfig, units, variants)
    add_echo_ratio(benchmark, variants, "rows, bytes")


def add_echo_ratio(benchmark: Any, variants: Mapping[str, Variant], name: str) -> None:
    """Adds the ratio of a call to the echo of the same bytes."""
    ratio = variants[f"RankProvince {name}"].median / variants[f"echo of the {name}"].median
    benchmark.extra_info["ratios"][f"RankProvince {name} : echo"] = ratio


def read(reply: bytes) -> pa.Table:
    """The table of the one ranking of a reply."""
    (ranking,) = pb.RankProvinceResponse.FromString(reply).rankings
    with pa.ipc.open_stream(ranking.table.arrow_stream) as reader:
        return reader.read_all()


def typed_echo(echo: Callable[[bytes], bytes], forms: Forms) -> pd.DataFrame:
    """The work of a typed client alone: a frame to bytes, an echo, bytes to a frame."""
    request = pb.RankProvinceRequest(criteria_set=forms.code)
    request.table.arrow_stream = table_stream(forms.frame)
    echoed = pb.RankProvinceRequest.FromString(echo(request.SerializeToString()))
    with pa.ipc.open_stream(echoed.table.arrow_stream) as reader:
        return reader.read_all().to_pandas()


def test_memory(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province]) -> None:
    """Measures the largest memory of large calls above that of an idle server, as a multiple of the request.

    There are three calls, because memory that one call leaves allocated can add to that of the next one.
    """
    if pytestconfig.getoption("quick") or pytestconfig.getoption("data"):
        pytest.skip(f"{MEMORY_UNITS:,} units are drawn, which takes several seconds")
    small, large = province(1_000).table, province(MEMORY_UNITS).table
    with spawned(SERVE) as server, grpc.insecure_channel(server.address, MESSAGE_LIMITS) as channel:
        rank = channel.unary_unary(RANK)
        rank(small)  # the first call allocates memory that stays
        server.reset_peak()
        idle = server.memory()
        reply = benchmark.pedantic(rank, args=(large,), rounds=3)
        peak = server.peak() - idle
    assert pb.RankProvinceResponse.FromString(reply).rankings[0].unit_count == MEMORY_UNITS
    benchmark.extra_info |= {
        "units": MEMORY_UNITS,
        "medians": {},
        "peak_megabytes": peak / 1e6,
        "request_megabytes": len(large) / 1e6,
        "ratios": {"RankProvince table, peak memory : bytes of the request": peak / len(large)},
    }


# ScoreUnit.


def singles(province: Province) -> list[bytes]:
    if province.plan.cohort_criteria:
        pytest.skip(
            f"criteria {', '.join(province.plan.cohort_criteria)} compare units, so units cannot be scored alone"
        )
    return [province.single_of(index % len(province)) for index in range(CALLS_PER_ROUND)]


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
        assert [noop(body) for body in bodies] == [b""] * CALLS_PER_ROUND
        variants = {
            "ScoreUnit, bytes": Variant(CALLS_PER_ROUND, service, lambda: [score(body) for body in bodies]),
            "ScoreUnit, typed": Variant(
                CALLS_PER_ROUND, service, lambda: [client.score_unit(code, one) for one in rows]
            ),
            "no-op": Variant(CALLS_PER_ROUND, nothing, lambda: [noop(body) for body in bodies]),
            "echo": Variant(CALLS_PER_ROUND, nothing, lambda: [echo(body) for body in bodies]),
        }
        in_turn(benchmark, pytestconfig, 1, variants)
    add_score_unit_ratios(benchmark, variants["ScoreUnit, bytes"], variants["no-op"], "1 in flight")


def test_score_unit_in_flight(
    benchmark: Any,
    pytestconfig: pytest.Config,
    service: Spawned,
    nothing: Spawned,
    province: Callable[[int], Province],
) -> None:
    """Fifty calls at a time."""
    mode, bodies = f"{IN_FLIGHT} in flight", singles(province(1_000)) * 4

    async def all_of(method: Any) -> list[bytes]:
        pending, replies = iter(enumerate(bodies)), [b""] * len(bodies)

        async def caller() -> None:
            for index, body in pending:
                replies[index] = await method(body)

        await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
        return replies

    async def connect(server: Spawned) -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(server.address)

    with asyncio.Runner() as runner:
        channel, idle = runner.run(connect(service)), runner.run(connect(nothing))
        score, noop = channel.unary_unary(SCORE), idle.unary_unary(NOTHING)
        check_cards(runner.run(all_of(score)), [pb.ScoreUnitRequest.FromString(body) for body in bodies])
        assert runner.run(all_of(noop)) == [b""] * len(bodies)
        variants = {
            f"ScoreUnit, bytes, {mode}": Variant(len(bodies), service, lambda: runner.run(all_of(score))),
            f"no-op, {mode}": Variant(len(bodies), nothing, lambda: runner.run(all_of(noop))),
        }
        in_turn(benchmark, pytestconfig, 1, variants)
        runner.run(channel.close())
        runner.run(idle.close())
    add_score_unit_ratios(benchmark, variants[f"ScoreUnit, bytes, {mode}"], variants[f"no-op, {mode}"], mode)


def check_cards(replies: Sequence[bytes], requests: Sequence[pb.ScoreUnitRequest]) -> None:
    for reply, request in zip(replies, requests, strict=True):
        card = pb.ScoreUnitResponse.FromString(reply).scorecard
        assert card.unit.id == request.unit_answers.unit.id
        assert card.overall.score.max_points > 0


def add_score_unit_ratios(benchmark: Any, score: Variant, noop: Variant, mode: str) -> None:
    benchmark.extra_info["server_cpu"] = {"ScoreUnit": score.cpu_per_call, "no-op": noop.cpu_per_call}
    benchmark.extra_info["ratios"] |= {
        f"ScoreUnit : no-op, {mode}": score.median / noop.median,
        f"ScoreUnit : no-op, server CPU, {mode}": score.cpu_per_call / noop.cpu_per_call,
    }
