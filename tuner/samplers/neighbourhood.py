"""Points near others: what a search among candidates is made of. All rows here are complete, without NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.space.encoding import Encoding


def mutated(
    encoding: Encoding, rows: NDArray[np.float64], scales: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """A neighbour of each row.

    Numbers move by a normal step, on a grid by at least one cell; categories take another choice. Of the parameters
    that are active, a random share moves, at least one: a neighbour may differ in one of them or in all.

    Args:
        encoding: What the columns are.
        rows: Where to start, complete, shape (n, d).
        scales: Standard deviation of the steps of each row, shape (n,).
        rng: Randomness.

    Returns:
        Complete rows, shape (n, d), not yet snapped.
    """
    count, width = rows.shape
    active = encoding.active(rows)
    share = rng.choice([0.0, 0.25, 1.0], size=(count, 1), p=[0.4, 0.3, 0.3])
    moves = (rng.random((count, width)) < share) & active
    # One parameter for sure: the one with the largest of random numbers among the active.
    sure = np.where(active, rng.random((count, width)), -1.0).argmax(axis=1) if width else np.zeros(count, dtype=int)
    if width:
        moves[np.arange(count), sure] = True
    steps = rng.standard_normal((count, width)) * scales[:, None]
    result = rows.copy()
    for place, column in enumerate(encoding.columns):
        chosen = np.flatnonzero(moves[:, place])
        if column.is_unordered:
            shift = rng.integers(1, column.num_choices, size=len(chosen))
            cells = (column.cells(rows[chosen, place]) + shift) % column.num_choices
            # A step as wide as the range changes every choice, a narrow one few of them, so that numbers move alone.
            kept = (share[chosen, 0] > 0) & (rng.random(len(chosen)) > 0.1 + scales[chosen])
            result[chosen, place] = np.where(kept, rows[chosen, place], (cells + 0.5) / column.num_choices)
            continue
        step = steps[chosen, place]
        if column.num_cells:
            cell = 1.0 / column.num_cells
            step = np.where(np.abs(step) < cell, np.copysign(cell, step), step)
        result[chosen, place] = reflected(rows[chosen, place] + step)
    return result


def crossed(first: NDArray[np.float64], second: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Rows that take each parameter from one of two parents at random, shape (n, d)."""
    return np.where(rng.random(first.shape) < 0.5, first, second)


def reflected(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions beyond an end come back from it."""
    folded = np.abs(positions) % 2.0
    return np.where(folded > 1.0, 2.0 - folded, folded)
