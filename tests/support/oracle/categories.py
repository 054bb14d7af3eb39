"""Categories of units: gates, measures and levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from oracle.numbers import exact, of_tier
from oracle.results import CategoryResult, Document, GateResult, GroupResult, MeasureResult, Score, Unit
from oracle.sums import capped, combined, criterion_result, percent_of, score_of, total_of


@dataclass(frozen=True)
class _Gate:
    level: int
    measure: str
    unit: str
    minimum: Fraction
    strict: bool


def gates_of(body: Document, tier: str) -> list[_Gate]:
    """The gates of a category in a tier, best level first."""
    order = list(body["groups"])
    gates = []
    for level in body.get("levels", ()):
        for gate in level["gates"]:
            terms = [term.strip() for term in gate["measure"].split("+")]
            name = "+".join(sorted(terms, key=order.index)) if len(terms) > 1 else terms[0]
            minimum = of_tier(gate["above" if "above" in gate else "at_least"], tier)
            percent = isinstance(minimum, str) and minimum.endswith("%")
            amount = exact(minimum.removesuffix("%").strip()) if percent else exact(minimum)
            gates.append(_Gate(level["level"], name, "percent" if percent else "points", amount, "above" in gate))
    return gates


def measured(name: str, groups: Sequence[GroupResult], total: Score) -> tuple[Fraction, Fraction]:
    """Points and applicable maximum of a measure."""
    if name == "total":
        return total.points, total.max_points
    by_code = {group.code: group.score for group in groups}
    if all(term in by_code for term in name.split("+")):
        scores = [by_code[term] for term in name.split("+")]
        points = sum((score.points for score in scores), Fraction(0))
        return points, sum((score.max_points for score in scores), Fraction(0))
    criterion = next(criterion for group in groups for criterion in group.criteria if criterion.id == name)
    return criterion.points, criterion.max_points


def gate_result(gate: _Gate, points: Fraction, maximum: Fraction) -> GateResult:
    """Whether a gate holds. A percentage of nothing holds and is marked not applicable."""
    percent = gate.unit == "percent"
    is_empty = percent and maximum == 0
    value, wanted = (points * 100, gate.minimum * maximum) if percent else (points, gate.minimum)
    return GateResult(
        level=gate.level,
        measure=gate.measure,
        unit=gate.unit,
        minimum=gate.minimum,
        strict=gate.strict,
        value=percent_of(points, maximum) if percent else points,
        passed=is_empty or (value > wanted if gate.strict else value >= wanted),
        not_applicable=is_empty,
    )


def category_result(
    code: str, body: Document, rounding: Document, unit: Unit, cohort: Sequence[Unit]
) -> CategoryResult:
    """The result of one unit in one category, without its rank."""
    groups = []
    for name, group in body["groups"].items():
        criteria_of_tier = [
            criterion for criterion in group["criteria"] if of_tier(criterion["points"], unit.tier) is not None
        ]
        criteria = tuple(criterion_result(criterion, unit, cohort) for criterion in criteria_of_tier)
        if criteria:
            amounts = total_of([(criterion.points, criterion.max_points, criterion.nominal) for criterion in criteria])
            groups.append(GroupResult(name, score_of(criteria, capped(amounts, group, unit.tier), rounding), criteria))
    parts = {group.code: (group.score.points, group.score.max_points, group.score.nominal) for group in groups}
    points, *maxima = combined(body, parts, body["groups"], unit.tier)
    if body.get("floor", 0) != "none":
        points = max(points, Fraction(0))
    score = score_of([c for group in groups for c in group.criteria], (points, maxima[0], maxima[1]), rounding)
    gates = [gate_result(gate, *measured(gate.measure, groups, score)) for gate in gates_of(body, unit.tier)]
    levels = [level["level"] for level in body.get("levels", ())]
    reached = [level for level in levels if all(gate.passed for gate in gates if gate.level == level)]
    measures = []
    for name in dict.fromkeys(gate.measure for gate in gates):
        own_gates = [gate for gate in gates if gate.measure == name]
        held = [
            n for n in levels if (passed_gates := [g.passed for g in own_gates if g.level == n]) and all(passed_gates)
        ]
        points, maximum = measured(name, groups, score)
        measures.append(MeasureResult(name, points, maximum, percent_of(points, maximum), (held or [0])[0]))
    is_empty = score.max_points == 0
    level = reached[0] if reached and not is_empty else 0
    better = levels[: levels.index(level)] if level else levels
    standing = "nothing_applicable" if is_empty else "ranked" if reached or not levels else "below_minimum"
    return CategoryResult(
        code=code,
        score=score,
        standing=standing,
        level=level,
        rank=0,
        measures=tuple(measures),
        failing=tuple(gate for gate in gates if not gate.passed and gate.level in better[-1:]),
        groups=tuple(groups),
        gates=tuple(gates),
        levels=tuple(levels),
        level_code={item["level"]: item.get("code", "") for item in body.get("levels", ())}.get(level, ""),
    )
