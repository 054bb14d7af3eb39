"""Warns of parameters of formulas that are valid but probably mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from scorer.criteria.document import Document, Path
from scorer.formulas import Formula
from scorer.formulas.base import Threshold
from scorer.formulas.logarithmic import Logarithmic
from scorer.formulas.ratios import Ratio
from scorer.formulas.single_indicator import Linear, Steps
from scorer.formulas.sum_and_best import nested_formulas
from scorer.model.fixed_point import plain_share
from scorer.model.indicators import Indicator


def warn(formula: Formula, path: Path, indicators: Mapping[str, Indicator], document: Document) -> None:
    """Adds warnings about a formula and the formulas nested in it.

    Args:
        formula: the formula.
        path: its path in the document.
        indicators: the indicators that criteria read, by code.
        document: the document.
    """
    for n, inner in enumerate(nested_formulas(formula)):
        warn(inner.formula, (*path, str(formula.nested), n), indicators, document)
    if isinstance(formula, Ratio):
        _warn_of_shares(formula, path, document)
    if not isinstance(formula, Steps | Linear | Logarithmic):
        return
    indicator = indicators.get(formula.indicator)
    if indicator is None:  # it is not declared, which is already reported
        return
    low, high = indicator.range()
    if isinstance(formula, Steps):
        for n, (comparison, edge) in enumerate(step.edge for step in formula.steps):
            if holds := _always_or_never(comparison, edge.value, low, high):
                message = f"{holds} answer to {indicator.code!r} meets this; {_range(indicator)}"
                document.warn((*path, "steps", n, comparison), message)
    else:
        for name, edge in _ends(formula):
            if not low <= edge.value <= high:
                message = f"no answer to {indicator.code!r} can be {indicator.show(edge.value)}; {_range(indicator)}"
                document.warn((*path, name), message)


def _warn_of_shares(formula: Ratio, path: Path, document: Document) -> None:
    """Warns of ratios that may be meant as percentages: an author who writes 80 for 80 % gets 80 to 1."""
    for name, share in (("target", formula.target), ("floor", formula.floor)):
        if share is not None and 10 < share <= 100:
            text = plain_share(share)
            message = f"a {name} of {text} means {text} to 1; if you mean a percentage, write {text}%"
            document.warn((*path, name), message)


def _always_or_never(
    comparison: Literal["at_least", "above", "at_most", "below"], edge: float, low: float, high: float
) -> Literal["every", "no", ""]:
    """Which answers from ``low`` to ``high`` meet a comparison with a threshold; "" if only some do.

    It is also "" if the threshold is the end of the range and every answer meets the comparison: that is how authors
    write "otherwise".
    """
    if comparison in ("at_least", "above"):
        never, always = edge > high or (comparison == "above" and edge == high), edge < low
    else:
        never, always = edge < low or (comparison == "below" and edge == low), edge > high
    return "no" if never else "every" if always else ""


def _ends(formula: Linear | Logarithmic) -> Iterator[tuple[str, Threshold]]:
    """The thresholds of a formula, by key."""
    yield from (("from", formula.start), ("to", formula.to))
    if isinstance(formula, Linear):
        yield from ((name, edge) for name, edge in (("target", formula.target), ("floor", formula.floor)) if edge)


def _range(indicator: Indicator) -> str:
    low, high = indicator.range()
    return f"answers are from {indicator.show(low)} to {indicator.show(high)}"
