"""The method once more, one unit after the other in plain fractions: what the service has to agree with exactly.

Written from the description of the method and knowing nothing of the scorer. A criteria set is the document as plain
values (what a YAML reader gives), a unit has its answers as plain values; an answer that is not there was not
reported. A criterion's points are rounded to the nearest micropoint, an exact half to the even one; percent and
converted scores are rounded down from exact sums; published is converted rounded half up. Nothing else is rounded.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

Document = Mapping[str, Any]
Answers = Mapping[str, bool | int | float | Decimal | str | datetime.date]


@dataclass(frozen=True)
class Unit:
    """A unit with its answers and the criteria that do not apply to it."""

    id: str
    tier: str
    answers: Answers = field(default_factory=dict)
    not_applicable: tuple[str, ...] = ()
    name: str = ""
    parent: str = ""


@dataclass(frozen=True)
class Score:
    """Points of one sum of criteria."""

    points: Fraction
    max_points: Fraction
    nominal: Fraction
    percent: Fraction
    converted: Fraction
    published: Fraction
    missing: int
    not_applicable: int
    self_reported: Score | None = None
    """From what the unit itself reported; None if all answers are."""


@dataclass(frozen=True)
class CriterionResult:
    """One criterion; ``status`` is scored, missing or not_applicable."""

    id: str
    points: Fraction
    max_points: Fraction
    nominal: Fraction
    most: Fraction
    """What it gives at most; negative for a penalty."""
    status: str
    self_reported: CriterionResult | None = None
    """From what the unit itself reported; None if all answers are."""


@dataclass(frozen=True)
class GroupResult:
    """One group with its criteria."""

    code: str
    score: Score
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True)
class SubtotalResult:
    """The sum of the criteria that name a subtotal."""

    code: str
    score: Score


@dataclass(frozen=True)
class GateResult:
    """One gate as it applied to one unit."""

    level: int
    measure: str
    unit: str
    minimum: Fraction
    strict: bool
    value: Fraction
    passed: bool
    not_applicable: bool


@dataclass(frozen=True)
class MeasureResult:
    """One measure; ``level`` is the best one all of whose gates on this measure hold, 0 none."""

    measure: str
    points: Fraction
    max_points: Fraction
    percent: Fraction
    level: int


@dataclass(frozen=True)
class CategoryResult:
    """One category; ``standing`` is ranked, below_minimum, nothing_applicable or excluded."""

    code: str
    score: Score
    standing: str
    level: int
    rank: int
    measures: tuple[MeasureResult, ...]
    failing: tuple[GateResult, ...]
    groups: tuple[GroupResult, ...]
    gates: tuple[GateResult, ...]
    levels: tuple[int, ...]
    level_code: str


@dataclass(frozen=True)
class Card:
    """Everything about one unit."""

    unit: Unit
    categories: tuple[CategoryResult, ...]
    overall: Score
    rank: int
    lacking: tuple[str, ...]
    commended: bool = False
    subtotals: tuple[SubtotalResult, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """The units of one cohort in ranking order."""

    tier: str
    cohort: str
    """The tier, or the parent of its units."""
    requires: tuple[str, ...]
    """The categories in which a unit must be ranked to be ranked overall."""
    cards: tuple[Card, ...]


# Numbers


def exact(value: object) -> Fraction:
    """A number by its decimal text (0.1 is one tenth), a day by its number."""
    return Fraction(value.toordinal()) if isinstance(value, datetime.date) else Fraction(str(value))


def nearest(points: Fraction) -> Fraction:
    """To the nearest micropoint, an exact half to the even one."""
    return Fraction(round(points * 10**6), 10**6)


def rational(value: Decimal) -> Fraction:
    """A number of at least 60 digits, from which a fraction such as 1/6 becomes exact again."""
    simple = Fraction(value).limit_denominator(10**20)
    return simple if abs(simple - Fraction(value)) < Fraction(1, 10**45) else Fraction(value)


def floor(value: Fraction, decimals: int) -> Fraction:
    """Rounded down."""
    return Fraction(math.floor(value * 10**decimals), 10**decimals)


def share_of(value: Any) -> Fraction:
    """A share as a document writes it: 80%, 1/3 or 0.8."""
    return exact(value.removesuffix("%").strip()) / 100 if str(value).endswith("%") else Fraction(str(value))


def published(value: Fraction, decimals: int, mode: str) -> Fraction:
    """To the published decimals; down is towards zero, up away from it."""
    scaled = abs(value) * 10**decimals
    left = scaled - math.floor(scaled)
    away = {
        "down": False,
        "up": left > 0,
        "half_up": left >= Fraction(1, 2),
        "half_even": left > Fraction(1, 2) or (left == Fraction(1, 2) and math.floor(scaled) % 2 == 1),
    }[mode]
    size = Fraction(math.floor(scaled) + away, 10**decimals)
    return size if value >= 0 else -size


def weighted_mean(kind: str, shares: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The mean of shares from weights and shares; a geometric one to sixty digits."""
    weights = sum((weight for weight, _ in shares), Fraction(0))
    if not weights:
        return Fraction(0)
    if kind == "arithmetic_mean":
        return sum((weight * share for weight, share in shares), Fraction(0)) / weights
    with localcontext(Context(prec=60)):
        logs = [(weight, Decimal(share.numerator) / share.denominator) for weight, share in shares if share]
        if len(logs) < len(shares):
            return Fraction(0)
        total = sum((Decimal(w.numerator) / w.denominator * share.ln() for w, share in logs), Decimal(0))
        return rational((total * weights.denominator / weights.numerator).exp())


def of_tier(amount: Any, tier: str) -> Any:
    """An amount that may be given by tier; None where the tier has none."""
    return amount.get(tier) if isinstance(amount, Mapping) else amount


def points_of(body: Mapping[str, Any], tier: str) -> Fraction:
    """The points of a criterion, part, step or option in a tier."""
    return exact(of_tier(body["points"], tier))


# Formulas: points before rounding, whether an indicator was not reported, whether the formula leaves the unit out.

Given = tuple[Fraction, bool, bool]
NOT_REPORTED: Given = (Fraction(0), True, False)


def flag(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """Yes gives everything."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (most if answer else Fraction(0), False, False)


def fault(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """A fault takes everything; faults are a flag or a count."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (Fraction(0) if answer else most, False, False)


def choice(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """Each option has its points."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (exact(of_tier(body["options"][answer], unit.tier)), False, False)


def steps(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """The first step that holds counts."""
    answer = unit.answers.get(body["indicator"])
    if answer is None:
        return NOT_REPORTED
    holds: dict[str, Callable[[Fraction, Fraction], bool]] = {
        "at_least": lambda value, edge: value >= edge,
        "above": lambda value, edge: value > edge,
        "at_most": lambda value, edge: value <= edge,
        "below": lambda value, edge: value < edge,
    }
    for step in body["steps"]:
        if any(how in step and compare(exact(answer), exact(step[how])) for how, compare in holds.items()):
            return points_of(step, unit.tier), False, False
    return Fraction(0), False, False


def count(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """So much for each, up to the maximum."""
    answer = unit.answers.get(body["indicator"])
    return (
        NOT_REPORTED
        if answer is None
        else (min(exact(answer) * exact(of_tier(body["each"], unit.tier)), most), False, False)
    )


def linear(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """Along a line, flat beyond its ends."""
    answer = unit.answers.get(body["indicator"])
    if answer is None:
        return NOT_REPORTED
    start, end = exact(body["from"]), exact(body["to"])

    def way(value: Any) -> Fraction:
        return (exact(value) - start) / (end - start)

    if "floor" in body and way(answer) < way(body["floor"]):
        return Fraction(0), False, False
    if "target" in body and way(answer) >= way(body["target"]):
        return most, False, False
    return min(max(way(answer), Fraction(0)), Fraction(1)) * most, False, False


def awarded(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """The answer is the points."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (exact(answer), False, False)


def ratio(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit], best: Fraction = Fraction(1)) -> Given:
    """A share of the best there is, which is 1 unless the set compares units."""
    numerator, denominator = (unit.answers.get(body[key]) for key in ("numerator", "denominator"))
    if numerator is None or denominator is None:
        return NOT_REPORTED
    if exact(denominator) == 0:
        return most if body["when_zero"] == "full" else Fraction(0), False, body["when_zero"] == "not_applicable"
    share = exact(numerator) / exact(denominator)
    if share < share_of(body.get("floor", 0)):
        return Fraction(0), False, False
    best *= share_of(body.get("target", 1))
    return (min(share / best, Fraction(1)) * most if best else Fraction(0)), False, False


def ratio_to_best(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """A share of the largest ratio among the tier's units to which the criterion applies."""
    reported = [(peer.answers.get(body["numerator"]), peer.answers.get(body["denominator"])) for peer in peers]
    ratios = [exact(a) / exact(b) for a, b in reported if a is not None and b is not None and exact(b) > 0]
    return ratio(body, most, unit, peers, max(ratios, default=Fraction(0)))


def sum_of_parts(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """What is there counts."""
    parts = [given(part, unit, peers) for part in body["parts"]]
    return sum((part[0] for part in parts), Fraction(0)), any(part[1] for part in parts), False


def best_of(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """The alternative with the most points counts."""
    parts = [given(part, unit, peers) for part in body["alternatives"]]
    return max(part[0] for part in parts), any(part[1] for part in parts), False


def _compared(body: Document, peers: Sequence[Unit]) -> list[Fraction]:
    """The answers that a unit is compared with; larger is better."""
    answers = [peer.answers.get(body["indicator"]) for peer in peers]
    return [exact(answer) * (-1 if body.get("better") == "lower" else 1) for answer in answers if answer is not None]


def min_max(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """Along the line from the worst to the best unit."""
    return _by_others(body, most, unit, peers, lambda own, all_: (own - min(all_)) / (max(all_) - min(all_)))


def percentile(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """The share of the other units that are worse."""
    return _by_others(
        body, most, unit, peers, lambda own, all_: Fraction(sum(other < own for other in all_), len(all_) - 1)
    )


def _by_others(
    body: Document,
    most: Fraction,
    unit: Unit,
    peers: Sequence[Unit],
    share: Callable[[Fraction, list[Fraction]], Fraction],
) -> Given:
    if unit.answers.get(body["indicator"]) is None:
        return NOT_REPORTED
    [own], others = _compared(body, [unit]), _compared(body, peers)
    if len(set(others)) < 2:
        return (most if body["when_equal"] == "full" else Fraction(0)), False, False
    return min(max(share(own, others), Fraction(0)), Fraction(1)) * most, False, False


def z_scores(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """The weighted mean of z-scores to ninety digits, between goalposts or between the worst and the best unit."""
    codes = list(body["weights"])
    if any(unit.answers.get(code) is None for code in codes):
        return NOT_REPORTED
    counted = [peer for peer in peers if all(peer.answers.get(code) is not None for code in codes)]
    with localcontext(Context(prec=90)):
        means = {unit.id: _mean_z(body, codes, unit, counted) for unit in [*counted, unit]}
        own, others = means[unit.id], [means[peer.id] for peer in counted]
        if "from" in body:
            start, end = (Decimal(str(body[key])) for key in ("from", "to"))
        elif not others or max(others) - min(others) < Decimal("1e-60"):
            return (most if body["when_equal"] == "full" else Fraction(0)), False, False
        else:
            start, end = min(others), max(others)
        share = (own - start) / (end - start)
        return rational(min(max(share, Decimal(0)), Decimal(1))) * most, False, False


def _mean_z(body: Document, codes: Sequence[str], unit: Unit, counted: Sequence[Unit]) -> Decimal:
    total = weights = Decimal(0)
    for code in codes:
        values = [Decimal(str(peer.answers[code])) for peer in counted]
        weight = share_of(body["weights"][code])
        weights += Decimal(weight.numerator) / weight.denominator
        if len(set(values)) < 2:
            continue
        mean = sum(values) / len(values)
        divisor = len(values) - (body.get("deviation") == "sample")
        deviation = (sum((value - mean) ** 2 for value in values) / divisor).sqrt()
        sign = -1 if code in body.get("lower_is_better", ()) else 1
        z = sign * (Decimal(str(unit.answers[code])) - mean) / deviation
        total += z * weight.numerator / weight.denominator
    return total / weights


def logarithmic(body: Document, most: Fraction, unit: Unit, peers: Sequence[Unit]) -> Given:
    """Along a line of logarithms."""
    answer = unit.answers.get(body["indicator"])
    if answer is None:
        return NOT_REPORTED
    low, high = sorted((exact(body["from"]), exact(body["to"])))
    value = min(max(exact(answer), low), high)
    with localcontext(Context(prec=70)):
        own, start, end = (
            (Decimal(number.numerator) / number.denominator).ln()
            for number in (value, exact(body["from"]), exact(body["to"]))
        )
        return rational((own - start) / (end - start)) * most, False, False


FORMULAS: dict[str, Callable[[Document, Fraction, Unit, Sequence[Unit]], Given]] = {
    "flag": flag,
    "fault": fault,
    "choice": choice,
    "steps": steps,
    "count": count,
    "ratio": ratio,
    "ratio_to_best": ratio_to_best,
    "linear": linear,
    "min_max": min_max,
    "percentile": percentile,
    "z_scores": z_scores,
    "logarithmic": logarithmic,
    "awarded": awarded,
    "sum": sum_of_parts,
    "best": best_of,
}


def given(body: Document, unit: Unit, peers: Sequence[Unit]) -> Given:
    """What the formula of a criterion or part gives."""
    return FORMULAS[body["formula"]](body, points_of(body, unit.tier), unit, peers)


# Sums


def criterion_result(body: Document, unit: Unit, cohort: Sequence[Unit]) -> CriterionResult:
    """One criterion of one unit."""
    effect = body.get("effect", "score")
    most = points_of(body, unit.tier) * (-1 if effect == "penalty" else 1)
    nominal = most if effect == "score" else Fraction(0)
    peers = [peer for peer in cohort if body["id"] not in peer.not_applicable]
    points, missing, left_out = given(body, unit, peers)
    left_out |= missing and body.get("when_missing") == "not_applicable"
    if left_out or body["id"] in unit.not_applicable:
        return CriterionResult(body["id"], Fraction(0), Fraction(0), nominal, most, "not_applicable")
    points = nearest(points) * (-1 if effect == "penalty" else 1)
    return CriterionResult(body["id"], points, nominal, nominal, most, "missing" if missing else "scored")


Amounts = tuple[Fraction, Fraction, Fraction]
"""Points, applicable maximum and nominal maximum."""


def total_of(parts: Sequence[Amounts]) -> Amounts:
    """The sum of some amounts."""
    points, maximum, nominal = (sum(column, Fraction(0)) for column in zip(*parts, (0, 0, 0), strict=True))
    return points, maximum, nominal


def capped(amounts: Amounts, body: Document, tier: str) -> Amounts:
    """Amounts of at most the cap of a group, a category or the overall score."""
    cap = of_tier(body.get("cap"), tier)
    points, maximum, nominal = amounts if cap is None else (min(amount, exact(cap)) for amount in amounts)
    return points, maximum, nominal


def combined(body: Document, parts: Mapping[str, Amounts], weights: Document, tier: str) -> Amounts:
    """What parts make up: their sum, or their mean as a part of the stated points.

    Args:
        body: of the category, or of the overall score.
        parts: by code of the group or category.
        weights: the bodies of the parts.
        tier: the unit's tier.
    """
    kind = body.get("combine", "sum")
    if kind not in ("arithmetic_mean", "geometric_mean"):
        return capped(total_of(list(parts.values())), body, tier)
    shares = [
        (share_of(weights[code].get("weight", 1)), min(max(points / maximum, Fraction(0)), Fraction(1)))
        for code, (points, maximum, _) in parts.items()
        if maximum
    ]
    most = exact(of_tier(body["points"], tier))
    points = nearest(weighted_mean(kind, shares) * most)
    return capped((points, most if shares else Fraction(0), most), body, tier)


def score_of(criteria: Sequence[CriterionResult], amounts: Amounts, rounding: Document) -> Score:
    """What follows from the points of a sum of criteria."""
    points, maximum, nominal = amounts
    converted = floor(points * nominal / maximum, 6) if maximum else Fraction(0)
    return Score(
        points=points,
        max_points=maximum,
        nominal=nominal,
        percent=percent_of(points, maximum),
        converted=converted,
        published=published(converted, rounding.get("points", 2), rounding.get("mode", "half_up")),
        missing=sum(criterion.status == "missing" for criterion in criteria),
        not_applicable=sum(criterion.status == "not_applicable" for criterion in criteria),
    )


def percent_of(points: Fraction, maximum: Fraction) -> Fraction:
    """Rounded down to parts per million; 0 of nothing."""
    return floor(points / maximum * 100, 4) if maximum else Fraction(0)


# Gates


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
    """Whether a gate holds; a percentage of nothing does, and says not applicable."""
    percent = gate.unit == "percent"
    nothing = percent and maximum == 0
    value, wanted = (points * 100, gate.minimum * maximum) if percent else (points, gate.minimum)
    return GateResult(
        level=gate.level,
        measure=gate.measure,
        unit=gate.unit,
        minimum=gate.minimum,
        strict=gate.strict,
        value=percent_of(points, maximum) if percent else points,
        passed=nothing or (value > wanted if gate.strict else value >= wanted),
        not_applicable=nothing,
    )


def category_result(
    code: str, body: Document, rounding: Document, unit: Unit, cohort: Sequence[Unit]
) -> CategoryResult:
    """One category of one unit, still without its rank."""
    groups = []
    for name, group in body["groups"].items():
        here = [criterion for criterion in group["criteria"] if of_tier(criterion["points"], unit.tier) is not None]
        criteria = tuple(criterion_result(criterion, unit, cohort) for criterion in here)
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
        mine = [gate for gate in gates if gate.measure == name]
        held = [n for n in levels if (asked := [g.passed for g in mine if g.level == n]) and all(asked)]
        points, maximum = measured(name, groups, score)
        measures.append(MeasureResult(name, points, maximum, percent_of(points, maximum), (held or [0])[0]))
    nothing = score.max_points == 0
    level = reached[0] if reached and not nothing else 0
    better = levels[: levels.index(level)] if level else levels
    standing = "nothing_applicable" if nothing else "ranked" if reached or not levels else "below_minimum"
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


# Sources of answers


def with_children(document: Document, units: Sequence[Unit]) -> list[Unit]:
    """The units with the answers that follow from those of their children."""
    found = {unit.id: unit for unit in units}
    rules = document.get("from_children", {})
    for code, rule in [*rules.items()] * len(rules):  # again and again, for sums of sums
        [(how, read)] = ((how, rule[how]) for how in ("sum", "mean", "share", "count") if how in rule)
        for unit in units:
            children = [found[child.id] for child in units if child.parent == unit.id]
            if unit.tier != rule["tier"] or not children:
                continue
            answers = {name: value for name, value in found[unit.id].answers.items() if name != code}
            if all(read in child.answers for child in children):
                values = [Fraction(str(int(v) if isinstance(v := c.answers[read], bool) else v)) for c in children]
                exact = sum(values, Fraction(0)) / (len(children) if how in ("mean", "share") else 1)
                answers[code] = Decimal(round(exact * 10**6)) / 10**6
            found[unit.id] = replace(found[unit.id], answers=answers)
    return [found[unit.id] for unit in units]


def indicators_of(body: Any) -> set[str]:
    """The indicators that a criterion or part reads."""
    found = {body[key] for key in ("indicator", "numerator", "denominator") if key in body}
    found |= set(body.get("weights", ()))
    return found.union(*(indicators_of(part) for key in ("parts", "alternatives") for part in body.get(key, ())))


def sources_of(document: Document) -> dict[str, list[str]]:
    """The sources of each criterion's answers."""
    everywhere = document.get("sources", ["self_reported"])
    return {
        criterion["id"]: criterion.get("sources", everywhere)
        for category in document["categories"].values()
        for group in category["groups"].values()
        for criterion in group["criteria"]
    }


def counted(document: Document, unit: Unit) -> Unit:
    """The unit with the answers that count: of several ones the last."""
    answers, sources = dict(unit.answers), sources_of(document)
    for category in document["categories"].values():
        for criterion in (criterion for group in category["groups"].values() for criterion in group["criteria"]):
            for source in sources[criterion["id"]][1:]:
                for code in indicators_of(criterion):
                    if f"{code}@{source}" in unit.answers:
                        answers[code] = unit.answers[f"{code}@{source}"]
    return replace(unit, answers=answers)


def cards_of(document: Document, units: Sequence[Unit]) -> list[Card]:
    """The cards of the units of a tier, still without ranks."""
    scored = [counted(document, unit) for unit in units]
    cards = [replace(_card(document, unit, scored), unit=own) for unit, own in zip(scored, units, strict=True)]
    others = tuple(code for code, sources in sources_of(document).items() if "self_reported" not in sources)
    if all(sources == ["self_reported"] for sources in sources_of(document).values()):
        return cards
    reported = [replace(unit, not_applicable=unit.not_applicable + others) for unit in units]
    return [_beside(card, _card(document, unit, reported)) for card, unit in zip(cards, reported, strict=True)]


def _beside(card: Card, reported: Card) -> Card:
    """A card with the scores of another one as the self-reported ones."""

    def both(mine: Any, its: Any) -> Any:
        if isinstance(mine, Score | CriterionResult):
            return replace(mine, self_reported=its)
        return tuple(both(one, other) for one, other in zip(mine, its, strict=True))

    categories = tuple(
        replace(
            mine,
            score=both(mine.score, its.score),
            groups=tuple(
                replace(group, score=both(group.score, other.score), criteria=both(group.criteria, other.criteria))
                for group, other in zip(mine.groups, its.groups, strict=True)
            ),
        )
        for mine, its in zip(card.categories, reported.categories, strict=True)
    )
    subtotals = tuple(
        replace(mine, score=both(mine.score, its.score))
        for mine, its in zip(card.subtotals, reported.subtotals, strict=True)
    )
    return replace(card, categories=categories, overall=both(card.overall, reported.overall), subtotals=subtotals)


# Rankings


def rank_province(document: Document, units: Sequence[Unit]) -> list[Ranking]:
    """The rankings of all cohorts that have units: in the set's order of tiers, then by name."""
    rankings, units = [], with_children(document, units)
    for tier in document["tiers"]:
        peers = [unit for unit in units if unit.tier == tier]  # whom formulas compare, however units are ranked
        cards = cards_of(document, peers)
        within_parent = of_tier(document.get("ranking", {}).get("cohort", "tier"), tier) == "parent"
        cohorts: dict[str, list[Card]] = {}
        for card in cards:
            cohorts.setdefault(card.unit.parent if within_parent else tier, []).append(card)
        rankings += [_ranking(document, tier, cohort, cohorts[cohort]) for cohort in sorted(cohorts)]
    return rankings


def score_unit(document: Document, unit: Unit) -> Card:
    """One unit alone; its ranks are 0."""
    return cards_of(document, [unit])[0]


def _card(document: Document, unit: Unit, cohort: Sequence[Unit]) -> Card:
    rounding = document.get("rounding", {})
    categories = tuple(
        category_result(code, body, rounding, unit, cohort)
        for code, body in document["categories"].items()
        if any(
            of_tier(criterion["points"], unit.tier) is not None
            for group in body["groups"].values()
            for criterion in group["criteria"]
        )
    )
    criteria = [criterion for category in categories for group in category.groups for criterion in group.criteria]
    overall = document.get("overall", {})
    parts = {c.code: (c.score.points, c.score.max_points, c.score.nominal) for c in categories}
    if overall.get("combine") == "sum_of_converted":
        scores = {c.code: c.score for c in categories}
        parts = {
            code: (s.converted, s.nominal if s.max_points else Fraction(0), s.nominal) for code, s in scores.items()
        }
    amounts = combined(overall, parts, document["categories"], unit.tier)
    standings = {category.code: category.standing for category in categories}
    lacking = tuple(code for code in _requires(document, categories) if standings[code] != "ranked")
    subtotals = tuple(_subtotals(document, criteria))
    return Card(unit, categories, score_of(criteria, amounts, rounding), 0, lacking, subtotals=subtotals)


def _subtotals(document: Document, criteria: Sequence[CriterionResult]) -> Iterator[SubtotalResult]:
    """The sums of the criteria that name a subtotal, or whose group does; neither caps nor floors nor means."""
    named = {
        criterion["id"]: criterion.get("subtotal", group.get("subtotal"))
        for category in document["categories"].values()
        for group in category["groups"].values()
        for criterion in group["criteria"]
    }
    for code in document.get("subtotals", ()):
        mine = [criterion for criterion in criteria if named[criterion.id] == code]
        amounts = total_of([(criterion.points, criterion.max_points, criterion.nominal) for criterion in mine])
        if mine:
            yield SubtotalResult(code, score_of(mine, amounts, document.get("rounding", {})))


def _requires(document: Document, categories: Sequence[CategoryResult]) -> tuple[str, ...]:
    """The required categories that the tier has; a tier that has none of them is asked for all it has."""
    required = document.get("overall", {}).get("requires") or list(document["categories"])
    here = [category.code for category in categories]
    return tuple(code for code in required if code in here) or tuple(here)


def _key(document: Document, card: Card, key: Any, rule: Document, code: str) -> Fraction | None:
    """What one key of a ranking compares; None if the tier does not have it."""
    categories = {category.code: category for category in card.categories}

    def of(score: Score) -> Fraction:
        return score.converted if rule["precision"] == "exact" else score.published

    kind, name = next(iter(key.items())) if isinstance(key, Mapping) else (key, "")
    if kind in ("overall", "total"):
        return of(categories[code].score if code else card.overall)
    if kind == "level":
        level = categories[name or code].level if (name or code) in categories else None
        return None if level is None else Fraction(-level if level else -1000)
    if not code and name in document["categories"]:
        return of(categories[name].score) if name in categories else None
    terms = [term.strip() for term in name.split("+")]
    groups = [g for c in card.categories if code in ("", c.code) for g in c.groups]
    parts = [(g.score.points, g.score.max_points, g.score.nominal) for g in groups if g.code in terms]
    parts += [(c.points, c.max_points, c.nominal) for g in groups for c in g.criteria if c.id == name]
    return of(score_of([], total_of(parts), document.get("rounding", {}))) if parts else None


def _ranking(document: Document, tier: str, cohort: str, cards: Sequence[Card]) -> Ranking:
    rule = {"ties": "competition", "precision": "published", "by": ["overall"], **document.get("ranking", {})}
    best = of_tier(document.get("commend", {}).get("best"), tier) or 0

    def compared(card: Card, own: Document, code: str = "") -> tuple[Fraction, ...]:
        """What ranks compare, by the rule of a category or by the overall one."""
        return tuple(value for key in own["by"] if (value := _key(document, card, key, own, code)) is not None) or (
            _key(document, card, "total", own, code),
        )

    def ranks(scores: Mapping[str, tuple[Fraction, ...]], ties: str) -> dict[str, int]:
        """Ranks by unit id of the scores by unit id."""
        if ties == "ordinal":
            order = sorted(scores, key=lambda unit: (*(-score for score in scores[unit]), unit))
            return {unit: place for place, unit in enumerate(order, start=1)}
        others = set(scores.values()) if ties == "dense" else list(scores.values())
        return {unit: 1 + sum(other > score for other in others) for unit, score in scores.items()}

    scores = {card.unit.id: compared(card, rule) for card in cards if not card.lacking}
    overall = ranks(scores, rule["ties"])
    commended = {unit for unit, score in scores.items() if sum(other > score for other in scores.values()) < best}
    by_category = []
    for n, category in enumerate(cards[0].categories):
        own = {**rule, "by": ["total"], **document["categories"][category.code].get("ranking", {})}
        standing = [card for card in cards if card.categories[n].standing == "ranked"]
        by_category.append(ranks({card.unit.id: compared(card, own, category.code) for card in standing}, own["ties"]))
    ranked = [
        replace(
            card,
            rank=overall.get(card.unit.id, 0),
            commended=card.unit.id in commended,
            categories=tuple(
                replace(category, rank=places.get(card.unit.id, 0))
                for category, places in zip(card.categories, by_category, strict=True)
            ),
        )
        for card in cards
    ]
    ranked.sort(key=lambda card: (bool(card.lacking), *(-score for score in compared(card, rule)), card.unit.id))
    return Ranking(tier, cohort, _requires(document, cards[0].categories), tuple(ranked))


# Conditions of levels, and limits


def condition_holds(condition: Any, unit: Unit, category: CategoryResult, reached: Mapping[str, int]) -> bool | None:
    """Whether a condition holds; None if the unit's tier has no gate of it.

    Args:
        condition: as the document has it.
        unit: the unit.
        category: its result in the category, of which levels do not matter.
        reached: by category, the level reached; 0: none.
    """
    if "not" in condition:
        inner = condition_holds(condition["not"], unit, category, reached)
        return None if inner is None else not inner
    for key in ("all", "any", "of"):
        if key in condition:
            parts = [condition_holds(part, unit, category, reached) for part in condition[key]]
            found = [part for part in parts if part is not None]
            whole = key == "all" or (key == "of" and condition["at_least"] == len(parts))
            needed = len(found) if whole else condition.get("at_least", 1)
            return sum(found) >= needed if found else None
    if "indicator" in condition:
        wanted = condition["is"] if isinstance(condition["is"], list) else [condition["is"]]
        return unit.answers.get(condition["indicator"]) in wanted
    if "category" in condition:
        return 0 < reached[condition["category"]] <= condition["level"]
    return _bound_holds(condition, unit, category)


def _bound_holds(condition: Document, unit: Unit, category: CategoryResult) -> bool | None:
    """Of nothing, every percentage is reached and none is kept under."""
    bound = next(key for key in ("at_least", "above", "at_most", "below") if key in condition)
    minimum = of_tier(condition[bound], unit.tier)
    if minimum is None or minimum == "none":
        return None
    name = "+".join(term.strip() for term in condition["measure"].split("+"))
    points, maximum = measured(name, category.groups, category.score)
    if isinstance(minimum, str):
        if maximum == 0:
            return bound in ("at_least", "above")
        value, edge = points * 100, exact(minimum.removesuffix("%").strip()) * maximum
    else:
        value, edge = points, exact(minimum)
    return {"at_least": value >= edge, "above": value > edge, "at_most": value <= edge, "below": value < edge}[bound]


def level_by_conditions(
    body: Document, unit: Unit, category: CategoryResult, reached: Mapping[str, int]
) -> tuple[int, str]:
    """The level and the standing of a unit in a category whose levels have conditions, and that may have limits."""
    if category.score.max_points == 0:
        return 0, "nothing_applicable"
    levels = [level["level"] for level in body.get("levels", ())]
    allowed = {
        level["level"]
        for level in body.get("levels", ())
        if condition_holds(level["when"] if "when" in level else {"all": level["gates"]}, unit, category, reached)
    }
    for limit in body.get("limits", ()):
        if condition_holds(limit["when"], unit, category, reached):
            if limit.get("not_ranked"):
                return 0, "excluded"
            allowed -= set(range(limit["no_better_than"]))
    if not levels:
        return 0, "ranked"
    return (min(allowed), "ranked") if allowed else (0, "below_minimum")
