"""Bayesian optimisation with one Gaussian process over the whole conditional space."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from tuner.records import StudyView
from tuner.samplers.acquisition import improvement_slopes
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.evidence import Evidence, EvidenceReader
from tuner.samplers.gaussian_process import Kernel
from tuner.samplers.neighbourhood import crossed, mutated
from tuner.samplers.start import StartDesign
from tuner.samplers.surrogate import Surrogate, Surrogates
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
        return [Suggestion(params) for params in self.points(view, evidence, count, rng)]

    def describe(self, view: StudyView) -> str:
        evidence = self._reader.read(view)
        kind = "conditional parameters" if view.space.is_conditional else "parameters"
        return f"gp: {evidence.encoding.width} {kind}, {len(evidence.taught)} trials"

    def points(self, view: StudyView, evidence: Evidence, count: int, rng: np.random.Generator) -> list[Params]:
        """As ``suggest``, for a view that has been read."""
        kernel, start = self.geometry(evidence.encoding)
        rows = evidence.rows
        surrogate: Surrogate | None = None
        found: list[Params] = []
        for _ in range(count):
            if len(rows) < start.size or not len(evidence.taught):
                row = start.row(rows, rng)
            else:
                if surrogate is None:
                    made = self._surrogates.of(evidence, kernel, view.constraints, rng)
                    surrogate = made.expecting(np.vstack([evidence.rows[evidence.pending], rows[len(evidence.rows) :]]))
                row = best_row(surrogate, evidence.encoding, rows, rng)
                surrogate = surrogate.expecting(row[None, :])
            params = view.space.repair(evidence.encoding.decode(row), rng)
            found.append(params)
            rows = np.vstack([rows, evidence.encoding.encode([params])])
        return found

    def geometry(self, encoding: Encoding) -> tuple[Kernel, StartDesign]:
        """What follows from the space alone."""
        with self._lock:
            if self._geometry is None or self._geometry[0] is not encoding:
                kernel = Kernel(encoding)
                self._geometry = encoding, kernel, StartDesign(encoding, kernel)
            return self._geometry[1:]


def best_row(
    surrogate: Surrogate, encoding: Encoding, tried: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The point that is worth most of all that were not tried yet, shape (d,), snapped.

    Args:
        surrogate: What is believed.
        encoding: The columns.
        tried: Points that are not to be repeated, shape (n, d).
        rng: Randomness.
    """
    parents = encoding.fill(surrogate.rows[:_NUM_PARENTS], rng)
    picks = rng.integers(len(parents), size=(3, _NUM_MUTATED))
    pool = np.vstack(
        [
            rng.random((_NUM_RANDOM, encoding.width)),
            mutated(encoding, parents[picks[0]], 10.0 ** rng.uniform(-2.5, -0.3, _NUM_MUTATED), rng),
            crossed(parents[picks[1, :_NUM_CROSSED]], parents[picks[2, :_NUM_CROSSED]], rng),
        ]
    )
    pool, scores = _scored(surrogate, encoding, pool)
    for scale in _ROUND_SCALES:
        leaders = pool[np.argsort(-scores, kind="stable")[:_NUM_LEADERS]]
        around = np.repeat(leaders, _NUM_AROUND, axis=0)
        more, more_scores = _scored(surrogate, encoding, mutated(encoding, around, np.full(len(around), scale), rng))
        pool, scores = np.vstack([pool, more]), np.concatenate([scores, more_scores])
    order = np.argsort(-scores, kind="stable")
    if surrogate.best is not None and not surrogate.constraints:
        polished = [_polished(surrogate, encoding, row) for row in pool[order[:_NUM_POLISHED]]]
        more, more_scores = _scored(surrogate, encoding, np.array(polished))
        pool, scores = np.vstack([more, pool]), np.concatenate([more_scores, scores])
        order = np.argsort(-scores, kind="stable")
    snapped = encoding.snap(pool[order])
    return np.asarray(snapped[_first_new(snapped, tried)])


def _scored(
    surrogate: Surrogate, encoding: Encoding, pool: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows with their scores; those that break a constraint come last."""
    snapped = encoding.snap(pool)
    scores = surrogate.score(snapped)
    scores[~encoding.allowed(snapped)] = -np.inf
    return pool, scores


def _polished(surrogate: Surrogate, encoding: Encoding, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """The row after its active numbers have climbed to the next maximum of the expected improvement."""
    process, kernel, best = surrogate.objective, surrogate.objective.kernel, surrogate.best
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
        value, by_mean, by_std = improvement_slopes(mean, std, best)
        return -value, -(by_mean * mean_slopes + by_std * std_slopes)[features] * units

    found = minimize(
        loss, row[free], jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(free), options={"maxfun": 30}
    )
    result = row.copy()
    result[free] = found.x
    return result


def _first_new(rows: NDArray[np.float64], tried: NDArray[np.float64]) -> int:
    """The first row that is none of those tried; the first of all if there is none."""
    known = {row.tobytes() for row in np.nan_to_num(tried, nan=-1.0)}
    keys = np.nan_to_num(rows, nan=-1.0)
    return next((place for place in range(len(rows)) if keys[place].tobytes() not in known), 0)
