"""Columns that are put together by hand are, byte for byte, what protobuf makes of the same values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.service.packing import Packed

letters = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=6)


@st.composite
def texts(draw: st.DrawFn) -> list[str]:
    """Texts of any sizes, or all of one size in bytes."""
    some = draw(st.lists(letters, min_size=1, max_size=12))
    size = max(len(text.encode()) for text in some)
    return [text + "." * (size - len(text.encode())) for text in some] if draw(st.booleans()) else some


@given(texts(), st.data())
def test_texts_are_packed_as_protobuf_packs_them(some: Sequence[str], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(some) - 1)))
    packed = Packed(pb.RankingTable(overall_ranks=[3]))
    packed.texts("unit_ids", tuple(some), np.array(places, dtype=np.int64))
    packed.texts("unit_ids", tuple(some), np.arange(len(some)))
    assert pb.RankingTable.FromString(packed.data()) == pb.RankingTable(
        overall_ranks=[3], unit_ids=[*(some[place] for place in places), *some]
    )


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 200])
def test_texts_of_one_size_are_packed_also_when_it_takes_two_bytes(size: int) -> None:
    some = [letter * size for letter in "abc"]
    packed = Packed(pb.RankingTable())
    packed.texts("unit_ids", tuple(some), np.array([2, 0]))
    assert packed.data() == pb.RankingTable(unit_ids=[some[2], some[0]]).SerializeToString()


def test_a_message_of_packed_texts_knows_its_size() -> None:
    inner, outer = Packed(pb.RankingTable()), Packed(pb.Ranking(tier="xã"))
    inner.texts("unit_ids", ("a", "b"), np.array([1, 0]))
    inner.texts("unit_ids", ("a", "bcd"), np.array([1, 0]))
    outer.message("table", inner)
    expected = pb.Ranking(tier="xã", table=pb.RankingTable(unit_ids=["b", "a", "bcd", "a"]))
    assert outer.data() == expected.SerializeToString()
