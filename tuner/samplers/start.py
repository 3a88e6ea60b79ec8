"""The first points of a study, before there is anything to model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuner.samplers.gaussian_process import Kernel
from tuner.space import Categorical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.space.encoding import Encoding

_NUM_LEAST, _NUM_MOST = 8, 20
_NUM_CANDIDATES = 128


class StartDesign:
    """Points that lie far apart and try every branch of a conditional space equally often.

    The first is the middle of every range, where whoever wrote the space will have put what is usual. Each further one
    is, of many random ones, the one that is farthest from all before it, among those that take the branches which were
    tried least. A branch is a choice on which the activity of other parameters depends.

    Args:
        encoding: The columns.
        kernel: What distances are taken of.
    """

    def __init__(self, encoding: Encoding, kernel: Kernel) -> None:
        self._encoding, self._kernel = encoding, kernel
        parents = {parent for parameter in encoding.space.values() for parent in parameter.when or ()}
        self._branches = [
            place
            for place, column in enumerate(encoding.columns)
            if column.name in parents and isinstance(column.parameter, Categorical)
        ]
        most_choices = max((encoding.columns[place].num_cells for place in self._branches), default=0)
        self.size = min(max(_NUM_LEAST, 2 * most_choices), _NUM_MOST)
        """How many points it takes."""

    def row(self, tried: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """The next point, shape (d,), snapped; constraints are kept if any of the candidates keeps them.

        Args:
            tried: All points so far, shape (n, d).
            rng: Randomness.
        """
        candidates = self._encoding.draw(_NUM_CANDIDATES, rng)
        if not len(tried):
            middle = np.where(self._is_number, 0.5, self._encoding.fill(candidates[:1], rng))
            candidates = np.vstack([self._encoding.snap(middle), candidates])
        allowed = self._encoding.allowed(candidates)
        if allowed.any():
            candidates = candidates[allowed]
        if not len(tried):
            return np.asarray(candidates[0])
        candidates = candidates[self._least_tried(candidates, tried)]
        there, here = self._kernel.features(tried), self._kernel.features(candidates)
        distances = ((here[:, None, :] - there[None, :, :]) ** 2).sum(axis=2).min(axis=1)
        return np.asarray(candidates[int(distances.argmax())])

    @property
    def _is_number(self) -> NDArray[np.bool_]:
        return np.array([not column.is_unordered for column in self._encoding.columns], dtype=bool)

    def _least_tried(self, candidates: NDArray[np.float64], tried: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which candidates take, branch by branch, the choices that were tried least, shape (n,)."""
        kept = np.ones(len(candidates), dtype=bool)
        for place in self._branches:
            column = self._encoding.columns[place]
            cells = column.cells(candidates[:, place])
            counts = np.bincount(column.cells(tried[:, place])[~np.isnan(tried[:, place])], minlength=column.num_cells)
            rivals = kept & (cells >= 0)
            if rivals.any():
                kept &= ~rivals | (counts[cells] == counts[cells[rivals]].min())
        return kept
