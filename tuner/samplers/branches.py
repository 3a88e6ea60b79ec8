"""Branches of a space: what a choice leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.samplers.surrogate import Surrogate
    from tuner.space.encoding import Encoding

# By how many standard deviations of the objective a branch may be behind and still be tried a third as often.
_PATIENCE = 0.5


@dataclass(frozen=True)
class Branch:
    """The points that have one choice of a category.

    Args:
        place: The category's column.
        position: The choice's position in it.
    """

    place: int
    position: float

    def holds(self, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the snapped rows lie in it, shape (n,)."""
        return np.asarray(np.abs(rows[:, self.place] - self.position) < 1e-9)

    def enforced(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows moved into it, shape (n, d)."""
        moved = rows.copy()
        moved[:, self.place] = self.position
        return moved


def other_branch(
    surrogate: Surrogate, encoding: Encoding, places: list[int], rng: np.random.Generator
) -> Branch | None:
    """A branch in which the best trial does not lie, the likelier the better it has done so far.

    Args:
        surrogate: What is believed.
        encoding: The columns.
        places: Columns of the categories to choose from.
        rng: Randomness.

    Returns:
        The branch; None if none of the categories is active in the best trial, or they have no other choice.
    """
    if not len(surrogate.rows):
        return None
    best = surrogate.rows[0]
    active = [place for place in places if not np.isnan(best[place])]
    if not active:
        return None
    place = active[int(rng.integers(len(active)))]
    column = encoding.columns[place]
    centres = (np.arange(column.num_cells) + 0.5) / column.num_cells
    branches = [Branch(place, float(centre)) for centre in centres if abs(centre - best[place]) > 1e-9]
    lowest = surrogate.means.min()
    behind = [min(surrogate.means[branch.holds(surrogate.rows)], default=lowest) - lowest for branch in branches]
    weights = np.exp(-np.array(behind) / _PATIENCE) + 0.02
    return branches[int(rng.choice(len(branches), p=weights / weights.sum()))]
