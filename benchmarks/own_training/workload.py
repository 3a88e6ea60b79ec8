"""What every system is given to do: one search space of nine parameters, one training that takes no time.

The space exists once as ours and once in Optuna's way of asking for it; the two must stay equal.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

REPORTS = 5
LAST_STEP = REPORTS - 1
STUDY = "own"
OBJECTIVE = "loss"

SPACE_JSON: dict[str, Any] = {
    "version": 1,
    "parameters": {
        "learning_rate": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
        "weight_decay": {"type": "float", "low": 1e-6, "high": 1e-2, "log": True},
        "dropout": {"type": "float", "low": 0.0, "high": 0.5},
        "smoothing": {"type": "float", "low": 0.0, "high": 0.2},
        "layers": {"type": "int", "low": 1, "high": 8},
        "units": {"type": "int", "low": 16, "high": 512, "log": True},
        "activation": {"type": "categorical", "choices": ["relu", "gelu", "tanh"]},
        "optimizer": {"type": "categorical", "choices": ["adam", "sgd", "rmsprop"]},
        "momentum": {"type": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
    },
}


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    """The same space, asked of Optuna."""
    params: dict[str, Any] = {
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 0.1, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        "smoothing": trial.suggest_float("smoothing", 0.0, 0.2),
        "layers": trial.suggest_int("layers", 1, 8),
        "units": trial.suggest_int("units", 16, 512, log=True),
        "activation": trial.suggest_categorical("activation", ["relu", "gelu", "tanh"]),
        "optimizer": trial.suggest_categorical("optimizer", ["adam", "sgd", "rmsprop"]),
    }
    if params["optimizer"] == "sgd":
        params["momentum"] = trial.suggest_float("momentum", 0.0, 0.99)
    return params


def draw(rng: random.Random) -> dict[str, Any]:
    """A point of the same space, for who has no sampler."""
    params: dict[str, Any] = {
        "learning_rate": 10 ** rng.uniform(-5, -1),
        "weight_decay": 10 ** rng.uniform(-6, -2),
        "dropout": rng.uniform(0.0, 0.5),
        "smoothing": rng.uniform(0.0, 0.2),
        "layers": rng.randint(1, 8),
        "units": round(2 ** rng.uniform(4, 9)),
        "activation": rng.choice(("relu", "gelu", "tanh")),
        "optimizer": rng.choice(("adam", "sgd", "rmsprop")),
    }
    if params["optimizer"] == "sgd":
        params["momentum"] = rng.uniform(0.0, 0.99)
    return params


def loss(params: Mapping[str, Any]) -> float:
    """What the training reaches in the end; least, 0, at a learning rate of 0.003 with 128 units in four layers."""
    value = (math.log10(params["learning_rate"]) + 2.5) ** 2 + (math.log2(params["units"]) - 7) ** 2 / 4
    value += (params["layers"] - 4) ** 2 / 8 + (params["dropout"] - 0.2) ** 2 + params["smoothing"]
    value += {"relu": 0.0, "gelu": 0.05, "tanh": 0.3}[params["activation"]]
    return float(value + (1 - params["momentum"] if params["optimizer"] == "sgd" else 0.2))


def curve(final: float) -> list[float]:
    """What the training reports on its way to ``final``."""
    return [final * (1 + 1 / (step + 1)) for step in range(LAST_STEP)] + [final]
