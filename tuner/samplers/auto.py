"""The default: the method is chosen for you, anew for every point."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion

if TYPE_CHECKING:
    import numpy as np

    from tuner.samplers.combination import Combination


class AutoSampler(Sampler):
    """Combines a Gaussian process, the Parzen estimator and small steps, and lets the evidence weigh them.

    The default, and the choice for whoever does not want to choose: any space, one or several objectives, with noise or
    without, one trial at a time or hundreds at once. The trial's ``sampled_by`` tells who found its point:

    - ``start``: the points of a ``StartDesign``, first the middle of all ranges, then far apart, every branch equally
      often.
    - ``gp``: the largest expected improvement of a Gaussian process over the whole space (``GPSampler``); most points,
      while there are at most 250 results.
    - ``tpe``: the tree-structured Parzen estimator (``TPESampler``). It gets one ask in seven while the process
      predicts the results that it was not told, three of four where it does not, because of noise or ruggedness; more
      or less also by whose points were lately among the best.
    - ``branch``: the largest improvement on the best of *another* branch of a conditional space, one ask in seven, and
      most asks once the process expects next to nothing where it is: what leads early is not always what wins.
    - ``local``: a step among the best trials (``local_row``), where nothing is expected any more, and beyond 250
      results, where it shares the work with the Parzen estimator and an occasional ask of the process; so a point
      costs the same with 10,000 trials as with 500.

    Waiting and running trials count as pending for all of them, so that parallel points differ, also between replicas.
    """

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        return self._combination.suggest(view, count, rng)

    def describe(self, view: StudyView) -> str:
        return self._combination.describe(view)

    def recommend(self, view: StudyView) -> int | None:
        return self._combination.recommend(view)

    @cached_property
    def _combination(self) -> Combination:
        # Loaded when it is first asked: SciPy takes half a second, in which a study over a table, whose first points
        # are given, can have its first model.
        from tuner.samplers.combination import Combination

        return Combination()
