"""Causes: what keeps a unit from its next better level, as plain Python values and as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scorer_client.sentences import level_name, limit_name, measure_name, plain, shown, words_of
from scorer_client.titles import indicator_key, option_key


class Cause(NamedTuple):
    """What a unit lacks for its next better level: a gate, or a combination of gates such as "2 of 3"."""

    level: int
    """The level that requires the gate; 0 if a limit requires it."""
    measure: str
    """The measure that the gate compares; "" for a gate on an answer or on a level, and for a combination."""
    unit: str
    """The unit of ``minimum`` and ``value``: "percent" or "points"; "" if there is no measure."""
    minimum: float
    """The minimum of the measure; if ``upper`` is true, the maximum instead."""
    strict: bool
    """Whether a value equal to ``minimum`` fails the gate."""
    value: float
    """The unit's value of the measure."""
    upper: bool = False
    """Whether ``minimum`` is a maximum."""
    indicator: str = ""
    """An indicator whose answer must be one of ``options``; if ``excluded`` is true, none of them."""
    options: tuple[str, ...] = ()
    answer: str = ""
    """The unit's answer; "" if it was not reported."""
    category: str = ""
    """Another category, in which the unit must reach ``category_level``; if ``excluded`` is true, must not reach it."""
    category_level: int = 0
    reached_level: int = 0
    """The level that the unit reaches in the other category; 0 if it reaches none."""
    excluded: bool = False
    limit: int = 0
    """The number of the limit that requires the gate; 0 if a level requires it."""
    at_least: int = 0
    """The number of conditions of a combination that must hold; 0 for a gate."""
    out_of: int = 0
    """The number of conditions of a combination; 0 for a gate."""
    of: tuple[Cause, ...] = ()
    """The conditions of a combination that the unit lacks; the one that it misses by least comes first. In a ``Rule``,
    all conditions of the combination."""

    def sentence(self, language: str = "en", titles: Mapping[str, str] | None = None, category: str = "") -> str:
        """The cause as a sentence.

        Args:
            language: "en" or "vi".
            titles: names by code and key, see ``Form.names``.
            category: the category to which the cause belongs, for the names of its levels.
        """
        return cause_sentence(self, category, language=language, titles=titles or {})

    def subject(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """What the gate reads: the name of a measure, an indicator or another category."""
        titles = titles or {}
        if self.indicator:
            return titles.get(indicator_key(self.indicator), self.indicator)
        if self.category:
            return titles.get(self.category, self.category)
        return measure_name(self.measure, language, titles)

    def needed(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """What the gate requires, such as: at least 80 %."""
        return _needed(self, language, titles or {})


def cause_sentence(cause: Cause, category: str, *, language: str, titles: Mapping[str, str]) -> str:
    """A sentence such as: infrastructure + human_resources is 78.86 %, level 3 requires at least 80 %."""
    words = words_of(language)
    name, number = (level_name, cause.level) if cause.level else (limit_name, cause.limit)
    who = name(category, number, language, titles)
    if cause.at_least:
        return words["asks"].format(who=who, needed=_combination(cause, language, titles))
    key = "answer" if cause.indicator else "level_reached" if cause.category else "cause"
    return words[key].format(who=who, needed=_needed(cause, language, titles), **_subject(cause, language, titles))


def short_cause(cause: Cause, category: str, *, language: str, titles: Mapping[str, str]) -> str:
    """The cause in few words: total 78.86 of 80 %; or: 2 of 3: presence 71 of 80 % or transaction 66 of 80 %.

    If a limit requires the gate, the limit comes first: limit 1: infrastructure 48 of 50 %.
    """
    short = _short(cause, language, titles)
    return f"{limit_name(category, cause.limit, language, titles)}: {short}" if cause.limit else short


def _short(cause: Cause, language: str, titles: Mapping[str, str]) -> str:
    words = words_of(language)
    if cause.at_least:
        return _combination(cause, language, titles)
    key = "short_answer" if not cause.measure else "short_other" if cause.strict or cause.upper else "short"
    subject = _subject(cause, language, titles)
    if key == "short":  # the unit of measurement follows only the minimum
        subject["value"] = shown(cause.value, cause.minimum)
        return words[key].format(needed=f"{plain(cause.minimum)}{_sign(cause, words)}", **subject)
    return words[key].format(needed=_needed(cause, language, titles), **subject)


def requirement(cause: Cause, *, language: str, titles: Mapping[str, str]) -> str:
    """What a gate or a combination requires of every unit.

    For example: total at least 80 %; or: at least 2 of: presence at least 80 %; transaction at least 80 %.
    """
    words = words_of(language)
    if not cause.at_least:
        key = "requires_answer" if cause.indicator else "requires_level" if cause.category else "requires"
        return words[key].format(measure=cause.subject(language, titles), needed=_needed(cause, language, titles))
    texts = (requirement(condition, language=language, titles=titles) for condition in cause.of)
    conditions = "; ".join(
        f"({text})" if condition.at_least else text for condition, text in zip(cause.of, texts, strict=True)
    )
    key = "all_of" if cause.at_least == cause.out_of else "some_of"
    return words[key].format(at_least=cause.at_least, out_of=cause.out_of, conditions=conditions)


def _combination(cause: Cause, language: str, titles: Mapping[str, str]) -> str:
    """A combination in few words, such as: 2 of 3: presence 71 of 80 % or transaction 66 of 80 %."""
    words = words_of(language)
    conditions = (_short(condition, language, titles) for condition in cause.of)
    texts = [f"({text})" if condition.at_least else text for condition, text in zip(cause.of, conditions, strict=True)]
    joined = words["and" if cause.at_least == cause.out_of else "or"].join(texts)
    return words["combination"].format(at_least=cause.at_least, out_of=cause.out_of, conditions=joined)


def _subject(cause: Cause, language: str, titles: Mapping[str, str]) -> dict[str, str]:
    """The name of what a gate reads, and the unit's value for it, as texts."""
    words = words_of(language)
    if cause.indicator:
        value = _answer(cause, cause.answer, words, titles)
    elif cause.category:
        level = level_name(cause.category, cause.reached_level, language, titles)
        value = words["at_level" if cause.reached_level else "no_level"].format(level=level)
    else:
        value = f"{shown(cause.value, cause.minimum)}{_sign(cause, words)}"
    return {"measure": cause.subject(language, titles), "value": value}


def _needed(cause: Cause, language: str, titles: Mapping[str, str]) -> str:
    """What a gate requires, such as: at least 80 %."""
    words = words_of(language)
    if cause.indicator:
        names = (_answer(cause, option, words, titles) for option in cause.options)
        options = words["or"].join(words["quoted"].format(text=name) for name in names)
        return words["except" if cause.excluded else "options"].format(options=options)
    if cause.category:
        level = level_name(cause.category, cause.category_level, language, titles)
        return words["worse" if cause.excluded else "or_better"].format(level=level)
    bound = ("below" if cause.strict else "at_most") if cause.upper else "above" if cause.strict else "at_least"
    return f"{words[bound]} {plain(cause.minimum)}{_sign(cause, words)}"


def _answer(cause: Cause, answer: str, words: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """An answer for people: the title of an option, yes, no, or "not reported"."""
    return titles.get(option_key(cause.indicator, answer)) or words.get(f"answer_{answer}", answer)


def _sign(cause: Cause, words: Mapping[str, str]) -> str:
    """What follows a number of a gate. A unit that only a newer server knows is shown as it is."""
    return {"percent": " %", "points": f" {words['points']}"}.get(cause.unit, f" {cause.unit}")
