"""Rules of a criteria set: what its levels and limits require."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from egov.scorer.v1 import criteria_pb2
from scorer_client.causes import Cause, requirement
from scorer_client.enums import gate_unit
from scorer_client.sentences import level_name, limit_name, words_of


@dataclass(frozen=True)
class Rule:
    """What a level or a limit of a category requires of the units of one tier."""

    category: str
    tier: str
    level: int
    """The number of the level; 0 if the rule belongs to a limit."""
    limit: int
    """The number of the limit; 0 if the rule belongs to a level."""
    no_better_than: int
    """For a limit: the best level that a unit can get if it does not meet the condition; 0: it is not ranked at all."""
    legal_basis: str
    """For a limit: the part of a legal document that sets the limit; may be ""."""
    condition: Cause
    """What is required, as a combination without the values of a unit."""

    @property
    def required(self) -> tuple[Cause, ...]:
        """Conditions that must all hold: those of ``condition`` if all are required; otherwise ``condition``."""
        condition = self.condition
        return condition.of if condition.at_least == condition.out_of else (condition,)

    def name(self, language: str, titles: Mapping[str, str]) -> str:
        """The name of the level or limit."""
        if self.level:
            return level_name(self.category, self.level, language, titles)
        return limit_name(self.category, self.limit, language, titles)

    def sentence(self, language: str, titles: Mapping[str, str]) -> str:
        """The requirement in words: total at least 80 %; at least 2 of: presence at least 80 %; use at least 80 %."""
        texts = [requirement(condition, language=language, titles=titles) for condition in self.required]
        for index, condition in enumerate(self.required[:-1]):
            if condition.at_least:  # parentheses show where the list of its conditions ends
                texts[index] = f"({texts[index]})"
        text = "; ".join(texts)
        if not self.limit:
            return text
        words = words_of(language)
        key = "otherwise_level" if self.no_better_than else "otherwise_not_ranked"
        level = level_name(self.category, self.no_better_than, language, titles)
        basis = f" ({self.legal_basis})" if self.legal_basis else ""
        return words[key].format(text=text, level=level) + basis


def rules_of(categories: Iterable[criteria_pb2.Category]) -> tuple[Rule, ...]:
    """The rules of each category: those of its levels, the best level first, then those of its limits."""
    rules = list[Rule]()
    for category in categories:
        for level in category.levels:
            for own in level.conditions:
                rules.append(Rule(category.code, own.tier, level.level, 0, 0, "", _cause(own.condition)))
        for limit in category.limits:
            for own in limit.required:
                number, best = limit.number, limit.no_better_than
                rules.append(Rule(category.code, own.tier, 0, number, best, limit.legal_basis, _cause(own.condition)))
    return tuple(rules)


def _cause(condition: criteria_pb2.Condition) -> Cause:
    """A condition without the values of a unit."""
    gate = condition.gate
    return Cause(
        gate.level,
        gate.measure,
        gate_unit(gate),
        gate.minimum,
        gate.strict,
        0.0,
        upper=gate.upper,
        indicator=gate.indicator,
        options=tuple(gate.options),
        category=gate.category,
        category_level=gate.category_level,
        excluded=gate.excluded,
        limit=gate.limit,
        at_least=condition.at_least,
        out_of=len(condition.of),
        of=tuple(map(_cause, condition.of)),
    )
