"""Fills messages with the results of one category's gates, and with what units lack for their next better level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.explain import failing_gates, measure_levels
from scorer.engine.nearest_gates import condition_orders
from scorer.engine.rules import KeyKind, Node
from scorer.engine.scoring import Assessment, CategoryScores
from scorer.model.fixed_point import MICRO, PERCENT, Ints
from scorer.model.indicators import Indicator, IndicatorKind

Results = RepeatedCompositeFieldContainer[pb.GateResult]


class GateResults:
    """The results of the gates of one category, for m units.

    Args:
        category: the scores of the category.
        assessment: the scores of all categories of the tier.
        gates: the gates of the category as messages.
        indices: (m,) indices of the units in the tier.
    """

    def __init__(
        self, category: CategoryScores, assessment: Assessment, gates: Sequence[pb.Gate], indices: Ints
    ) -> None:
        plan, measures = category.plan, category.measures
        self._plan, self._messages = plan, gates
        self._points = [(measure.points[indices] / MICRO).tolist() for measure in measures]
        self._max_points = [(measure.max_points[indices] / MICRO).tolist() for measure in measures]
        self._percent = [(measure.percent[indices] / PERCENT).tolist() for measure in measures]
        self._levels = [levels[indices].tolist() for levels in measure_levels(category)]
        self._orders = condition_orders(category, indices)
        self._failing: list[int] = failing_gates(category)[indices].tolist()
        self._answers = {
            key.index: answers_as_text(assessment, key.index, indices)
            for key in plan.keys
            if key.kind is KeyKind.ANSWER
        }
        self._reached = {
            key.index: assessment.levels[key.index][indices].tolist() for key in plan.keys if key.kind is KeyKind.LEVEL
        }

    def fill_measures(self, message: pb.CategoryScore, row: int) -> None:
        """Adds the measures of one unit; ``row`` is its index among the m units."""
        for index, measure in enumerate(self._plan.measures):
            message.measures.add(
                measure=measure.name,
                points=self._points[index][row],
                max_points=self._max_points[index][row],
                percent=self._percent[index][row],
                level=self._levels[index][row],
            )

    def fill_gates(self, results: Results, row: int, failed: int) -> None:
        """Adds the results of all gates of one unit; bit i of ``failed`` is set if the unit fails gate i."""
        for gate in range(len(self._plan.gates)):
            self._fill_gate(results.add(), gate, row, passed=not failed >> gate & 1)

    def fill_failing(self, results: Results, row: int) -> None:
        """Adds what one unit lacks for its next better level."""
        lacking = self._failing[row]
        if lacking:
            for rule in self._plan.rules:
                for condition in rule.root.required():
                    if _lacks(condition, lacking):
                        self._fill_condition(results.add(), condition, row, lacking)

    def _fill_condition(self, result: pb.GateResult, condition: int | Node, row: int, lacking: int) -> None:
        if not isinstance(condition, Node):
            self._fill_gate(result, condition, row, passed=False)
            return
        any_gate = self._messages[next(condition.gates())]
        result.gate.level, result.gate.limit = any_gate.level, any_gate.limit
        result.at_least, result.out_of = condition.at_least, len(condition.of)
        for index in self._orders[condition][row].tolist():
            if _lacks(condition.of[index], lacking):
                self._fill_condition(result.of.add(), condition.of[index], row, lacking)

    def _fill_gate(self, result: pb.GateResult, gate: int, row: int, *, passed: bool) -> None:
        key = self._plan.keys[self._plan.gates[gate].key]
        result.gate.CopyFrom(self._messages[gate])
        result.passed = passed
        if key.kind is KeyKind.ANSWER:
            result.answer = self._answers[key.index][row]
        elif key.kind is KeyKind.LEVEL:
            result.reached_level = self._reached[key.index][row]
        elif key.kind is KeyKind.PERCENT:
            result.value = self._percent[key.index][row]
            result.not_applicable = self._max_points[key.index][row] == 0
        else:
            result.value = self._points[key.index][row]


def _lacks(condition: int | Node, lacking: int) -> bool:
    """Whether a unit lacks a gate, or a gate of a combination; bit i of ``lacking`` is set if it lacks gate i."""
    if isinstance(condition, Node):
        return any(_lacks(inner, lacking) for inner in condition.of)
    return bool(lacking >> condition & 1)


def answers_as_text(assessment: Assessment, row: int, indices: Ints) -> list[str]:
    """The answers of units to a flag or choice, as texts; "" where not reported.

    Args:
        assessment: the scores of the tier's units.
        row: the indicator's row in the matrix of answers.
        indices: (m,) indices of the units in the tier.
    """
    cohort = assessment.cohort
    indicator = next(indicator for code, indicator in cohort.indicators.items() if cohort.rows[code] == row)
    options = ["", *options_of(indicator)]
    return [options[index] for index in (np.nan_to_num(cohort.matrix[row, indices], nan=-1) + 1).astype(int).tolist()]


def options_of(indicator: Indicator) -> tuple[str, ...]:
    """All possible answers to a flag or choice, as texts; the index of each is its number in the matrix of answers."""
    return ("false", "true") if indicator.kind is IndicatorKind.FLAG else tuple(indicator.options)
