from __future__ import annotations

import numpy as np
import pytest

from tuner.artifact.temperature import fit_temperature, with_temperature
from tuner.data.profile import Task
from tuner.training.metrics import metric

LOG_LOSS = metric("log_loss", Task.MULTICLASS)


def _rows(seed=0, num_rows=5_000):
    """Probabilities, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([0.5, 0.5, 0.5], num_rows)
    return probabilities, (rng.random((num_rows, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.6, 0.8, 0.95])
def test_too_little_certainty_is_found_and_mended(temperature):
    probabilities, labels = _rows()
    unsure = with_temperature(probabilities, 1 / temperature)
    found = fit_temperature(unsure, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert LOG_LOSS.score(labels, with_temperature(unsure, found)) == pytest.approx(
        LOG_LOSS.score(labels, probabilities), rel=0.01
    )


def test_too_much_certainty_is_left_alone():
    probabilities, labels = _rows()
    assert fit_temperature(with_temperature(probabilities, 0.7), labels) == 1.0


def test_temperature_has_a_floor():
    probabilities, labels = _rows()
    assert fit_temperature(with_temperature(probabilities, 5.0), labels) == pytest.approx(0.5, rel=0.01)


def test_temperature_is_within_a_thousandth_of_the_best():
    probabilities, labels = _rows(num_rows=500)
    unsure = with_temperature(probabilities, 1.3)
    best = min(LOG_LOSS.score(labels, with_temperature(unsure, share / 500)) for share in range(250, 501))
    assert LOG_LOSS.score(labels, with_temperature(unsure, fit_temperature(unsure, labels))) <= best * 1.000_01


def test_order_of_classes_and_sums_stay():
    probabilities, _ = _rows(num_rows=50)
    surer = with_temperature(probabilities, 0.7)
    np.testing.assert_allclose(surer.sum(axis=1), 1)
    np.testing.assert_array_equal(surer.argsort(axis=1), probabilities.argsort(axis=1))
    np.testing.assert_allclose(with_temperature(probabilities, 1.0), probabilities)


def test_impossible_classes_are_no_obstacle():
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.4]])
    assert np.isfinite(with_temperature(probabilities, 0.5)).all()
    assert 0.5 <= fit_temperature(probabilities, np.array([0, 1, 0])) <= 1
