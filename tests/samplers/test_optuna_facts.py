import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.records.optuna_facts import optuna_distribution, optuna_distributions
from tuner.space import Categorical, Constant, Float, Int, Parameter, SearchSpace
from tuner.testing.spaces import parameters


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        (Float(-3, 8), FloatDistribution(0, 1)),
        (Float(1e-300, 1e300, log=True), FloatDistribution(0, 1)),
        (Float(0.1, 1.0, step=0.3), IntDistribution(0, 3)),
        (Int(10, 30, step=5), IntDistribution(0, 4)),
        (Int(8, 512, log=True), IntDistribution(8, 512, log=True)),
        (Int(0, 10**9), FloatDistribution(0, 10**9)),
        (Int(1, 10**9, log=True), FloatDistribution(1, 10**9, log=True)),
        (Categorical(["a", None, True]), CategoricalDistribution([0, 1, 2])),
        (Categorical(["s", "m", "l"], ordered=True), IntDistribution(0, 2)),
        (Constant("a"), CategoricalDistribution([0])),
    ],
)
def test_axis_of_a_parameter(parameter: Parameter, expected: object) -> None:
    assert optuna_distribution(parameter) == expected


@settings(max_examples=100, deadline=None)
@given(parameter=parameters(), seed=st.integers(0, 2**32 - 1))
def test_coordinates_of_all_values_lie_on_the_axis(parameter: Parameter, seed: int) -> None:
    distribution = optuna_distribution(parameter)
    coordinate = parameter.encode(parameter.draw(np.random.default_rng(seed)))
    assert distribution._contains(distribution.to_internal_repr(coordinate))


def test_parameters_with_one_value_have_no_axis() -> None:
    space = SearchSpace({"fixed": Int(3, 3), "value": Constant(3), "free": Int(3, 4), "coarse": Float(0, 1, step=2)})
    assert list(optuna_distributions(space)) == ["free"]
