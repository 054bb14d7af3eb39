"""Random answers for a criteria set: the same seed gives the same answers."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping, Sequence
from typing import Any

import oracle
import set_documents
from oracle import Unit

from scorer.plugin_api import Indicator, IndicatorKind, PartOf

MISSING, LEFT_OUT = 0.04, 0.1
SOME_DAY = datetime.date(2020, 1, 1)


def draw_answer(draw: random.Random, indicator: Indicator, quality: float) -> Any:
    """An answer that is good with the probability ``quality``."""
    good = draw.random() < quality
    if indicator.kind is IndicatorKind.FLAG:
        return good
    if indicator.kind is IndicatorKind.CHOICE:
        return indicator.options[0] if good else draw.choice(indicator.options)
    if indicator.kind is IndicatorKind.DATE:
        return SOME_DAY + datetime.timedelta(days=draw.randrange(60 if good else 200))
    high = min(indicator.range()[1], draw.choice([1, 12, 120, 3000]))
    if indicator.kind is IndicatorKind.COUNT:
        return draw.randint(int(high * quality * good), int(high))
    return round(draw.uniform(indicator.range()[0] if indicator.range()[0] > 0 else 0, high), draw.choice([0, 2, 6]))


def draw_unit(
    draw: random.Random,
    code: str,
    tier: str,
    document: oracle.Document,
    indicators: Mapping[str, Indicator],
    checks: Sequence[PartOf],
) -> Unit:
    """A unit of random quality that violates no rule of its criteria set."""
    quality = draw.choice([0.5, 0.9, 0.95, 1.0])
    answers = {name: draw_answer(draw, indicator, quality) for name, indicator in indicators.items()}
    answers = {name: answer for name, answer in answers.items() if draw.random() >= MISSING}
    for _ in checks:  # a part of a part may have to shrink once for each of its wholes
        for part, whole in (check.reads() for check in checks):
            if part in answers and whole in answers:
                if quality == 1.0 and answers[part] < answers[whole] and draw.random() < 0.5:
                    answers[part] = min(answers[whole], int(indicators[part].range()[1]))
                answers[part] = min(answers[part], answers[whole])
    excludable = [c["id"] for c in set_documents.criteria_of(document, tier) if c.get("may_be_not_applicable")]
    return Unit(code, tier, answers, tuple(c for c in excludable if draw.random() < LEFT_OUT))
