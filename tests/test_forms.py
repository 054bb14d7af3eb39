"""Messages filled in by compiled code have the bytes that protobuf gives them; and it stays within its arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.compiled import fill_forms
from scorer.service.forms import Form

numbers = st.one_of(st.floats(allow_nan=False), st.sampled_from([0.0, -0.0, 1e6, math.inf]))
counts = st.integers(0, 2**31 - 1)
words = st.integers(0, 2**64 - 1)
FIRST = np.zeros(1, dtype=np.int64)


def whole(*values: int) -> np.ndarray:
    return np.array([values], dtype=np.uint64).view(np.int64)


@given(
    st.lists(st.tuples(numbers, numbers, counts, st.booleans()), min_size=1, max_size=5),
    st.text(max_size=200),
    st.data(),
)
def test_a_form_gives_the_bytes_of_the_message(
    units: Sequence[tuple[float, float, int, bool]], name: str, data: st.DataObject
) -> None:
    places = data.draw(st.permutations(range(len(units))))
    form = Form(pb.CategoryScore)
    form.always(pb.CategoryScore(category=name))
    with form.message("score"):
        form.number("points", 0, 0, 1_000_000)
        form.always(pb.Score(nominal_max_points=7.5))
        form.number("percent", 0, 1, 10_000)
        form.count("missing", 1, 0)
    form.count("level", 1, 0)
    with form.message("measures"):
        form.always(pb.MeasureResult(measure=name))
    with form.message("failing"), form.message("gate"):
        form.always(pb.Gate(measure=name))
        form.count("strict", 2, 0)
    sources = [
        np.array([[unit[0] for unit in units], [unit[1] for unit in units]]),
        np.array([[unit[2] for unit in units]]),
        np.array([[unit[3] for unit in units]]),
    ]
    found = form.filled(sources, np.array(places, dtype=np.int64), [b""] * len(units))
    for made, place in zip(found, places, strict=True):
        points, percent, count, strict = units[place]
        score = pb.Score(points=points / 1e6, nominal_max_points=7.5, percent=percent / 1e4, missing=count)
        failing = pb.GateResult(gate=pb.Gate(measure=name, strict=strict))
        measures = [pb.MeasureResult(measure=name)]
        message = pb.CategoryScore(category=name, score=score, level=count, measures=measures, failing=[failing])
        assert made == message.SerializeToString(deterministic=True)


@example(1 << 63, 63, True)
@given(words, st.integers(0, 63), st.booleans())
def test_a_bit_decides_what_is_there(word: int, bit: int, wanted: bool) -> None:
    form = Form(pb.OverallScore)
    with form.where(0, 0, bit, wanted=wanted):
        with form.message("score"):
            form.always(pb.Score(points=1))
        form.always(pb.OverallScore(lacking=["a"]))
    form.always(pb.OverallScore(lacking=["b"]))
    there = bool(word >> bit & 1) == wanted
    expected = (
        pb.OverallScore(score=pb.Score(points=1), lacking=["a", "b"]) if there else pb.OverallScore(lacking=["b"])
    )
    assert form.filled([whole(word)], FIRST, [b""]) == [expected.SerializeToString()]


def test_what_is_before_a_message_stays_before_it() -> None:
    form = Form(pb.Score)
    form.number("points", 0, 0, 1)
    sources, places = [np.array([[1.0, 2.0, 3.0]])], np.array([2, 0], dtype=np.int64)
    before = [b"first", b""]
    assert form.filled(sources, places, before) == [
        head + pb.Score(points=points).SerializeToString() for head, points in zip(before, (3, 1), strict=True)
    ]


@pytest.mark.parametrize("source", [whole(2**32), whole(2**63), np.array([[-1.0]]), np.array([[math.nan]])])
def test_a_count_that_does_not_fit_is_refused(source: np.ndarray) -> None:
    form = Form(pb.Score)
    form.count("missing", 0, 0)
    with pytest.raises(ValueError, match="does not fit 32 bits"):
        form.filled([source], FIRST, [b""])


small = st.integers(-2, 4)
steps = st.lists(st.tuples(st.integers(-1, 6), small, small, small, st.integers(-2, 70), small), max_size=12)


@example([(3, 1, 0, 0, 0, 0)] * 9 + [(4, 0, 0, 0, 0, 0)] * 9, [0], 1)  # deeper than there is room for
@example([(0, 0, 0, 0, 0, 4), (1, 9, 0, 1, 1, 0), (5, 3, 1, 0, 0, 1)], [2, 0], 2)  # which makes sense
@example([(5, 2, 0, 0, 0, 1), (4, 0, 0, 0, 0, 0)], [0], 1)  # past the end of a message that has not begun
@given(steps, st.lists(st.integers(-1, 3), max_size=3), st.integers(0, 3))
def test_steps_that_make_no_sense_reach_nothing(some: list[tuple[int, ...]], places: list[int], heads: int) -> None:
    given = np.array(some, dtype=np.int64).reshape(-1, 6)
    sources = (
        np.arange(6.0).reshape(2, 3),
        np.arange(3, dtype=np.int64).reshape(1, 3),
        np.ones((1, 3), dtype=np.bool_),
    )
    try:
        found = fill_forms(given, b"text", sources, np.array(places, dtype=np.int64), (b"head",) * heads)
    except ValueError:
        return
    assert len(found) == len(places) == heads
    assert all(message.startswith(b"head") for message in found)


def test_what_is_no_array_of_units_is_refused() -> None:
    steps = np.zeros((0, 6), dtype=np.int64)
    for wrong in (np.zeros(3), np.zeros((1, 2, 1)), np.zeros((1, 2), dtype=np.float32)):
        with pytest.raises(ValueError, match="another shape or kind"):
            fill_forms(steps, b"", (wrong,), FIRST, (b"",))
    with pytest.raises(ValueError, match="another shape or kind"):
        fill_forms(steps[:, :5], b"", (), FIRST, (b"",))
    with pytest.raises(TypeError):
        fill_forms(steps, b"", (np.zeros((1, 1)),), FIRST, ("head",))  # type: ignore[arg-type]
