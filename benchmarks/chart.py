"""Microseconds a unit as a bar chart in SVG: a row a way, a bar a number of units, a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from results import Timing, figure

NAMES, BARS, FIGURES = 330, 520, 70
"""Pixels across: names of ways, bars, room for the figure behind the longest bar."""
BAR, GAP, HEAD, TOP, BOTTOM, LEGEND = 11, 9, 26, 64, 44, 110
"""Pixels: a bar, space below a way, a suite's name, title and legend, the axis; an entry of the legend across."""
LIGHT, DARK = (158, 202, 225), (8, 48, 107)
"""Colours of the fewest and the most units."""
INK, FAINT = "#222222", "#d8d8d8"


def chart(timings: Sequence[Timing]) -> str:
    """The chart, as the text of an SVG file."""
    shown = [timing for timing in timings if timing.microseconds > 0]
    rows: dict[str, dict[str, list[Timing]]] = {}
    for timing in shown:
        rows.setdefault(timing.suite, {}).setdefault(timing.way, []).append(timing)
    below = sum(HEAD + sum(len(bars) * BAR + GAP for bars in ways.values()) for ways in rows.values())
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
    _text(svg, 12, 24, "Microseconds a unit, by way and number of units: shorter is better", size=15, weight="bold")
    colours = _legend(svg, sorted({timing.units for timing in shown}))
    axis = _Axis(svg, [timing.microseconds for timing in shown], height)
    y = TOP
    for suite, ways in rows.items():
        _text(svg, 12, y + 17, suite, weight="bold")
        y += HEAD
        for way, bars in ways.items():
            _text(svg, NAMES - 8, y + len(bars) * BAR / 2 + 4, way, anchor="end")
            for timing in sorted(bars, key=lambda bar: bar.units):
                end, value = axis.place(timing.microseconds), figure(timing.microseconds)
                bar = _rectangle(svg, NAMES, y, max(end - NAMES, 1.0), colours[timing.units])
                ET.SubElement(bar, "title").text = f"{way}, {timing.units:,} units: {value} microseconds a unit"
                _text(svg, end + 4, y + BAR - 2, value, size=9)
                y += BAR
            y += GAP
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


class _Axis:
    """A logarithmic axis from one power of ten to another, drawn below everything with a line for each."""

    def __init__(self, svg: ET.Element, values: Sequence[float], height: int) -> None:
        logs = [math.log10(value) for value in values] or [0.0]
        # The shortest bar is still seen: a value at a power of ten would have none.
        self._first = math.ceil(min(logs)) - 1
        self._last = max(math.ceil(max(logs)), self._first + 1)
        for power in range(self._first, self._last + 1):
            x = f"{self.place(10.0**power):.1f}"
            line = {"x1": x, "x2": x, "y1": str(TOP), "y2": str(height - BOTTOM), "stroke": FAINT}
            ET.SubElement(svg, "line", line)
            _text(svg, float(x), height - BOTTOM + 16, f"{10.0**power:,.{max(-power, 0)}f}", anchor="middle")
        _text(svg, NAMES + BARS / 2, height - 10, "microseconds a unit, logarithmic", anchor="middle")

    def place(self, value: float) -> float:
        """Where a value is, in pixels from the left."""
        return NAMES + (math.log10(value) - self._first) / (self._last - self._first) * BARS


def _legend(svg: ET.Element, sizes: Sequence[int]) -> dict[int, str]:
    """Draws what the colours mean, and gives them by number of units."""
    colours = {}
    for place, units in enumerate(sizes):
        share = place / max(len(sizes) - 1, 1)
        rgb = (round(light + share * (dark - light)) for light, dark in zip(LIGHT, DARK, strict=True))
        colours[units] = "#" + "".join(f"{part:02x}" for part in rgb)
        _rectangle(svg, 12 + place * LEGEND, 38, BAR, colours[units])
        _text(svg, 12 + place * LEGEND + BAR + 5, 48, f"{units:,} unit{'s' if units > 1 else ''}")
    return colours


def _rectangle(svg: ET.Element, x: float, y: float, width: float, colour: str) -> ET.Element:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": str(BAR - 1)}
    return ET.SubElement(svg, "rect", {**place, "fill": colour})


def _text(
    svg: ET.Element, x: float, y: float, text: str, *, anchor: str = "start", size: int = 11, weight: str = "normal"
) -> None:
    look = {"font-size": str(size), "font-weight": weight, "text-anchor": anchor, "fill": INK}
    ET.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **look}).text = text
