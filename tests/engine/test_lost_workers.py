"""Workers that fall silent: their trials are tried again, a bounded number of times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Connection

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy, lose
from tuner.errors import StudyClosed
from tuner.storage import Database
from tuner.wire import Directive, FailureReason, ReportTrial, StudyState, TrialState

NewStudy = Callable[..., ActingStudy]


def lose_for_good(study: ActingStudy, clock: ManualClock) -> None:
    """Lose one trial in each of its attempts."""
    (leased,) = study.ask()
    number = leased.trial.number
    while study.trial(number).state is not TrialState.FAILED:
        lose(study, leased, clock)
        clock.advance(60)
        if study.trial(number).state is TrialState.WAITING:
            (leased,) = study.ask()


def test_a_lease_lasts_until_its_end(study: ActingStudy, clock: ManualClock) -> None:
    study.ask_one(lease_seconds=60.0)
    clock.advance(60)
    study.engine.timer.look()
    assert study.states == ["running"]


def test_an_expired_lease_sends_the_trial_back(study: ActingStudy, clock: ManualClock) -> None:
    lose(study, study.ask_one(), clock)
    trial = study.trial(0)
    assert (trial.state, trial.attempt) == (TrialState.WAITING, 1)


def test_a_week_of_silence_can_be_asked_for(study: ActingStudy, clock: ManualClock) -> None:
    study.ask_one(lease_seconds=7 * 86_400.0)
    clock.advance(7 * 86_400 - 1)
    study.engine.timer.look()
    assert study.states == ["running"]


def test_the_first_retry_is_due_at_once_with_the_same_parameters(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    lose(study, leased, clock)
    heir = study.ask_one(worker="heir")
    assert heir.trial.params == leased.trial.params
    assert (heir.trial.number, heir.trial.attempt, heir.trial.worker) == (0, 2, "heir")
    assert heir.lease != leased.lease


def test_later_retries_wait_for_up_to_a_minute(study: ActingStudy, clock: ManualClock) -> None:
    lose(study, study.ask_one(), clock)
    lose(study, study.ask_one(), clock)
    assert study.ask_one().trial.number == 1
    clock.advance(60)
    assert study.ask_one().trial.number == 0


def test_a_trial_is_given_up_after_its_last_attempt(new_study: NewStudy, clock: ManualClock) -> None:
    study = new_study(max_attempts=3)
    lose_for_good(study, clock)
    trial = study.trial(0)
    assert (trial.state, trial.failure, trial.attempt) == (TrialState.FAILED, FailureReason.LOST_WORKER, 3)
    assert "3 times" in (trial.message or "")


def test_a_trial_with_one_attempt_is_given_up_at_once(new_study: NewStudy, clock: ManualClock) -> None:
    study = new_study(max_attempts=1)
    lose(study, study.ask_one(), clock)
    assert study.states == ["failed"]


def test_retries_are_no_new_trials(new_study: NewStudy, clock: ManualClock) -> None:
    study = new_study(budget={"trials": 1})
    lose(study, study.ask_one(), clock)
    assert study.shown.state is StudyState.RUNNING
    study.complete(study.ask_one())
    assert study.shown.num_trials == 1
    assert study.shown.state is StudyState.COMPLETED


def test_a_stopped_trial_whose_worker_falls_silent_is_cancelled(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    study.stop(0)
    lose(study, leased, clock)
    assert study.states == ["cancelled"]


def test_nothing_waits_in_a_cancelled_study(new_study: NewStudy, clock: ManualClock) -> None:
    study = new_study(pruner="asha")
    peers = study.ask(4)
    for leased in peers:
        study.report(leased, 3, float(leased.trial.number))
    study.cancel()
    lose(study, peers[0], clock)
    assert set(study.states) == {"cancelled"}


def test_many_leases_expire_in_one_look(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask(100)
    lose(study, leased[0], clock)
    assert set(study.states) == {"waiting"}


def test_a_heartbeat_held_up_by_a_slow_database_still_saves_the_trial(
    study: ActingStudy, database: Database, clock: ManualClock
) -> None:
    leased = study.ask_one()
    busy, gate = threading.Event(), threading.Event()

    def hold(connection: Connection, now: datetime) -> None:
        busy.set()
        gate.wait()

    database.write(hold)
    busy.wait()
    heartbeat = study.engine.trials.report(study.id, 0, ReportTrial(lease=leased.lease))
    clock.advance(61)
    with ThreadPoolExecutor(1) as pool:
        look = pool.submit(study.engine.timer.look)
        time.sleep(0.2)
        gate.set()
        look.result()
    assert heartbeat.result().directive is Directive.CONTINUE
    assert study.states == ["running"]


def test_a_paused_study_takes_back_lost_trials(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    study.pause()
    lose(study, leased, clock)
    assert study.states == ["waiting"]


class TestPause:
    """After three trials in a row that were lost for good, the study pauses."""

    @pytest.fixture
    def fragile(self, new_study: NewStudy) -> ActingStudy:
        return new_study(max_attempts=2)

    def test_three_lost_trials_in_a_row_pause_the_study(self, fragile: ActingStudy, clock: ManualClock) -> None:
        for _ in range(2):
            lose_for_good(fragile, clock)
        assert fragile.shown.state is StudyState.RUNNING
        lose_for_good(fragile, clock)
        shown = fragile.shown
        assert shown.state is StudyState.PAUSED
        assert "3 trials in a row were lost" in (shown.state_reason or "")
        with pytest.raises(StudyClosed, match="3 trials in a row"):
            fragile.ask()

    def test_three_lost_at_once_pause_the_study(self, new_study: NewStudy, clock: ManualClock) -> None:
        study = new_study(max_attempts=1)
        lose(study, study.ask(3)[0], clock)
        assert study.shown.state is StudyState.PAUSED

    @pytest.mark.parametrize("state", ["completed", "pruned"])
    def test_a_good_end_resets_the_count(self, fragile: ActingStudy, clock: ManualClock, state: str) -> None:
        for _ in range(2):
            lose_for_good(fragile, clock)
        values = {"values": {"loss": 0.5}} if state == "completed" else {}
        fragile.end(fragile.ask_one(), state, **values)
        for _ in range(2):
            lose_for_good(fragile, clock)
        assert fragile.shown.state is StudyState.RUNNING

    def test_a_failure_of_another_kind_does_not_reset_the_count(self, fragile: ActingStudy, clock: ManualClock) -> None:
        for _ in range(2):
            lose_for_good(fragile, clock)
        fragile.fail(fragile.ask_one())
        lose_for_good(fragile, clock)
        assert fragile.shown.state is StudyState.PAUSED

    def test_resuming_starts_the_count_anew(self, fragile: ActingStudy, clock: ManualClock) -> None:
        for _ in range(3):
            lose_for_good(fragile, clock)
        fragile.resume()
        lose_for_good(fragile, clock)
        assert fragile.shown.state is StudyState.RUNNING

    def test_attempts_that_succeed_later_do_not_count(self, fragile: ActingStudy, clock: ManualClock) -> None:
        for _ in range(4):
            lose(fragile, fragile.ask_one(), clock)
            fragile.complete(fragile.ask_one())
        assert fragile.shown.state is StudyState.RUNNING


def test_a_lost_enqueued_point_is_tried_again_like_any_other(study: ActingStudy, clock: ManualClock) -> None:
    study.enqueue(POINT)
    lose(study, study.ask_one(), clock)
    assert study.ask_one().trial.params == POINT
