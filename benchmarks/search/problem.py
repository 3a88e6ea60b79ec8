"""What a search problem is: a space, a function to minimise, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from benchmarks.search.reference import reference
from tuner.space import Params, SearchSpace


class Group(StrEnum):
    """Kinds of problem; every figure is given for each of them."""

    CONTINUOUS = "continuous"
    MIXED = "mixed"
    CONDITIONAL = "conditional"
    NOISY = "noisy"
    REAL = "real"
    CURVES = "curves"


class Split(StrEnum):
    """What a problem may be used for: a held-out one is never looked at while something is tuned."""

    DEVELOPMENT = "development"
    HELD_OUT = "held_out"


@dataclass(frozen=True)
class Problem:
    """A function to minimise over a search space.

    Args:
        name: Unique in the suite.
        group: Its kind.
        split: Whether it may be tuned on.
        space: Where to search.
        function: The noise-free value of a point, lower is better.
        noise: Standard deviation of the normal error that each observation has.
        optimum: The least value, where it is known; otherwise the lowest found so far stands in ``references.json``.
    """

    name: str
    group: Group
    split: Split
    space: SearchSpace
    function: Callable[[Params], float]
    noise: float = 0.0
    optimum: float | None = None

    def true_value(self, params: Params) -> float:
        """The noise-free value of a point."""
        return float(self.function(params))

    def objective(self, params: Params, rng: np.random.Generator) -> float:
        """The value that a tuner is told."""
        return self.true_value(params) + self.noise * float(rng.standard_normal())

    @property
    def best_known(self) -> float:
        """The optimum, or the lowest noise-free value known."""
        return reference(self.name).best_known if self.optimum is None else self.optimum

    @property
    def random_median(self) -> float:
        """Median of the noise-free values of 2,000 random points."""
        return reference(self.name).random_median

    def regret(self, value: float) -> float:
        """Normalised regret of a noise-free value: 0 for the best known, 1 for the median random point."""
        return (value - self.best_known) / (self.random_median - self.best_known)


@dataclass(frozen=True)
class CurveProblem:
    """A training to tune that reports a value per epoch, lower is better.

    The value of a training is that of its best epoch, because whoever trains keeps the best checkpoint.

    Args:
        name: Unique in the suite.
        split: Whether it may be tuned on.
        space: Where to search.
        num_epochs: Length of a full training.
        function: Noise-free values of a point, shape (num_epochs,).
        noise: Standard deviation of the error of each reported value.
    """

    name: str
    split: Split
    space: SearchSpace
    num_epochs: int
    function: Callable[[Params], np.ndarray]
    noise: float = 0.0
    group: Group = Group.CURVES

    def true_curve(self, params: Params) -> list[float]:
        """Noise-free values, one per epoch."""
        return [float(value) for value in self.function(params)]

    def curve(self, params: Params, seed: int) -> list[float]:
        """The values that a tuner is told, one per epoch; the same seed gives the same errors."""
        errors = np.random.default_rng(seed).standard_normal(self.num_epochs)
        return [float(value) for value in self.function(params) + self.noise * errors]

    def true_value(self, params: Params) -> float:
        """The noise-free value of a full training: that of its best epoch."""
        return float(np.min(self.function(params)))

    @property
    def best_known(self) -> float:
        """The lowest noise-free value known."""
        return reference(self.name).best_known

    @property
    def random_median(self) -> float:
        """Median of the noise-free values of 2,000 random points, each trained in full."""
        return reference(self.name).random_median

    def regret(self, value: float) -> float:
        """Normalised regret of a noise-free value: 0 for the best known, 1 for the median random training."""
        return (value - self.best_known) / (self.random_median - self.best_known)
