import math

import numpy as np
import pytest
from scipy.stats import norm

from tuner.samplers.acquisition import improvement_slopes, log_expected_improvement, log_feasibility


def test_agrees_with_the_closed_form_where_that_is_exact() -> None:
    mean, std, best = np.linspace(-2, 2, 41), np.full(41, 0.7), 0.1
    z = (best - mean) / std
    gain = std * (norm.pdf(z) + z * norm.cdf(z))
    np.testing.assert_allclose(log_expected_improvement(mean, std, best), np.log(gain), rtol=1e-8)


def test_hopeless_points_are_still_told_apart() -> None:
    mean = np.array([1e2, 1e4, 1e6, 1e8])
    scores = log_expected_improvement(mean, np.full(4, 1e-3), 0.0)
    assert np.isfinite(scores).all()
    assert (np.diff(scores) < 0).all()


def test_rises_without_a_step_from_one_formula_to_the_next() -> None:
    for edge in (1.0, 1e4):
        z = edge * (1 + np.linspace(-1e-6, 1e-6, 11))
        scores = log_expected_improvement(z, np.ones(11), 0.0)
        np.testing.assert_allclose(scores, scores[5], rtol=1e-5)


@pytest.mark.parametrize(("mean", "std", "best"), [(0.3, 0.5, 0.1), (3.0, 0.2, 0.1), (-1.0, 0.4, 0.5)])
def test_slopes_are_those_of_finite_differences(mean: float, std: float, best: float) -> None:
    def value(mean: float, std: float) -> float:
        return float(log_expected_improvement(np.array([mean]), np.array([std]), best)[0])

    step = 1e-6
    found, by_mean, by_std = improvement_slopes(mean, std, best)
    assert found == pytest.approx(value(mean, std))
    assert by_mean == pytest.approx((value(mean + step, std) - value(mean - step, std)) / 2 / step, rel=1e-5)
    assert by_std == pytest.approx((value(mean, std + step) - value(mean, std - step)) / 2 / step, rel=1e-5)


def test_feasibility_is_a_probability() -> None:
    np.testing.assert_allclose(log_feasibility(np.array([0.0, -100.0]), np.ones(2)), [math.log(0.5), 0.0], atol=1e-12)
