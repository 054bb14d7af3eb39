"""Formulas of criteria.

Each function returns the points of one unit before rounding, whether an answer is missing, and whether the criterion
does not apply. ``maximum`` is the criterion's points, and ``peers`` are the units of the tier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

from oracle.numbers import exact, of_tier, points_of, rational, share_of
from oracle.results import Document, Unit

Outcome = tuple[Fraction, bool, bool]
NOT_REPORTED: Outcome = (Fraction(0), True, False)


def flag(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """Yes gives all points."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (maximum if answer else Fraction(0), False, False)


def fault(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """Any fault takes all points; faults are a flag or a count."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (Fraction(0) if answer else maximum, False, False)


def choice(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """Each option has its points."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (exact(of_tier(body["options"][answer], unit.tier)), False, False)


def steps(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
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


def count(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """Points for each counted item, up to the maximum."""
    answer = unit.answers.get(body["indicator"])
    return (
        NOT_REPORTED
        if answer is None
        else (min(exact(answer) * exact(of_tier(body["each"], unit.tier)), maximum), False, False)
    )


def linear(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """A straight line, flat beyond its ends."""
    answer = unit.answers.get(body["indicator"])
    if answer is None:
        return NOT_REPORTED
    start, end = exact(body["from"]), exact(body["to"])

    def position(value: Any) -> Fraction:
        return (exact(value) - start) / (end - start)

    if "floor" in body and position(answer) < position(body["floor"]):
        return Fraction(0), False, False
    if "target" in body and position(answer) >= position(body["target"]):
        return maximum, False, False
    return min(max(position(answer), Fraction(0)), Fraction(1)) * maximum, False, False


def awarded(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """The answer is the number of points."""
    answer = unit.answers.get(body["indicator"])
    return NOT_REPORTED if answer is None else (exact(answer), False, False)


def ratio(
    body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit], best: Fraction = Fraction(1)
) -> Outcome:
    """The share of the best ratio, which is 1 for the formula ``ratio``."""
    numerator, denominator = (unit.answers.get(body[key]) for key in ("numerator", "denominator"))
    if numerator is None or denominator is None:
        return NOT_REPORTED
    if exact(denominator) == 0:
        return maximum if body["when_zero"] == "full" else Fraction(0), False, body["when_zero"] == "not_applicable"
    share = exact(numerator) / exact(denominator)
    if share < share_of(body.get("floor", 0)):
        return Fraction(0), False, False
    best *= share_of(body.get("target", 1))
    return (min(share / best, Fraction(1)) * maximum if best else Fraction(0)), False, False


def ratio_to_best(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """The share of the largest ratio among the units of the tier to which the criterion applies."""
    reported = [(peer.answers.get(body["numerator"]), peer.answers.get(body["denominator"])) for peer in peers]
    ratios = [exact(a) / exact(b) for a, b in reported if a is not None and b is not None and exact(b) > 0]
    return ratio(body, maximum, unit, peers, max(ratios, default=Fraction(0)))


def sum_of_terms(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """Adds up the terms that were reported."""
    terms = [evaluate(term, unit, peers) for term in body["terms"]]
    return sum((term[0] for term in terms), Fraction(0)), any(term[1] for term in terms), False


def best_of(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """Takes the alternative with the most points."""
    outcomes = [evaluate(alternative, unit, peers) for alternative in body["alternatives"]]
    return max(outcome[0] for outcome in outcomes), any(outcome[1] for outcome in outcomes), False


def _compared(body: Document, peers: Sequence[Unit]) -> list[Fraction]:
    """The answers that a unit is compared with; larger is better."""
    answers = [peer.answers.get(body["indicator"]) for peer in peers]
    return [exact(answer) * (-1 if body.get("better") == "lower" else 1) for answer in answers if answer is not None]


def min_max(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """A straight line from the worst to the best unit."""
    return _by_others(body, maximum, unit, peers, lambda own, all_: (own - min(all_)) / (max(all_) - min(all_)))


def percentile(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """The share of the other units that are worse."""
    return _by_others(
        body, maximum, unit, peers, lambda own, all_: Fraction(sum(other < own for other in all_), len(all_) - 1)
    )


def _by_others(
    body: Document,
    maximum: Fraction,
    unit: Unit,
    peers: Sequence[Unit],
    share: Callable[[Fraction, list[Fraction]], Fraction],
) -> Outcome:
    if unit.answers.get(body["indicator"]) is None:
        return NOT_REPORTED
    [own], others = _compared(body, [unit]), _compared(body, peers)
    if len(set(others)) < 2:
        return (maximum if body["when_equal"] == "full" else Fraction(0)), False, False
    return min(max(share(own, others), Fraction(0)), Fraction(1)) * maximum, False, False


def z_scores(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
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
            return (maximum if body["when_equal"] == "full" else Fraction(0)), False, False
        else:
            start, end = min(others), max(others)
        share = (own - start) / (end - start)
        return rational(min(max(share, Decimal(0)), Decimal(1))) * maximum, False, False


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


def logarithmic(body: Document, maximum: Fraction, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """A straight line of logarithms."""
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
        return rational((own - start) / (end - start)) * maximum, False, False


FORMULAS: dict[str, Callable[[Document, Fraction, Unit, Sequence[Unit]], Outcome]] = {
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
    "sum": sum_of_terms,
    "best": best_of,
}


def evaluate(body: Document, unit: Unit, peers: Sequence[Unit]) -> Outcome:
    """The outcome of a criterion, or of a formula nested in one, for one unit."""
    return FORMULAS[body["formula"]](body, points_of(body, unit.tier), unit, peers)
