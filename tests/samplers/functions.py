"""Functions to minimise whose best points are known."""

import math

from tuner.records import Direction
from tuner.samplers import create_sampler
from tuner.space import Categorical, Float, Int, Params, SearchSpace
from tuner.testing.facts import run_study

BRANCHES = SearchSpace(
    {
        "model": Categorical(["linear", "tree", "net"]),
        "tree.depth": Int(1, 20, when={"model": ["tree"]}),
        "net.rate": Float(1e-5, 1, log=True, when={"model": ["net"]}),
        "net.momentum": Float(0, 0.99, when={"model": ["net"]}),
        "noise": Float(0, 1),
    }
)


def branches_loss(params: Params) -> float:
    """Best is a net with a rate of 0.01 and high momentum: 0. The best tree reaches 0.5, the linear model 1."""
    if params["model"] == "linear":
        return 1.0
    if params["model"] == "tree":
        return 0.5 + abs(params["tree.depth"] - 7) / 10
    return abs(math.log10(params["net.rate"]) + 2) / 3 + (0.99 - params["net.momentum"])


def best_branches_loss(sampler: str, num_trials: int, seed: int, direction: Direction) -> float:
    """What a sampler reaches; the other way round when the objective is maximised."""
    view = run_study(
        create_sampler(sampler),
        BRANCHES,
        lambda params: direction.sign * branches_loss(params),
        num_trials,
        seed,
        direction=direction,
    )
    return min(branches_loss(dict(trial.params)) for trial in view.trials)
