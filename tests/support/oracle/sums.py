"""Points of criteria, and sums and means of points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from oracle.formulas import evaluate
from oracle.numbers import exact, floor, nearest, of_tier, points_of, published, share_of, weighted_mean
from oracle.results import CriterionResult, Document, Score, Unit

Amounts = tuple[Fraction, Fraction, Fraction]
"""Points, applicable maximum and nominal maximum."""


def criterion_result(body: Document, unit: Unit, cohort: Sequence[Unit]) -> CriterionResult:
    """One criterion of one unit."""
    effect = body.get("effect", "score")
    full_points = points_of(body, unit.tier) * (-1 if effect == "penalty" else 1)
    nominal = full_points if effect == "score" else Fraction(0)
    peers = [peer for peer in cohort if body["id"] not in peer.not_applicable]
    points, missing, left_out = evaluate(body, unit, peers)
    left_out |= missing and body.get("when_missing") == "not_applicable"
    if left_out or body["id"] in unit.not_applicable:
        return CriterionResult(body["id"], Fraction(0), Fraction(0), nominal, full_points, "not_applicable")
    points = nearest(points) * (-1 if effect == "penalty" else 1)
    return CriterionResult(body["id"], points, nominal, nominal, full_points, "missing" if missing else "scored")


def total_of(terms: Sequence[Amounts]) -> Amounts:
    """The sum of several terms."""
    points, maximum, nominal = (sum(column, Fraction(0)) for column in zip(*terms, (0, 0, 0), strict=True))
    return points, maximum, nominal


def capped(amounts: Amounts, body: Document, tier: str) -> Amounts:
    """Limits amounts to the cap of a group, a category or the overall score."""
    cap = of_tier(body.get("cap"), tier)
    points, maximum, nominal = amounts if cap is None else (min(amount, exact(cap)) for amount in amounts)
    return points, maximum, nominal


def combined(body: Document, terms: Mapping[str, Amounts], weights: Document, tier: str) -> Amounts:
    """Combines terms: their sum, or their mean times the stated points.

    Args:
        body: the document of the category, or of the overall score.
        terms: amounts by code of the group or category.
        weights: the documents of the terms, by code.
        tier: the unit's tier.
    """
    kind = body.get("combine", "sum")
    if kind not in ("arithmetic_mean", "geometric_mean"):
        return capped(total_of(list(terms.values())), body, tier)
    shares = [
        (share_of(weights[code].get("weight", 1)), min(max(points / maximum, Fraction(0)), Fraction(1)))
        for code, (points, maximum, _) in terms.items()
        if maximum
    ]
    nominal = exact(of_tier(body["points"], tier))
    points = nearest(weighted_mean(kind, shares) * nominal)
    return capped((points, nominal if shares else Fraction(0), nominal), body, tier)


def score_of(criteria: Sequence[CriterionResult], amounts: Amounts, rounding: Document) -> Score:
    """The score that follows from the summed amounts of criteria."""
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
    """The percentage, rounded down to parts per million; 0 if the maximum is 0."""
    return floor(points / maximum * 100, 4) if maximum else Fraction(0)
