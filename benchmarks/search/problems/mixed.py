"""Flat spaces of categories, whole numbers, grids and logarithmic ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from benchmarks.search.problem import Group, Problem, Split
from benchmarks.search.problems import functions
from tuner.space import Categorical, Float, Int, Params, Scalar, SearchSpace


def mixed_problems() -> list[Problem]:
    """All of them."""
    return [
        Problem("mixed_network", Group.MIXED, Split.DEVELOPMENT, _NETWORK, _network),
        Problem("mixed_boosting", Group.MIXED, Split.DEVELOPMENT, _BOOSTING, _boosting),
        Problem("mixed_ackley", Group.MIXED, Split.DEVELOPMENT, _ACKLEY, _ackley),
        Problem("mixed_rotating", Group.MIXED, Split.DEVELOPMENT, _ROTATING, _rotating),
        Problem("mixed_many_categories", Group.MIXED, Split.HELD_OUT, _CATEGORIES, _categories),
        Problem("mixed_system", Group.MIXED, Split.HELD_OUT, _SYSTEM, _system),
    ]


_NETWORK = SearchSpace(
    {
        "learning_rate": Float(1e-5, 1.0, log=True),
        "units": Int(8, 1024, log=True),
        "layers": Int(1, 6),
        "activation": Categorical(["relu", "tanh", "gelu", "selu"]),
        "optimizer": Categorical(["adam", "sgd", "rmsprop"]),
        "dropout": Float(0.0, 0.8, step=0.05),
        "batch_size": Categorical([16, 32, 64, 128, 256], ordered=True),
    }
)


def _network(params: Params) -> float:
    """A smooth error whose best rate depends on the optimizer, the depth and the batch."""
    rate, units, layers = number(params, "learning_rate"), number(params, "units"), number(params, "layers")
    batch = math.log2(number(params, "batch_size") / 16)
    best_rate = {"adam": -3.0, "sgd": -0.9, "rmsprop": -3.4}[str(params["optimizer"])] + 0.12 * batch - 0.1 * layers
    error = 0.10 + 0.04 * bend(math.log10(rate) - best_rate) + 0.012 * (math.log2(units) - 7.6) ** 2 / 2
    error += 0.008 * (layers - 3) ** 2 + 0.15 * (number(params, "dropout") - 0.05 * (math.log2(units) - 3)) ** 2
    error += {"relu": 0.004, "tanh": 0.03, "gelu": 0.0, "selu": 0.015}[str(params["activation"])]
    return error + {"adam": 0.004, "sgd": 0.0, "rmsprop": 0.012}[str(params["optimizer"])] + 0.002 * (batch - 2) ** 2


_BOOSTING = SearchSpace(
    {
        "rounds": Int(10, 2000, log=True),
        "learning_rate": Float(1e-3, 1.0, log=True),
        "leaves": Int(2, 512, log=True),
        "min_rows": Int(1, 200, log=True),
        "row_share": Float(0.1, 1.0),
        "column_share": Float(0.1, 1.0),
        "l1": Float(1e-8, 100.0, log=True),
        "l2": Float(1e-8, 100.0, log=True),
        "kind": Categorical(["gbdt", "dart", "goss"]),
        "extra_trees": Categorical([False, True]),
    }
)


def _boosting(params: Params) -> float:
    """Rounds and rate trade off along a ridge; half of the parameters hardly matter, as is usual."""
    shrunk = math.log10(number(params, "rounds") * number(params, "learning_rate"))
    leaves, rows = math.log2(number(params, "leaves")), math.log10(number(params, "min_rows"))
    error = (
        0.2
        + 0.10 * bend(1.3 * (shrunk - 1.1 + 0.06 * leaves))
        + 0.03 * bend(math.log10(number(params, "learning_rate")) + 1.6)
    )
    error += 0.004 * (leaves - 5.2 + 0.8 * rows) ** 2 + 0.05 * (number(params, "column_share") - 0.45) ** 2
    error += 0.04 * max(0.0, 0.6 - number(params, "row_share")) ** 2
    error += (
        0.001 * (math.log10(number(params, "l2")) - 0.4) ** 2 + 0.0003 * (math.log10(number(params, "l1")) + 2) ** 2
    )
    error += {"gbdt": 0.004, "dart": 0.0, "goss": 0.012}[str(params["kind"])]
    return error + (0.006 if params["extra_trees"] else 0.0)


_ACKLEY = SearchSpace(
    {f"c{index}": Categorical([0, 1, 2]) for index in range(3)}
    | {f"i{index}": Int(-10, 10) for index in range(3)}
    | {f"x{index}": Float(-10.0, 10.0) for index in range(3)}
)
_ACKLEY_ORDER = ((2, 0, 1), (1, 2, 0), (0, 1, 2))
_ACKLEY_PLACE = (-4, 6, 3, -2.7, 5.3, 1.9)


def _ackley(params: Params) -> float:
    """Ackley over the cube and lattice; each category's order says nothing."""
    wrong = [_ACKLEY_ORDER[index].index(int(number(params, f"c{index}"))) for index in range(3)]
    rest = [number(params, name) for name in list(_ACKLEY)[3:]]
    return functions.ackley(np.array([2.5 * step for step in wrong] + list(np.subtract(rest, _ACKLEY_PLACE))))


_ROTATING = SearchSpace(
    {"kind": Categorical(list("abcdef"))}
    | {f"x{index}": Float(0.0, 1.0) for index in range(4)}
    | {"steps": Int(1, 50), "level": Categorical(["low", "mid", "high", "top"], ordered=True)}
)
_ROTATING_BEST = np.random.default_rng(11).uniform(0.1, 0.9, (6, 4))
_ROTATING_LOSS = (0.25, 0.1, 0.4, 0.0, 0.15, 0.3)


def _rotating(params: Params) -> float:
    """The best numbers differ from category to category, though all share their weights."""
    kind = "abcdef".index(str(params["kind"]))
    x = np.array([number(params, f"x{index}") for index in range(4)])
    weights = np.array([1.0, 0.7, 0.5, 0.3])
    level = ("low", "mid", "high", "top").index(str(params["level"]))
    error = _ROTATING_LOSS[kind] + float(weights @ (x - _ROTATING_BEST[kind]) ** 2)
    return error + 0.04 * (level - 2) ** 2 + 0.3 * (number(params, "steps") / 50 - 0.3 - 0.2 * float(x[0])) ** 2


_CATEGORIES = SearchSpace(
    {
        "city": Categorical([f"city {index}" for index in range(12)]),
        "colour": Categorical([f"colour {index}" for index in range(8)]),
        "is_loud": Categorical([False, True]),
        "size": Categorical(["xs", "s", "m", "l", "xl"], ordered=True),
        "price": Float(1.0, 1000.0, log=True),
        "stock": Int(0, 100, step=5),
        "share": Float(0.0, 1.0),
    }
)
_EFFECTS = np.random.default_rng(12).gamma(2.0, 0.12, (12, 8))


def _categories(params: Params) -> float:
    """Two categories with effects of their own and together, beside three numbers."""
    city, colour = (int(str(params[name]).rsplit(" ", 1)[1]) for name in ("city", "colour"))
    together = 0.5 * float(_EFFECTS[city, colour])
    alone = float(_EFFECTS[city].mean() + _EFFECTS[:, colour].mean())
    size = ("xs", "s", "m", "l", "xl").index(str(params["size"]))
    error = together + alone + 0.05 * (size - 3) ** 2 + (0.08 if params["is_loud"] else 0.0)
    error += 0.12 * (math.log10(number(params, "price")) - 1.3 - 0.3 * number(params, "share")) ** 2
    return error + 0.6 * (number(params, "stock") / 100 - 0.65) ** 2 + 0.3 * (number(params, "share") - 0.2) ** 2


_SYSTEM = SearchSpace(
    {
        "threads": Int(1, 64, log=True),
        "cache_mb": Int(16, 16384, log=True),
        "page_kb": Categorical([4, 8, 16, 32, 64], ordered=True),
        "policy": Categorical(["lru", "lfu", "clock", "arc"]),
        "compress": Categorical(["none", "lz4", "zstd"]),
        "level": Int(1, 19),
        "sync": Categorical([False, True]),
        "batch": Int(1, 10_000, log=True),
        "timeout": Float(0.01, 100.0, log=True),
    }
)


def _system(params: Params) -> float:
    """Latency of an imagined store: saturation, thrashing, and parameters that matter only with others."""
    threads, cache, batch = number(params, "threads"), number(params, "cache_mb"), number(params, "batch")
    page = math.log2(number(params, "page_kb") / 4)
    load: float = 1.0 + 3.0 / threads + 0.004 * max(0.0, threads - 12) ** 1.5
    load += 2.5 * math.exp(-cache / 1500) + 0.25 * max(0.0, math.log2(cache / 6000)) ** 2
    load += 0.06 * (page - 1.5) ** 2 + {"lru": 0.15, "lfu": 0.1, "clock": 0.3, "arc": 0.0}[str(params["policy"])]
    level = number(params, "level")
    load += {"none": 0.5, "lz4": 0.1, "zstd": 0.01 * (level - 3) ** 2 / 2}[str(params["compress"])]
    load += (0.8 / (1 + batch / 40) if params["sync"] else 0.05) + 0.3 * (math.log10(batch) - 2.4) ** 2 / 2
    return load + 0.1 * bend(math.log10(number(params, "timeout")) - 0.3)


def number(params: Mapping[str, Scalar], name: str) -> float:
    """The value of a numeric parameter."""
    value = params[name]
    assert isinstance(value, int | float)
    return float(value)


def bend(offset: float) -> float:
    """Square near zero, linear far from it, so that bad regions still have a slope."""
    return math.sqrt(1 + 4 * offset * offset) / 2 - 0.5
