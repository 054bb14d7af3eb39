"""Draws microseconds per unit as a bar chart in SVG, with bars for each variant and number of units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from results import Timing, figure

NAMES, BARS, FIGURES = 330, 520, 70
"""Widths in pixels: names of variants, bars, and the number after the longest bar."""
BAR, GAP, HEAD, TOP, BOTTOM, LEGEND = 11, 9, 26, 64, 44, 110
"""Heights in pixels: a bar, the space below a variant, the name of a suite, title and legend, the axis.
LEGEND is the width of one entry of the legend."""
LIGHT, DARK = (158, 202, 225), (8, 48, 107)
"""Colors for the smallest and the largest number of units."""
INK, FAINT = "#222222", "#d8d8d8"


def chart(timings: Sequence[Timing]) -> str:
    """The chart, as the text of an SVG file."""
    shown = [timing for timing in timings if timing.microseconds > 0]
    rows: dict[str, dict[str, list[Timing]]] = {}
    for timing in shown:
        rows.setdefault(timing.suite, {}).setdefault(timing.variant, []).append(timing)
    below = sum(HEAD + sum(len(bars) * BAR + GAP for bars in variants.values()) for variants in rows.values())
    width, height = NAMES + BARS + FIGURES, TOP + below + BOTTOM
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "font-family": "Helvetica, Arial, sans-serif",
        },
    )
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    _text(
        svg, 12, 24, "Microseconds per unit, by variant and number of units: shorter is better", size=15, weight="bold"
    )
    colors = _legend(svg, sorted({timing.units for timing in shown}))
    axis = _Axis(svg, [timing.microseconds for timing in shown], height)
    y = TOP
    for suite, variants in rows.items():
        _text(svg, 12, y + 17, suite, weight="bold")
        y += HEAD
        for variant, bars in variants.items():
            _text(svg, NAMES - 8, y + len(bars) * BAR / 2 + 4, variant, anchor="end")
            for timing in sorted(bars, key=lambda bar: bar.units):
                end, value = axis.x(timing.microseconds), figure(timing.microseconds)
                bar = _rectangle(svg, NAMES, y, max(end - NAMES, 1.0), colors[timing.units])
                ET.SubElement(bar, "title").text = f"{variant}, {timing.units:,} units: {value} microseconds per unit"
                _text(svg, end + 4, y + BAR - 2, value, size=9)
                y += BAR
            y += GAP
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


class _Axis:
    """A logarithmic axis, with a line for each power of ten."""

    def __init__(self, svg: ET.Element, values: Sequence[float], height: int) -> None:
        logs = [math.log10(value) for value in values] or [0.0]
        # One power lower, because otherwise the bar of a value that is a power of ten would have no length.
        self._first = math.ceil(min(logs)) - 1
        self._last = max(math.ceil(max(logs)), self._first + 1)
        for power in range(self._first, self._last + 1):
            x = f"{self.x(10.0**power):.1f}"
            line = {"x1": x, "x2": x, "y1": str(TOP), "y2": str(height - BOTTOM), "stroke": FAINT}
            ET.SubElement(svg, "line", line)
            _text(svg, float(x), height - BOTTOM + 16, f"{10.0**power:,.{max(-power, 0)}f}", anchor="middle")
        _text(svg, NAMES + BARS / 2, height - 10, "microseconds per unit, logarithmic", anchor="middle")

    def x(self, value: float) -> float:
        """The position of a value, in pixels from the left."""
        return NAMES + (math.log10(value) - self._first) / (self._last - self._first) * BARS


def _legend(svg: ET.Element, sizes: Sequence[int]) -> dict[int, str]:
    """Draws the legend, and returns the color of each number of units."""
    colors = {}
    for index, units in enumerate(sizes):
        share = index / max(len(sizes) - 1, 1)
        rgb = (round(light + share * (dark - light)) for light, dark in zip(LIGHT, DARK, strict=True))
        colors[units] = "#" + "".join(f"{part:02x}" for part in rgb)
        _rectangle(svg, 12 + index * LEGEND, 38, BAR, colors[units])
        _text(svg, 12 + index * LEGEND + BAR + 5, 48, f"{units:,} unit{'s' if units > 1 else ''}")
    return colors


def _rectangle(svg: ET.Element, x: float, y: float, width: float, color: str) -> ET.Element:
    box = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": str(BAR - 1)}
    return ET.SubElement(svg, "rect", {**box, "fill": color})


def _text(
    svg: ET.Element, x: float, y: float, text: str, *, anchor: str = "start", size: int = 11, weight: str = "normal"
) -> None:
    style = {"font-size": str(size), "font-weight": weight, "text-anchor": anchor, "fill": INK}
    ET.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **style}).text = text
