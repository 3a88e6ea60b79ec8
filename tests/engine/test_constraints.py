"""Outcome constraints: what a result must hold, and where trials beyond a bound rank."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.acting import POINT, ActingStudy, study_body
from tuner.engine import Engine
from tuner.engine.views import Views
from tuner.errors import InvalidInput, StudyExists
from tuner.ranking import best_trial, rank_trials
from tuner.storage import Database
from tuner.wire import CreateStudy, DatasetResource, EnqueueTrials

NewStudy = Callable[..., ActingStudy]
FAST = {"latency_ms": {"at_most": 20.0}}
TWO = {"loss": "minimize", "accuracy": "maximize"}


@pytest.fixture
def study(new_study: NewStudy) -> ActingStudy:
    return new_study(constraints=FAST)


def told(study: ActingStudy, *results: tuple[float, float]) -> None:
    """Complete trials with a loss and a latency each."""
    for loss, latency in results:
        study.complete(study.ask_one(), {"loss": loss, "latency_ms": latency})


def test_a_study_shows_its_constraints(study: ActingStudy) -> None:
    assert study.shown.constraints["latency_ms"].at_most == 20.0


def test_algorithms_see_the_constraints(study: ActingStudy, database: Database) -> None:
    told(study, (0.1, 30.0), (0.2, 20.0))
    view = Views(database).of(study.id)[1]
    assert [constraint.name for constraint in view.constraints] == ["latency_ms"]
    assert [view.is_feasible(trial) for trial in view.trials] == [False, True]


def test_a_trial_says_whether_it_is_feasible(study: ActingStudy) -> None:
    told(study, (0.1, 20.5), (0.2, 20.0))
    study.ask_one()
    assert [trial.is_feasible for trial in study.trials()] == [False, True, None]
    assert study.trial(0).values == {"loss": 0.1, "latency_ms": 20.5}


def test_completing_tells_of_feasibility_at_once(study: ActingStudy) -> None:
    assert study.complete(study.ask_one(), {"loss": 0.1, "latency_ms": 50.0}).is_feasible is False


def test_without_constraints_every_completed_trial_is_feasible(new_study: NewStudy) -> None:
    study = new_study()
    study.complete(study.ask_one(), 0.5)
    assert study.trial(0).is_feasible is True


def test_infeasible_trials_rank_behind_unfinished_ones_by_how_far_they_are(study: ActingStudy) -> None:
    told(study, (0.1, 40.0), (0.2, 25.0), (0.9, 1.0), (0.8, 20.0))
    study.fail(study.ask_one())
    study.ask_one()
    assert study.ranking() == [3, 2, 5, 1, 0, 4]
    page = study.engine.trials.page(study.id, order_by="rank")
    assert [trial.rank for trial in page.items] == [1, 2, None, None, None, None]


def test_the_best_trial_is_a_feasible_one(study: ActingStudy) -> None:
    told(study, (0.1, 40.0))
    assert (study.shown.best_number, study.shown.best_value) == (None, None)
    told(study, (0.7, 10.0))
    assert (study.shown.best_number, study.shown.best_value) == (1, 0.7)


def test_the_best_trial_of_several_objectives_is_a_feasible_one(new_study: NewStudy) -> None:
    study = new_study(objectives=TWO, constraints={"accuracy": {"at_least": 0.5}})
    study.complete(study.ask_one(), {"loss": 0.1, "accuracy": 0.4})
    assert study.shown.best_number is None
    study.complete(study.ask_one(), {"loss": 0.9, "accuracy": 0.6})
    assert (study.shown.best_number, study.shown.best_value) == (1, 0.9)


def test_an_objective_may_be_constrained(new_study: NewStudy) -> None:
    study = new_study(constraints={"loss": {"at_least": 0.0, "at_most": 1.0}})
    for loss in (-0.5, 0.5, 1.5):
        study.complete(study.ask_one(), loss)
    assert [trial.is_feasible for trial in study.trials()] == [False, True, False]


@pytest.mark.parametrize(
    ("values", "pointer"), [({"loss": 0.1}, "#/values/latency_ms"), ({"latency_ms": 5.0}, "#/values/loss")]
)
def test_a_result_without_one_of_its_values_is_refused(
    study: ActingStudy, values: dict[str, float], pointer: str
) -> None:
    leased = study.ask_one()
    with pytest.raises(InvalidInput) as caught:
        study.complete(leased, values)
    assert [(place.pointer, place.detail) for place in caught.value.places] == [(pointer, "is missing")]
    study.complete(leased, {"loss": 0.1, "latency_ms": 5.0})


def test_an_unknown_value_is_refused(study: ActingStudy) -> None:
    with pytest.raises(InvalidInput, match="#/values/size: is neither an objective nor constrained"):
        study.complete(study.ask_one(), {"loss": 0.1, "latency_ms": 5.0, "size": 1.0})


def test_an_imported_trial_needs_all_values(study: ActingStudy) -> None:
    body = EnqueueTrials.model_validate({"trials": [{"params": POINT, "values": {"loss": 0.1}}]})
    with pytest.raises(InvalidInput, match="#/trials/0/values/latency_ms: is missing"):
        study.engine.trials.enqueue(study.id, body)
    study.enqueue(POINT, values={"loss": 0.1, "latency_ms": 90.0})
    assert study.trial(0).is_feasible is False


def test_a_pruned_trial_needs_no_constrained_values(study: ActingStudy) -> None:
    first, second = study.ask(2)
    study.report(first, 1, 0.5)
    assert study.end(first, "pruned").values == {"loss": 0.5}
    assert study.end(second, "pruned", values={"loss": 0.4}).values == {"loss": 0.4}
    assert study.trial(0).is_feasible is None


@pytest.mark.parametrize(
    "constraints",
    [
        {"latency_ms": {}},
        {"latency_ms": {"at_most": 1.0, "at_least": 2.0}},
        {"latency_ms": {"at_most": float("inf")}},
        {"latency_ms": {"at_most": "20"}},
        {"latency_ms": {"below": 20.0}},
        {"": {"at_most": 20.0}},
        {f"c{index}": {"at_most": 1.0} for index in range(17)},
    ],
)
def test_a_constraint_that_makes_no_sense_is_refused(constraints: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="constraints"):
        study_body(constraints=constraints)


def test_a_dataset_study_cannot_have_constraints(engine: Engine, dataset: DatasetResource) -> None:
    body = CreateStudy.model_validate({"name": "d", "dataset": dataset.id, "constraints": FAST})
    with pytest.raises(InvalidInput, match="#/constraints: does not go with a dataset"):
        engine.studies.create(body)


def test_the_same_name_with_other_constraints_is_another_study(engine: Engine) -> None:
    two = {"b": {"at_most": 1.0}, "a": {"at_least": 0.0}}
    engine.studies.create(study_body(constraints=two)).result()
    turned = dict(reversed(two.items()))
    assert not engine.studies.create(study_body(constraints=turned)).result().created
    with pytest.raises(StudyExists, match="constraints"):
        engine.studies.create(study_body(constraints=FAST)).result()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("objectives", [{"loss": "minimize"}, {"loss": "maximize"}, TWO], ids=["min", "max", "two"])
def test_the_order_in_sql_is_the_ranking_of_algorithms(
    new_study: NewStudy, database: Database, seed: int, objectives: dict[str, str]
) -> None:
    rng = random.Random(seed)
    constraints = {
        "a": {"at_most": rng.choice([0.0, 1.0, 1e-300, -1e308])},
        "loss": {"at_least": rng.choice([-1e308, 0.0])},
        "b": {"at_least": 0.25, "at_most": 0.75},
    }
    study = new_study(objectives=objectives, constraints=dict(rng.sample(list(constraints.items()), rng.randint(1, 3))))
    wanted = [*objectives, *(name for name in study.shown.constraints if name not in objectives)]
    numbers = [0.0, -0.0, 0.5, 0.5, 1.0, 1e308, -1e308, 5e-324]
    for leased in study.ask(rng.randint(1, 40)):
        values = {name: rng.choice(numbers) for name in wanted}
        match rng.randrange(8):
            case 0:
                study.report(leased, 1, rng.choice(numbers))
                study.end(leased, "pruned", values=values if rng.random() < 0.5 or len(objectives) > 1 else None)
            case 1:
                study.fail(leased)
            case 2:
                study.release(leased)
            case 3:
                pass
            case _:
                study.complete(leased, values)
    study.enqueue(POINT, values={name: rng.choice(numbers) for name in wanted})
    view = Views(database).of(study.id)[1]
    ranked = rank_trials(view.trials, view.directions, view.objective_names, view.constraints)
    assert study.ranking() == [trial.number for trial in ranked]
    found, cursor = [], None
    while True:
        page = study.engine.trials.page(study.id, order_by="rank", limit=3, cursor=cursor)
        found += [trial.number for trial in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == study.ranking()
    best = best_trial(view.trials, view.directions, view.objective_names, view.constraints)
    assert study.shown.best_number == (None if best is None else best.number)
    assert [trial.is_feasible for trial in study.trials()] == [
        view.is_feasible(trial) if trial.state == "completed" else None for trial in view.trials
    ]
