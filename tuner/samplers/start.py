"""The first points of a study, before there is anything to model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuner.samplers.unseen import UnseenPoints
from tuner.space import Categorical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.samplers.evidence import Evidence
    from tuner.space.encoding import Encoding

_NUM_LEAST, _NUM_MOST = 8, 20
_NUM_CANDIDATES = 24


class StartDesign:
    """Random points that try every branch of a conditional space equally often.

    The first is the middle of every range, where whoever wrote the space will have put what is usual. Each further one
    is drawn at random among the branches that were tried least; a branch is a choice on which the activity of other
    parameters depends. Points that lie as far apart as possible were measured to be worse: the farthest are always in
    the corners, where optima rarely are.

    Args:
        encoding: The columns.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        parents = {parent for parameter in encoding.space.values() for parent in parameter.when or ()}
        self.branches = [
            place
            for place, column in enumerate(encoding.columns)
            if column.name in parents and isinstance(column.parameter, Categorical)
        ]
        """Columns of the choices on which the activity of other parameters depends."""
        most_choices = max((encoding.columns[place].num_cells for place in self.branches), default=0)
        self.size = min(max(_NUM_LEAST, 2 * most_choices), _NUM_MOST)
        """How many points it takes."""

    def lasts(self, evidence: Evidence) -> bool:
        """Whether there are points of it left, or nothing yet to learn from."""
        return len(evidence.rows) < self.size or not len(evidence.taught)

    def row(self, tried: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """The next point, shape (d,), snapped; it keeps the constraints and is new if any of the candidates is so.

        Args:
            tried: All points so far, shape (n, d).
            rng: Randomness.
        """
        candidates = self._encoding.draw(_NUM_CANDIDATES, rng)
        if not len(tried):
            is_number = [not column.is_unordered for column in self._encoding.columns]
            middle = np.where(is_number, 0.5, self._encoding.fill(candidates[:1], rng))
            candidates = np.vstack([self._encoding.snap(middle), candidates])
        fits = self._encoding.allowed(candidates)
        is_new = fits & UnseenPoints(self._encoding, tried).has(candidates)
        for kept in (is_new, fits):
            if kept.any():
                candidates = candidates[kept]
                break
        return np.asarray(candidates[int(self._least_tried(candidates, tried).argmax())])

    def _least_tried(self, candidates: NDArray[np.float64], tried: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which candidates take, branch by branch, the choices that were tried least, shape (n,)."""
        kept = np.ones(len(candidates), dtype=bool)
        for place in self.branches if len(tried) else ():
            column = self._encoding.columns[place]
            cells = column.cells(candidates[:, place])
            counts = np.bincount(column.cells(tried[:, place])[~np.isnan(tried[:, place])], minlength=column.num_cells)
            rivals = kept & (cells >= 0)
            if rivals.any():
                kept &= ~rivals | (counts[cells] == counts[cells[rivals]].min())
        return kept
