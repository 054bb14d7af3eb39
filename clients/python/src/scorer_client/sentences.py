"""Sentences about levels and causes, in English and Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from functools import lru_cache

from scorer_client.titles import level_key, limit_key

LANGUAGES = ("en", "vi")

_CONTEXT = Context(prec=50)
"""The context of decimals. It replaces the thread's context, which other code may have changed."""

_WORDS = {
    "en": {
        "total": "total",
        "points": "points",
        "cause": "{measure} is {value}, {who} requires {needed}",
        "asks": "{who} requires {needed}",
        "level_n": "level {level}",
        "limit_n": "limit {number}",
        "limit_titled": 'the limit "{title}"',
        "answer": "{measure} is {value}, {who} requires {needed}",
        "level_reached": "{measure} is {value}, {who} requires {needed}",
        "short": "{measure} {value} of {needed}",
        "short_other": "{measure} {value} ({needed})",
        "short_answer": "{measure}: {value} ({needed})",
        "combination": "{at_least} of {out_of}: {conditions}",
        "requires": "{measure} {needed}",
        "requires_answer": "{measure}: {needed}",
        "requires_level": "{measure}: {needed}",
        "some_of": "at least {at_least} of: {conditions}",
        "all_of": "all of: {conditions}",
        "otherwise_level": "{text}; otherwise no better than {level}",
        "otherwise_not_ranked": "{text}; otherwise not ranked",
        "or": " or ",
        "and": " and ",
        "at_least": "at least",
        "above": "more than",
        "at_most": "at most",
        "below": "less than",
        "answer_true": "yes",
        "answer_false": "no",
        "answer_": "not reported",
        "quoted": "{text}",
        "options": "{options}",
        "except": "anything but {options}",
        "at_level": "at {level}",
        "no_level": "without level",
        "or_better": "{level} or better",
        "worse": "worse than {level}",
        "level": "{category}: {level}",
        "ranked": "{category}: ranked",
        "best": "{head}, the best",
        "kept": "{head}; {causes}",
        "not_ranked": "{category}: not ranked",
        "nothing_applicable": "{category}: not ranked, because none of its criteria applies",
    },
    "vi": {
        "total": "tổng điểm",
        "points": "điểm",
        "cause": "{measure} đạt {value}, {who} yêu cầu {needed}",
        "asks": "{who} yêu cầu {needed}",
        "level_n": "mức {level}",
        "limit_n": "giới hạn {number}",
        "limit_titled": "giới hạn “{title}”",
        "answer": "{measure}: {value}, theo {who} {needed}",
        "level_reached": "{measure}: {value}, {who} yêu cầu {needed}",
        "short": "{measure} {value}/{needed}",
        "short_other": "{measure} {value} ({needed})",
        "short_answer": "{measure}: {value} ({needed})",
        "combination": "{at_least} trong {out_of}: {conditions}",
        "requires": "{measure} {needed}",
        "requires_answer": "{measure} {needed}",
        "requires_level": "{measure}: {needed}",
        "some_of": "ít nhất {at_least} trong {out_of} điều kiện: {conditions}",
        "all_of": "đồng thời: {conditions}",
        "otherwise_level": "{text}; nếu không thì không xếp trên {level}",
        "otherwise_not_ranked": "{text}; nếu không thì không được xếp hạng",
        "or": " hoặc ",
        "and": " và ",
        "at_least": "từ",
        "above": "trên",
        "at_most": "không quá",
        "below": "dưới",
        "answer_true": "có",
        "answer_false": "không",
        "answer_": "chưa báo cáo",
        "quoted": "“{text}”",
        "options": "phải là {options}",
        "except": "không được là {options}",
        "at_level": "{level}",
        "no_level": "chưa đạt mức nào",
        "or_better": "{level} trở lên",
        "worse": "thấp hơn {level}",
        "level": "{category}: {level}",
        "ranked": "{category}: được xếp hạng",
        "best": "{head}, mức cao nhất",
        "kept": "{head}; {causes}",
        "not_ranked": "{category}: không được xếp hạng",
        "nothing_applicable": "{category}: không được xếp hạng vì không có tiêu chí nào áp dụng",
    },
}


def category_sentence(
    category: str, standing: str, level: int, causes: Sequence[str], *, language: str, titles: Mapping[str, str]
) -> str:
    """A sentence such as: readiness: level 4; total is 78 %, level 3 requires at least 80 %."""
    words, name = words_of(language), titles.get(category, category)
    if standing == "nothing_applicable":
        return words["nothing_applicable"].format(category=name)
    key = "not_ranked" if standing in ("below_minimum", "excluded") else "level" if level else "ranked"
    head = words[key].format(category=name, level=level_name(category, level, language, titles))
    if standing not in ("ranked", "below_minimum", "excluded"):  # only a newer server knows it
        head = f"{name}: {titles.get(f'standing/{standing}', standing)}"
    if causes:
        return words["kept"].format(head=head, causes="; ".join(causes))
    return words["best"].format(head=head) if level else head


def level_name(category: str, level: int, language: str, titles: Mapping[str, str]) -> str:
    """The name of a level for people: its title; without a title, its number, such as "level 1"."""
    return titles.get(level_key(category, level)) or words_of(language)["level_n"].format(level=level)


def limit_name(category: str, limit: int, language: str, titles: Mapping[str, str]) -> str:
    """The name of a limit for people: with its title, such as: the limit "Low impact"; or with its number: limit 1."""
    words, title = words_of(language), titles.get(limit_key(category, limit))
    return words["limit_titled"].format(title=title) if title else words["limit_n"].format(number=limit)


def measure_name(measure: str, language: str, titles: Mapping[str, str]) -> str:
    """The name of a measure for people."""
    terms = (titles.get(term, words_of(language)["total"] if term == "total" else term) for term in measure.split("+"))
    return " + ".join(terms)


def shown(value: float, minimum: float) -> str:
    """A number with two decimals, rounded half up; with more decimals if it would else look equal to ``minimum``."""
    exact = Decimal(repr(value))
    text = _quantized(exact, 2)
    if text == _quantized(Decimal(repr(minimum)), 2) and exact != Decimal(repr(minimum)):
        text = _quantized(exact, 6, ROUND_DOWN)
    return _stripped(text)


@lru_cache(100_000)  # most numbers of a report occur many times
def rounded(value: float, decimals: int, mode: str = "half_up") -> str:
    """A number with the given decimals. ``mode`` is the rounding of a criteria set: half_up, half_even, down or up."""
    exact = Decimal(repr(float(value)))  # the service sends the double that is nearest to each of its decimals
    return str(_quantized(exact, decimals, _ROUNDINGS.get(mode, ROUND_HALF_UP)))


@lru_cache(100_000)
def plain(number: float) -> str:
    """A number with all its decimals, without trailing zeros."""
    return _stripped(Decimal(repr(float(number))))


_ROUNDINGS = {"half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}


def _quantized(number: Decimal, decimals: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals, _CONTEXT), rounding, _CONTEXT)


def _stripped(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def words_of(language: str) -> Mapping[str, str]:
    """The words of a language; English words for any other language."""
    return _WORDS[language if language in _WORDS else "en"]
