"""Charts as SVG, drawn by Vega-Lite. On screens, ``.chart`` in templates/report.css has the colours."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from scorer_client import optional
from scorer_client.reports.model import Measure

WIDTH, HEIGHT = 330, 150
_MARGIN = {"left": 34, "right": 12, "top": 22, "bottom": 34}
_BINS = 20


def histogram(measure: Measure, axis: str, units: str) -> str:
    """The number of units by the values of a measure, with its gates as lines, each with its level.

    Nothing in it depends on the fonts of the machine, so that the same numbers give the same bytes.

    Args:
        measure: what is counted; percentages have bins of five.
        axis: title of the horizontal axis.
        units: title of the vertical axis.

    Raises:
        ImportError: vl-convert is not installed.
    """
    svg: str = optional.for_reports("vl_convert").vegalite_to_svg(_spec(measure, axis, units), vl_version="5.20")
    # As wide as the page lets it; the page says what it shows, its parts say nothing.
    return svg.replace(f'width="{WIDTH}" height="{HEIGHT}"', 'aria-hidden="true"', 1)


def _spec(measure: Measure, axis: str, units: str) -> dict[str, Any]:
    highest = max((*measure.values, *(gate.minimum for gate in measure.gates)), default=1.0)
    end = 100.0 if measure.unit == "percent" else max(1.0, math.ceil(highest))
    counts = Counter(min(_BINS - 1, max(0, int(value * _BINS / end))) for value in measure.values)
    bars = [{"from": at * end / _BINS, "to": (at + 1) * end / _BINS, "n": n} for at, n in sorted(counts.items())]
    lines = [{"at": gate.minimum, "name": str(gate.level)} for gate in measure.gates]
    top = max(counts.values(), default=1)
    across = {
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "axis": {"title": axis, "values": [end * part / 4 for part in range(5)], "grid": False},
    }
    upward = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {"title": units, "values": sorted({0, top // 2, top}), "format": "d", "grid": False},
    }
    return {
        "background": None,
        "width": WIDTH - _MARGIN["left"] - _MARGIN["right"],
        "height": HEIGHT - _MARGIN["top"] - _MARGIN["bottom"],
        "padding": _MARGIN,
        "autosize": {"type": "none"},
        "config": {"view": {"stroke": None}, "aria": False, "axis": {"labelOverlap": False}},
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar", "binSpacing": 1, "color": "#4d8fd1"},
                "encoding": {
                    "x": {"field": "from", **across}, "x2": {"field": "to"},
                    "y": {"field": "n", **upward}, "y2": {"datum": 0},
                },
            },
            {
                "data": {"values": lines},
                "layer": [
                    {
                        "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#b3401f"},
                        "encoding": {"x": {"field": "at", **across}},
                    },
                    {
                        "mark": {"type": "text", "y": -6, "fontSize": 10, "color": "#b3401f"},
                        "encoding": {"x": {"field": "at", **across}, "text": {"field": "name"}},
                    },
                ],
            },
        ],
    }  # fmt: skip
