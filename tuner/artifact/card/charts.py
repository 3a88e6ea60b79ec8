"""Charts as SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuner.artifact.card.dates import date_label, date_ticks
from tuner.artifact.card.markup import text

WIDTH, HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 12, 44
_MOST_TICK_CHARACTERS = 9


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Args:
        title: What it shows.
        low: Where it begins.
        high: Where it ends.
        is_date: Whether the numbers are seconds since 1970.
    """

    title: str
    low: float
    high: float
    is_date: bool = False

    @classmethod
    def around(cls, title: str, values: Iterable[float], *, margin: float = 0.04, is_date: bool = False) -> Axis:
        """An axis on which all the values have room."""
        finite = [value for value in values if math.isfinite(value)]
        low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
        # Halves first, so that the reach of large numbers does not overflow.
        reach = (high / 2 - low / 2) * 2 * margin or abs(high) * 0.1 or 0.5
        return cls(title, low - reach, high + reach, is_date)

    def ticks(self, most: int = 5) -> list[float]:
        """Round numbers on the axis."""
        reach = self.high - self.low
        if not 0 < reach < math.inf:
            return []
        if self.is_date:
            return date_ticks(self.low, self.high, most)
        rough = reach / most
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough)
        first = math.ceil(self.low / step)
        return [index * step for index in range(first, math.floor(self.high / step) + 1)][: 4 * most]

    def label(self, value: float) -> str:
        """What is written at a tick."""
        return date_label(value, self.high - self.low) if self.is_date else _tick(value)

    def share(self, value: float) -> float:
        """Where a value lies between the ends, from 0 to 1 and not beyond."""
        reach = self.high - self.low
        return min(1.0, max(0.0, (value - self.low) / reach)) if 0 < reach < math.inf else 0.5


class Chart:
    """A chart with two axes, to which marks are added.

    Args:
        x: The horizontal axis.
        y: The vertical axis.
        label: What the picture shows, for those who cannot see it.
        names: Shown below the horizontal axis in place of numbers, in even distances from 0.
    """

    def __init__(self, x: Axis, y: Axis, label: str, names: Sequence[str] = ()) -> None:
        self._x, self._y = x, y
        self._label = label
        self._names = names
        self._marks: list[str] = []

    def line(self, points: Iterable[tuple[float, float]], style: str) -> None:
        """Add a line through points, with the class ``style``."""
        path = " ".join(f"{self._at_x(x):.1f},{self._at_y(y):.1f}" for x, y in points)
        self._marks.append(f'<polyline class="line {style}" points="{path}"/>')

    def dots(self, points: Iterable[tuple[float, float]], style: str, *, radius: float = 3.0) -> None:
        """Add dots."""
        circles = "".join(
            f'<circle cx="{self._at_x(x):.1f}" cy="{self._at_y(y):.1f}" r="{radius:g}"/>' for x, y in points
        )
        self._marks.append(f'<g class="dots {style}">{circles}</g>')

    def columns(self, bars: Iterable[tuple[float, float, float]], style: str) -> None:
        """Add columns from the axis up: left end, right end and height of each."""
        floor = self._at_y(self._y.low)
        rectangles = "".join(
            f'<rect x="{self._at_x(left) + 0.5:.1f}" y="{self._at_y(height):.1f}" '
            f'width="{max(0.5, self._at_x(right) - self._at_x(left) - 1):.1f}" '
            f'height="{max(0.0, floor - self._at_y(height)):.1f}"/>'
            for left, right, height in bars
        )
        self._marks.append(f'<g class="columns {style}">{rectangles}</g>')

    def svg(self) -> str:
        """The picture."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(self._label)}">'
            f"{self._frame()}{''.join(self._marks)}</svg>"
        )

    def _frame(self) -> str:
        floor, ceiling, left, right = HEIGHT - _BOTTOM, _TOP, _LEFT, WIDTH - _RIGHT
        parts = []
        for value in self._y.ticks():
            y = self._at_y(value)
            parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{left - 7}" y="{y + 4:.1f}" text-anchor="end">{self._y.label(value)}</text>')
        if self._names:
            parts += self._name_ticks()
        else:
            for value in self._x.ticks():
                x = self._at_x(value)
                parts.append(f'<text x="{x:.1f}" y="{floor + 17}" text-anchor="middle">{self._x.label(value)}</text>')
        parts.append(f'<line class="axis" x1="{left}" x2="{right}" y1="{floor}" y2="{floor}"/>')
        middle = (left + right) / 2
        parts.append(
            f'<text class="title" x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{text(self._x.title)}</text>'
        )
        height = (floor + ceiling) / 2
        parts.append(
            f'<text class="title" x="13" y="{height:.0f}" text-anchor="middle" '
            f'transform="rotate(-90 13 {height:.0f})">{text(self._y.title)}</text>'
        )
        return "".join(parts)

    def _name_ticks(self) -> list[str]:
        every = -(-len(self._names) // 8)
        longest = max(3, int(46 / max(1, min(len(self._names), 8))))
        parts = []
        for index, name in enumerate(self._names):
            if index % every == 0:
                shown = name if len(name) <= longest else name[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
                x = self._at_x(index)
                parts.append(
                    f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 17}" text-anchor="middle">{text(shown)}'
                    f"<title>{text(name)}</title></text>"
                )
        return parts

    def _at_x(self, value: float) -> float:
        return _LEFT + self._x.share(value) * (WIDTH - _LEFT - _RIGHT)

    def _at_y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - self._y.share(value) * (HEIGHT - _TOP - _BOTTOM)


def legend(names: Sequence[str]) -> str:
    """The names of lines, beside their colours."""
    if len(names) < 2:
        return ""
    return (
        '<p class="legend">'
        + "".join(f'<span><i class="swatch s{index}"></i>{text(name)}</span>' for index, name in enumerate(names))
        + "</p>"
    )


def _tick(value: float) -> str:
    shown = f"{value:.6g}"
    return shown if len(shown) <= _MOST_TICK_CHARACTERS else f"{value:.2g}"
