"""Answers of rows that are taken out of a request's bytes: nobody can tell from the result."""

from __future__ import annotations

import datetime
import math
import struct
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from damaged import damaged
from google.protobuf.message import DecodeError
from google.type import date_pb2
from harness import catalogue, good, host
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tested import INFRASTRUCTURE, TESTED

from egov.scorer.v1 import scorer_pb2 as pb
from scorer import compiled
from scorer.findings import Findings
from scorer.indicators import days
from scorer.plan import SetPlan
from scorer.service.answers import RowPlaces, rows_sheet
from scorer.service.unpacking import ApartRows, FieldPath, take_answers

ROWS = FieldPath.of(pb.RankProvinceRequest, ("rows", "units", "answers"))
ROW = FieldPath.of(pb.ScoreUnitRequest, ("unit_answers", "answers"))

PLAN: SetPlan = next(iter(good(catalogue(host(INFRASTRUCTURE), TESTED)).sets.values()))

usual = st.one_of(
    st.builds(pb.Answer, number=st.floats()),
    st.builds(pb.Answer, flag=st.booleans()),
    st.builds(pb.Answer, choice=st.sampled_from(["chairman", "deputy", "nobody"])),
    st.dates().map(lambda day: pb.Answer(date=date_pb2.Date(year=day.year, month=day.month, day=day.day))),
)
odd = st.one_of(
    st.builds(pb.Answer),
    st.builds(pb.Answer, choice=st.text(max_size=150)),
    st.builds(
        lambda year, month, day: pb.Answer(date=date_pb2.Date(year=year, month=month, day=day)),
        st.integers(-1, 10_000), st.integers(-1, 13), st.integers(-1, 32),
    ),
)  # fmt: skip
RIGHT: Mapping[str, st.SearchStrategy[pb.Answer]] = {
    **dict.fromkeys(("computers", "staff", "online", "files", "awarded"), st.builds(pb.Answer, number=st.floats(0, 9))),
    "firewall": st.builds(pb.Answer, flag=st.booleans()),
    "head": st.builds(pb.Answer, choice=st.sampled_from(["chairman", "deputy", "nobody"])),
    "issued": st.dates(datetime.date(2019, 1, 1), datetime.date(2021, 1, 1)).map(
        lambda day: pb.Answer(date=date_pb2.Date(year=day.year, month=day.month, day=day.day))
    ),
}
codes = st.one_of(st.sampled_from(list(RIGHT)), st.text(max_size=4), st.text(min_size=125, max_size=130))
answers = st.one_of(
    st.fixed_dictionaries({}, optional=dict(RIGHT)),
    st.dictionaries(codes, st.one_of(usual, odd), max_size=6),
)


@st.composite
def unit_answers(draw: st.DrawFn) -> pb.UnitAnswers:
    """A row of which anything may be wrong."""
    unit = pb.Unit(id=draw(st.text(max_size=3)), name=draw(st.text(max_size=150)), tier="district")
    left_out = draw(st.lists(st.sampled_from(["INF.02", "INF.99"]), max_size=3))
    return pb.UnitAnswers(unit=unit, answers=draw(answers), not_applicable_criteria=left_out)


@st.composite
def requests(draw: st.DrawFn) -> pb.RankProvinceRequest:
    """Requests with rows, and anything around them."""
    return pb.RankProvinceRequest(
        province=draw(st.text(max_size=200)),
        page_token=draw(st.text(max_size=8)),
        rows=pb.UnitRows(units=draw(st.lists(unit_answers(), max_size=4))),
    )


def put_together(apart: ApartRows) -> pb.RankProvinceRequest | None:
    """The message of both; None when the rest is none."""
    message = pb.RankProvinceRequest()
    try:
        message.ParseFromString(apart.rest)
    except DecodeError:
        return None
    if message.WhichOneof("source") == "rows":
        for row, entries in zip(message.rows.units, apart.answers, strict=True):
            assert not (entries and row.answers)
            row.MergeFromString(entries)
    return message


def assert_same_as_whole(data: bytes) -> bool:
    """Whether the bytes could be taken apart; then both together are the whole, or both are unreadable."""
    apart = take_answers(data, ROWS)
    if apart is None:
        return False
    found = put_together(apart)
    try:
        whole = pb.RankProvinceRequest.FromString(data)
    except DecodeError:
        assert found is None
        return True
    assert found is not None
    assert found.SerializeToString(deterministic=True) == whole.SerializeToString(deterministic=True)
    return True


@given(requests())
def test_what_is_taken_apart_makes_the_whole(request: pb.RankProvinceRequest) -> None:
    assert assert_same_as_whole(request.SerializeToString())


@settings(max_examples=500)
@given(damaged(requests()))
def test_damaged_bytes_are_as_readable_apart_as_they_are_whole(data: bytes) -> None:
    assert_same_as_whole(data)


@example(b"\x80" * 100)
@example(b"\x22\x02\x0a\x00" * 2)
@given(st.binary(max_size=60))
def test_any_bytes_may_come(data: bytes) -> None:
    assert_same_as_whole(data)


def entry(key: bytes, value: bytes) -> bytes:
    """An entry of a row's map."""
    inner = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return b"\x12" + bytes([len(inner)]) + inner


def single(*fields: bytes) -> bytes:
    """A ScoreUnitRequest whose row has such fields."""
    content = b"".join(fields)
    return b"\x1a" + bytes([len(content)]) + content


THREE = b"\x09" + struct.pack("<d", 3)


@pytest.mark.parametrize(
    ("usual", "value"),
    [
        pytest.param(True, THREE, id="number"),
        pytest.param(True, b"\x10\x01", id="flag"),
        pytest.param(True, b"\x1a\x01a", id="choice"),
        pytest.param(True, b"\x22\x07\x08\xe4\x0f\x10\x06\x18\x1e", id="date"),
        pytest.param(False, b"", id="no value"),
        pytest.param(False, b"\x10\x02", id="flag of two"),
        pytest.param(False, THREE + b"\x10\x01", id="number, then a flag"),
        pytest.param(False, b"\x22\x00", id="date without anything"),
        pytest.param(False, b"\x22\x04\x08\xe4\x0f\x10", id="date cut off"),
        pytest.param(False, b"\x1a\x02\xc3\xbc", id="choice beyond ASCII"),
        pytest.param(False, b"\x28\x01", id="field that is not known yet"),
        pytest.param(False, THREE[:-1], id="number cut off"),
    ],
)
def test_entries_as_every_library_writes_them_are_taken(usual: bool, value: bytes) -> None:
    entries = entry(b"a", THREE) + entry(b"b", value)
    apart = take_answers(single(b"\x0a\x03\x0a\x01u", entries, b"\x1a\x01c"), ROW)
    assert apart is not None
    assert apart.answers == ((entries,) if usual else (b"",))
    assert apart.rest == single(b"\x0a\x03\x0a\x01u", b"" if usual else entries, b"\x1a\x01c")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="no row"),
        pytest.param(single(entry(b"a", THREE)) * 2, id="a row twice, which is merged"),
        pytest.param(b"\x18\x01", id="a row that is a number"),
        pytest.param(single(b"\x10\x01"), id="a map that is a number"),
        pytest.param(single(b"\x13\x14"), id="an old group"),
        pytest.param(single(entry(b"a", THREE))[:-1], id="cut off"),
    ],
)
def test_a_row_that_is_not_as_usual_is_left_as_it_came(data: bytes) -> None:
    assert take_answers(data, ROW) is None


def sheet(rows: Sequence[pb.UnitAnswers], taken: Sequence[bytes]) -> tuple[object, ...]:
    """What is read from rows, and what is found wrong with them."""
    findings = Findings()
    read = rows_sheet(PLAN, rows, taken, RowPlaces(single=False), findings)
    return read.ids, read.matrix.tobytes(), read.exclusions, findings.violations()


@settings(max_examples=500)
@given(st.lists(unit_answers(), max_size=5))
def test_answers_are_read_as_from_the_message(rows: list[pb.UnitAnswers]) -> None:
    request = pb.RankProvinceRequest(rows=pb.UnitRows(units=rows))
    apart = take_answers(request.SerializeToString(), ROWS)
    assert apart is not None
    rest = pb.RankProvinceRequest.FromString(apart.rest).rows.units if rows else []
    assert sheet(rest, apart.answers) == sheet(request.rows.units, ())


@given(st.lists(st.tuples(st.sampled_from(list(RIGHT)), usual), max_size=6))
def test_of_entries_with_one_key_the_last_counts(entries: list[tuple[str, pb.Answer]]) -> None:
    data = b"".join(entry(code.encode(), answer.SerializeToString()) for code, answer in entries)
    whole = pb.UnitAnswers.FromString(data)
    assert sheet([pb.UnitAnswers()], [data]) == sheet([whole], ())


@example(1, 1, 1)
@example(2100, 2, 29)
@example(9999, 12, 31)
@given(st.integers(0, 10_500), st.integers(0, 14), st.integers(0, 33))
def test_days_are_those_of_the_calendar(year: int, month: int, day: int) -> None:
    data = pb.UnitAnswers(answers={"d": pb.Answer(date=date_pb2.Date(year=year, month=month, day=day))})
    matrix = np.full((1, 1), math.nan)
    doubts = compiled.read_answers((data.SerializeToString(),), {b"d": (0, 4, {})}, matrix)
    try:
        expected = float(days(datetime.date(year, month, day)))
    except ValueError:
        assert doubts == [0]
    else:
        if year >= 128:
            assert (doubts, matrix[0, 0]) == ([], expected)
        else:  # fewer bytes than usual, for whoever reads the message
            assert doubts == [0]


def test_a_row_beyond_the_matrix_is_refused() -> None:
    for row in (-1, 1):
        with pytest.raises(IndexError, match="no such row"):
            compiled.read_answers((entry(b"a", THREE),), {b"a": (row, 1, {})}, np.zeros((1, 1)))


@pytest.mark.parametrize("first", [-1, 2, 9])
def test_bytes_that_are_not_there_are_refused(first: int) -> None:
    with pytest.raises(ValueError, match="no bytes of the message"):
        compiled.take_answers(b"\x0a\x00", first, 1, 1, 2)
