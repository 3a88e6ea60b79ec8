"""Metrics agree with scikit-learn's and know where they apply."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as reference

from tuner.data import Task
from tuner.errors import InvalidInput, UnknownName
from tuner.training import default_metric, metric, metrics


def _binary(seed=0, num_rows=200, ties=False):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, num_rows)
    positive = rng.integers(0, 5, num_rows) / 4 if ties else rng.random(num_rows)
    return truth, np.column_stack([1 - positive, positive])


def _multiclass(seed=0, num_rows=200):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4, num_rows), rng.dirichlet(np.ones(4), num_rows)


def _regression(seed=0, num_rows=200):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=num_rows)
    return truth, truth + rng.normal(size=num_rows)


@pytest.mark.parametrize("ties", [False, True])
def test_roc_auc_agrees(ties):
    truth, prediction = _binary(ties=ties)
    expected = reference.roc_auc_score(truth, prediction[:, 1])
    assert metric("roc_auc", Task.BINARY).score(truth, prediction) == pytest.approx(expected)


@pytest.mark.parametrize(("task", "make"), [(Task.BINARY, _binary), (Task.MULTICLASS, _multiclass)])
def test_metrics_of_labels_agree(task, make):
    truth, prediction = make()
    labels = prediction.argmax(axis=1)
    average = "binary" if task is Task.BINARY else "macro"
    assert metric("accuracy", task).score(truth, prediction) == pytest.approx(reference.accuracy_score(truth, labels))
    assert metric("balanced_accuracy", task).score(truth, prediction) == pytest.approx(
        reference.balanced_accuracy_score(truth, labels)
    )
    assert metric("f1", task).score(truth, prediction) == pytest.approx(
        reference.f1_score(truth, labels, average=average)
    )
    assert metric("log_loss", task).score(truth, prediction) == pytest.approx(reference.log_loss(truth, prediction))


def test_metrics_of_quantities_agree():
    truth, prediction = _regression()
    for name, expected in {
        "rmse": reference.root_mean_squared_error,
        "mae": reference.mean_absolute_error,
        "r2": reference.r2_score,
    }.items():
        assert metric(name, Task.REGRESSION).score(truth, prediction) == pytest.approx(expected(truth, prediction))


def test_macro_f1_counts_classes_that_are_only_predicted():
    truth = np.array([0, 0, 1, 1])
    prediction = np.eye(3)[[0, 2, 1, 1]]
    expected = reference.f1_score(truth, prediction.argmax(axis=1), average="macro")
    assert metric("f1", Task.MULTICLASS).score(truth, prediction) == pytest.approx(expected)


def test_certain_and_wrong_is_a_large_loss_but_finite():
    loss = metric("log_loss", Task.BINARY).score(np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert 10 < loss < 100


@pytest.mark.parametrize("name", list(metrics()))
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_prediction_that_is_not_finite_scores_nan(name, broken):
    truth, prediction = _binary() if Task.BINARY in metrics()[name].tasks else _regression()
    prediction[3] = broken
    assert math.isnan(metrics()[name].score(truth, prediction))


def test_roc_auc_of_one_class_is_not_defined():
    _, prediction = _binary(num_rows=5)
    assert math.isnan(metric("roc_auc", Task.BINARY).score(np.zeros(5), prediction))


def test_overflow_is_infinite_without_a_warning():
    assert metric("rmse", Task.REGRESSION).score(np.zeros(2), np.full(2, 1e300)) == math.inf


@pytest.mark.parametrize(("prediction", "expected"), [(3.0, 1.0), (4.0, 0.0)])
def test_r2_of_a_constant_truth_is_defined(prediction, expected):
    assert metric("r2", Task.REGRESSION).score(np.full(3, 3.0), np.full(3, prediction)) == expected


@pytest.mark.parametrize(
    ("task", "name"), [(Task.BINARY, "roc_auc"), (Task.MULTICLASS, "log_loss"), (Task.REGRESSION, "rmse")]
)
def test_default_metric_follows_the_task(task, name):
    assert default_metric(task).name == name


@pytest.mark.parametrize(("name", "direction"), [("roc_auc", "maximize"), ("log_loss", "minimize"), ("r2", "maximize")])
def test_direction_says_which_way_is_better(name, direction):
    assert metrics()[name].direction == direction


def test_unknown_metric_is_told_those_of_the_task():
    with pytest.raises(UnknownName, match="Use one of: mae, r2, rmse") as caught:
        metric("auc", Task.REGRESSION)
    assert caught.value.places[0].pointer == "#/metric"


def test_metric_of_another_task_is_refused():
    with pytest.raises(InvalidInput, match="not defined for a multiclass task") as caught:
        metric("roc_auc", Task.MULTICLASS, pointer="#/objectives/0")
    assert caught.value.places[0].pointer == "#/objectives/0"
    assert "roc_auc" not in (caught.value.hint or "")
