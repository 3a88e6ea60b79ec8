"""Trainings with learning curves: families whose curves cross, and tables of real ones.

Each family is hard for early stopping in its own way. ``crossing``: high learning rates lead early and lose late.
``late_drop``: the good ones fall only when their learning rate does. ``overfitting``: the quick ones turn up again.
``optimizers``: conditional, some diverge, some wait on a plateau. ``steady`` and ``ranked`` are what early stopping
hopes for: the order is clear early, but for a little crossing in the one and for noise in the other.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from benchmarks.search.problem import CurveProblem, Split
from tuner.space import Categorical, Float, Int, Params, SearchSpace


def curve_problems() -> list[CurveProblem]:
    """All problems with learning curves."""
    return [
        CurveProblem("curves_crossing", Split.DEVELOPMENT, _CROSSING, 30, _crossing, noise=0.004),
        CurveProblem("curves_late_drop", Split.DEVELOPMENT, _LATE_DROP, 50, _late_drop, noise=0.006),
        CurveProblem("curves_optimizers", Split.DEVELOPMENT, _OPTIMIZERS, 60, _optimizers, noise=0.005),
        CurveProblem("curves_steady", Split.DEVELOPMENT, _STEADY, 40, _steady, noise=0.006),
        CurveProblem("curves_overfitting", Split.HELD_OUT, _OVERFITTING, 40, _overfitting, noise=0.005),
        CurveProblem("curves_ranked", Split.HELD_OUT, _RANKED, 27, _ranked, noise=0.015),
    ]


_CROSSING = SearchSpace(
    {
        "learning_rate": Float(1e-5, 1.0, log=True),
        "width": Int(16, 1024, log=True),
        "dropout": Float(0.0, 0.8),
        "weight_decay": Float(1e-7, 1e-1, log=True),
    }
)


def _crossing(params: Params) -> np.ndarray:
    """Exponential decay; the learning rate sets the speed, and its best value for the end is a slow one."""
    rate, width, dropout, decay = (_number(params, name) for name in _CROSSING)
    size = math.log2(width / 16) / 6
    from_best_rate = math.log10(rate) + 2.6 + 0.5 * size
    from_best_decay = math.log10(decay) + 5.0 - 2.0 * size
    end = 0.06 + 0.06 * _bend(from_best_rate) + 0.09 * (1 - size) ** 2 + 0.012 * _bend(from_best_decay)
    end += 0.15 * max(0.0, dropout - 0.5 * size) ** 2 + 0.1 * max(0.0, 0.4 * size - dropout) ** 2
    epochs_needed = min(max(2.0 * (0.02 / rate) ** 0.55, 0.4), 80.0)
    return _decay(end, 0.9, epochs_needed, 0.8, 30)


_LATE_DROP = SearchSpace(
    {
        "learning_rate": Float(1e-4, 1.0, log=True),
        "schedule": Categorical(["constant", "step", "cosine"]),
        "drop_at": Float(0.2, 0.95, when={"schedule": ["step"]}),
        "drop_by": Float(1e-3, 0.5, log=True, when={"schedule": ["step"]}),
        "momentum": Float(0.0, 0.99),
        "batch_size": Int(16, 1024, log=True),
    }
)


def _late_drop(params: Params) -> np.ndarray:
    """The loss is what is left to learn plus a floor of gradient noise that falls with the learning rate."""
    num_epochs = 50
    progress = (np.arange(num_epochs) + 1) / num_epochs
    momentum = _number(params, "momentum")
    batch = math.log2(_number(params, "batch_size") / 16) / 6
    rate = _number(params, "learning_rate") / (1 - 0.95 * momentum) * 2.0 ** (-1.5 * batch)
    match params["schedule"]:
        case "constant":
            rates = np.full(num_epochs, rate)
        case "step":
            rates = np.where(progress < _number(params, "drop_at"), rate, rate * _number(params, "drop_by"))
        case _:
            rates = rate * np.maximum(0.5 * (1 + np.cos(np.pi * progress)), 1e-3)
    learned = np.cumsum(rates / (rates + 0.4))
    left = 0.8 * np.exp(-0.28 * learned)
    floor = 0.30 * np.sqrt(rates / (rates + 0.5))
    misfit = 0.03 * (momentum - 0.85) ** 2 + 0.05 * (batch - 0.35) ** 2
    unstable = 0.15 * max(0.0, math.log10(rate) - 0.4)
    return cast(np.ndarray, 0.05 + misfit + unstable + left + floor)


_OPTIMIZERS = SearchSpace(
    {
        "optimizer": Categorical(["adam", "sgd", "rmsprop"]),
        "adam.learning_rate": Float(1e-6, 1e-1, log=True, when={"optimizer": ["adam"]}),
        "adam.beta2": Float(0.9, 0.9999, when={"optimizer": ["adam"]}),
        "sgd.learning_rate": Float(1e-4, 10.0, log=True, when={"optimizer": ["sgd"]}),
        "sgd.momentum": Float(0.0, 0.99, when={"optimizer": ["sgd"]}),
        "rmsprop.learning_rate": Float(1e-6, 1e-1, log=True, when={"optimizer": ["rmsprop"]}),
        "depth": Int(1, 8),
        "normalize": Categorical([False, True], when={"depth": [3, 4, 5, 6, 7, 8]}),
        "label_smoothing": Float(0.0, 0.3),
    }
)


def _optimizers(params: Params) -> np.ndarray:
    """Deep networks wait on a plateau before they fall lower; too high a rate diverges after a promising start."""
    num_epochs = 60
    depth = _number(params, "depth")
    is_normalized = bool(params.get("normalize", False))
    match params["optimizer"]:
        case "adam":
            offset = math.log10(_number(params, "adam.learning_rate")) + 3.1
            base = 0.010 + 0.02 * _bend(4 * (math.log10(1 - _number(params, "adam.beta2")) + 2.7) / 3)
        case "sgd":
            effective = _number(params, "sgd.learning_rate") / (1 - 0.97 * _number(params, "sgd.momentum"))
            offset = math.log10(effective) - 0.2
            base = 0.05 * (_number(params, "sgd.momentum") - 0.9) ** 2
        case _:
            offset = math.log10(_number(params, "rmsprop.learning_rate")) + 3.3
            base = 0.025
    offset += 0.05 * (depth - 4) - (0.3 if is_normalized else 0.0)
    end = 0.05 + base + 0.05 * _bend(offset) + 0.007 * (depth - 6) ** 2 / 4
    end += 0.4 * (_number(params, "label_smoothing") - 0.08) ** 2
    wait = (0.4 if is_normalized else 1.0) * 1.6 * (depth - 1) * 10.0 ** min(max(-0.35 * offset, -0.5), 1.2)
    curve = _decay(end, 0.9, 2.5 * 10.0 ** min(max(-0.5 * offset, -1.0), 1.5), 0.9, num_epochs, wait)
    # Above ten times the best rate it diverges, the sooner the higher.
    excess = offset - 1.0
    if excess > 0:
        epochs = np.arange(num_epochs) + 1
        curve = curve + np.clip(0.02 * excess * epochs, 0.0, 1.0)
    return curve


_STEADY = SearchSpace(
    {
        "learning_rate": Float(1e-5, 0.3, log=True),
        "filters": Int(8, 256, log=True),
        "depth": Int(2, 10),
        "dropout": Float(0.0, 0.7),
        "augment": Categorical(["none", "flip", "crop", "mix"]),
        "label_noise": Float(1e-4, 0.3, log=True),
    }
)


def _steady(params: Params) -> np.ndarray:
    """Whoever will be good is soon good; only augmentation costs speed before it pays."""
    filters = math.log2(_number(params, "filters") / 8) / 5
    from_best_rate = math.log10(_number(params, "learning_rate")) + 2.4 + 0.05 * (_number(params, "depth") - 6)
    gain, slower = {"none": (0.0, 1.0), "flip": (0.025, 1.1), "crop": (0.035, 1.25), "mix": (0.05, 1.6)}[
        str(params["augment"])
    ]
    end = 0.11 - gain + 0.05 * _bend(from_best_rate) + 0.10 * (1 - filters) ** 2
    end += 0.003 * (_number(params, "depth") - 7) ** 2 + 0.3 * (_number(params, "dropout") - 0.25 * filters) ** 2
    end += 0.01 * _bend(math.log10(_number(params, "label_noise")) + 2.5)
    epochs_needed = slower * 3.0 * 10.0 ** min(max(-0.25 * from_best_rate, -0.3), 1.0)
    return _decay(end, 0.9, epochs_needed, 0.85, 40)


_OVERFITTING = SearchSpace(
    {
        "learning_rate": Float(1e-4, 0.5, log=True),
        "leaves": Int(2, 256, log=True),
        "row_share": Float(0.2, 1.0),
        "column_share": Float(0.2, 1.0),
        "l2": Float(1e-4, 100.0, log=True),
        "growth": Categorical(["depth", "leaf"]),
    }
)


def _overfitting(params: Params) -> np.ndarray:
    """What is learned falls quickly with capacity, and so does the point at which the curve turns up again."""
    rate, leaves, rows, columns, l2 = (_number(params, name) for name in list(_OVERFITTING)[:5])
    capacity = math.log2(leaves) / 8
    greedy = 0.15 if params["growth"] == "leaf" else 0.0
    tamed = 0.35 * (math.log10(l2) + 4) / 6 + 0.25 * (1 - rows) + 0.2 * (1 - columns)
    bias = 0.10 * (1 - capacity) ** 2 + 0.05 * tamed**2 + 0.02 * (columns - 0.55) ** 2
    end = 0.12 + bias + 0.03 * max(0.0, math.log10(rate) + 1.5) ** 2
    falling = _decay(end, 0.8, min(max(1.2 * (0.1 / rate) ** 0.7 * (1.2 - 0.6 * capacity), 0.3), 100.0), 0.9, 40)
    steps = np.arange(40) + 1
    strain = max(0.0, capacity + greedy - tamed - 0.25) * rate**0.5
    return cast(np.ndarray, falling + 0.02 * strain * steps**0.9)


_RANKED = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(7)} | {"kind": Categorical(["a", "b", "c"])})
_RANKED_BEST = {"a": 0.23, "b": 0.61, "c": 0.82}


def _ranked(params: Params) -> np.ndarray:
    """Curves of one shape: the order after three epochs is that at the end, but for noise."""
    best = _RANKED_BEST[str(params["kind"])]
    weights = [1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1]
    distance = sum(
        weight * (_number(params, f"x{index}") - (best + 0.37 * index) % 1.0) ** 2
        for index, weight in enumerate(weights)
    )
    end = 0.1 + {"a": 0.06, "b": 0.0, "c": 0.03}[str(params["kind"])] + 0.35 * math.sqrt(distance)
    return _decay(end, 0.9, 3.0, 1.0, 27)


def _decay(
    end: float, start: float, epochs_needed: float, shape: float, num_epochs: int, wait: float = 0.0
) -> np.ndarray:
    """A stretched exponential from ``start`` to ``end``, shape (num_epochs,), flat for the first ``wait`` epochs."""
    epochs = np.maximum(np.arange(num_epochs) + 1 - wait, 0.0)
    return cast(np.ndarray, end + (start - end) * np.exp(-((epochs / epochs_needed) ** shape)))


def _bend(offset: float) -> float:
    """Square near zero, linear far from it, so that bad regions still have a slope."""
    return math.sqrt(1 + 4 * offset * offset) / 2 - 0.5


def _number(params: Params, name: str) -> float:
    value = params[name]
    assert isinstance(value, int | float)
    return float(value)
