import math

import numpy as np
import pytest
from scipy.optimize import check_grad

from tuner.samplers.gaussian_process import GaussianProcess, Hyperparameters, Kernel, covariance, fit_hyperparameters
from tuner.space import Categorical, Float, Int, SearchSpace
from tuner.space.encoding import Encoding

SPACE = SearchSpace(
    {
        "model": Categorical(["linear", "tree", "net"]),
        "x": Float(0, 1),
        "depth": Int(1, 20, when={"model": ["tree"]}),
        "rate": Float(1e-5, 1, log=True, when={"model": ["net"]}),
    }
)
ENCODING = Encoding(SPACE)
KERNEL = Kernel(ENCODING)


def parameters(noise: float = 1e-6) -> Hyperparameters:
    return Hyperparameters(np.log([0.8, 0.5, 0.7, 0.6]), 0.2, math.log(noise))


def observed(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = ENCODING.draw(count, rng)
    x = rows[:, ENCODING.index["x"]]
    return rows, np.sin(5 * x) + rows[:, 0] + np.nan_to_num(rows[:, 3])


def test_covariance_is_positive_definite_over_branches() -> None:
    rows, _ = observed(60)
    points = KERNEL.scaled(KERNEL.features(rows), parameters())
    assert np.linalg.eigvalsh(covariance(points, points, 1.0)).min() > -1e-9


def test_inactive_parameters_separate_nobody() -> None:
    linear = ENCODING.encode([{"model": "linear", "x": 0.5}])
    other = linear.copy()
    other[0, ENCODING.index["depth"]] = 0.99
    np.testing.assert_array_equal(KERNEL.features(ENCODING.snap(other)), KERNEL.features(linear))


def test_all_choices_of_a_category_are_equally_far_apart() -> None:
    rows = ENCODING.encode(
        [
            {"model": model, "x": 0.5, **more}
            for model, more in [("linear", {}), ("tree", {"depth": 10}), ("net", {"rate": 3e-3})]
        ]
    )
    features = KERNEL.features(rows)[:, :3]
    gaps = ((features[:, None] - features[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(gaps, 1.0 - np.eye(3))


def test_prediction_is_that_of_the_textbook() -> None:
    rows, targets = observed(25)
    there, _ = observed(7, seed=1)
    variances = np.linspace(0, 0.3, 25)
    given = parameters(noise=0.05)
    process = GaussianProcess(KERNEL, given, rows, targets, variances)
    a, b = (KERNEL.scaled(KERNEL.features(each), given) for each in (rows, there))
    amplitude = math.exp(given.amplitude)
    matrix = covariance(a, a, amplitude) + np.diag(0.05 + variances)
    across = covariance(a, b, amplitude)
    mean, std = process.predict(there)
    np.testing.assert_allclose(mean, across.T @ np.linalg.solve(matrix, targets), rtol=1e-8)
    np.testing.assert_allclose(std**2, amplitude - np.diag(across.T @ np.linalg.solve(matrix, across)), rtol=1e-6)


def test_certain_observations_are_met_and_far_ones_forgotten() -> None:
    rows, targets = observed(25)
    process = GaussianProcess(KERNEL, parameters(), rows, targets, np.zeros(25))
    mean, std = process.predict(rows)
    np.testing.assert_allclose(mean, targets, atol=1e-3)
    assert std.max() < 0.01


def test_slopes_of_a_prediction_are_those_of_finite_differences() -> None:
    rows, targets = observed(20)
    process = GaussianProcess(KERNEL, parameters(noise=0.01), rows, targets, np.zeros(20))
    point = process.points[3] + 0.1

    def mean(moved: np.ndarray) -> float:
        return float(process.predict_scaled(moved[None])[0][0])

    def std(moved: np.ndarray) -> float:
        return float(process.predict_scaled(moved[None])[1][0])

    assert check_grad(mean, lambda moved: process.gradients(moved)[2], point) < 1e-5
    assert check_grad(std, lambda moved: process.gradients(moved)[3], point) < 1e-5


def test_expected_points_hold_nothing_new_and_change_no_mean() -> None:
    rows, targets = observed(15)
    process = GaussianProcess(KERNEL, parameters(), rows, targets, np.zeros(15))
    pending, _ = observed(3, seed=4)
    expecting = process.expecting(pending)
    assert (expecting.predict(pending)[1] < 0.01).all()
    there, _ = observed(10, seed=5)
    np.testing.assert_allclose(expecting.predict(there)[0], process.predict(there)[0], atol=1e-3)


def test_fit_tells_noise_from_structure() -> None:
    space = SearchSpace({"x": Float(0, 1), "useless": Float(0, 1)})
    kernel = Kernel(Encoding(space))
    rng = np.random.default_rng(0)
    rows = rng.random((60, 2))
    smooth = np.sin(6 * rows[:, 0])
    clear = fit_hyperparameters(kernel, rows, smooth, np.zeros(60))
    noisy = fit_hyperparameters(kernel, rows, smooth + rng.normal(0, 0.5, 60), np.zeros(60))
    assert math.exp(clear.noise) < 1e-3
    assert 0.1 < math.exp(noisy.noise) < 0.5
    assert clear.length_scales[1] > clear.length_scales[0] + 1.0


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_and_equal_observations_are_no_obstacle(count: int) -> None:
    rows = np.repeat(ENCODING.draw(1, np.random.default_rng(0)), count, axis=0)
    fitted = fit_hyperparameters(KERNEL, rows, np.zeros(count), np.zeros(count))
    mean, std = GaussianProcess(KERNEL, fitted, rows, np.zeros(count), np.zeros(count)).predict(rows)
    assert np.isfinite([*mean, *std]).all()
