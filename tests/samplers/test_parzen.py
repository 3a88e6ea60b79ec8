import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import truncnorm

from tuner.samplers.parzen import ParzenMixture
from tuner.space import Categorical, Float, Int, Parameter, SearchSpace
from tuner.space.encoding import Encoding

Floats = NDArray[np.float64]


def mixture(parameters: dict[str, Parameter], num_points: int, seed: int = 0) -> tuple[Encoding, ParzenMixture]:
    encoding = Encoding(SearchSpace(parameters))
    points = encoding.draw(num_points, np.random.default_rng(seed))
    return encoding, ParzenMixture(encoding.columns, points, np.linspace(0.1, 1.0, num_points))


@pytest.mark.parametrize("num_points", [0, 1, 2, 40])
def test_density_of_numbers_integrates_to_one(num_points: int) -> None:
    _, density = mixture({"x": Float(0, 1), "y": Float(1e-3, 1, log=True)}, num_points)
    centres = (np.arange(300) + 0.5) / 300
    grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
    assert np.mean(np.exp(density.log_density(grid))) == pytest.approx(1.0, abs=1e-3)


def test_density_of_choices_sums_to_one() -> None:
    encoding, density = mixture({"a": Categorical(list("uvw")), "b": Categorical([1, 2])}, 7)
    points = [{"a": a, "b": b} for a in "uvw" for b in (1, 2)]
    assert np.mean(np.exp(density.log_density(encoding.encode(points)))) == pytest.approx(1.0)


@pytest.mark.parametrize("parameter", [Int(1, 12), Int(1, 12, log=True), Float(0, 1, step=0.25)])
def test_density_on_a_grid_is_nearly_that_of_the_drawn_values(parameter: Parameter) -> None:
    encoding, density = mixture({"x": parameter}, 6)
    column = encoding.columns[0]
    cells = column.cells(density.draw(200_000, np.random.default_rng(1))[:, 0])
    shares = np.bincount(cells, minlength=column.num_cells) / len(cells)
    fine = (np.arange(60_000) + 0.5) / 60_000
    widths = np.bincount(column.cells(fine), minlength=column.num_cells) / len(fine)
    centres = np.unique(column.snap(fine))
    expected = np.exp(density.log_density(centres[:, None])) * widths
    assert np.max(np.abs(expected - shares)) < 0.02


def test_drawn_points_follow_the_density() -> None:
    encoding, density = mixture({"x": Float(0, 1), "a": Categorical(list("uvw"))}, 5)
    drawn = density.draw(100_000, np.random.default_rng(1))
    for choice in range(3):
        for left in np.arange(5) / 5:
            inside = (encoding.columns[1].cells(drawn[:, 1]) == choice) & (drawn[:, 0] // 0.2 == round(left * 5))
            middles = left + (np.arange(50) + 0.5) / 250
            rows = np.stack([middles, np.full(50, (choice + 0.5) / 3)], axis=1)
            expected = np.mean(np.exp(density.log_density(rows))) / 15
            assert np.mean(inside) == pytest.approx(expected, abs=0.005)


def test_kernels_are_normal_distributions_cut_off_at_the_ends() -> None:
    points = np.array([[0.1], [0.5], [0.9]])
    density = ParzenMixture(Encoding(SearchSpace({"x": Float(0, 1)})).columns, points, np.ones(3))
    kernels = [(0.1, 0.4), (0.5, 0.4), (0.9, 0.4), (0.5, 1.0)]
    at = np.linspace(0, 1, 11)
    expected = np.mean([truncnorm.pdf(at, -mean / w, (1 - mean) / w, mean, w) for mean, w in kernels], axis=0)
    np.testing.assert_allclose(np.exp(density.log_density(at[:, None])), expected)


def test_many_points_close_together_make_narrow_kernels() -> None:
    points = np.linspace(0.29, 0.31, 200)[:, None]
    density = ParzenMixture(Encoding(SearchSpace({"x": Float(0, 1)})).columns, points, np.ones(200))
    near, far = density.log_density(np.array([[0.3], [0.4]]))
    assert near - far > math.log(100)
