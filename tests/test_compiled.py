"""Compiled code stays within its arrays whatever it is given, and gives the same bytes by every way it was compiled."""

from __future__ import annotations

import importlib.util
import itertools
import struct
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorer import compiled
from scorer.formulas.lines import BestLine, CappedLine, LadderLine, QuotientLine, SlopeLine, SumLine
from scorer.formulas.table import LINE, Line, LineTable, Seat
from scorer.points import MAX_MICROPOINTS

ROOT = Path(__file__).parents[1]
ROWS = 6


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The module as it is on processors without wide registers."""
    build = load("hatch_build", ROOT / "hatch_build.py")
    return load("scorer.compiled", build.compile_into(tmp_path_factory.mktemp("narrow"), ROOT, ["-DONE_WAY"]))


def load(name: str, file: Path) -> ModuleType:
    """A module from a file, without being the one that others import."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert sys.modules.get(name) is not module
    return module


points = st.one_of(st.integers(1, 5_000_000), st.integers(1, MAX_MICROPOINTS))
wholes, rows = st.integers(0, ROWS // 2 - 1), st.integers(0, ROWS - 1)


@st.composite
def ladders(draw: st.DrawFn) -> Line:
    """Edges ascend; any points."""
    edges = sorted(draw(st.sets(st.integers(-5, 50), max_size=6)))
    gives = draw(st.lists(points, min_size=len(edges), max_size=len(edges)))
    return LadderLine(draw(rows), tuple(map(float, edges)), tuple(gives), draw(st.sampled_from([1, -1])))


zero = st.sampled_from(["full", "zero"])
simple = st.one_of(
    st.builds(CappedLine, wholes, each=st.integers(-5_000_000, 5_000_000), cap=points, start=st.integers(0, 5_000_000)),
    ladders(),
    st.builds(QuotientLine, wholes, wholes, points, zero, st.just(False)),
    st.builds(QuotientLine, rows, rows, points, zero, st.just(True)),
    st.builds(SlopeLine, rows, st.integers(-(10**8), 10**8), st.integers(1, 10**9), points),
)
some = st.lists(simple, min_size=1, max_size=4).map(tuple)
lines = st.recursive(simple, lambda inner: st.one_of(some.map(SumLine), some.map(BestLine)) | inner, max_leaves=6)


def drawn(seed: int, units: int, large: bool) -> np.ndarray:
    """Answers (ROWS, units), half of them with decimals, some of which nobody reported, and some very large."""
    random = np.random.default_rng(seed)
    answers = random.integers(0, 60, (ROWS, units)).astype(np.float64)
    answers[ROWS // 2 :] += random.integers(0, 2, (ROWS // 2, units)) * 0.25
    if large:
        answers[random.random(answers.shape) < 0.01] = 4_503_599_627.0
        answers[ROWS // 2 :][random.random((ROWS // 2, units)) < 0.01] = 3_141_592_653.123456
    answers[random.random(answers.shape) < 0.1] = np.nan
    return answers


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=5), st.integers(0, 9), st.sampled_from([1, 511, 513, 1_500]), st.booleans())
def test_units_in_tiles_get_what_each_gets_by_itself(some: list[Line], seed: int, units: int, large: bool) -> None:
    answers = drawn(seed, units, large)
    table = LineTable([Seat(line) for line in some])
    together = table.work_out(answers)
    for unit in {0, units - 1, min(units - 1, 512)}:
        alone = table.work_out(answers[:, unit : unit + 1])
        for one, all_ in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[:, 0], all_[:, unit])
        for place, line in enumerate(some):
            exact = line.exact(answers, unit)
            assert int(together.points[place, unit]) == round(exact)
            assert abs(float(exact - round(exact)) - together.rests[place, unit]) < 1e-6


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=5), st.integers(0, 9), st.booleans())
def test_every_processor_gives_the_same_bytes(narrow: ModuleType, some: list[Line], seed: int, large: bool) -> None:
    assert narrow.award is not compiled.award
    answers = drawn(seed, 700, large)
    with pytest.MonkeyPatch.context() as patch:
        wide = LineTable([Seat(line) for line in some]).work_out(answers)
        patch.setattr("scorer.formulas.table.award", narrow.award)
        same = LineTable([Seat(line) for line in some]).work_out(answers)
    assert [array.tobytes() for array in wide] == [array.tobytes() for array in same]
    scores = [worked(module, wide.points[:1] % MAX_MICROPOINTS) for module in (compiled, narrow)]
    assert scores[0] == scores[1]


def worked(module: Any, points: np.ndarray) -> list[bytes]:
    """What follows from points, and what else loops over wide registers."""
    n = points.shape[1]
    maximum, nominal = np.full((1, n), float(MAX_MICROPOINTS)), np.array([float(MAX_MICROPOINTS)])
    out = [np.empty((1, n)) for _ in range(4)]
    module.fill_scores(points, maximum, nominal, 10_000.0, *out)
    cells, micro, steps = np.empty((1, n), dtype=np.int64), np.empty(n), np.empty(n, dtype=np.int64)
    module.find_cells(out[1], np.array([0]), np.array([[1e5, 5e5, np.nan]]), np.array([[1]]), cells)
    module.in_micro(points[0], micro)
    module.to_steps(out[3][0], 10_000.0, steps)
    return [array.tobytes() for array in (*out, cells, micro, steps)]


answers = np.zeros((2, 3))
flags = np.zeros((1, 3), dtype=np.bool_)
whole = np.zeros(3, dtype=np.int64)
numbers = np.zeros(3)


def line(**fields: float) -> np.ndarray:
    """A table of one line."""
    table = np.zeros(1, dtype=LINE)
    table["leaver"], table["sign"], table["scale"] = -1, 1, 1
    for name, value in fields.items():
        table[name] = value
    return table


def award(table: np.ndarray, **changed: object) -> object:
    """One line for three units; nothing else is wrong but what is changed."""
    arguments: dict[str, object] = {
        "pool": np.zeros(3), "parts": 0, "answers": answers, "left_out": flags, "sums": np.zeros((4, 1, 3)),
        "points": np.zeros((1, 3)), "missing": np.zeros((1, 3), dtype=np.bool_), "rests": None,
    }  # fmt: skip
    return compiled.award(table, *(arguments | changed).values())  # type: ignore[arg-type]


def test_a_line_within_its_arrays_is_worked_out() -> None:
    given = np.zeros((1, 3))
    assert award(line(kind=0, first=1, each=2, start=5, end=9), points=given) == []
    assert given.tolist() == [[5.0] * 3]


BEYOND = {
    "no such kind": line(kind=7),
    "a kind below all": line(kind=-1),
    "an answer beyond the matrix": line(first=2),
    "an answer before the matrix": line(first=-1),
    "a denominator beyond the matrix": line(kind=2, second=2),
    "edges beyond the pool": line(kind=1, count=2),
    "edges before the pool": line(kind=1, edges=-1, count=1),
    "given rows beyond the matrix": line(kind=4),
    "a part that is not there": line(kind=5, first=1, second=1),
    "no parts": line(kind=5, first=1, second=0),
    "a slot that is not there": line(slot=1),
    "no such group": line(group=1),
    "a group below all": line(group=-1),
    "no such leaver": line(leaver=1),
    "nothing divided": line(leaves_when_zero=1, leaver=0),
    "more edges than can be counted": line(kind=1, count=2**62),
    "given rows that cannot be counted": line(kind=4, first=2**63 - 1),
    "more parts than can be counted": line(kind=5, first=1, second=2**63 - 1),
    "parts that cannot be counted": line(kind=6, first=2**63 - 1, second=2),
}


@pytest.mark.parametrize("table", BEYOND.values(), ids=BEYOND.keys())
def test_a_line_that_leads_beyond_its_arrays_is_refused(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="beyond"):
        award(table)


UNFIT: dict[str, dict[str, object]] = {
    "other units left out": {"left_out": np.zeros((1, 2), dtype=np.bool_)},
    "sums of other units": {"sums": np.zeros((4, 1, 2))},
    "three sums": {"sums": np.zeros((3, 1, 3))},
    "points of nobody": {"points": np.zeros((0, 3))},
    "whole points": {"points": np.zeros((1, 3), dtype=np.int64)},
    "points of half the size": {"points": np.zeros((1, 3), dtype=np.float32)},
    "points in columns": {"points": np.zeros((3, 2)).T[:1]},
    "points to be read": {"points": np.broadcast_to(np.zeros(3), (1, 3))},
    "answers of one dimension": {"answers": np.zeros(3)},
    "answers in columns": {"answers": np.zeros((3, 2)).T},
    "no answers": {"answers": None},
    "nobody who is left out": {"left_out": None},
    "answers between two places": {
        "answers": np.frombuffer(bytes(49), dtype=np.uint8)[1:].view(np.float64).reshape(2, 3)
    },
    "fewer than no parts": {"parts": -1},
}


@pytest.mark.parametrize("changed", UNFIT.values(), ids=UNFIT.keys())
def test_arrays_that_do_not_fit_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        award(line(), **changed)


def packed(values: np.ndarray, places: list[int], unit: float = 0.0, *more: tuple[bytes, np.ndarray, float]) -> bytes:
    """A column, and more of them."""
    return compiled.packed_columns(np.array(places, dtype=np.int64), ((b"\x0a", values, unit), *more))


REFUSED: dict[str, Callable[[], object]] = {
    "survey": lambda: compiled.survey(answers, numbers[:2], numbers[:2], flags[0, :2], whole[:1] + 2, whole[:1]),
    "survey of ranges for other rows": lambda: compiled.survey(
        answers, numbers, numbers, flags[0], whole[:1], whole[:1]
    ),
    "sum_up": lambda: compiled.sum_up(np.zeros((2, 1, 3)), flags[:, :1], np.zeros((2, 2, 3))),
    "fill_scores": lambda: compiled.fill_scores(
        answers, answers[:1], numbers[:1], 1.0, answers, answers, answers, answers
    ),
    "find_cells": lambda: compiled.find_cells(
        answers, whole[:1] + 2, np.zeros((1, 1)), np.ones((1, 1), dtype=np.int64), np.zeros((1, 3), dtype=np.int64)
    ),
    "find_cells without edges": lambda: compiled.find_cells(
        answers, whole[:1], np.zeros((0, 1)), np.ones((1, 1), dtype=np.int64), np.zeros((1, 3), dtype=np.int64)
    ),
    "rank_steps": lambda: compiled.rank_steps(whole - 1, flags[0], False, whole.copy()),
    "rank_steps of large steps": lambda: compiled.rank_steps(whole + 2**40, flags[0], False, whole.copy()),
    "rank_steps to nowhere": lambda: compiled.rank_steps(whole, flags[0], False, None),  # type: ignore[arg-type]
    "in_micro to nowhere": lambda: compiled.in_micro(numbers, None),  # type: ignore[arg-type]
    "look_up to nowhere": lambda: compiled.look_up(numbers, numbers, None),  # type: ignore[arg-type]
    "to_steps to nowhere": lambda: compiled.to_steps(numbers, 1.0, None),  # type: ignore[arg-type]
    "packed_columns of nothing": lambda: compiled.packed_columns(whole, ((b"\x0a", None, 0.0),)),  # type: ignore[arg-type]
    "packed_columns of a number": lambda: compiled.packed_columns(whole, (3,)),  # type: ignore[arg-type]
    "order_steps": lambda: compiled.order_steps(whole, flags[0], whole + 3, whole.copy()),
    "to_steps": lambda: compiled.to_steps(numbers, 1.0, whole[:2].copy()),
    "place_columns": lambda: compiled.place_columns(bytes(24), np.array([2]), answers.copy()),
    "place_columns of another size": lambda: compiled.place_columns(bytes(16), np.array([0]), answers.copy()),
    "in_micro": lambda: compiled.in_micro(numbers, np.zeros(2)),
    "look_up": lambda: compiled.look_up(numbers, numbers, np.zeros(2)),
    "packed_columns": lambda: packed(numbers, [3], 1.0),
    "packed_columns before the first": lambda: packed(numbers, [-1], 1.0),
    "packed_columns of other units": lambda: packed(numbers, [2], 1.0, (b"\x0a", numbers[:2], 1.0)),
    "packed_columns in a unit of whole numbers": lambda: packed(whole, [0], 1.0),
    "packed_columns of whole numbers": lambda: packed(whole, [3]),
    "packed_columns below 0": lambda: packed(whole - 1, [0]),
    "packed_columns of 33 bits": lambda: packed(whole + 2**32, [0]),
    "packed_columns of no number": lambda: packed(numbers * np.nan, [0]),
    "packed_columns of half a field": lambda: compiled.packed_columns(whole, ((b"\x0a", numbers),)),  # type: ignore[arg-type]
    "packed_texts": lambda: compiled.packed_texts(b"\x0a", ("a",), np.array([1])),
    "packed_texts without UTF-8": lambda: compiled.packed_texts(b"\x0a", ("\ud800",), np.array([0])),
    "six_decimals": lambda: compiled.six_decimals(answers.copy(), np.array([2]), 1.0),
    "find_field": lambda: compiled.find_field(b"\x0a\x00", 1, 3, 1),
    "find_field before the first byte": lambda: compiled.find_field(b"\x0a\x00", -1, 2, 1),
    "look_through": lambda: compiled.look_through([1]),  # type: ignore[list-item]
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_there_is_not_touched(call: Callable[[], object]) -> None:
    with pytest.raises((ValueError, IndexError, TypeError)):
        call()


def test_units_given_twice_are_ordered_within_their_array() -> None:
    some = np.full(1_000, 7, dtype=np.int64)
    compiled.order_steps(np.arange(500), np.ones(500, dtype=np.bool_), np.zeros(500, dtype=np.int64), some[:500])
    assert some.tolist() == [0] * 500 + [7] * 500
    compiled.order_steps(some[:0], flags[0, :0], some[:0], some[:0])


def test_what_is_no_number_of_steps_is_told_by_the_least() -> None:
    for value in (np.nan, -1.0, -np.inf, np.inf, 1e300):
        assert compiled.to_steps(np.array([5.0, value]), 1.0, np.empty(2, dtype=np.int64)) == (-1, 5)


def test_nothing_is_divided_by_less_than_one() -> None:
    out = [np.empty((1, 1)) for _ in range(4)]
    compiled.fill_scores(np.array([[1e10]]), np.array([[0.5]]), np.array([1e9]), 1.0, *out)
    assert out[2].tolist() == [[0.0]]
    for table in (line(kind=2, each=1e16, first=0, second=1), line(kind=3, each=1e16, end=0.5)):
        assert award(table, answers=np.full((2, 3), 0.5)) == [(0, unit, 0.0) for unit in range(3)], "all are in doubt"


def test_answers_may_be_whole_numbers_and_stand_in_columns() -> None:
    table = LineTable([Seat(QuotientLine(0, 1, 10, "zero", in_millionths=False))])
    assert table.work_out(np.array([[1, 2], [3, 4], [5, 6]]).T).points.tolist() == [[5.0, 8.0, 8.0]]


def test_a_text_that_utf_8_cannot_have_hides_nothing() -> None:
    assert compiled.look_through(["\ud800\n"]) == (0, 0, 0, 1, 1, 0)


class Broken(list[str]):
    """A sequence whose items fail as a text does that UTF-8 cannot have."""

    def __getitem__(self, place: Any) -> Any:
        return "\ud800".encode()


def test_a_sequence_that_breaks_is_left_alone() -> None:
    with pytest.raises(UnicodeEncodeError):
        compiled.look_through(Broken(["a"]))


def test_six_decimals_never_leave_a_negative_nothing() -> None:
    for other in (1.0, 3e9):
        some = np.array([[-0.0, -1e-9, other]])
        compiled.six_decimals(some, np.array([0]), 8e9)
        assert not np.signbit(some).any()


@given(st.lists(st.integers(0, 2**32 - 1), max_size=20), st.data())
def test_whole_numbers_are_packed_as_varints(some: list[int], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=20)) if some else []

    def varint(number: int) -> bytes:
        return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)

    content = b"".join(varint(some[place]) for place in places)
    wanted = b"\x0a" + varint(len(content)) + content
    halves = b"".join(struct.pack("<d", some[place] / 2) for place in places)
    for kind in (np.int64, np.float64):
        also = b"\x12", np.array(some, dtype=np.float64), 2.0
        found = packed(np.array(some, dtype=kind), places, 0.0, also)
        assert found == wanted + b"\x12" + varint(len(halves)) + halves


@given(st.lists(st.text(max_size=5), max_size=8))
def test_one_look_tells_of_all_texts(texts: list[str]) -> None:
    sizes = [len(text.encode()) for text in texts]
    joined = "".join(texts)
    assert compiled.look_through(texts) == (
        max(sizes, default=0),
        min(sizes, default=0),
        " " in joined,
        any(letter < " " or letter == "\x7f" for letter in joined),
        not joined.isascii(),
        all(one < other for one, other in itertools.pairwise(texts)),
    )


@given(st.integers(-8 * 10**15, 8 * 10**15))
def test_the_double_nearest_to_millionths_gives_them(micro: int) -> None:
    found = np.empty(2)
    compiled.in_micro(np.array([float(Fraction(micro, 10**6)), np.nan]), found)
    assert found[0] == micro
    assert np.isnan(found[1])
