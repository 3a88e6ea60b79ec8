"""Ensembles are better than their members, steady, and within their limits."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tuner.data.profile import Task
from tuner.training.metrics import metric, metrics
from tuner.training.selection import Candidate, select_ensemble


def _truth(task, rng, num_rows, num_classes=3):
    if not task.is_classification:
        return rng.normal(100, 5, num_rows)
    return rng.integers(0, 2 if task is Task.BINARY else num_classes, num_rows)


def _prediction(task, truth, rng, noise, num_classes=3):
    """The truth with as much noise of the candidate's own."""
    if not task.is_classification:
        return truth + rng.normal(0, noise, len(truth))
    classes = 2 if task is Task.BINARY else num_classes
    odds = np.exp(np.eye(classes)[truth] + rng.normal(0, noise, (len(truth), classes)))
    return odds / odds.sum(axis=1, keepdims=True)


def _candidates(task, *, noises=(1.0, 1.0, 1.1, 3.0), num_rows=3_000, num_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    truth = _truth(task, rng, num_rows, num_classes)
    candidates = [
        Candidate(number, f"family {number}", _prediction(task, truth, rng, noise, num_classes), 1.0, 1_000)
        for number, noise in enumerate(noises)
    ]
    return candidates, truth


def _blend(candidates, weights):
    return sum(weight * candidates[number].predictions for number, weight in weights.items())


CASES = [(name, task) for name, known in metrics().items() for task in known.tasks]


@pytest.mark.parametrize(("name", "task"), CASES)
def test_independent_candidates_together_beat_the_best(name, task):
    candidates, truth = _candidates(task)
    chosen = metric(name, task)
    selection = select_ensemble(candidates, truth, chosen)
    assert selection is not None
    sign = chosen.direction.sign
    assert sign * selection.score < min(sign * chosen.score(truth, one.predictions) for one in candidates)
    assert selection.score == chosen.score(truth, _blend(candidates, selection.weights))
    assert len(selection.weights) >= 2
    assert sum(selection.weights.values()) == pytest.approx(1)
    assert min(selection.weights.values()) > 0


def test_same_seed_gives_the_same_weights():
    candidates, truth = _candidates(Task.BINARY)
    first, second = (select_ensemble(candidates, truth, metric("roc_auc", Task.BINARY), seed=5) for _ in range(2))
    assert first == second


def test_useless_candidates_get_no_weight():
    candidates, truth = _candidates(Task.REGRESSION, noises=(1.0, 50.0, 50.0))
    selection = select_ensemble(candidates, truth, metric("rmse", Task.REGRESSION))
    assert selection is not None
    assert selection.weights == {0: 1.0}


def test_of_equal_candidates_the_fastest_is_taken():
    candidates, truth = _candidates(Task.BINARY, noises=(1.0,))
    predictions = candidates[0].predictions
    equal = [Candidate(number, "one", predictions, ms, 10) for number, ms in enumerate([3.0, 1.0, 2.0])]
    selection = select_ensemble(equal, truth, metric("log_loss", Task.BINARY))
    assert selection is not None
    assert selection.weights == {1: 1.0}


def test_time_to_predict_is_held():
    candidates, truth = _candidates(Task.REGRESSION, noises=(1.0,) * 6)
    selection = select_ensemble(candidates, truth, metric("rmse", Task.REGRESSION), max_predict_ms=2.5)
    assert selection is not None
    assert len(selection.weights) == 2


def test_size_is_held():
    candidates, truth = _candidates(Task.REGRESSION, noises=(1.0,) * 6)
    selection = select_ensemble(candidates, truth, metric("rmse", Task.REGRESSION), max_bytes=3_000)
    assert selection is not None
    assert len(selection.weights) == 3


def test_number_of_members_is_held():
    candidates, truth = _candidates(Task.MULTICLASS, noises=(1.0,) * 9)
    selection = select_ensemble(candidates, truth, metric("log_loss", Task.MULTICLASS), max_members=2)
    assert selection is not None
    assert len(selection.weights) == 2


def test_there_is_no_selection_within_limits_that_no_candidate_keeps():
    candidates, truth = _candidates(Task.REGRESSION)
    assert select_ensemble(candidates, truth, metric("rmse", Task.REGRESSION), max_predict_ms=0.5) is None
    assert select_ensemble([], truth, metric("rmse", Task.REGRESSION)) is None


def test_candidate_with_a_broken_prediction_is_passed_over():
    candidates, truth = _candidates(Task.REGRESSION)
    candidates[0].predictions[3] = np.nan
    selection = select_ensemble(candidates, truth, metric("rmse", Task.REGRESSION))
    assert selection is not None
    assert 0 not in selection.weights


def test_more_candidates_never_make_an_earlier_selection_worse():
    chosen = metric("roc_auc", Task.BINARY)
    for seed in range(10):
        candidates, truth = _candidates(Task.BINARY, noises=(1.0,) * 8, num_rows=150, seed=seed)
        weights, score = None, -np.inf
        for count in range(1, 9):
            selection = select_ensemble(candidates[:count], truth, chosen, start=weights)
            assert selection is not None
            assert selection.score >= score
            weights, score = selection.weights, selection.score


def test_earlier_selection_beyond_the_limits_is_ignored():
    candidates, truth = _candidates(Task.REGRESSION)
    chosen = metric("rmse", Task.REGRESSION)
    selection = select_ensemble(candidates, truth, chosen, start={0: 0.5, 1: 0.5}, max_predict_ms=1.0)
    assert selection is not None
    assert len(selection.weights) == 1


def test_earlier_selection_with_an_unknown_member_is_ignored():
    candidates, truth = _candidates(Task.REGRESSION)
    chosen = metric("rmse", Task.REGRESSION)
    selection = select_ensemble(candidates, truth, chosen, start={0: 0.5, 99: 0.5})
    assert selection == select_ensemble(candidates, truth, chosen)


def test_roc_auc_of_tied_probabilities_is_the_metric_s():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 500)
    coarse = np.round(rng.random(500) * 0.5 + truth * 0.2, 1)
    candidates = [
        Candidate(0, "coarse", np.column_stack([1 - coarse, coarse]), 1.0, 1),
        Candidate(1, "constant", np.full((500, 2), 0.5), 0.1, 1),
    ]
    selection = select_ensemble(candidates, truth, metric("roc_auc", Task.BINARY))
    assert selection is not None
    assert selection.weights == {0: 1.0}


def test_two_rows_are_enough():
    candidates = [Candidate(0, "one", np.array([1.0, 2.0]), 1.0, 1), Candidate(1, "two", np.array([1.5, 2.5]), 1.0, 1)]
    selection = select_ensemble(candidates, np.array([1.0, 2.1]), metric("rmse", Task.REGRESSION))
    assert selection is not None
    assert selection.score <= metric("rmse", Task.REGRESSION).score(np.array([1.0, 2.1]), np.array([1.0, 2.0]))


@pytest.mark.parametrize(("name", "task"), CASES)
def test_many_candidates_on_many_rows_take_little_time(name, task):
    candidates, truth = _candidates(task, noises=np.linspace(1, 3, 50), num_rows=20_000, num_classes=10)
    started = time.process_time()
    select_ensemble(candidates, truth, metric(name, task))
    assert time.process_time() - started < 2
