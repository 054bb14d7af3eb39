"""A quick look at many ids or names finds what a look at each of them finds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from scorer.model.text_rules import all_valid, is_sorted, text_problem

LIMIT = 8
texts = st.one_of(
    st.text(max_size=10),
    st.text("abcé", max_size=9),
    st.sampled_from(["", " a", "a ", "a b", "a\n", "\u200b", "e\u0301", "é" * 4, "é" * 5, "a\u00a0b", "\u0301"]),
)


@given(st.lists(texts, max_size=5), st.booleans())
@example(["e", "\u0301"], True)
def test_what_is_good_at_a_glance_has_no_problem(some: list[str], required: bool) -> None:
    problems = [text_problem(text, LIMIT, required=required) for text in some]
    if all_valid(some, LIMIT, required=required):
        assert not any(problems)
    elif not any(problems):
        assert required, "only spaces within ids make a closer look necessary"
        assert any(letter.isspace() for text in some for letter in text)


@given(st.lists(st.text(max_size=3), max_size=5))
def test_texts_in_order_are_sorted_and_unique(some: list[str]) -> None:
    assert is_sorted(some) == all(one < other for one, other in pairwise(some))
    assert is_sorted(sorted(set(some)))
