"""The course of a study over a dataset: baseline, candidates, bagged trials, ensembles, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy
from tests.engine.test_claiming import claim
from tuner.automl import plan
from tuner.engine import Engine
from tuner.records import Origin
from tuner.wire import ClaimedTrial, CreateStudy, DatasetResource

NewStudy = Callable[..., ActingStudy]


@pytest.fixture
def trained(engine: Engine, dataset: DatasetResource) -> NewStudy:
    def create(**fields: Any) -> ActingStudy:
        body = {
            "name": "a",
            "dataset": dataset.id,
            "models": ["linear"],
            "sampler": "random",
            "pruner": "none",
        } | fields
        return ActingStudy(engine, engine.studies.create(CreateStudy.model_validate(body)).result().value.id)

    return create


def finish(study: ActingStudy, claimed: ClaimedTrial, value: float = 0.5, **metrics: float) -> None:
    study.end(claimed.leased, "completed", values={study.shown.metric or "": value}, metrics=metrics)


def test_study_opens_with_the_score_to_beat(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 3})
    (first,) = claim(engine)
    assert first.leased.trial.origin is Origin.BASELINE
    assert first.leased.trial.params == {"model": "baseline"}
    finish(study, first)
    assert claim(engine)[0].leased.trial.params["model"] == "linear"


def test_study_ends_after_an_ensemble_of_all_its_trials(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 2})
    for _ in range(3):
        (claimed,) = claim(engine)
        finish(study, claimed)
    assert study.shown.state == "running"
    (last,) = claim(engine)
    assert last.leased.trial.origin is Origin.ENSEMBLE
    assert last.leased.trial.members == (1, 2)
    assert [member.number for member in last.members] == [1, 2]
    finish(study, last, 0.7, weight_1=0.6, weight_2=0.4)
    assert claim(engine) == ()
    assert (study.shown.state, study.shown.state_reason) == ("completed", "all trials of the budget have ended")
    assert study.shown.best_number == last.leased.trial.number


def test_more_budget_is_for_more_candidates(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 1})
    while claimed := claim(engine):
        finish(study, claimed[0])
    assert [trial.origin for trial in study.trials()] == ["baseline", "enqueued", "ensemble"]
    study.set_budget(trials=2)
    while claimed := claim(engine):
        finish(study, claimed[0])
    assert [trial.origin for trial in study.trials()][3:] == ["sampler", "ensemble"]
    assert study.trials()[-1].members == (1, 3)


def test_sampler_and_budget_know_candidates_only(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 4}, sampler="tpe")
    while claimed := claim(engine):
        finish(study, claimed[0])
    origins = [trial.origin for trial in study.trials()]
    assert origins.count(Origin.ENQUEUED) + origins.count(Origin.SAMPLER) == 4


def test_second_worker_waits_while_the_last_candidate_runs(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 1})
    finish(study, claim(engine)[0])
    (candidate,) = claim(engine)
    assert claim(engine) == ()
    finish(study, candidate)
    assert claim(engine)[0].leased.trial.origin is Origin.ENSEMBLE
    assert claim(engine) == ()


def test_ensemble_is_made_in_the_time_reserved_for_it(engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
    study = trained(budget={"seconds": 100.0})
    for _ in range(2):
        finish(study, claim(engine)[0])
    clock.advance(97)
    (last,) = claim(engine)
    assert last.leased.trial.origin is Origin.ENSEMBLE
    assert last.training_seconds == pytest.approx(3.0)
    finish(study, last)
    assert claim(engine) == ()
    assert (study.shown.state, study.shown.state_reason) == ("completed", "the time budget is spent")


def test_trainings_are_told_their_time(engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
    trained(budget={"seconds": 100.0})
    claim(engine)
    clock.advance(70)
    assert claim(engine)[0].training_seconds == pytest.approx(24.0)


def test_study_without_an_ensemble_ends_with_its_last_trial(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 1}, ensemble=False)
    finish(study, claim(engine)[0])
    assert study.shown.state == "completed"
    assert [trial.origin for trial in study.trials()] == [Origin.ENQUEUED]


def test_large_table_trains_what_has_weight_on_more_folds(
    engine: Engine, trained: NewStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "CROSS_VALIDATED_ROWS", 10)
    study = trained(budget={"trials": 2})
    assert study.shown.validation is not None
    assert (study.shown.validation.folds, study.shown.validation.scored_folds) == (10, 1)
    for _ in range(3):
        finish(study, claim(engine)[0], fold_seconds=1.0)
    finish(study, claim(engine)[0], 0.6, weight_2=1.0)
    (bagged,) = claim(engine)
    assert (bagged.leased.trial.origin, bagged.leased.trial.members) == (Origin.BAGGED, (2,))
    assert bagged.leased.trial.folds == 5
    assert bagged.leased.trial.params == study.trials()[2].params
    assert [(member.number, member.weight) for member in bagged.members] == [(2, 1.0)]
    finish(study, bagged)
    (last,) = claim(engine)
    assert last.leased.trial.members == (1, 4)
    assert [(member.number, member.weight) for member in last.members] == [(1, 0.0), (4, 1.0)]
    finish(study, last)
    claim(engine)
    assert study.shown.state == "completed"


def test_of_equal_scores_the_one_of_more_models_leads(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 2})
    while claimed := claim(engine):
        finish(study, claimed[0], 0.5)
    ranked = engine.trials.page(study.id, order_by="rank").items
    assert [trial.origin for trial in ranked] == ["ensemble", "baseline", "enqueued", "sampler"]


def test_failed_ensemble_does_not_keep_the_study_open(engine: Engine, trained: NewStudy) -> None:
    study = trained(budget={"trials": 1})
    for _ in range(2):
        finish(study, claim(engine)[0])
    study.fail(claim(engine)[0].leased)
    assert claim(engine) == ()
    assert study.shown.state == "completed"


def test_lost_ensemble_is_tried_again(engine: Engine, trained: NewStudy, clock: ManualClock) -> None:
    study = trained(budget={"trials": 1})
    for _ in range(2):
        finish(study, claim(engine)[0])
    (lost,) = claim(engine)
    clock.advance(61)
    engine.timer.look()
    (again,) = claim(engine)
    assert again.leased.trial.number == lost.leased.trial.number
    assert again.leased.trial.attempt == 2
