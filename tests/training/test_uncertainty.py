"""The standard error by the jackknife is that of the formulas, where there are any."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tuner.data import Task
from tuner.training.metrics import metric, metrics
from tuner.training.uncertainty import standard_error


def _over_samples(name, task, draw, num_samples=40):
    """The mean of the squared standard errors, and the variance of the scores that they estimate."""
    errors, scores = [], []
    for seed in range(num_samples):
        truth, prediction = draw(np.random.default_rng(seed))
        errors.append(standard_error(metric(name, task), truth, prediction))
        scores.append(metric(name, task).score(truth, prediction))
    return float(np.mean(np.square(errors))), float(np.var(scores, ddof=1))


def _binary(rng, num_rows=400):
    truth = (rng.random(num_rows) < 0.3).astype(int)
    positive = 1 / (1 + np.exp(-(truth + rng.normal(size=num_rows) - 0.8)))
    return truth, np.column_stack([1 - positive, positive])


def _regression(rng, num_rows=400):
    truth = rng.normal(size=num_rows)
    return truth, truth + rng.normal(size=num_rows)


def test_share_of_right_rows_has_the_binomial_error():
    def always_the_first(rng):
        return _binary(rng)[0], np.tile([0.9, 0.1], (400, 1))

    found, _ = _over_samples("accuracy", Task.BINARY, always_the_first)
    assert found == pytest.approx(0.3 * 0.7 / 400, rel=0.25)


def test_mean_of_errors_has_the_error_of_a_mean():
    found, _ = _over_samples("mae", Task.REGRESSION, _regression)
    assert found == pytest.approx((1 - 2 / math.pi) / 400, rel=0.25)


def test_root_of_a_mean_square_has_its_normal_error():
    found, _ = _over_samples("rmse", Task.REGRESSION, _regression)
    assert found == pytest.approx(1 / (2 * 400), rel=0.25)


def test_roc_auc_has_the_error_of_its_parts():
    """DeLong, DeLong and Clarke-Pearson (1988): the variances of what positives and negatives each contribute."""

    def formula(truth, prediction):
        positive, negative = prediction[truth == 1, 1], prediction[truth == 0, 1]
        wins = positive[:, None] > negative
        return wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)

    expected = np.mean([formula(*_binary(np.random.default_rng(seed))) for seed in range(40)])
    found, _ = _over_samples("roc_auc", Task.BINARY, _binary)
    assert found == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("name", [name for name in metrics() if name not in ("accuracy", "mae", "rmse", "roc_auc")])
def test_error_is_the_spread_over_samples(name):
    task = metrics()[name].tasks[0]
    found, spread = _over_samples(name, task, _binary if task is Task.BINARY else _regression, num_samples=150)
    assert found == pytest.approx(spread, rel=0.4)


def test_same_rows_give_the_same_error():
    truth, prediction = _binary(np.random.default_rng(0))
    chosen = metric("log_loss", Task.BINARY)
    assert standard_error(chosen, truth, prediction) == standard_error(chosen, truth, prediction)


def test_few_rows_are_left_out_one_by_one():
    truth, prediction = np.array([0.0, 0.0, 0.0]), np.array([1.0, 2.0, 6.0])
    expected = math.sqrt(np.var([1, 2, 6], ddof=1) / 3)
    assert standard_error(metric("mae", Task.REGRESSION), truth, prediction) == pytest.approx(expected)


def test_error_that_cannot_be_told_is_not_a_number():
    assert math.isnan(standard_error(metric("mae", Task.REGRESSION), np.zeros(1), np.ones(1)))
    one_positive = np.array([1, 0, 0, 0]), np.tile([0.5, 0.5], (4, 1))
    assert math.isnan(standard_error(metric("roc_auc", Task.BINARY), *one_positive))
