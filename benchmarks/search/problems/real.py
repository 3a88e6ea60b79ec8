"""Results of models that were really trained on scikit-learn's tables, as surrogates: see ``trained``."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.search.problem import CurveProblem, Group, Problem
from benchmarks.search.surrogate import Surrogate
from benchmarks.search.trained import trainings
from tuner.space import Params


def real_problems() -> list[Problem]:
    """Those that are tuned by final values."""
    return [
        Problem(
            training.name, Group.REAL, training.split, training.space, _final(Surrogate(training.name, training.space))
        )
        for training in trainings()
        if training.num_epochs == 1
    ]


def real_curve_problems() -> list[CurveProblem]:
    """Those with learning curves."""
    return [
        CurveProblem(
            training.name,
            training.split,
            training.space,
            training.num_epochs,
            Surrogate(training.name, training.space),
            noise=0.003,
        )
        for training in trainings()
        if training.num_epochs > 1
    ]


def _final(surrogate: Surrogate) -> Callable[[Params], float]:
    return lambda params: float(surrogate(params))
