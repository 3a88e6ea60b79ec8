"""A low-discrepancy sequence."""

from __future__ import annotations

from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion
from tuner.space import SearchSpace
from tuner.space.encoding import Encoding


class SobolSampler(Sampler):
    """Fills the space evenly: each point goes where the points before it have left room.

    Choose it instead of ``random`` wherever points are not to depend on results: as a first look at a space, for
    hundreds of trials at once, or when the results will be analysed afterwards. It covers every single parameter, and
    most pairs, far more evenly.

    - The trial with number n gets point n of the sequence, which the study's seed scrambles. Numbers that enqueued
      points take leave their places in the sequence empty.
    - There is one dimension for each parameter with more than one value; those of inactive parameters are not used. So
      the parameters of a rare branch are covered like a random sample of the sequence.
    - A point that breaks a constraint is replaced by an allowed one near it.

    Source: Sobol (1967) with the direction numbers of Joe and Kuo (2008), scrambled as proposed by Matoušek (1998), as
    in ``scipy.stats.qmc``; Owen, On Dropping the First Sobol' Point (2020), for why none is dropped.
    """

    learns = False

    def __init__(self) -> None:
        self._sequence: _Sequence | None = None

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        sequence = self._sequence
        if sequence is None or not sequence.is_of(view):
            sequence = self._sequence = _Sequence(view.space, view.seed)
        points = (sequence.encoding.decode(row) for row in sequence.rows(view.first_number, count))
        return [Suggestion(view.space.repair(point, rng)) for point in points]

    def describe(self, view: StudyView) -> str:
        return f"sobol: {sum(not parameter.is_single for parameter in view.space.values())} dimensions"


class _Sequence:
    """The sequence of one study."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self.encoding = Encoding(space)
        self._seed = seed
        self._engine = qmc.Sobol(self.encoding.width, rng=np.random.default_rng(seed)) if self.encoding.width else None
        self._lock = Lock()

    def is_of(self, view: StudyView) -> bool:
        """Whether this is the sequence for the view's study."""
        space = self.encoding.space
        return self._seed == view.seed and (space is view.space or space == view.space)

    def rows(self, first: int, count: int) -> NDArray[np.float64]:
        """Points of the sequence by number, shape (count, width)."""
        if self._engine is None:
            return np.empty((count, 0))
        with self._lock:
            self._engine.reset()
            if first:
                self._engine.fast_forward(first)
            # One by one: the engine warns of a first batch that is no power of two.
            return np.concatenate([self._engine.random(1) for _ in range(count)])
