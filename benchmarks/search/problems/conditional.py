"""Spaces whose parameters depend on others, 10 to 38 parameters, nested up to three deep."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.search.problem import Group, Problem, Split
from benchmarks.search.problems.mixed import bend, number
from tuner.space import Categorical, Float, Int, Parameter, Params, Scalar, SearchSpace


def conditional_problems() -> list[Problem]:
    """All of them."""
    return [
        Problem("conditional_branches", Group.CONDITIONAL, Split.DEVELOPMENT, _BRANCHES, _branches, optimum=0.0),
        Problem("conditional_deceptive", Group.CONDITIONAL, Split.DEVELOPMENT, _DECEPTIVE, _deceptive, optimum=0.0),
        Problem("conditional_nested", Group.CONDITIONAL, Split.DEVELOPMENT, _NESTED, _nested),
        Problem(
            "conditional_models38", Group.CONDITIONAL, Split.DEVELOPMENT, _models(38, 21), _Models(38, 21), optimum=0.0
        ),
        Problem("conditional_layers", Group.CONDITIONAL, Split.HELD_OUT, _LAYERS, _layers),
        Problem("conditional_pipeline", Group.CONDITIONAL, Split.HELD_OUT, _PIPELINE, _pipeline),
        Problem(
            "conditional_models28", Group.CONDITIONAL, Split.HELD_OUT, _models(28, 25), _Models(28, 25), optimum=0.0
        ),
    ]


_BRANCHES = SearchSpace(
    {"branch": Categorical(["a", "b", "c", "d"])}
    | {f"a.x{index}": Float(0.0, 1.0, when={"branch": ["a"]}) for index in range(2)}
    | {f"b.x{index}": Float(1e-4, 1.0, log=True, when={"branch": ["b"]}) for index in range(3)}
    | {f"c.n{index}": Int(0, 40, when={"branch": ["c"]}) for index in range(3)}
    | {"d.kind": Categorical(["p", "q", "r"], when={"branch": ["d"]})}
    | {"d.x": Float(0.0, 1.0, when={"branch": ["d"]}), "shared": Float(0.0, 1.0)}
)


def _branches(params: Params) -> float:
    """Four branches of unlike parameters; one parameter is common to all. Least 0 in branch b."""
    shared = 0.4 * (number(params, "shared") - 0.37) ** 2
    match params["branch"]:
        case "a":
            return shared + 0.12 + sum((number(params, f"a.x{index}") - 0.3) ** 2 for index in range(2))
        case "b":
            places = (-2.6, -1.1, -3.3)
            offsets = [math.log10(number(params, f"b.x{index}")) - place for index, place in enumerate(places)]
            return shared + 0.12 * sum(offset**2 for offset in offsets)
        case "c":
            offsets = [number(params, f"c.n{index}") / 40 - place for index, place in enumerate((0.75, 0.2, 0.5))]
            return shared + 0.05 + 1.5 * sum(offset**2 for offset in offsets)
        case _:
            return shared + 0.2 + {"p": 0.1, "q": 0.0, "r": 0.2}[str(params["d.kind"])] + 0.2 * number(params, "d.x")


_DECEPTIVE = SearchSpace(
    {"method": Categorical(["safe", "sharp", "plain"])}
    | {f"safe.x{index}": Float(0.0, 1.0, when={"method": ["safe"]}) for index in range(3)}
    | {f"sharp.x{index}": Float(0.0, 1.0, when={"method": ["sharp"]}) for index in range(4)}
    | {f"plain.x{index}": Float(0.0, 1.0, when={"method": ["plain"]}) for index in range(2)}
)


def _deceptive(params: Params) -> float:
    """The branch that is best on average is not the one that holds the optimum (0, in ``sharp``)."""
    x = np.array([number(params, name) for name in params if name != "method"])
    match params["method"]:
        case "safe":
            return 0.25 + 0.3 * float(np.mean((x - 0.45) ** 2))
        case "sharp":
            distance = float(np.sqrt(np.mean((x - np.array([0.7, 0.25, 0.6, 0.35])) ** 2)))
            return min(1.8 * distance, 0.35 + 0.5 * distance)
        case _:
            return 0.6 + 0.4 * float(np.mean(x))


_NESTED = SearchSpace(
    {
        "learner": Categorical(["linear", "tree", "net"]),
        "penalty": Categorical(["none", "l1", "l2"], when={"learner": ["linear"]}),
        "strength": Float(1e-6, 1e2, log=True, when={"penalty": ["l1", "l2"]}),
        "ensemble": Categorical(["single", "bagging", "boosting"], when={"learner": ["tree"]}),
        "depth": Int(1, 20, when={"learner": ["tree"]}),
        "members": Int(5, 500, log=True, when={"ensemble": ["bagging", "boosting"]}),
        "shrinkage": Float(1e-3, 1.0, log=True, when={"ensemble": ["boosting"]}),
        "optimizer": Categorical(["adam", "sgd"], when={"learner": ["net"]}),
        "learning_rate": Float(1e-5, 1.0, log=True, when={"learner": ["net"]}),
        "momentum": Float(0.0, 0.99, when={"optimizer": ["sgd"]}),
        "nesterov": Categorical([False, True], when={"optimizer": ["sgd"]}),
        "layers": Int(1, 4, when={"learner": ["net"]}),
        "width": Int(8, 512, log=True, when={"learner": ["net"]}),
        "scaling": Categorical(["none", "standard", "quantile"]),
    }
)


def _nested(params: Params) -> float:
    """Choices within choices; the scaling matters only to some of the learners."""
    scaling = str(params["scaling"])
    match params["learner"]:
        case "linear":
            error = 0.28 + {"none": 0.08, "standard": 0.0, "quantile": 0.02}[scaling]
            if params["penalty"] == "none":
                return error + 0.05
            return error + 0.03 * bend(math.log10(number(params, "strength")) + (1 if params["penalty"] == "l1" else 0))
        case "tree":
            depth = number(params, "depth")
            if params["ensemble"] == "single":
                return 0.26 + 0.002 * (depth - 7) ** 2
            members = math.log10(number(params, "members"))
            if params["ensemble"] == "bagging":
                return 0.19 + 0.02 * (2.7 - members) + 0.0008 * (depth - 16) ** 2
            ridge = math.log10(number(params, "shrinkage")) + members - 1.2
            return 0.14 + 0.06 * bend(1.5 * ridge) + 0.002 * (depth - 5) ** 2 + 0.02 * (members - 2.4) ** 2
        case _:
            momentum = number(params, "momentum") if params["optimizer"] == "sgd" else 0.0
            best = -2.9 if params["optimizer"] == "adam" else -0.7 - 1.2 * momentum
            error = 0.125 if params["optimizer"] == "sgd" else 0.145
            error += 0.05 * bend(math.log10(number(params, "learning_rate")) - best)
            error += 0.03 * (1 - momentum) ** 2 - (0.005 if params.get("nesterov") else 0.0)
            error += (
                0.006 * (number(params, "layers") - 2) ** 2 + 0.008 * (math.log2(number(params, "width")) - 6.5) ** 2
            )
            return error + {"none": 0.12, "standard": 0.0, "quantile": 0.01}[scaling]


def _models(num_parameters: int, seed: int) -> SearchSpace:
    """A synthetic model-selection space: eight families of unlike sizes, in the way of ``model`` spaces of tables."""
    rng = np.random.default_rng(seed)
    parameters: dict[str, Parameter] = {"model": Categorical([f"family{index}" for index in range(8)])}
    sizes = np.full(8, (num_parameters - 1) // 8)
    sizes[: (num_parameters - 1) % 8] += 1
    # Unlike sizes: the last four families lend one or two parameters to the first four.
    for family in range(4):
        lent = min(family // 2 + 1, sizes[7 - family] - 1)
        sizes[family] += lent
        sizes[7 - family] -= lent
    for family, size in enumerate(sizes):
        when = {"model": [f"family{family}"]}
        for index in range(size):
            kinds: list[Parameter] = [
                Float(0.0, 1.0, when=when),
                Float(1e-5, 10.0, log=True, when=when),
                Int(1, 300, log=True, when=when),
                Int(1, 12, when=when),
                Categorical(["p", "q", "r"], when=when),
            ]
            parameters[f"family{family}.p{index}"] = kinds[int(rng.integers(5))]
    return SearchSpace(parameters)


class _Models:
    """The error of the families above: each has a floor, weights, and a best point on its own grid.

    The best family's floor is 0, and its best point is one that exists, so the least value is 0.
    """

    def __init__(self, num_parameters: int, seed: int) -> None:
        rng = np.random.default_rng(seed + 1_000)
        self._space = _models(num_parameters, seed)
        self._floors = rng.permutation([0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45])
        self._best = {}
        self._weights = {}
        for name in self._space.order:
            if name != "model":
                self._best[name] = self._position(name, self._value(name, float(rng.random())))
                self._weights[name] = float(rng.choice([0.05, 0.2, 0.6]))

    def __call__(self, params: Params) -> float:
        error = float(self._floors[int(str(params["model"])[-1])])
        for name in params:
            if name == "model":
                continue
            offset = self._position(name, params[name]) - self._best[name]
            if isinstance(self._space[name], Categorical):
                error += 0.3 * self._weights[name] * float(offset != 0)
            else:
                error += self._weights[name] * bend(2 * offset)
        return error

    def _value(self, name: str, share: float) -> Scalar:
        """The value nearest to a share of the range, not drawn by the parameter, whose way to draw may change."""
        parameter = self._space[name]
        if isinstance(parameter, Categorical):
            return parameter.choices[int(share * len(parameter.choices))]
        assert isinstance(parameter, Float | Int)
        low, high = parameter.low, parameter.high
        value = low * (high / low) ** share if parameter.log else low + share * (high - low)
        return round(value) if isinstance(parameter, Int) else value

    def _position(self, name: str, value: object) -> float:
        """Where the value lies in its range, 0 to 1."""
        parameter = self._space[name]
        if isinstance(parameter, Categorical):
            return float(parameter.choices.index(value))
        assert isinstance(parameter, Float | Int)
        assert isinstance(value, int | float)
        if parameter.log:
            return math.log(value / parameter.low) / math.log(parameter.high / parameter.low)
        return (value - parameter.low) / (parameter.high - parameter.low)


_LAYERS = SearchSpace(
    {"layers": Int(1, 5), "learning_rate": Float(1e-5, 1.0, log=True), "residual": Categorical([False, True])}
    | {f"units{index}": Int(4, 512, log=True, when={"layers": list(range(index, 6))}) for index in range(1, 6)}
    | {f"dropout{index}": Float(0.0, 0.7, when={"layers": list(range(index, 6))}) for index in range(1, 6)}
)


def _layers(params: Params) -> float:
    """A network whose layers exist as far as ``layers`` says; widths want to fall from layer to layer."""
    layers = int(number(params, "layers"))
    widths = [math.log2(number(params, f"units{index}")) for index in range(1, layers + 1)]
    dropouts = [number(params, f"dropout{index}") for index in range(1, layers + 1)]
    wanted = [7.5 - 0.8 * index for index in range(layers)]
    error = 0.1 + 0.05 * (layers - 4) ** 2 / 4 + 0.010 * sum((w - v) ** 2 for w, v in zip(widths, wanted, strict=True))
    error += 0.25 * sum((dropout - 0.05 * width) ** 2 for dropout, width in zip(dropouts, widths, strict=True))
    error += 0.05 * bend(math.log10(number(params, "learning_rate")) + 2.2 + 0.25 * layers)
    return error + (0.02 * (3 - layers) if params["residual"] else 0.015 * max(0, layers - 3)) * 0.5


_PIPELINE = SearchSpace(
    {
        "impute": Categorical(["mean", "median", "knn"]),
        "impute.neighbours": Int(1, 30, when={"impute": ["knn"]}),
        "scale": Categorical(["none", "standard", "robust", "quantile"]),
        "scale.quantiles": Int(10, 1000, log=True, when={"scale": ["quantile"]}),
        "reduce": Categorical(["none", "pca", "select"]),
        "reduce.share": Float(0.1, 1.0, when={"reduce": ["pca", "select"]}),
        "reduce.whiten": Categorical([False, True], when={"reduce": ["pca"]}),
        "model": Categorical(["svm", "knn", "forest", "boosting"]),
        "svm.C": Float(1e-3, 1e3, log=True, when={"model": ["svm"]}),
        "svm.kernel": Categorical(["linear", "rbf", "poly"], when={"model": ["svm"]}),
        "svm.gamma": Float(1e-5, 10.0, log=True, when={"svm.kernel": ["rbf", "poly"]}),
        "svm.degree": Int(2, 5, when={"svm.kernel": ["poly"]}),
        "knn.neighbours": Int(1, 60, log=True, when={"model": ["knn"]}),
        "knn.power": Categorical([1, 2], when={"model": ["knn"]}),
        "forest.trees": Int(10, 500, log=True, when={"model": ["forest"]}),
        "forest.share": Float(0.05, 1.0, when={"model": ["forest"]}),
        "forest.min_rows": Int(1, 20, when={"model": ["forest"]}),
        "boosting.rate": Float(1e-3, 1.0, log=True, when={"model": ["boosting"]}),
        "boosting.rounds": Int(10, 1000, log=True, when={"model": ["boosting"]}),
        "boosting.depth": Int(1, 10, when={"model": ["boosting"]}),
    }
)


def _pipeline(params: Params) -> float:
    """Preparation and model: some models need scaling, some lose by the reduction of columns."""
    scaled = params["scale"] != "none"
    error = {"mean": 0.01, "median": 0.005, "knn": 0.0}[str(params["impute"])]
    if params["impute"] == "knn":
        error += 0.00004 * (number(params, "impute.neighbours") - 9) ** 2
    if params["scale"] == "quantile":
        error += 0.004 * (math.log10(number(params, "scale.quantiles")) - 2.2) ** 2
    share = number(params, "reduce.share") if params["reduce"] != "none" else 1.0
    match params["model"]:
        case "svm":
            error += 0.10 + (0.0 if scaled else 0.15) + 0.05 * (share - 0.6) ** 2
            if params["svm.kernel"] == "linear":
                return error + 0.08 + 0.02 * bend(math.log10(number(params, "svm.C")) + 0.5)
            ridge = math.log10(number(params, "svm.C")) + 0.6 * math.log10(number(params, "svm.gamma")) + 0.8
            error += 0.03 * bend(ridge) + 0.03 * bend(math.log10(number(params, "svm.gamma")) + 2.0)
            return error + (0.01 * number(params, "svm.degree") if params["svm.kernel"] == "poly" else 0.0)
        case "knn":
            error += 0.18 + (0.0 if scaled else 0.12) + 0.15 * (share - 0.35) ** 2
            error += 0.01 if params["knn.power"] == 2 else 0.0
            return error + 0.04 * (math.log10(number(params, "knn.neighbours")) - 0.9) ** 2
        case "forest":
            error += 0.13 + 0.12 * (1 - share) ** 2 + 0.02 * (2.7 - math.log10(number(params, "forest.trees")))
            return (
                error
                + 0.1 * (number(params, "forest.share") - 0.3) ** 2
                + 0.0003 * number(params, "forest.min_rows") ** 2
            )
        case _:
            ridge = math.log10(number(params, "boosting.rate") * number(params, "boosting.rounds")) - 1.3
            error += 0.09 + 0.15 * (1 - share) ** 2 + 0.06 * bend(1.5 * ridge)
            error += 0.015 * max(0.0, math.log10(number(params, "boosting.rate")) + 1.2) ** 2
            whitened = 0.03 if params.get("reduce.whiten") else 0.0
            return error + whitened + 0.002 * (number(params, "boosting.depth") - 4) ** 2
