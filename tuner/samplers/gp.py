"""Bayesian optimisation with one Gaussian process over the whole conditional space."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from tuner.records import StudyView
from tuner.samplers.acquisition import improvement_slopes
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.branches import Branch
from tuner.samplers.evidence import Evidence, EvidenceReader, Lesson
from tuner.samplers.gaussian_process import Kernel
from tuner.samplers.neighbourhood import crossed, mutated
from tuner.samplers.one_thread import one_thread
from tuner.samplers.start import StartDesign
from tuner.samplers.surrogate import Surrogate, Surrogates
from tuner.samplers.unseen import UnseenPoints
from tuner.space import Params

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tuner.space.encoding import Encoding

_NUM_RANDOM, _NUM_MUTATED, _NUM_CROSSED = 200, 320, 60
_NUM_PARENTS = 8
_ROUND_SCALES = (0.1, 0.03, 0.01)
_NUM_LEADERS, _NUM_AROUND = 5, 24
_NUM_POLISHED = 2
# Grids with fewer values are left to the search among neighbours; on finer ones the slope tells where to go.
_MIN_CELLS = 16
# Noise with less than this share of the objective's variance does not change who is best.
_LEAST_NOISE = 0.01


class GPSampler(Sampler):
    """Models the objective by a Gaussian process and tries where the expected improvement is largest.

    Choose it when a trial is expensive and there will be at most a few hundred of them, in any kind of space: numbers,
    categories, conditions nested to any depth.

    How it reads a study:

    - The first points are a ``StartDesign``, until it is complete and one trial has ended with a result.
    - All trials enter one process (``Kernel``), whatever branch they are from. Losses are warped first (``Warp``).
      Noise is learned; the incumbent is the trial with the best mean, not the luckiest one.
    - Waiting, running and just proposed trials count as if the mean had been observed there.
    - Pruned trials count with the loss at which their curve is expected to end, and its uncertainty.
    - Trials whose points are to blame for their failure count as bad as the worst result.
    - An outcome constraint has a process of its own; the improvement is weighed with the probability that all are kept.
    - Several objectives are weighed at random, anew for each point (ParEGO).

    The improvement is maximised among random points, neighbours and crossings of the best trials, and by gradient from
    the best of those. With more than 250 trials, the best and the latest are modelled.

    Sources: Jones, Schonlau and Welch (1998); Ament et al. (2023) for its logarithm; Gardner et al. (2014) for
    constraints; Knowles, ParEGO (2006); Ginsbourger et al., Kriging is well-suited to parallelize optimization (2010).
    """

    def __init__(self) -> None:
        self._reader = EvidenceReader()
        self._surrogates = Surrogates()
        self._geometry: tuple[Encoding, Kernel, StartDesign] | None = None
        self._lock = threading.Lock()

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        evidence = self._reader.read(view)
        with one_thread():
            return [Suggestion(params) for params in self.points(view, evidence, count, rng)]

    def describe(self, view: StudyView) -> str:
        evidence = self._reader.read(view)
        kind = "conditional parameters" if view.space.is_conditional else "parameters"
        return f"gp: {evidence.encoding.width} {kind}, {len(evidence.taught)} trials"

    def recommend(self, view: StudyView) -> int | None:
        """The completed trial with the lowest mean, where results are noisy; None where they are not."""
        evidence = self._reader.read(view)
        if len(view.directions) > 1 or self.geometry(evidence.encoding)[1].lasts(evidence):
            return None
        with one_thread():
            process = self.surrogate(view, evidence, np.random.default_rng(0)).objective
        is_result = evidence.lessons == Lesson.RESULT
        places = np.flatnonzero(is_result & (evidence.violations == 0.0))
        if math.exp(process.parameters.noise) < _LEAST_NOISE or not len(places):
            return None
        means, _ = process.predict(evidence.rows[places])
        best: int = places[int(means.argmin())]
        return view.trials[best].number

    def points(self, view: StudyView, evidence: Evidence, count: int, rng: np.random.Generator) -> list[Params]:
        """As ``suggest``, for a view that has been read."""
        _, start = self.geometry(evidence.encoding)
        surrogate: Surrogate | None = None
        found: list[Params] = []
        for _ in range(count):
            if start.lasts(evidence):
                row = start.row(evidence.rows, rng)
            else:
                if surrogate is None:
                    made = self.surrogate(view, evidence, rng)
                    surrogate = made.expecting(evidence.rows[evidence.pending])
                row, _ = best_row(surrogate, UnseenPoints(evidence.encoding, evidence.rows), rng)
                surrogate = surrogate.expecting(row[None, :])
            found.append(view.space.repair(evidence.encoding.decode(row), rng))
            evidence = evidence.with_pending(evidence.encoding.encode(found[-1:]))
        return found

    def surrogate(self, view: StudyView, evidence: Evidence, rng: np.random.Generator) -> Surrogate:
        """What is believed of a study in which a trial has ended with a result, its pending trials left out."""
        kernel, _ = self.geometry(evidence.encoding)
        return self._surrogates.of(evidence, kernel, view.constraints, rng)

    def geometry(self, encoding: Encoding) -> tuple[Kernel, StartDesign]:
        """What follows from the space alone."""
        with self._lock:
            if self._geometry is None or self._geometry[0] is not encoding:
                kernel = Kernel(encoding)
                self._geometry = encoding, kernel, StartDesign(encoding)
            return self._geometry[1:]


def best_row(
    surrogate: Surrogate, unseen: UnseenPoints, rng: np.random.Generator, branch: Branch | None = None
) -> tuple[NDArray[np.float64], float]:
    """The point that is worth most of all that were not tried yet, shape (d,), snapped, and its score.

    Args:
        surrogate: What is believed.
        unseen: The points that were not tried; others are proposed only where none of these is found.
        rng: Randomness.
        branch: Where the point has to lie; anywhere if None.
    """
    encoding = unseen.encoding
    parents = surrogate.rows[:_NUM_PARENTS] if len(surrogate.rows) else encoding.draw(1, rng)
    parents = encoding.fill(parents, rng)
    picks = rng.integers(len(parents), size=(3, _NUM_MUTATED))
    pool = np.vstack(
        [
            rng.random((_NUM_RANDOM, encoding.width)),
            mutated(encoding, parents[picks[0]], 10.0 ** rng.uniform(-2.5, -0.3, _NUM_MUTATED), rng),
            crossed(parents[picks[1, :_NUM_CROSSED]], parents[picks[2, :_NUM_CROSSED]], rng),
        ]
    )
    pool, scores = _scored(surrogate, encoding, pool, branch)
    for scale in _ROUND_SCALES:
        leaders = pool[np.argsort(-scores, kind="stable")[:_NUM_LEADERS]]
        around = np.repeat(leaders, _NUM_AROUND, axis=0)
        near = mutated(encoding, around, np.full(len(around), scale), rng)
        more, more_scores = _scored(surrogate, encoding, near, branch)
        pool, scores = np.vstack([pool, more]), np.concatenate([scores, more_scores])
    order = np.argsort(-scores, kind="stable")
    if surrogate.best is not None and not surrogate.constraints:
        polished = [_polished(surrogate, encoding, row) for row in pool[order[:_NUM_POLISHED]]]
        more, more_scores = _scored(
            surrogate, encoding, np.array(polished).reshape(len(polished), encoding.width), branch
        )
        pool, scores = np.vstack([more, pool]), np.concatenate([more_scores, scores])
        order = np.argsort(-scores, kind="stable")
    snapped = encoding.snap(pool[order])
    place = _first_new(snapped, unseen)
    return snapped[place], float(scores[order[place]])


def _scored(
    surrogate: Surrogate, encoding: Encoding, pool: NDArray[np.float64], branch: Branch | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows, moved into the branch, with their scores; those that break a constraint come last."""
    if branch is not None:
        pool = branch.enforced(pool)
    snapped = encoding.snap(pool)
    scores = surrogate.score(snapped)
    scores[~encoding.allowed(snapped)] = -np.inf
    return pool, scores


def _polished(surrogate: Surrogate, encoding: Encoding, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """The row after its active numbers have climbed to the next maximum of the expected improvement."""
    process, kernel, best = surrogate.objective, surrogate.objective.kernel, surrogate.best
    curiosity = surrogate.curiosity
    assert best is not None
    snapped = encoding.snap(row[None, :])
    free = np.array(
        [
            place
            for place, column in enumerate(encoding.columns)
            if not column.is_unordered
            and not np.isnan(snapped[0, place])
            and (column.num_cells == 0 or column.num_cells >= _MIN_CELLS)
        ],
        dtype=np.intp,
    )
    if not len(free):
        return row
    place_of_feature = {owner: feature for feature, owner in enumerate(kernel.owners.tolist())}
    features = np.array([place_of_feature[place] for place in free.tolist()], dtype=np.intp)
    units = np.exp(-process.parameters.length_scales)[free]
    point = kernel.scaled(kernel.features(snapped), process.parameters)[0]

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        moved = point.copy()
        moved[features] = x * units
        mean, std, mean_slopes, std_slopes = process.gradients(moved)
        value, by_mean, by_std = improvement_slopes(mean, std * curiosity, best)
        return -value, -(by_mean * mean_slopes + by_std * curiosity * std_slopes)[features] * units

    found = minimize(
        loss, row[free], jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(free), options={"maxfun": 30}
    )
    result = row.copy()
    result[free] = found.x
    return result


def _first_new(rows: NDArray[np.float64], unseen: UnseenPoints) -> int:
    """Place of the first row that was not tried; that of the first of all if there is none."""
    if unseen.has(rows[:1])[0]:
        return 0
    return int(unseen.has(rows).argmax())
