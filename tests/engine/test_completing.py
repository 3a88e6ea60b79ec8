"""Results: counted once, whoever sends them however often and late."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy, lose
from tuner.engine import Engine
from tuner.errors import (
    Conflict,
    IdempotencyConflict,
    InvalidInput,
    LeaseLost,
    NotFound,
    StudyClosed,
    TrialFinished,
)
from tuner.wire import FailureReason, Origin, StudyState, TrialState

NewStudy = Callable[..., ActingStudy]


def test_a_completed_trial_keeps_what_was_told(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    clock.advance(30)
    study.end(leased, "completed", values={"loss": 1e-300}, metrics={"fit_seconds": 2.5}, message="fine")
    trial = study.trial(0)
    assert (trial.state, trial.values, trial.metrics) == (TrialState.COMPLETED, {"loss": 1e-300}, {"fit_seconds": 2.5})
    assert (trial.message, trial.failure, trial.duration_seconds) == ("fine", None, 30.0)


def test_the_best_trial_is_shown_with_its_study(new_study: NewStudy) -> None:
    study = new_study(objectives={"accuracy": "maximize"})
    for leased, accuracy in zip(study.ask(3), (0.5, 0.9, 0.9), strict=True):
        study.complete(leased, {"accuracy": accuracy})
    assert (study.shown.best_number, study.shown.best_value) == (1, 0.9)


def test_a_failed_trial_keeps_its_reason(study: ActingStudy) -> None:
    study.end(study.ask_one(), "failed", failure="out_of_memory", message="killed")
    trial = study.trial(0)
    assert (trial.state, trial.failure, trial.message) == (TrialState.FAILED, FailureReason.OUT_OF_MEMORY, "killed")
    assert trial.values is None


def test_a_pruned_trial_keeps_its_last_report(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.report(leased, 3, 0.75)
    study.end(leased, "pruned")
    assert study.trial(0).values == {"loss": 0.75}


def test_a_pruned_trial_may_bring_values_of_its_own(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.report(leased, 3, 0.75)
    study.end(leased, "pruned", values={"loss": 0.5})
    assert study.trial(0).values == {"loss": 0.5}


def test_a_trial_pruned_before_any_report_has_no_values(study: ActingStudy) -> None:
    assert study.end(study.ask_one(), "pruned").values is None


def test_the_same_result_again_changes_nothing(study: ActingStudy) -> None:
    leased = study.ask_one()
    first, seq = study.complete(leased, 0.5), study.shown.seq
    assert study.complete(leased, 0.5) == first
    assert study.shown.seq == seq


def test_the_same_result_sent_by_many_at_once_counts_once(study: ActingStudy) -> None:
    leased = study.ask_one()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: study.complete(leased, 0.5), range(8)))
    assert all(result == results[0] for result in results)
    assert study.shown.counts[TrialState.COMPLETED] == 1


@pytest.mark.parametrize("second", [{"values": {"loss": 0.6}}, {"values": {"loss": 0.5}, "message": "more"}])
def test_another_result_is_refused(study: ActingStudy, second: dict[str, object]) -> None:
    leased = study.ask_one()
    study.complete(leased, 0.5)
    with pytest.raises(TrialFinished):
        study.end(leased, "completed", **second)
    assert study.trial(0).values == {"loss": 0.5}


def test_the_order_of_objectives_in_a_result_does_not_matter(new_study: NewStudy) -> None:
    study = new_study(objectives={"loss": "minimize", "size": "minimize"})
    leased = study.ask_one()
    study.complete(leased, {"size": 2.0, "loss": 1.0})
    assert list((study.trial(0).values or {}).items()) == [("loss", 1.0), ("size", 2.0)]
    assert study.complete(leased, {"loss": 1.0, "size": 2.0}).state is TrialState.COMPLETED


def test_values_that_are_not_the_objectives_are_pointed_out(new_study: NewStudy) -> None:
    study = new_study(objectives={"loss": "minimize", "a/b": "minimize"})
    leased = study.ask_one()
    with pytest.raises(InvalidInput) as caught:
        study.complete(leased, {"loss": 1.0, "speed": 2.0})
    assert [(place.pointer, place.detail) for place in caught.value.places] == [
        ("#/values/a~1b", "is missing"),
        ("#/values/speed", "is not an objective"),
    ]
    assert study.states == ["running"]


def test_a_result_after_the_lease_ran_out_is_welcome(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    lose(study, leased, clock)
    assert study.states == ["waiting"]
    study.complete(leased, 0.5)
    assert study.shown.best_value == 0.5
    assert study.ask_one().trial.number == 1


def test_a_result_after_somebody_took_over_is_refused(study: ActingStudy, clock: ManualClock) -> None:
    zombie = study.ask_one()
    lose(study, zombie, clock)
    heir = study.ask_one(worker="heir")
    with pytest.raises(LeaseLost, match="'heir' has taken it over"):
        study.complete(zombie, 0.1)
    study.complete(heir, 0.9)
    with pytest.raises(LeaseLost, match="it has ended"):
        study.complete(zombie, 0.1)
    assert study.trial(0).values == {"loss": 0.9}


def test_a_result_for_a_trial_that_was_given_up_is_refused(new_study: NewStudy, clock: ManualClock) -> None:
    study = new_study(max_attempts=1)
    leased = study.ask_one()
    lose(study, leased, clock)
    with pytest.raises(TrialFinished):
        study.complete(leased)
    assert study.trial(0).failure is FailureReason.LOST_WORKER


def test_a_result_for_an_unknown_trial_is_not_found(study: ActingStudy) -> None:
    leased = study.ask_one()
    stranger = leased.model_copy(update={"trial": leased.trial.model_copy(update={"number": 5})})
    with pytest.raises(NotFound):
        study.complete(stranger)


class TestReleasing:
    def test_a_released_trial_waits_again_with_the_same_parameters(self, study: ActingStudy) -> None:
        leased = study.ask_one()
        assert study.release(leased).state is TrialState.WAITING
        again = study.ask_one()
        assert again.trial.params == leased.trial.params
        assert again.trial.attempt == 2

    def test_releasing_is_no_lost_attempt(self, new_study: NewStudy, clock: ManualClock) -> None:
        study = new_study(max_attempts=2)
        for _ in range(5):
            study.release(study.ask_one())
        lose(study, study.ask_one(), clock)
        assert study.states == ["waiting"]

    def test_the_lease_ends_with_the_release(self, study: ActingStudy) -> None:
        leased = study.ask_one()
        study.release(leased)
        for use in (study.release, study.heartbeat, study.complete):
            with pytest.raises(LeaseLost, match="waits for a worker"):
                use(leased)

    def test_a_trial_that_was_told_to_stop_ends_when_it_is_released(self, study: ActingStudy) -> None:
        leased = study.ask_one()
        study.stop(0)
        assert study.release(leased).state is TrialState.CANCELLED


class TestEnqueuing:
    def test_points_wait_in_the_order_given(self, study: ActingStudy) -> None:
        made = study.enqueue(POINT, {**POINT, "units": 9})
        assert [(trial.number, trial.state, trial.origin) for trial in made] == [
            (0, TrialState.WAITING, Origin.ENQUEUED),
            (1, TrialState.WAITING, Origin.ENQUEUED),
        ]
        assert [trial.params["units"] for trial in made] == [8, 9]

    def test_finished_trials_are_imported_outside_the_budget(self, new_study: NewStudy) -> None:
        study = new_study(budget={"trials": 1})
        (imported,) = study.enqueue(POINT, values=0.5)
        assert (imported.state, imported.origin, imported.attempt) == (TrialState.COMPLETED, Origin.IMPORTED, 0)
        assert study.shown.best_value == 0.5
        assert study.ask_one().trial.number == 1

    def test_a_faulty_point_is_pointed_out_and_none_is_added(self, study: ActingStudy) -> None:
        with pytest.raises(InvalidInput) as caught:
            study.enqueue(POINT, {"lr": 1.0, "units": 8, "optimizer": "adam", "momentum": 0.5})
        assert sorted(place.pointer for place in caught.value.places) == [
            "#/trials/1/params/lr",
            "#/trials/1/params/momentum",
        ]
        assert study.shown.num_trials == 0

    def test_parameters_that_are_not_given_are_drawn(self, new_study: NewStudy) -> None:
        # Without a seed, two draws are the same once in a while.
        study = new_study(seed=0)
        made = study.enqueue({"lr": 0.1}, {"lr": 0.1}, {"momentum": 0.5}, {})
        assert [trial.params["lr"] == 0.1 for trial in made] == [True, True, False, False]
        assert made[0].params["units"] != made[1].params["units"]
        assert (made[2].params["optimizer"], made[2].params["momentum"]) == ("sgd", 0.5)
        assert study.trial(0).params == study.ask_one().trial.params == made[0].params

    def test_drawn_parameters_repeat_with_the_seed(self, new_study: NewStudy) -> None:
        first, again, other = new_study(seed=1), new_study(seed=1), new_study(seed=2)
        drawn = [study.enqueue({"lr": 0.1}, {})[1].params for study in (first, again, other)]
        assert drawn[0] == drawn[1] != drawn[2]

    def test_many_who_enqueue_the_same_part_get_different_points(self, study: ActingStudy) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: study.enqueue({"optimizer": "adam"}), range(24)))
        trials = study.trials()
        assert [trial.number for trial in trials] == list(range(24))
        assert len({trial.params["lr"] for trial in trials}) == 24

    def test_a_finished_trial_must_be_complete(self, study: ActingStudy) -> None:
        with pytest.raises(InvalidInput, match="#/trials/0/params/units: is missing"):
            study.enqueue({"lr": 0.1, "optimizer": "adam"}, values=0.5)

    def test_more_points_than_the_budget_has_left_are_refused(self, new_study: NewStudy) -> None:
        study = new_study(budget={"trials": 2})
        study.ask_one()
        with pytest.raises(Conflict, match="budget for 1 more trials, and 2 were given"):
            study.enqueue(POINT, POINT)

    def test_an_ended_study_takes_no_more_points(self, study: ActingStudy) -> None:
        study.cancel()
        with pytest.raises(StudyClosed):
            study.enqueue(POINT)

    def test_a_paused_study_takes_points(self, study: ActingStudy) -> None:
        study.pause()
        assert study.enqueue(POINT)

    def test_a_repeated_request_adds_its_points_once(self, study: ActingStudy) -> None:
        assert study.enqueue(POINT, key="key") == study.enqueue(POINT, key="key")
        assert study.shown.num_trials == 1
        with pytest.raises(IdempotencyConflict):
            study.enqueue(POINT, POINT, key="key")

    def test_an_unknown_study_is_not_found(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            ActingStudy(engine, "nowhere").enqueue(POINT)


def test_the_last_result_of_the_budget_completes_the_study(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 2})
    first, second = study.ask(2)
    study.complete(first)
    assert study.shown.state is StudyState.RUNNING
    study.fail(second)
    shown = study.shown
    assert (shown.state, shown.state_reason) == (StudyState.COMPLETED, "all trials of the budget have ended")
