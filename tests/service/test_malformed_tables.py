"""Malformed tables are refused with their place or answered correctly, and memory does not grow."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pyarrow as pa
import pytest
from arrow_tables import column, stream
from harness import Refused
from malformed_tables import (
    END,
    MIB,
    big_endian,
    compressed_as_by_arrow_0_17,
    cut,
    cut_after_an_end_mark,
    deep,
    dictionary,
    dictionary_that_grows,
    file_format,
    long_text_in_every_batch,
    many_batches,
    overlapping_lists,
    renamed,
    schema_only,
    texts,
    units,
    views,
    wild_null_views,
)
from processes import Serving, serve, until

from egov.scorer.v1 import scorer_pb2 as pb
from egov.scorer.v1 import scorer_pb2_grpc

MUTATIONS = int(os.environ.get("TEST_MUTATIONS", "600"))
"""Damaged streams; 100,000 for the long run."""
GROWTH = 48 * MIB
"""What the server may keep in memory beyond what it had: gRPC's and Arrow's allocators keep some for later calls."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serve(tmp_path_factory.mktemp("server")) as serving:
        yield serving


def rank(server: Serving, data: bytes) -> dict[str, str] | list[str]:
    """The reasons of a refusal by field, or the ids in ranking order."""
    request = pb.RankProvinceRequest(criteria_set="hue-2020", tier="district", table=pb.UnitTable(arrow_stream=data))
    with server.channel() as channel:
        try:
            reply = scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince(request, timeout=60)
        except grpc.RpcError as error:
            refused = Refused(error)
            return refused.fields or {refused.code.name: refused.info.reason}
    return column(reply.rankings[0], "id")


def resident(server: Serving) -> int:
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak(server: Serving) -> int:
    [line] = [
        line
        for line in Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii").splitlines()
        if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024


ZEROS = units(100_000, infrastructure_awarded=[0.0] * 100_000)
STREAM = "table.arrow_stream"
AWARDED = 'table["infrastructure_awarded"]'
EXCLUSIONS = 'table["not_applicable"]'

HOSTILE: dict[str, tuple[Callable[[], bytes], dict[str, str] | list[str]]] = {
    "no bytes": (lambda: b"", {STREAM: "BAD_STREAM"}),
    "noise": (lambda: random.Random(1).randbytes(5_000), {STREAM: "BAD_STREAM"}),
    "a file, not a stream": (file_format, {STREAM: "BAD_STREAM"}),
    "a length of 2 GiB": (lambda: b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(64), {STREAM: "BAD_STREAM"}),
    "cut between two batches": (lambda: cut(6, 3), {STREAM: "BAD_STREAM"}),
    "cut 2 bytes after a batch": (lambda: cut(6, 3, 2), {STREAM: "BAD_STREAM"}),
    "cut 4 bytes after a batch": (lambda: cut(6, 3, 4), {STREAM: "BAD_STREAM"}),
    "cut before the end mark": (lambda: stream(units(2)).removesuffix(END), {STREAM: "BAD_STREAM"}),
    "cut after numbers like an end mark": (cut_after_an_end_mark, {STREAM: "BAD_STREAM"}),
    "two streams": (lambda: stream(units(2)) * 2, {STREAM: "BAD_STREAM"}),
    "bytes after the end": (lambda: stream(units(2)) + b"\xff" * 500, {STREAM: "BAD_STREAM"}),
    "the format before Arrow 0.15": (
        lambda: stream(units(2), use_legacy_format=True), ["u000000", "u000001"],
    ),
    "no batches": (schema_only, {"table": "REQUIRED"}),
    "no rows": (lambda: stream(units(0)), {"table": "REQUIRED"}),
    "a thousand batches": (lambda: many_batches(1_000, 1_000), [f"u{n:06}" for n in range(1_000)]),
    "empty batches": (lambda: many_batches(3, 900), ["u000000", "u000001", "u000002"]),
    "ten thousand batches": (lambda: many_batches(10_000, 10_000), {STREAM: "TOO_MANY_BATCHES"}),
    "ten thousand columns": (
        lambda: stream(units(1, **{f"c{n}": [1] for n in range(10_000)})), {"table": "TOO_MANY"},
    ),
    "compressed zeros": (lambda: stream(ZEROS, compression="zstd"), {STREAM: "COMPRESSED"}),
    "compressed dictionary": (
        lambda: stream(units(2, name=dictionary([0, 1], pa.array(["a" * MIB, "b"]))), compression="lz4"),
        {STREAM: "COMPRESSED"},
    ),
    "compressed as by Arrow 0.17": (lambda: compressed_as_by_arrow_0_17(100_000), {STREAM: "COMPRESSED"}),
    "rows without memory": (
        lambda: stream(pa.table({"id": pa.nulls(2**30)})), {"RESOURCE_EXHAUSTED": "TOO_MANY_UNITS"},
    ),
    "one unit too many": (lambda: stream(units(100_001)), {"RESOURCE_EXHAUSTED": "TOO_MANY_UNITS"}),
    "130 MB": (lambda: stream(units(1, name=["x" * (130 * 10**6 + 5 * MIB)])),
               {"RESOURCE_EXHAUSTED": "REQUEST_TOO_LARGE"}),
    "a name of 100 MB": (lambda: stream(units(1, name=["x" * (100 * MIB)])), {'table["name"][0]': "BAD_TEXT"}),
    "views of nulls that point anywhere": (
        lambda: stream(units(4, name=wild_null_views("a", None, "a name of many letters", None),
                             parent=wild_null_views(None, "b", None, "c")).slice(1)), [f"u{n:06}" for n in (1, 2, 3)],
    ),
    "views of nulls in lists": (
        lambda: stream(units(2, not_applicable=pa.ListArray.from_arrays([0, 1, 2], wild_null_views("INF.02", None)))),
        {'table["not_applicable"][1]': "UNKNOWN_CRITERION"},
    ),
    "views of nulls in a dictionary": (
        lambda: stream(units(2, name=dictionary([1, 0], wild_null_views("a", None)))), ["u000000", "u000001"],
    ),
    "views of one long text": (
        lambda: stream(units(50_000, name=views(50_000, MIB))), {'table["name"]': "TEXTS_TOO_LARGE"},
    ),
    "views of one text that take days to validate": (
        lambda: stream(units(100_000, name=views(100_000, 8 * MIB))), {'table["name"]': "TEXTS_TOO_LARGE"},
    ),
    "numbers that are views of one long text": (
        lambda: stream(units(50_000, infrastructure_awarded=views(50_000, 8 * MIB))), {AWARDED: "WRONG_TYPE"},
    ),
    "lists of views of one long text": (
        lambda: stream(units(1, infrastructure_awarded=pa.ListArray.from_arrays([0, 50_000], views(50_000, 8 * MIB)))),
        {AWARDED: "WRONG_TYPE"},
    ),
    "exclusions that are views of one long text": (
        lambda: stream(units(50_000, not_applicable=pa.ListArray.from_arrays(
            range(50_001), views(50_000, 8 * MIB)))), {EXCLUSIONS: "TEXTS_TOO_LARGE"},
    ),
    "big-endian": (big_endian, {STREAM: "BIG_ENDIAN"}),
    "a long text in a dictionary": (
        lambda: stream(units(50_000, name=dictionary([0] * 50_000, pa.array(["x" * MIB])))),
        {'table["name"]': "TEXTS_TOO_LARGE"},
    ),
    "views of one long text in a dictionary": (
        lambda: stream(units(1, name=dictionary([0], views(50_000, MIB)))), {'table["name"]': "TEXTS_TOO_LARGE"},
    ),
    "lists that overlap": (
        lambda: stream(units(50_000, not_applicable=overlapping_lists(50_000, 50_000))), {EXCLUSIONS: "TOO_MANY"},
    ),
    "lists that share one long text": (
        lambda: stream(units(1_000, not_applicable=overlapping_lists(1_000, 1, "x" * MIB))),
        {EXCLUSIONS: "SHARED_ENTRIES"},
    ),
    "one long text in many batches": (long_text_in_every_batch, {'table["name"]': "TEXTS_TOO_LARGE"}),
    "a large dictionary that grows": (lambda: dictionary_that_grows(100_000, 500), {STREAM: "DICTIONARIES_TOO_LARGE"}),
    "a small dictionary that grows": (lambda: dictionary_that_grows(2, 9), [f"u{n}" for n in range(9)]),
    "index beyond a dictionary": (
        lambda: stream(units(2, name=dictionary([0, 7], pa.array(["a", "b"])))), {'table["name"]': "BAD_STREAM"},
    ),
    "index before a dictionary": (
        lambda: stream(units(2, name=dictionary([0, -1], pa.array(["a", "b"])))), {'table["name"]': "BAD_STREAM"},
    ),
    "not UTF-8": (lambda: stream(units(2, name=texts(b"a", b"\xff\xfe"))), {'table["name"]': "BAD_STREAM"}),
    "an id that is not UTF-8": (lambda: stream(pa.table({"id": texts(b"\xc3\x28")})), {'table["id"]': "BAD_STREAM"}),
    "a column whose name is not UTF-8": (
        lambda: renamed(units(1, awarded_points=[1.0]), b"awarded_points", b"awarded_\xff\xff\xff\xff\xff\xff"),
        {STREAM: "BAD_STREAM"},
    ),
    "lists of lists": (lambda: stream(units(1, infrastructure_awarded=pa.nulls(1, deep(60)))), ["u000000"]),
    "lists that hold something": (
        lambda: stream(units(1, infrastructure_awarded=pa.array([[[1]]], deep(2)))), {AWARDED: "WRONG_TYPE"},
    ),
    "structures": (lambda: stream(units(1, infrastructure_awarded=[{"a": 1}])), {AWARDED: "WRONG_TYPE"}),
    "runs": (
        lambda: stream(units(2, infrastructure_awarded=pa.RunEndEncodedArray.from_arrays([2], [1.0]))),
        {AWARDED: "WRONG_TYPE"},
    ),
    "bytes": (lambda: stream(pa.table({"id": [b"u"]})), {'table["id"]': "WRONG_TYPE"}),
    "an extension type": (
        lambda: stream(units(1, infrastructure_awarded=pa.array([1], pa.int8()).cast(pa.bool8()))),
        {AWARDED: "WRONG_TYPE"},
    ),
}  # fmt: skip


LARGE = (
    "130 MB", "a name of 100 MB", "views of one long text", "choices that are views of one long text",
    "views of one long text in a dictionary", "a large dictionary that grows",
)  # fmt: skip
"""Tables that take the server seconds."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in LARGE else name for name in HOSTILE]
)
def test_a_hostile_table_is_refused_with_its_column_or_answered(server: Serving, name: str) -> None:
    build, expected = HOSTILE[name]
    data = build()
    assert rank(server, data) == expected
    assert rank(server, stream(units(2))) == ["u000000", "u000001"]
    before = resident(server)
    for _ in range(3):
        assert rank(server, data) == expected
    # The bytes of the last request may still be there.
    until(lambda: resident(server) - before < GROWTH + len(data), "memory does not come back")


def test_a_compressed_table_is_never_expanded(server: Serving) -> None:
    numbers = {f"c{n}": ZEROS["infrastructure_awarded"] for n in range(100)}
    bomb = stream(pa.table(numbers), compression="zstd")
    assert len(bomb) < MIB // 8
    before = peak(server)
    assert rank(server, bomb) == {STREAM: "COMPRESSED"}
    assert peak(server) - before < GROWTH


@pytest.mark.long
@pytest.mark.parametrize(
    "build",
    [
        long_text_in_every_batch,
        lambda: dictionary_that_grows(100_000, 500),
        lambda: stream(units(2_000, not_applicable=overlapping_lists(2_000, 1, "x" * MIB))),
    ],
    ids=["one text in many batches", "a dictionary that grows", "lists that share a text"],
)
def test_expansion_of_shared_texts_is_limited(server: Serving, build: Callable[[], bytes]) -> None:
    """Each of these streams has 1 to 7 MiB, and one to two GiB when every text is written out."""
    data = build()
    before = peak(server)
    rank(server, data)
    assert peak(server) - before < 2 * 128 * MIB + GROWTH


def damaged(rng: random.Random, data: bytes) -> bytes:
    """A stream cut short, or with bytes changed, removed or repeated."""
    if rng.random() < 0.2:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(len(changed))
        how = rng.random()
        if how < 0.7:
            changed[at] ^= 1 << rng.randrange(8)
        elif how < 0.85:
            changed[at : at + 8] = rng.randbytes(8)
        else:
            changed[at : at + rng.randrange(9)] = changed[: rng.randrange(9)]
    return bytes(changed)


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_damaged_streams_never_break_the_server(server: Serving) -> None:
    """Every reply is a ranking or a refusal with its place, never INTERNAL, and memory does not grow."""
    rng = random.Random(20200630)
    good = units(
        6,
        name=pa.array(["Huế", None, "A Lưới", "b", "c", "d"]).dictionary_encode(),
        parent=pa.array(["p", None, "q", "a long id of a parent", None, "p"], pa.string_view()),
        not_applicable=pa.array([["INF.02"], None, [], [], [], []]),
        policy_environment_awarded=[14.5, None, 13.0, 1.0, 2.0, 3.0],
        infrastructure_awarded=pa.array([20, 19, 18, 17, None, 3], pa.int16()),
        human_resources_awarded=pa.array([8, 7, 6, 5, 4, 3], pa.decimal128(9, 3)),
    )
    sources = [stream(good), stream(pa.concat_tables([good.slice(0, 2), good.slice(2, 4)])), stream(units(3))]
    codes: Counter[str] = Counter()
    with server.channel() as channel:
        call = scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince
        started = 0
        for n in range(MUTATIONS):
            if n == MUTATIONS // 3:
                started = resident(server)
            table = pb.UnitTable(arrow_stream=damaged(rng, rng.choice(sources)))
            try:
                call(pb.RankProvinceRequest(criteria_set="hue-2020", tier="district", table=table), timeout=60)
                codes["OK"] += 1
            except grpc.RpcError as error:
                codes[error.code().name] += 1
    assert set(codes) <= {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}
    assert codes["OK"] > MUTATIONS // 50
    assert codes["INVALID_ARGUMENT"] > MUTATIONS // 4
    assert resident(server) - started < GROWTH
    assert "Traceback" not in server.log
    assert rank(server, stream(units(2))) == ["u000000", "u000001"]
