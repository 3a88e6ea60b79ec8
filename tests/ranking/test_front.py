from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tuner.ranking import pareto_front
from tuner.records import Direction, OutcomeConstraint, StudyView
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace({"x": Float(0, 1)})
THREE = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE, "size": Direction.MINIMIZE}


def view_of(*results: tuple[float, ...], directions: dict[str, Direction] = THREE) -> StudyView:
    trials = [
        make_trial(number, {"x": 0.5}, dict(zip(directions, result, strict=True)))
        for number, result in enumerate(results)
    ]
    return make_view(SPACE, trials, directions=directions)


def test_equal_trials_share_the_front() -> None:
    front = pareto_front(view_of((1.0, 0.5, 3.0), (1.0, 0.5, 3.0), (2.0, 0.4, 3.0)))
    assert [trial.number for trial in front.trials] == [0, 1]


def test_one_objective_has_a_front_too() -> None:
    front = pareto_front(view_of((3.0,), (1.0,), (1.0,), directions={"loss": Direction.MINIMIZE}))
    assert [trial.number for trial in front.trials] == [1, 2]
    assert (front.reference, front.hypervolume) == ({"loss": 3.0}, 2.0)


def test_infeasible_trials_are_neither_on_the_front_nor_the_reference() -> None:
    view = view_of((0.1, 0.9, 99.0), (0.5, 0.5, 2.0), (0.6, 0.4, 3.0))
    front = pareto_front(replace(view, constraints=(OutcomeConstraint("size", at_most=10.0),)))
    assert [trial.number for trial in front.trials] == [1]
    assert front.reference == {"loss": 0.6, "accuracy": 0.4, "size": 3.0}


def test_without_feasible_trials_a_given_reference_covers_nothing() -> None:
    front = pareto_front(view_of(), {"loss": 1.0, "accuracy": 0.0, "size": 1.0})
    assert (front.trials, front.hypervolume) == ((), 0.0)


def test_a_volume_that_would_take_too_long_is_left_out() -> None:
    points = np.abs(np.random.default_rng(0).normal(size=(40, 9)))
    results = 1 - points / np.linalg.norm(points, axis=1, keepdims=True)
    directions = {f"o{index}": Direction.MINIMIZE for index in range(9)}
    front = pareto_front(view_of(*map(tuple, results), directions=directions))
    assert len(front.trials) == 40
    assert front.hypervolume is None


def test_a_volume_beyond_floats_is_left_out() -> None:
    assert pareto_front(view_of((-1e308, 0.0, 0.0), (1e308, -1.0, 1.0))).hypervolume is None


def test_the_front_is_led_by_its_ends() -> None:
    view = view_of((0.2, 0.55), (0.0, 0.0), (1.0, 1.0), (0.25, 0.6), directions=dict(list(THREE.items())[:2]))
    front = pareto_front(view)
    assert {trial.number for trial in front.trials[:2]} == {1, 2}
    assert front.hypervolume == pytest.approx(0.8 * 0.55 + 0.75 * 0.05)
