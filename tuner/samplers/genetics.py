"""Crossover and mutation of points written as rows of numbers between 0 and 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.space.encoding import Column, Encoding

Row = NDArray[np.float64]

# How near children stay to their parents, and mutants to what they were; larger is nearer. The literature has 15 to 20,
# for ten thousand points and more. With hundreds, wider steps reached fronts of more volume.
_CROSSOVER_INDEX = 3.0
_MUTATION_INDEX = 5.0


def child_of(first: Row, second: Row, encoding: Encoding, rng: np.random.Generator) -> Row:
    """A child of two points, mutated and rounded to the grid.

    Numbers and ordered choices of both parents are blended by simulated binary crossover, unordered choices are taken
    from either parent. On average one active parameter mutates: a number by polynomial mutation, though at least to the
    next value of its grid, an unordered choice to another one. A parameter that becomes active has the value of the
    parent in which it was active, or one drawn from its range.

    Args:
        first: A parent, NaN where inactive, shape (d,). The child is more like this one.
        second: The other parent, shape (d,).
        encoding: What the columns are.
        rng: The source of randomness.

    Returns:
        The child, NaN where inactive, shape (d,). Constraints are not kept. Sources: Deb and Agrawal, Simulated Binary
        Crossover (1995); Deb and Goyal, GeneAS (1996) for polynomial mutation.
    """
    drawn = rng.random(len(first))
    one = np.where(np.isnan(first), np.where(np.isnan(second), drawn, second), first)
    other = np.where(np.isnan(second), one, second)
    is_swapped = rng.random(len(first)) < 0.5
    near, far = np.where(is_swapped, other, one), np.where(is_swapped, one, other)
    is_unordered = np.array([column.is_unordered for column in encoding.columns], dtype=bool)
    genes = np.where(is_unordered, near, _blended(near, far, rng))
    active = np.flatnonzero(encoding.active(encoding.snap(genes[None]))[0])
    for place in active[rng.random(len(active)) < 1 / max(len(active), 1)]:
        genes[place] = _mutated(float(genes[place]), encoding.columns[place], rng)
    return np.asarray(encoding.snap(genes[None])[0])


def _blended(near: Row, far: Row, rng: np.random.Generator) -> Row:
    """Simulated binary crossover."""
    share = rng.random(len(near))
    power = 1 / (_CROSSOVER_INDEX + 1)
    spread = np.where(share <= 0.5, (2 * share) ** power, (0.5 / (1 - share)) ** power)
    return np.clip(0.5 * ((1 + spread) * near + (1 - spread) * far), 0, 1)


def _mutated(position: float, column: Column, rng: np.random.Generator) -> float:
    if column.is_unordered:
        # Any of the others: so many cells further, round the corner.
        return (position + int(rng.integers(1, column.num_choices)) / column.num_choices) % 1
    moved = _polynomial(position, rng)
    if column.num_cells and column.snap(np.array([moved]))[0] == column.snap(np.array([position]))[0]:
        return _next_value(position, column, rng)
    return moved


def _polynomial(position: float, rng: np.random.Generator) -> float:
    """Polynomial mutation that respects the bounds 0 and 1."""
    share, power = rng.random(), 1 / (_MUTATION_INDEX + 1)
    if share < 0.5:
        room = (1 - position) ** (_MUTATION_INDEX + 1)
        return float(position + (2 * share + (1 - 2 * share) * room) ** power - 1)
    room = position ** (_MUTATION_INDEX + 1)
    return float(position + 1 - (2 * (1 - share) + (2 * share - 1) * room) ** power)


def _next_value(position: float, column: Column, rng: np.random.Generator) -> float:
    """The position of a value beside the one that lies here."""
    coordinate = column.parameter.encode(column.value(position))
    found = [column.parameter.decode(coordinate + step) for step in (-1, 1)]
    # Beyond an end the parameter gives the end itself.
    steps = [column.position(value) for value in found if column.parameter.encode(value) != coordinate]
    return steps[int(rng.integers(len(steps)))]
