"""Reads the conditions of levels and limits from a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scorer.criteria import condition_schema
from scorer.criteria.conditions import AnswerGate, Combination, Condition, LevelGate, MeasureGate, Negation
from scorer.criteria.document import Document, Path, as_list, as_mapping
from scorer.criteria.model import TOTAL
from scorer.criteria.schema_errors import parse_model
from scorer.criteria.tiers import check_tiers
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.suggestions import did_you_mean, short_repr

FLAG_OPTIONS = ("true", "false")


@dataclass(frozen=True)
class ConditionReader:
    """Reads the conditions of one category, and adds a problem to the document for each condition that cannot be read.

    Args:
        document: the document.
        measures: codes of the category's groups, then ids of its criteria, in document order.
        groups: codes of the category's groups.
        indicators: the indicators that the set's groups declare, by code.
        read_indicators: the indicators that the set reads. The reader adds the indicators of gates.
        tiers: the set's tiers.
    """

    document: Document
    measures: Sequence[str]
    groups: Sequence[str]
    indicators: Mapping[str, Indicator]
    read_indicators: dict[str, Indicator]
    tiers: Sequence[str]

    def all_of(self, path: Path, data: object) -> Combination | None:
        """A list of conditions that must all hold."""
        return self._combination(path, as_list(data), None)

    def root(self, path: Path, data: object) -> Combination | None:
        """The condition of a level; a single gate becomes a combination of one."""
        condition = self.condition(path, data)
        if condition is None or isinstance(condition, Combination):
            return condition
        return Combination(1, (condition,))

    def condition(self, path: Path, data: object) -> Condition | None:
        """A gate, ``all``, ``any``, ``at_least`` with ``of``, or ``not``."""
        keys = as_mapping(data)
        if "all" in keys:
            shape = parse_model(self.document, path, condition_schema.AllOf, data)
            combination = self._combination((*path, "all"), as_list(keys["all"]), None)
            return combination if shape else None
        if "any" in keys:
            any_of = parse_model(self.document, path, condition_schema.AnyOf, data)
            combination = self._combination((*path, "any"), as_list(keys["any"]), 1)
            return combination if any_of else None
        if "of" in keys:
            some = parse_model(self.document, path, condition_schema.SomeOf, data)
            combination = self._combination((*path, "of"), as_list(keys["of"]), some.at_least if some else 1)
            return combination if some else None
        if "not" in keys:
            negated = parse_model(self.document, path, condition_schema.Not, data)
            inner = self.condition((*path, "not"), keys["not"])
            return Negation(inner) if negated and inner is not None else None
        if "indicator" in keys:
            return self._answer_gate(path, data)
        if "category" in keys:
            level = parse_model(self.document, path, condition_schema.LevelGate, data)
            return LevelGate(level.category, level.level) if level else None
        return self._measure_gate(path, data)

    def _combination(self, path: Path, items: Sequence[object], at_least: int | None) -> Combination | None:
        """Reads conditions of which ``at_least`` must hold; None: all of them."""
        conditions = [self.condition((*path, n), item) for n, item in enumerate(items)]
        of = tuple(condition for condition in conditions if condition is not None)
        return Combination(len(of) if at_least is None else at_least, of) if of and len(of) == len(conditions) else None

    def _answer_gate(self, path: Path, data: object) -> AnswerGate | None:
        shape = parse_model(self.document, path, condition_schema.AnswerGate, data)
        if shape is None:
            return None
        indicator = self.indicators.get(shape.indicator)
        if indicator is None:
            message = f"no group of the set declares indicator {shape.indicator!r}"
            hint = did_you_mean(shape.indicator, self.indicators)
            self.document.problem((*path, "indicator"), f"{message}{hint}")
            return None
        if indicator.kind not in (IndicatorKind.FLAG, IndicatorKind.CHOICE):
            message = f"{indicator.code!r} is a {indicator.kind}; a gate reads a flag or a choice"
            self.document.problem((*path, "indicator"), message)
            return None
        known = FLAG_OPTIONS if indicator.kind is IndicatorKind.FLAG else tuple(indicator.options)
        unknown = [option for option in shape.options if option not in known]
        for option in unknown:
            message = f"{indicator.code!r} has no option {short_repr(option)}{did_you_mean(option, known)}"
            self.document.problem((*path, "is"), message)
        if unknown:
            return None
        self.read_indicators.setdefault(indicator.code, indicator)
        return AnswerGate(indicator.code, tuple(dict.fromkeys(shape.options)))

    def _measure_gate(self, path: Path, data: object) -> MeasureGate | None:
        for bound in condition_schema.BOUNDS:
            check_tiers(as_mapping(as_mapping(data).get(bound)), self.tiers, (*path, bound), self.document)
        shape = parse_model(self.document, path, condition_schema.Gate, data)
        if shape is None:
            return None
        terms = [term.strip() for term in shape.measure.split("+")]
        for term in terms:
            if term != TOTAL and term not in self.measures:
                hint = did_you_mean(term, [*self.measures, TOTAL])
                message = f"{term!r} is not a group or criterion of this category{hint}"
                self.document.problem((*path, "measure"), message)
                return None
            if len(terms) > 1 and term not in self.groups:
                self.document.problem((*path, "measure"), f"only groups can be added up; {term!r} is not a group")
                return None
        if len(set(terms)) < len(terms):
            self.document.problem((*path, "measure"), "adds a group twice")
            return None
        name = "+".join(sorted(terms, key=self.measures.index)) if len(terms) > 1 else terms[0]
        minimum = shape.minimum
        return MeasureGate(name, minimum.unit, minimum.amount, shape.strict, shape.upper, minimum.not_in)
