"""Bar charts as SVG, without a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABELS, FIGURES = 760, 260, 70
BAR, GAP, HEAD = 14, 12, 58
# Distinct in lightness too, so that colour is not the only sign.
SHADES = ("#9ecae9", "#4c78a8", "#1b2f4b")


@dataclass(frozen=True)
class Bars:
    """Bars that stand together.

    Args:
        title: Their common name.
        values: The name and the length of each.
    """

    title: str
    values: Sequence[tuple[str, float]]


def bar_chart(title: str, groups: Sequence[Bars]) -> str:
    """Horizontal bars on a scale from zero, in groups, each with its figure at its end."""
    names = list(dict.fromkeys(name for group in groups for name, _ in group.values))
    shades = {name: SHADES[index % len(SHADES)] for index, name in enumerate(names)}
    most = max((value for group in groups for _, value in group.values), default=1.0) or 1.0
    scale = (WIDTH - LABELS - FIGURES) / most
    parts = [f'<text x="10" y="22" font-size="15" font-weight="bold">{escape(title)}</text>']
    for index, name in enumerate(names):
        x = LABELS + 110 * index
        parts.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{shades[name]}"/>')
        parts.append(f'<text x="{x + 17}" y="44">{escape(name)}</text>')
    y = HEAD
    for group in groups:
        middle = y + len(group.values) * BAR / 2 + 4
        parts.append(f'<text x="{LABELS - 8}" y="{middle:.0f}" text-anchor="end">{escape(group.title)}</text>')
        for name, value in group.values:
            width = max(value * scale, 1)
            parts.append(
                f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR - 2}" fill="{shades[name]}"/>'
                f'<text x="{LABELS + width + 5:.1f}" y="{y + BAR - 4}" font-size="11">{value:.3g}</text>'
            )
            y += BAR
        y += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" '
        f'font-family="sans-serif" font-size="12" role="img">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
