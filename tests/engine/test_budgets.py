"""Budgets: in trials, and in wall time while the study runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy
from tuner.errors import StudyClosed
from tuner.wire import Directive, StudyState, TrialState

NewStudy = Callable[..., ActingStudy]


def test_raising_the_budget_sets_a_completed_study_running_again(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.complete(study.ask_one())
    raised = study.set_budget(trials=2)
    assert (raised.state, raised.state_reason, raised.budget.trials) == (StudyState.RUNNING, None, 2)
    assert study.ask_one().trial.number == 1


def test_a_budget_that_is_still_spent_leaves_the_study_completed(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 2})
    for leased in study.ask(2):
        study.complete(leased)
    assert study.set_budget(trials=1).state is StudyState.COMPLETED


def test_raising_the_budget_of_a_cancelled_study_does_not_revive_it(study: ActingStudy) -> None:
    study.cancel()
    assert study.set_budget(trials=100).state is StudyState.CANCELLED


def test_lowering_the_budget_below_what_has_ended_completes_the_study(study: ActingStudy) -> None:
    for leased in study.ask(3):
        study.complete(leased)
    assert study.set_budget(trials=2).state is StudyState.COMPLETED


def test_a_study_with_a_lowered_budget_completes_when_its_last_trial_has_ended(study: ActingStudy) -> None:
    for leased in study.ask(3):
        study.complete(leased)
    study.enqueue(POINT)
    study.set_budget(trials=2)
    assert study.shown.state is StudyState.RUNNING
    study.stop(3)
    assert study.shown.state is StudyState.COMPLETED


def test_a_budget_can_be_taken_away(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.complete(study.ask_one())
    assert study.set_budget().state is StudyState.RUNNING
    assert len(study.ask(5)) == 5


@pytest.mark.parametrize("state", ["failed", "pruned", "cancelled", "completed"])
def test_a_trial_counts_whatever_its_end(new_study: NewStudy, state: str) -> None:
    study = new_study(budget={"trials": 1})
    fields = {"failed": {"failure": "error"}, "completed": {"values": {"loss": 1.0}}}.get(state, {})
    study.end(study.ask_one(), state, **fields)
    assert study.shown.state is StudyState.COMPLETED


def test_a_trial_cancelled_while_waiting_does_not_count(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.enqueue(POINT)
    study.stop(0)
    assert study.shown.state is StudyState.RUNNING
    assert study.ask_one().trial.number == 1


def test_a_spent_study_that_is_resumed_completes(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    leased = study.ask_one()
    study.pause()
    study.complete(leased)
    assert study.shown.state is StudyState.PAUSED
    assert study.resume().state is StudyState.COMPLETED


class TestTime:
    @pytest.fixture
    def timed(self, new_study: NewStudy) -> ActingStudy:
        return new_study(budget={"seconds": 100.0})

    def test_the_timer_ends_a_study_that_is_out_of_time(self, timed: ActingStudy, clock: ManualClock) -> None:
        clock.advance(99)
        timed.engine.timer.look()
        assert timed.shown.state is StudyState.RUNNING
        clock.advance(1)
        timed.engine.timer.look()
        shown = timed.shown
        assert (shown.state, shown.state_reason) == (StudyState.COMPLETED, "the time budget is spent")

    def test_an_ask_after_the_time_is_refused_before_the_timer_looks(
        self, timed: ActingStudy, clock: ManualClock
    ) -> None:
        clock.advance(100)
        with pytest.raises(StudyClosed, match="has used its time"):
            timed.ask()

    def test_running_trials_are_stopped_and_keep_what_they_have(self, timed: ActingStudy, clock: ManualClock) -> None:
        leased = timed.ask_one(lease_seconds=1_000.0)
        timed.report(leased, 1, 0.5)
        clock.advance(100)
        timed.engine.timer.look()
        assert timed.report(leased, 2, 0.4) is Directive.CANCEL
        timed.complete(leased, 0.4)
        assert timed.shown.best_value == 0.4

    def test_waiting_trials_are_cancelled(self, timed: ActingStudy, clock: ManualClock) -> None:
        timed.enqueue(POINT, POINT)
        clock.advance(100)
        timed.engine.timer.look()
        assert timed.states == ["cancelled", "cancelled"]
        assert timed.shown.counts[TrialState.CANCELLED] == 2

    def test_trials_cancelled_for_want_of_time_give_their_budget_back(
        self, new_study: NewStudy, clock: ManualClock
    ) -> None:
        study = new_study(budget={"trials": 2, "seconds": 100.0})
        study.enqueue(POINT, POINT)
        clock.advance(100)
        study.engine.timer.look()
        assert study.set_budget(trials=2, seconds=200.0).state is StudyState.RUNNING
        assert [leased.trial.number for leased in study.ask(5)] == [2, 3]

    def test_a_result_that_comes_after_the_time_ends_the_study(self, timed: ActingStudy, clock: ManualClock) -> None:
        leased = timed.ask_one(lease_seconds=1_000.0)
        clock.advance(100)
        timed.complete(leased)
        assert timed.shown.state is StudyState.COMPLETED

    def test_time_stands_still_while_paused(self, timed: ActingStudy, clock: ManualClock) -> None:
        clock.advance(60)
        timed.pause()
        clock.advance(1_000)
        timed.resume()
        clock.advance(39)
        assert timed.shown.used_seconds == 99.0
        assert timed.ask()
        clock.advance(1)
        with pytest.raises(StudyClosed):
            timed.ask()

    def test_more_time_sets_the_study_running_again(self, timed: ActingStudy, clock: ManualClock) -> None:
        clock.advance(150)
        timed.engine.timer.look()
        clock.advance(1_000)
        assert timed.set_budget(seconds=150.0).state is StudyState.COMPLETED
        assert timed.set_budget(seconds=200.0).state is StudyState.RUNNING
        clock.advance(49)
        assert timed.ask()
        clock.advance(1)
        timed.engine.timer.look()
        assert timed.shown.state is StudyState.COMPLETED

    def test_whichever_limit_comes_first_ends_the_study(self, new_study: NewStudy, clock: ManualClock) -> None:
        study = new_study(budget={"trials": 1, "seconds": 100.0})
        study.complete(study.ask_one())
        shown = study.shown
        assert shown.state_reason == "all trials of the budget have ended"
        clock.advance(50)
        assert study.set_budget(trials=2, seconds=100.0).state is StudyState.RUNNING
