"""Continuous problems in 2 to 20 dimensions: smooth, rugged, ill-conditioned, logarithmic."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.search.problem import Group, Problem, Split
from benchmarks.search.problems import functions
from benchmarks.search.problems.functions import Function, moved
from tuner.space import Float, Params, SearchSpace

DEVELOPMENT, HELD_OUT = Split.DEVELOPMENT, Split.HELD_OUT


def continuous_problems() -> list[Problem]:
    """All of them."""
    return [
        _problem("branin", DEVELOPMENT, 2, functions.branin, 0.39788735772973816),
        _problem("hartmann6", DEVELOPMENT, 6, functions.hartmann, -3.322368011415515),
        _problem("rosenbrock5", DEVELOPMENT, 5, moved(functions.rosenbrock, [1.0] * 5, 6.0, 1)),
        _problem("ackley10", DEVELOPMENT, 10, moved(functions.ackley, [0.0] * 10, 40.0, 2)),
        _problem("levy8", DEVELOPMENT, 8, moved(functions.levy, [1.0] * 8, 20.0, 3)),
        _problem("ellipsoid20", DEVELOPMENT, 20, moved(functions.ellipsoid(20, 1e3, 4), [0.0] * 20, 10.0, 4)),
        _problem("rastrigin4", DEVELOPMENT, 4, moved(functions.rastrigin, [0.0] * 4, 10.0, 5)),
        Problem("log_valley6", Group.CONTINUOUS, DEVELOPMENT, _LOG_SPACE, _log_valley, optimum=0.0),
        _problem("hartmann3", HELD_OUT, 3, functions.hartmann, -3.8627797873327696),
        _problem("griewank10", HELD_OUT, 10, moved(functions.griewank, [0.0] * 10, 600.0, 6)),
        _problem("styblinski5", HELD_OUT, 5, lambda unit: functions.styblinski(10 * unit - 5)),
        _problem("ellipsoid12", HELD_OUT, 12, moved(functions.ellipsoid(12, 1e2, 8), [0.0] * 12, 10.0, 8)),
    ]


def _problem(name: str, split: Split, dimension: int, function: Function, optimum: float = 0.0) -> Problem:
    space = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(dimension)})

    def value(params: Params) -> float:
        return function(np.array(list(params.values()), dtype=float))

    return Problem(name, Group.CONTINUOUS, split, space, value, optimum=optimum)


_LOG_SPACE = SearchSpace(
    {
        "learning_rate": Float(1e-6, 1.0, log=True),
        "weight_decay": Float(1e-8, 1e-1, log=True),
        "warmup": Float(1e-3, 0.5, log=True),
        "momentum": Float(0.0, 0.99),
        "smoothing": Float(0.0, 0.5),
        "clip": Float(1e-2, 100.0, log=True),
    }
)


def _log_valley(params: Params) -> float:
    """Good rates depend on momentum and decay, as in training; the error saturates far from the valley."""
    rate, decay, warmup, momentum, smoothing, clip = (float(params[name]) for name in _LOG_SPACE)  # type: ignore[arg-type]  # all are numbers
    effective = math.log10(rate / (1 - momentum)) + 1.7
    distance = effective**2 + 0.3 * (math.log10(decay * rate) + 6.0) ** 2 + 4 * (momentum - 0.83) ** 2
    distance += 0.15 * (math.log10(warmup) + 1.4) ** 2 + 3 * (smoothing - 0.08) ** 2
    distance += 0.1 * max(0.0, -0.3 - math.log10(clip)) ** 2
    return 1 - math.exp(-0.35 * distance)
