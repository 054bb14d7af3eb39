"""Numbers that are taken out of a request's bytes: what is left and they are what protobuf reads from the whole."""

from __future__ import annotations

import math
import struct

import pytest
from damaged import damaged
from google.protobuf.message import DecodeError, Message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.service.unpacking import FieldPath, take_numbers

PATH = FieldPath.of(pb.RankProvinceRequest, ("table", "number_columns", "numbers"))

doubles = st.lists(st.one_of(st.floats(width=64), st.sampled_from([math.nan, math.inf, -0.0])), max_size=40)
words = st.lists(st.text(max_size=8), max_size=4)


@st.composite
def requests(draw: st.DrawFn) -> pb.RankProvinceRequest:
    """Requests with a block of numbers, and anything around it."""
    table = pb.UnitTable(
        unit_columns=pb.UnitColumns(ids=draw(words), tiers=draw(words)),
        units=[pb.Unit(id=word) for word in draw(words)],
        columns=[pb.Column(indicator=word, numbers=draw(doubles)) for word in draw(words)],
        criterion_exclusions=[pb.CriterionExclusion(criterion_id=word, unit_places=[1, 300]) for word in draw(words)],
        number_columns=pb.NumberColumns(indicators=draw(words), numbers=draw(doubles)),
    )
    return pb.RankProvinceRequest(
        province=draw(st.text(max_size=200)),
        page_size=draw(st.sampled_from([0, 7, -1])),
        page_token=draw(st.text(max_size=8)),
        table=table,
    )


def read(data: bytes) -> Message | None:
    try:
        return pb.RankProvinceRequest.FromString(data)
    except DecodeError:
        return None


def put_together(rest: bytes, numbers: memoryview) -> Message | None:
    """The message of both; None when the rest is none."""
    message = pb.RankProvinceRequest()
    try:
        message.ParseFromString(rest)
    except DecodeError:
        return None
    if message.WhichOneof("source") == "table":
        assert not message.table.number_columns.numbers
        message.table.number_columns.numbers.extend(struct.unpack(f"<{len(numbers) // 8}d", numbers))
    return message


def assert_same_as_whole(data: bytes) -> bool:
    """Whether the bytes could be taken apart; then both together are the whole, or both are unreadable."""
    apart = take_numbers(data, PATH)
    if apart is None:
        return False
    found, whole = put_together(*apart), read(data)
    assert (found is None) == (whole is None)
    if found is not None and whole is not None:
        assert found.SerializeToString(deterministic=True) == whole.SerializeToString(deterministic=True)
    return True


@given(requests())
def test_what_is_taken_apart_makes_the_whole(request: pb.RankProvinceRequest) -> None:
    assert assert_same_as_whole(request.SerializeToString()) == bool(request.table.number_columns.numbers)


@settings(max_examples=500)
@given(damaged(requests()))
def test_damaged_bytes_are_as_readable_apart_as_they_are_whole(data: bytes) -> None:
    assert_same_as_whole(data)


@example(b"\x80" * 100)
@example(b"\x2a\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
@given(st.binary(max_size=60))
def test_any_bytes_may_come(data: bytes) -> None:
    assert_same_as_whole(data)


BLOCK = pb.NumberColumns(indicators=["a"], numbers=[1, 2])
TABLE = pb.UnitTable(number_columns=BLOCK)
ONE_BY_ONE = b"".join(b"\x11" + struct.pack("<d", number) for number in (1, 2))


def nested(*fields: tuple[int, bytes]) -> bytes:
    """Messages in one another: field numbers and what stands before the next one."""
    data = b""
    for number, before in reversed(fields):
        data = bytes([number << 3 | 2, len(before + data)]) + before + data
    return data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(pb.RankProvinceRequest(rows=pb.UnitRows(units=[pb.UnitAnswers()])).SerializeToString(), id="rows"),
        pytest.param(pb.RankProvinceRequest(table=TABLE).SerializeToString() * 2, id="two tables, which are merged"),
        pytest.param(nested((5, TABLE.SerializeToString()), (6, BLOCK.SerializeToString())), id="two blocks"),
        pytest.param(nested((5, b""), (6, BLOCK.SerializeToString()), (2, bytes(8))), id="two lists of numbers"),
        pytest.param(nested((5, b""), (6, ONE_BY_ONE)), id="not packed"),
        pytest.param(nested((5, b""), (6, ONE_BY_ONE), (2, bytes(8))), id="packed and not packed"),
        pytest.param(nested((5, b""), (6, b""), (2, bytes(7))), id="no whole number of doubles"),
        pytest.param(nested((5, b""), (6, b""), (2, bytes(8)))[:-1], id="cut off"),
        pytest.param(b"\x0b\x0c" + pb.RankProvinceRequest(table=TABLE).SerializeToString(), id="an old group"),
    ],
)
def test_what_is_not_as_usual_is_left_as_it_came(data: bytes) -> None:
    assert take_numbers(data, PATH) is None


def test_many_fields_are_passed_over() -> None:
    assert assert_same_as_whole(b"\x0a\x00" * 50_000 + pb.RankProvinceRequest(table=TABLE).SerializeToString())


def test_a_field_of_a_kind_that_is_not_known_yet_stays() -> None:
    unknown = b"\xa0\x06\x07" + b"\xa1\x06" + bytes(8) + b"\xa5\x06" + bytes(4)  # field 100: varint, 8 bytes, 4 bytes
    for data in (
        nested((5, unknown), (6, unknown), (2, bytes(16))),
        unknown + nested((5, b""), (6, b""), (2, bytes(16))),
    ):
        assert assert_same_as_whole(data + unknown)
