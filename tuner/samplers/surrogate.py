"""Gaussian processes of a study: one for its objective, one for each outcome constraint."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tuner.records import OutcomeConstraint
from tuner.samplers.acquisition import log_expected_improvement, log_feasibility
from tuner.samplers.evidence import Evidence
from tuner.samplers.gaussian_process import GaussianProcess, Hyperparameters, Kernel, fit_hyperparameters
from tuner.samplers.warp import Warp

# A posterior is made of at most so many trials, and hyperparameters are fitted to at most so many: the best ones and
# the latest, half and half.
MAX_TRIALS = 250
_MAX_FITTED = 120
_MAX_REMEMBERED = 64
# A point that is to be kept away from counts as bad as the worst of the others, give or take this variance.
_BAD_VARIANCE = 0.25
_CAUTION = 2.0
# Points keep a little away from a bound, in units of its usual distance: half of those on it would break it.
_MARGIN = 0.01
# Surer of a bound than this nobody is; else the surest of two breaches would count as the worse one.
_LEAST_DOUBT = 1e-3
# Weight of the sum beside the maximum when several objectives become one (Knowles, 2006).
_SUM_WEIGHT = 0.05


@dataclass(frozen=True)
class Surrogate:
    """What is believed of a study's objective and constraints.

    Args:
        objective: The warped objective, lower is better.
        constraints: One process per bound, at most 0 where it is kept.
        best: Lowest mean of the objective at a trial that is likely to keep the constraints; None while there is none.
        rows: Trials, those that are likely to keep the constraints first, then those with the lowest means,
            shape (n, d).
        means: Means of the objective at these trials, shape (n,).
        num_feasible: How many of them are likely to keep the constraints.
    """

    objective: GaussianProcess
    constraints: tuple[GaussianProcess, ...]
    best: float | None
    rows: NDArray[np.float64]
    means: NDArray[np.float64]
    num_feasible: int

    @property
    def curiosity(self) -> float:
        """How much uncertainty counts as a chance: all of it without noise, less of it the more noise there is.

        Where every value may be luck, what is unknown is explored in vain; it is better to return to what is good.
        """
        return 1.0 / (1.0 + _CAUTION * math.exp(0.5 * self.objective.parameters.noise))

    @classmethod
    def of(
        cls, objective: GaussianProcess, constraints: tuple[GaussianProcess, ...], rows: NDArray[np.float64]
    ) -> Surrogate:
        """The belief with trials at ``rows``, of shape (n, d), among which the best is looked for."""
        mean, _ = objective.predict(rows)
        feasible = np.ones(len(rows), dtype=bool)
        for process in constraints:
            feasible &= process.predict(rows)[0] <= 0.0
        order = np.lexsort((mean, ~feasible))
        num_feasible = int(feasible.sum())
        best = float(mean[order[0]]) if num_feasible else None
        return cls(objective, constraints, best, rows[order], mean[order], num_feasible)

    def among(self, kept: NDArray[np.bool_]) -> Surrogate:
        """The belief with only some of the trials to improve on, chosen by a mask of shape (n,)."""
        num_feasible = int(kept[: self.num_feasible].sum())
        means = self.means[kept]
        best = float(means[0]) if num_feasible else None
        return replace(self, best=best, rows=self.rows[kept], means=means, num_feasible=num_feasible)

    def score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much points are worth trying, shape (m,): logarithm of the expected constrained improvement."""
        total = np.zeros(len(rows))
        if self.best is not None:
            mean, std = self.objective.predict(rows)
            total += log_expected_improvement(mean, std * self.curiosity, self.best)
        for process in self.constraints:
            mean, std = process.predict(rows)
            total += log_feasibility(mean + _MARGIN, np.maximum(std, _LEAST_DOUBT))
        return total

    def expecting(self, rows: NDArray[np.float64]) -> Surrogate:
        """The belief while the results of points are on their way, rows of shape (m, d)."""
        constraints = tuple(process.expecting(rows) for process in self.constraints)
        return replace(self, objective=self.objective.expecting(rows), constraints=constraints)


class Surrogates:
    """Makes surrogates, and remembers the hyperparameters it has fitted.

    Hyperparameters are fitted to the first trials that ended, as many as a schedule says: each result at first, every
    tenth later. They depend on those trials alone, so whoever fits them finds the same.
    """

    def __init__(self) -> None:
        self._fitted: OrderedDict[bytes, Hyperparameters] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, evidence: Evidence, kernel: Kernel, constraints: Sequence[OutcomeConstraint], rng: np.random.Generator
    ) -> Surrogate:
        """The surrogate of a study in which at least one trial ended with a result.

        Args:
            evidence: The study's trials.
            kernel: Their kernel.
            constraints: The study's outcome constraints.
            rng: Chooses how several objectives are weighed against each other.
        """
        taught = evidence.taught
        losses = _as_one(evidence.losses[taught], rng)
        variances = evidence.deviations[taught]
        warp = Warp(losses[_best_and_latest(losses, MAX_TRIALS)])
        objective = self._process(evidence, kernel, taught, losses, variances, warp)
        bounds = []
        for index, constraint in enumerate(constraints):
            known = taught[np.isfinite(evidence.outcomes[taught, index])]
            for distances in _distances(constraint, evidence.outcomes[known, index]):
                if len(known):
                    scale = float(np.sqrt((distances**2).mean())) or 1.0
                    zeros = np.zeros(len(known))
                    bounds.append(self._process(evidence, kernel, known, distances, zeros, _Scale(scale)))
        rows = evidence.rows[taught[_best_and_latest(losses, MAX_TRIALS)]]
        return Surrogate.of(objective, tuple(bounds), rows)

    def _process(
        self,
        evidence: Evidence,
        kernel: Kernel,
        places: NDArray[np.intp],
        losses: NDArray[np.float64],
        deviations: NDArray[np.float64],
        scale: Warp | _Scale,
    ) -> GaussianProcess:
        parameters = self._hyperparameters(kernel, evidence.rows[places], losses, deviations, scale)
        chosen = _best_and_latest(losses, MAX_TRIALS)
        rows, targets = evidence.rows[places[chosen]], scale(losses[chosen])
        variances = scale.variances(losses[chosen], deviations[chosen])
        bad = evidence.rows[evidence.bad[-MAX_TRIALS // 2 :]]
        return GaussianProcess(
            kernel,
            parameters,
            np.vstack([rows, bad]),
            np.concatenate([targets, np.full(len(bad), targets.max())]),
            np.concatenate([variances, np.full(len(bad), _BAD_VARIANCE)]),
        )

    def _hyperparameters(
        self,
        kernel: Kernel,
        rows: NDArray[np.float64],
        losses: NDArray[np.float64],
        deviations: NDArray[np.float64],
        scale: Warp | _Scale,
    ) -> Hyperparameters:
        count = _num_fitted(len(losses))
        first = _best_and_latest(losses[:count], _MAX_FITTED)
        rows, losses, deviations = rows[first], losses[first], deviations[first]
        scale = Warp(losses) if isinstance(scale, Warp) else _Scale(float(np.sqrt((losses**2).mean())) or 1.0)
        arrays = rows, scale(losses), scale.variances(losses, deviations)
        key = hashlib.blake2b(b"".join(array.tobytes() for array in arrays), digest_size=16).digest()
        with self._lock:
            known = self._fitted.get(key)
        if known is None:
            known = fit_hyperparameters(kernel, *arrays)
            with self._lock:
                self._fitted[key] = known
                if len(self._fitted) > _MAX_REMEMBERED:
                    self._fitted.popitem(last=False)
        return known


class _Scale:
    """A constraint's distances in units of their size; 0 stays where it is."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def __call__(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(distances / self._scale, -3.0, 3.0)

    def variances(self, distances: NDArray[np.float64], deviations: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.zeros(len(distances))


def _as_one(losses: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Several objectives as one, weighed at random, shape (n,); one objective as it is."""
    num_objectives = losses.shape[1]
    if num_objectives == 1:
        return losses[:, 0]
    weights = rng.dirichlet(np.ones(num_objectives))
    # Ranks, because objectives have units of their own and tails of any length.
    ranks = losses.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(len(losses) - 1, 1)
    weighed = ranks * weights
    return np.asarray(weighed.max(axis=1) + _SUM_WEIGHT * weighed.sum(axis=1))


def _distances(constraint: OutcomeConstraint, outcomes: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """How far outcomes are beyond each bound, negative where they keep it."""
    found = []
    if constraint.at_most is not None:
        found.append(outcomes - constraint.at_most)
    if constraint.at_least is not None:
        found.append(constraint.at_least - outcomes)
    return found


def _best_and_latest(losses: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Places of at most so many losses: half of them the best, the others the latest, in order."""
    count = len(losses)
    if count <= most:
        return np.arange(count)
    best = np.argsort(losses, kind="stable")[: most // 2]
    rest = np.setdiff1d(np.arange(count), best)
    return np.sort(np.concatenate([best, rest[-(most - len(best)) :]]))


def _num_fitted(count: int) -> int:
    """How many of ``count`` results the hyperparameters are fitted to: the last number on the schedule."""
    step = 1 if count < 20 else 2 if count < 50 else 5 if count < 100 else 10 if count < MAX_TRIALS else 50
    return count - count % step
