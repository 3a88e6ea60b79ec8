"""Processor time per suggestion, for every sampler and for Optuna's default one, by what a study holds.

Samplers are asked in this process, without a server: these are the costs of deciding. Each suggestion is followed by
its result, as in a study that is asked one at a time, so that what a sampler remembers is used as it will be.
"""

from __future__ import annotations

import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import optuna

from benchmarks.report import Table
from benchmarks.settings import Settings
from tuner.errors import InvalidInput
from tuner.records import StudyView, Trial
from tuner.samplers import create_sampler, sampler_names
from tuner.space import Categorical, Float, Int, Parameter, Params, Scalar, SearchSpace
from tuner.testing.facts import make_trial, make_view

NUM_TRIALS = (100, 250, 1_000, 10_000)
NUM_ASKS = 20
# One that takes longer is measured on fewer asks.
MAX_SECONDS = 20.0
OPTUNA = "optuna-tpe"

Ask = Callable[[], None]


def measure(settings: Settings) -> Iterator[Table]:
    """One table for each space."""
    spaces = {
        "5 parameters": flat_space(5),
        "40 parameters": flat_space(40),
        "40 conditional parameters of 8 models": conditional_space(40, 8),
    }
    for name, space in spaces.items():
        rows = []
        for sampler in (*sampler_names(), OPTUNA):
            rows.append([sampler, *(_cell(sampler, space, count) for count in NUM_TRIALS)])
        columns = ["sampler", *(f"{count:,} trials" for count in NUM_TRIALS)]
        yield Table(f"CPU per suggestion in ms (median of up to {NUM_ASKS}), {name}", columns, rows)


def flat_space(num_parameters: int) -> SearchSpace:
    """Numbers, real and whole, in turn."""
    kinds: list[Parameter] = [Float(0, 1), Float(1e-5, 1, log=True), Int(1, 50)]
    return SearchSpace({f"x{place}": kinds[place % len(kinds)] for place in range(num_parameters)})


def conditional_space(num_parameters: int, num_models: int) -> SearchSpace:
    """A choice of model, and parameters of every kind that belong to one model each."""
    models = [f"m{place}" for place in range(num_models)]
    parameters: dict[str, Parameter] = {"model": Categorical(models)}
    for place in range(num_parameters - 1):
        when = {"model": [models[place % num_models]]}
        kinds: list[Parameter] = [
            Float(1e-5, 1, log=True, when=when),
            Int(1, 50, when=when),
            Categorical(["a", "b", "c"], when=when),
            Float(0, 1, when=when),
        ]
        parameters[f"{models[place % num_models]}.p{place}"] = kinds[place // num_models % len(kinds)]
    return SearchSpace(parameters)


def loss_of(space: SearchSpace, params: Params) -> float:
    """A smooth bowl over whatever is active, so that trials gather somewhere as they do in studies."""
    return sum((_share(space, name, value) - 0.3) ** 2 for name, value in params.items()) / len(params)


def _share(space: SearchSpace, name: str, value: Scalar) -> float:
    match space[name]:
        case Categorical(choices=choices):
            return choices.index(value) / len(choices)
        case Float() | Int() as number:
            low, at, high = (number.encode(each) for each in (number.low, value, number.high))
            return (at - low) / (high - low)
        case _:
            return 0.0


def _cell(sampler: str, space: SearchSpace, count: int) -> str:
    try:
        ask = _optuna_study(space, count) if sampler == OPTUNA else _own_study(sampler, space, count)
    except InvalidInput:
        return "refused"
    ask()
    taken: list[float] = []
    while len(taken) < NUM_ASKS and sum(taken) < MAX_SECONDS:
        began = time.process_time()
        ask()
        taken.append(time.process_time() - began)
    return f"{1000 * statistics.median(taken):.3g}"


def _own_study(name: str, space: SearchSpace, count: int) -> Ask:
    sampler = create_sampler(name)
    sampler.check(space, 1)
    trials: list[Trial] = [make_trial(number, point, loss) for number, point, loss in _stored(space, count)]

    def ask() -> None:
        view: StudyView = make_view(space, trials)
        rng = np.random.Generator(np.random.Philox(key=[0, len(trials)]))
        for suggestion in sampler.suggest(view, 1, rng):
            trials.append(make_trial(len(trials), suggestion.params, loss_of(space, suggestion.params)))

    return ask


def _optuna_study(space: SearchSpace, count: int) -> Ask:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    distributions = {name: _distribution(space, name) for name in space.order}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, point, loss in _stored(space, count):
            active = {name: distributions[name] for name in point}
            study.add_trial(optuna.trial.create_trial(params=point, distributions=active, value=loss))

    def ask() -> None:
        trial = study.ask()
        params: Params = {}
        for name in space.order:
            if space.is_active(name, params):
                params[name] = trial._suggest(name, distributions[name])
        study.tell(trial, loss_of(space, params))

    return ask


def _distribution(space: SearchSpace, name: str) -> optuna.distributions.BaseDistribution:
    match space[name]:
        case Float(low=low, high=high, log=log, step=step):
            return optuna.distributions.FloatDistribution(low, high, log=log, step=step)
        case Int(low=low, high=high, log=log, step=step):
            return optuna.distributions.IntDistribution(low, high, log=log, step=step)
        case Categorical(choices=choices):
            return optuna.distributions.CategoricalDistribution(choices)
        case other:
            raise TypeError(f"{type(other).__name__} has no distribution.")


def _stored(space: SearchSpace, count: int) -> Iterator[tuple[int, Params, float]]:
    """Past trials that have gathered: each one of two is near the best so far, as late trials of a study are."""
    rng = np.random.default_rng(0)
    best: tuple[float, Params] = (math.inf, {})
    for number in range(count):
        point = space.draw(rng)
        if number % 2 and rng.random() < 0.9:
            fresh = point
            point = {}
            for name in space.order:
                if space.is_active(name, point):
                    keep = name in best[1] and rng.random() < 0.8
                    point[name] = best[1][name] if keep else fresh.get(name, space[name].draw(rng))
        loss = loss_of(space, point) + 0.01 * float(rng.normal())
        best = min(best, (loss, point), key=lambda pair: pair[0])
        yield number, point, loss
