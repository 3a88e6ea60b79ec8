from __future__ import annotations

import numpy as np
import pytest

from benchmarks.automl.errors import LEAST_PROBABILITY, UselessPredictions, error
from benchmarks.automl.table import Task

TRUTH = ["no", "yes", "no", "yes"]


def test_binary_error_counts_the_pairs_in_the_wrong_order():
    probabilities = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]]
    assert error(Task.BINARY, TRUTH, probabilities, ["no", "yes"]) == pytest.approx(0.25)


def test_binary_error_does_not_depend_on_the_order_of_the_classes():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]])
    assert error(Task.BINARY, TRUTH, probabilities[:, ::-1], ["yes", "no"]) == pytest.approx(0.25)


def test_multiclass_error_is_the_mean_log_loss():
    probabilities = [[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]
    expected = -(np.log(0.5) + np.log(0.8)) / 2
    assert error(Task.MULTICLASS, ["a", "b"], probabilities, ["a", "b", "c"]) == pytest.approx(expected, abs=1e-5)


def test_multiclass_probabilities_are_made_to_add_up_to_one():
    scores = [[2.0, 1.0, 1.0], [0.5, 4.0, 0.5]]
    expected = -(np.log(0.5) + np.log(0.8)) / 2
    assert error(Task.MULTICLASS, ["a", "b"], scores, ["a", "b", "c"]) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [["b", "c"], ["c", "a"]])
def test_a_class_that_was_ruled_out_or_never_known_costs_much_but_not_everything(classes):
    found = error(Task.MULTICLASS, ["a"], [[1.0, 0.0]], classes)
    assert found == pytest.approx(-np.log(LEAST_PROBABILITY), rel=1e-3)


def test_regression_error_is_the_root_mean_squared_error():
    assert error(Task.REGRESSION, [1.0, 2.0], [4.0, 6.0]) == pytest.approx(np.sqrt(12.5))


@pytest.mark.parametrize("predictions", [[1.0], [1.0, np.nan], [[1.0], [2.0]]])
def test_predictions_that_cannot_be_scored_are_refused(predictions):
    with pytest.raises(UselessPredictions):
        error(Task.REGRESSION, [1.0, 2.0], predictions)


def test_a_binary_prediction_without_one_of_the_classes_is_refused():
    with pytest.raises(UselessPredictions, match="'yes'"):
        error(Task.BINARY, TRUTH, np.ones((4, 1)), ["no"])
