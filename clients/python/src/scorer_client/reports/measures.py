"""The measures of a category in a report, with their gates and the numbers of units that pass each gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from scorer_client.causes import Cause
from scorer_client.rankings import GateCount, Tally
from scorer_client.reports.measure_values import measure_value, scores_by_name
from scorer_client.reports.model import Gate, Measure
from scorer_client.reports.words import WORDS
from scorer_client.results import CategoryResult
from scorer_client.rules import Rule
from scorer_client.sentences import measure_name

_GateKey: TypeAlias = tuple[int, str, str, float, bool, bool]
"""Identifies a gate on a measure: level, measure, unit, minimum, strict and upper."""


def measures(
    tally: Tally, categories: list[CategoryResult], rules: Iterable[Rule], language: str, titles: Mapping[str, str]
) -> tuple[Measure, ...]:
    """The measures that gates of a category compare.

    Args:
        tally: the counts of the category.
        categories: the results of all units in the category.
        rules: the rules of the category.
        language: language of the report.
        titles: titles by code and key.
    """
    gates: dict[tuple[str, str, bool], list[GateCount]] = {}
    for gate in tally.failing:
        if not gate.measure or not gate.level:  # a gate on an answer or a level, or a gate of a limit
            continue
        gates.setdefault((gate.measure, gate.unit, gate.upper), []).append(gate)
    if not gates:  # the category has no levels
        gates["total", "percent", False] = []
    scores = [scores_by_name(category) for category in categories]
    combinations = _combinations(rules)
    found = []
    for (measure, unit, _), counts in gates.items():
        values = (measure_value(by_name, measure).value(unit) for by_name in scores)
        name = measure_name(measure, language, titles)
        found.append(
            Measure(
                name,
                unit,
                _gates(counts, len(categories), combinations, language, titles),
                tuple(value for value in values if value is not None),
            )
        )
    return tuple(found)


def _gates(
    counts: list[GateCount],
    units: int,
    combinations: Mapping[_GateKey, Cause],
    language: str,
    titles: Mapping[str, str],
) -> tuple[Gate, ...]:
    """The gates of one measure. Units that pass the gate of a better level usually pass those of worse levels too."""
    gates, passing_better = [], 0
    for gate in sorted(counts, key=lambda gate: gate.level):
        passing, needed = units - gate.units, gate.needed(language, titles)
        if whole := combinations.get(_gate_key(gate)):
            needed = WORDS[language]["part_of"].format(text=needed, at_least=whole.at_least, out_of=whole.out_of)
        gates.append(Gate(gate.level, gate.minimum, needed, passing, max(passing - passing_better, 0)))
        passing_better = max(passing, passing_better)
    return tuple(gates)


def _gate_key(gate: GateCount | Cause) -> _GateKey:
    return (gate.level, gate.measure, gate.unit, gate.minimum, gate.strict, gate.upper)


def _combinations(rules: Iterable[Rule]) -> dict[_GateKey, Cause]:
    """The combination to which each gate belongs, by gate. Gates that are in no combination are left out."""
    found: dict[_GateKey, Cause] = {}
    for rule in rules:
        for condition in rule.required:
            pending = [condition] if condition.at_least else []
            while pending:
                for inner in (whole := pending.pop()).of:
                    if inner.at_least:
                        pending.append(inner)
                    else:
                        found[_gate_key(inner)] = whole
    return found
