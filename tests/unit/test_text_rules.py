"""The fast check of many ids or names finds what the check of each one finds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scorer.model.text_rules import INVISIBLE_PROBLEM, OTHER_SPACE_PROBLEM, all_valid, is_sorted, text_problem

LIMIT = 8
UNSEEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2065\u2800\u3164\ufe00\ufe0f\uffa0\ufff0\ufff8"
    "\U000e0000\U000e0100\U000e0fff\u0378\ue000\U0010ffff"
)
"""Characters that are not seen, or that have no meaning."""
SPACES = "\u00a0\u2003\u202f\u205f\u3000"
texts = st.one_of(
    st.text(max_size=10),
    st.text("abcé", max_size=9),
    st.sampled_from(
        [
            "",
            " a",
            "a ",
            "a b",
            "a\n",
            "\u200b",
            "e\u0301",
            "é" * 4,
            "é" * 5,
            "a\u00a0b",
            "\u0301",
            *(f"a{letter}" for letter in UNSEEN),
        ]
    ),
)


@given(st.lists(texts, max_size=5), st.booleans())
@example(["e", "\u0301"], True)
def test_texts_that_pass_the_fast_check_have_no_problem(some: list[str], required: bool) -> None:
    problems = [text_problem(text, LIMIT, required=required) for text in some]
    if all_valid(some, LIMIT, required=required):
        assert not any(problems)
    elif not any(problems):
        assert required, "only spaces within ids make a closer look necessary"
        assert any(letter.isspace() for text in some for letter in text)


@pytest.mark.parametrize("required", [True, False])
def test_texts_that_look_the_same_are_duplicates(required: bool) -> None:
    for letters, problem in ((UNSEEN, INVISIBLE_PROBLEM), (SPACES, OTHER_SPACE_PROBLEM)):
        for letter in letters:
            assert text_problem(f"x{letter}y", 512, required=required) == problem, ascii(letter)
            assert not all_valid(["a", f"x{letter}y"], 512, required=required), ascii(letter)
    for text in ("Thừa Thiên Huế", "Đắk Lắk", "ខេត្ត", "한국", "A&B (2)"):
        assert not text_problem(text, 512, required=required)


@given(st.lists(st.text(max_size=3), max_size=5))
def test_texts_in_order_are_sorted_and_unique(some: list[str]) -> None:
    assert is_sorted(some) == all(one < other for one, other in pairwise(some))
    assert is_sorted(sorted(set(some)))
