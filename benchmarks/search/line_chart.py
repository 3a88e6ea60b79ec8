"""Line charts as SVG, without a library: falling figures over a growing budget, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, TOP, BOTTOM = 56, 44, 44
LABEL_GAP, LETTER = 22, 7
LABEL_DISTANCE = 14.0
# From Okabe and Ito: told apart with any kind of sight; dashes besides, so that colour is not the only sign.
COLOURS = ("#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 1 2")


@dataclass(frozen=True)
class Line:
    """One line.

    Args:
        name: What stands at its end.
        points: Its points from left to right; those that are not above zero are left out.
    """

    name: str
    points: Sequence[tuple[float, float]]


def line_chart(title: str, unit: str, lines: Sequence[Line]) -> str:
    """Lines over a linear axis of ``unit``, the figures on a logarithmic one, each named at its end.

    Args:
        title: Stands above.
        unit: What the horizontal axis counts.
        lines: The lines; the first is drawn thickest.
    """
    drawn = [[(x, y) for x, y in line.points if y > 0 and math.isfinite(y)] for line in lines]
    xs = [x for points in drawn for x, _ in points] or [0.0, 1.0]
    # Before the twentieth part of the budget lies only the start; showing it would press the rest together.
    later = [y for points in drawn for x, y in points if x >= max(xs) / 20] or [0.1, 1.0]
    low, high = min(later), max(later)
    low, high = (low / 1.1, high * 1.1) if high > low else (low / 2, high * 2)

    # Names stand at the right, a figure of up to six letters behind each.
    right = WIDTH - LABEL_GAP - LETTER * (max((len(line.name) for line in lines), default=0) + 7)

    def across(x: float) -> float:
        return LEFT + (x - min(xs)) / (max(xs) - min(xs) or 1) * (right - LEFT)

    def down(y: float) -> float:
        return TOP + (math.log(high) - math.log(y)) / (math.log(high) - math.log(low)) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="10" y="22" font-size="15" font-weight="bold">{escape(title)}</text>']
    for value in _ticks(low, high):
        y = down(value)
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _round_steps(max(xs)):
        x = across(value)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:g}</text>')
    middle = (LEFT + right) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(unit)}</text>')
    ends = _spread([down(max(points[-1][1], low)) if points else HEIGHT - BOTTOM for points in drawn])
    for index, (line, points) in reversed(list(enumerate(zip(lines, drawn, strict=True)))):
        if not points:
            continue
        colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        path = " ".join(f"{across(x):.1f},{down(min(max(y, low), high)):.1f}" for x, y in points)
        style = f'fill="none" stroke="{colour}" stroke-width="{2.4 if index == 0 else 1.5}"'
        parts.append(f'<polyline points="{path}" {style}' + (f' stroke-dasharray="{dash}"/>' if dash else "/>"))
        end_x, end_y = across(points[-1][0]), down(max(points[-1][1], low))
        label_x, label_y = right + LABEL_GAP, ends[index]
        parts.append(
            f'<line x1="{end_x:.1f}" y1="{end_y:.1f}" x2="{label_x - 4}" y2="{label_y:.1f}" stroke="{colour}" '
            f'stroke-width="0.6"/><text x="{label_x}" y="{label_y + 4:.1f}" fill="{colour}">'
            f"{escape(line.name)} {points[-1][1]:.2g}</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between these: 1, 2 and 5 times the powers of ten, and more if the range is short."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = (1, 2, 5) if high / low > 8 else (1, 1.5, 2, 3, 4, 5, 7)
    return [digit * 10.0**power for power in powers for digit in digits if low <= digit * 10.0**power <= high]


def _round_steps(end: float) -> list[float]:
    """Round numbers up to ``end``, about five of them."""
    raw = end / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= raw)
    return [step * count for count in range(1, int(end / step + 1e-9) + 1)]


def _spread(places: Sequence[float]) -> list[float]:
    """The heights of the labels: those of the line ends, pushed apart so that none covers another."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    heights = [0.0] * len(places)
    above = -math.inf
    for index in order:
        above = heights[index] = max(places[index], above + LABEL_DISTANCE)
    excess = max(above - (HEIGHT - BOTTOM), 0.0) if places else 0.0
    below = math.inf
    for index in reversed(order):
        below = heights[index] = min(heights[index], HEIGHT - BOTTOM if excess else math.inf, below - LABEL_DISTANCE)
    return heights
