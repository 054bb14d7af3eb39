"""Draws charts as SVG with Vega-Lite. On screens, their colours come from ``.chart`` in templates/report.css."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from scorer_client import optional_libraries
from scorer_client.reports.model import Measure

WIDTH, HEIGHT = 330, 150
_MARGIN = {"left": 34, "right": 12, "top": 22, "bottom": 34}
_BINS = 20


def histogram(measure: Measure, axis: str, units: str) -> str:
    """A histogram of the units' values of a measure, with a line for each gate, labelled with its level.

    The chart does not depend on installed fonts: equal numbers give equal bytes.

    Args:
        measure: the measure; percentages have bins of five.
        axis: title of the horizontal axis.
        units: title of the vertical axis.

    Raises:
        ImportError: vl-convert is not installed.
    """
    svg: str = optional_libraries.for_reports("vl_convert").vegalite_to_svg(
        _spec(measure, axis, units), vl_version="5.20"
    )
    # The page sets the width and describes the chart, so screen readers skip the SVG.
    return svg.replace(f'width="{WIDTH}" height="{HEIGHT}"', 'aria-hidden="true"', 1)


def _spec(measure: Measure, axis: str, units: str) -> dict[str, Any]:
    highest = max((*measure.values, *(gate.minimum for gate in measure.gates)), default=1.0)
    end = 100.0 if measure.unit == "percent" else max(1.0, math.ceil(highest))
    counts = Counter(min(_BINS - 1, max(0, int(value * _BINS / end))) for value in measure.values)
    bars = [{"from": i * end / _BINS, "to": (i + 1) * end / _BINS, "n": n} for i, n in sorted(counts.items())]
    lines = [{"at": gate.minimum, "name": str(gate.level)} for gate in measure.gates]
    top = max(counts.values(), default=1)
    x_axis = {
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "axis": {"title": axis, "values": [end * part / 4 for part in range(5)], "grid": False},
    }
    y_axis = {
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
                    "x": {"field": "from", **x_axis}, "x2": {"field": "to"},
                    "y": {"field": "n", **y_axis}, "y2": {"datum": 0},
                },
            },
            {
                "data": {"values": lines},
                "layer": [
                    {
                        "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#b3401f"},
                        "encoding": {"x": {"field": "at", **x_axis}},
                    },
                    {
                        "mark": {"type": "text", "y": -6, "fontSize": 10, "color": "#b3401f"},
                        "encoding": {"x": {"field": "at", **x_axis}, "text": {"field": "name"}},
                    },
                ],
            },
        ],
    }  # fmt: skip
