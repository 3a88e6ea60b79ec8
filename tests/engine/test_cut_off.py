"""Candidates that the study's time cuts off between two folds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy
from tests.engine.test_claiming import claim
from tuner.engine import Engine
from tuner.wire import DatasetResource, LeasedTrial

NewStudy = Callable[..., ActingStudy]


@pytest.fixture
def trained(engine: Engine, dataset: DatasetResource) -> NewStudy:
    def create(**fields: Any) -> ActingStudy:
        known = {"space": None, "objectives": None, "dataset": dataset.id, "models": ["linear"], "ensemble": False}
        return ActingStudy.create(engine, "a", **known | {"folds": 5} | fields)

    return create


def leave(study: ActingStudy, leased: LeasedTrial, value: float = 0.5, **fields: Any) -> None:
    """What a worker tells of a training that was cut off."""
    study.end(leased, "pruned", values={study.shown.metric or "": value}, metrics={"folds": 2}, **fields)


def test_only_model_counts_with_the_folds_that_it_has(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 1})
    (claimed,) = claim(engine)
    leave(study, claimed.leased, message="It was scored on 2 of 5 folds.")
    (trial,) = study.trials()
    assert (trial.state, trial.message) == ("completed", "It was scored on 2 of 5 folds.")
    assert trial.metrics["folds"] == 2
    assert study.shown.best_number == trial.number


def test_beside_a_whole_one_it_does_not_count(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 2})
    first, second = (claim(engine)[0].leased for _ in range(2))
    study.end(first, "completed", values={study.shown.metric or "": 0.1})
    leave(study, second, 0.9)
    assert [trial.state for trial in study.trials()] == ["completed", "pruned"]


def test_one_is_enough(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 2})
    for _ in range(2):
        leave(study, claim(engine)[0].leased)
    assert [trial.state for trial in study.trials()] == ["completed", "pruned"]


def test_score_to_beat_does_not_stand_in_the_way(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 1}, ensemble=None)
    study.end(claim(engine)[0].leased, "completed", values={study.shown.metric or "": 0.1})
    leave(study, claim(engine)[0].leased)
    assert study.trials()[1].state == "completed"
    assert claim(engine)[0].leased.trial.members == (1,)


def test_study_that_trained_nothing_says_what_to_do(engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
    study = trained(budget={"seconds": 10.0}, ensemble=None)
    study.end(claim(engine)[0].leased, "completed", values={study.shown.metric or "": 0.1})
    clock.advance(11)
    assert claim(engine) == ()
    assert study.shown.state == "completed"
    assert "no model was trained" in (study.shown.state_reason or "")
    assert "give it more time" in (study.shown.state_reason or "")
