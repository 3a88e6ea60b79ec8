"""A study's facts in the shape that Optuna's algorithms read.

Optuna's importance evaluators take an ``optuna.Study``. Ours are built around a list of trials that
already exists: nothing is copied, logged or written back. Parameters are given in coordinates (see
``tuner.space.parameters``), so no algorithm meets a range that its arithmetic cannot bear.

Import this module only from modules that are loaded on demand: it brings Optuna along.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from optuna.storages import InMemoryStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.records.states import Direction
from tuner.space import Categorical, Constant, Float, Int, Parameter, Scalar, SearchSpace

_FINE_GRID = 10**6


def optuna_distribution(parameter: Parameter) -> BaseDistribution:
    """The parameter's axis, in coordinates.

    The change of scale is exact: densities over 0 to 1 are densities over the range, or over its logarithm, and a grid
    is its indices. Whole numbers on a log scale keep their value, because their cells differ in width. Ordered choices
    become whole numbers, so that neighbours are alike. Grids of more than a million points are continuous; decoding
    rounds to the grid.
    """
    match parameter:
        case Float(step=None):
            return FloatDistribution(0.0, 1.0)
        case Int(log=True):
            return _whole_numbers(parameter.low, parameter.high, log=True)
        case Float() | Int():
            return _whole_numbers(0, parameter.num_steps)
        case Categorical(ordered=True):
            return IntDistribution(0, len(parameter.choices) - 1)
        case Categorical():
            return CategoricalDistribution(tuple(range(len(parameter.choices))))
        case Constant():
            return CategoricalDistribution((0,))
        case _:
            raise TypeError(f"{type(parameter).__name__} has no axis.")


def optuna_distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """The axes of all parameters that have more than one value."""
    return {name: optuna_distribution(parameter) for name, parameter in space.items() if not parameter.is_single}


def optuna_trial(
    number: int,
    state: TrialState,
    params: Mapping[str, Scalar],
    space: SearchSpace,
    distributions: Mapping[str, BaseDistribution],
    *,
    values: Sequence[float] | None = None,
) -> FrozenTrial:
    """One trial, with the parameters that ``distributions`` names.

    Args:
        number: The trial's number; also its id.
        state: What Optuna should take it for.
        params: Values of the active parameters.
        space: The space they are from.
        distributions: Axes by name, as ``optuna_distributions`` makes them.
        values: Objectives of a completed trial.
    """
    active = {name: distributions[name] for name in params if name in distributions}
    return FrozenTrial(
        number=number,
        state=state,
        value=None,
        datetime_start=None,
        datetime_complete=None,
        params={name: space[name].encode(params[name]) for name in active},
        distributions=active,
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=number,
        values=values,
    )


def optuna_study(directions: Sequence[Direction], trials: list[FrozenTrial]) -> Study:
    """A study of these trials. The list is read as it is; it must not change while the study is used."""
    # Without a sampler of its own a study would make the most expensive one.
    return Study("view", _TrialList(directions, trials), sampler=RandomSampler())


def _whole_numbers(low: int, high: int, log: bool = False) -> BaseDistribution:
    # Optuna computes the probability of each cell; that of a much finer grid's cells vanishes in rounding.
    if high - low > _FINE_GRID:
        return FloatDistribution(low, high, log=log)
    return IntDistribution(low, high, log=log)


class _TrialList(InMemoryStorage):
    def __init__(self, directions: Sequence[Direction], trials: list[FrozenTrial]) -> None:
        super().__init__()
        self._directions = [
            StudyDirection.MINIMIZE if direction is Direction.MINIMIZE else StudyDirection.MAXIMIZE
            for direction in directions
        ]
        self._trials = trials

    def get_study_id_from_name(self, study_name: str) -> int:
        return 0

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        return self._directions

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return [trial for trial in self._trials if states is None or trial.state in states]
