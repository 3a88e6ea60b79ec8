"""Figures of a trained model that may be unknown."""

from __future__ import annotations

from collections.abc import Mapping


def known_figures(figures: Mapping[str, float | None]) -> dict[str, float]:
    """Those that are known, as results report them."""
    return {name: float(figure) for name, figure in figures.items() if figure is not None}
