"""What a client promises of reports, and of what a trial hears in reply."""

from __future__ import annotations

import math
import threading
import time

import pytest

from tuner.client import Client
from tuner.errors import (
    InvalidInput,
)
from tuner.testing.client.acting import counted_study, curve, new_study, seconds_until
from tuner.wire import TrialState


class ReportPromises:
    """Part of ``ClientContract``."""

    def test_reports_are_kept(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        assert trial.report(0, 0.1) is False
        assert trial.report(step=1, value=0.2) is False
        trial.tell(0.3)
        assert curve(study) == [(0, 0.1), (1, 0.2)]

    def test_reports_that_decide_nothing_share_a_request(self, client: Client) -> None:
        study, counts = counted_study(client, new_study(client))
        started = time.monotonic()
        trial = study.ask()
        for step in range(500):
            assert trial.report(step, step / 1000) is False
        trial.tell(0.5)
        # One for each second that has passed, should this machine be slow.
        assert counts["report"] <= time.monotonic() - started
        assert counts["complete"] == 1
        assert curve(study) == [(step, step / 1000) for step in range(500)]

    def test_options_of_the_pruner_decide(self, client: Client) -> None:
        study = new_study(client, pruner={"name": "threshold", "at_least": 0.5, "grace_steps": 2})
        trial = study.ask()
        assert not trial.report(1, 0.1)
        assert not trial.report(2, 0.5)
        assert trial.report(3, 0.4)

    def test_wrong_option_of_the_pruner_is_told_with_its_place(self, client: Client) -> None:
        with pytest.raises(InvalidInput) as caught:
            new_study(client, pruner={"name": "asha", "grace_steps": 0})
        assert [place.pointer for place in caught.value.places] == ["#/pruner/grace_steps"]

    def test_report_that_the_pruner_waits_for_is_sent_at_once_with_those_before(self, client: Client) -> None:
        study = new_study(client, pruner="asha")
        trial = study.ask()
        for step in (1, 2, 3):
            trial.report(step, step / 10)
        assert curve(study) == [(1, 0.1), (2, 0.2), (3, 0.3)]

    def test_decision_is_heard_at_its_step(self, client: Client) -> None:
        study = new_study(client, pruner="asha")
        for _ in range(8):
            trial = study.ask()
            for step in range(1, 4):
                trial.report(step, 0.9)
            trial.tell(0.9)
        trial = study.ask()
        assert [trial.report(step, 0.1) for step in range(1, 4)] == [False, False, True]

    def test_report_that_is_held_back_arrives_within_about_a_second(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(7, 0.5)
        assert seconds_until(lambda: curve(study) == [(7, 0.5)]) < 3
        assert trial.is_held

    def test_cancellation_is_heard_within_about_a_second(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        assert trial.report(0, 0.5) is False
        study.cancel()
        steps = iter(range(1, 100_000))
        assert seconds_until(lambda: trial.report(next(steps), 0.5)) < 3

    def test_more_reports_than_fit_into_a_request_are_all_kept(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        for step in range(2_500):
            trial.report(step, float(step))
        trial.tell(0.5)
        assert curve(study) == [(step, float(step)) for step in range(2_500)]

    def test_reports_of_several_threads_are_all_kept(self, client: Client) -> None:
        study = new_study(client, pruner="asha")
        trial = study.ask()

        def report(first: int) -> None:
            for step in range(first, 1_200, 4):
                trial.report(step, float(step))

        threads = [threading.Thread(target=report, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        trial.tell(0.5)
        assert curve(study) == [(step, float(step)) for step in range(1_200)]

    def test_later_report_of_a_step_takes_the_place_of_the_earlier(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(1, 0.1)
        trial.report(1, 0.2)
        trial.tell(0.5)
        assert curve(study) == [(1, 0.2)]

    def test_last_report_is_seen_right_after_the_result(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(3, 0.25)
        trial.tell(0.5)
        (told,) = study.trials()
        assert (told.last_step, told.last_value) == (3, 0.25)

    def test_failed_trial_keeps_its_reports(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(1, 0.1)
        trial.fail("the disk is full")
        assert study.trial(0).state is TrialState.FAILED
        assert curve(study) == [(1, 0.1)]

    def test_trial_that_reports_nan_keeps_the_reports_before(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(1, 0.1)
        assert trial.report(2, math.nan) is True
        assert curve(study) == [(1, 0.1)]

    def test_trial_that_is_handed_back_begins_anew(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(1, 0.1)
        trial.release()
        heir = study.ask()
        assert heir.number == 0
        heir.report(5, 0.5)
        heir.tell(0.5)
        assert curve(study) == [(5, 0.5)]

    def test_negative_step_is_refused(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        with pytest.raises(InvalidInput, match="#/step"):
            trial.report(-1, 0.5)
        trial.tell(0.5)
        assert curve(study) == []

    def test_numpy_numbers_are_taken(self, client: Client) -> None:
        import numpy as np

        study = new_study(client)
        trial = study.ask()
        trial.report(np.int64(3), np.float32(0.5))
        trial.tell(np.float32(0.5))
        assert study.best_value == 0.5

    def test_fractional_step_is_refused(self, client: Client) -> None:
        trial = new_study(client).ask()
        with pytest.raises(InvalidInput, match="step must be a whole number"):
            trial.report(0.5, 1.0)  # type: ignore[arg-type]

    def test_reporting_nan_fails_the_trial_and_stops_it(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        assert trial.report(0, math.nan) is True
        assert trial.should_stop
        trial.tell(math.nan)
        assert study.trial(0).failure == "nan"

    def test_hopeless_trial_is_told_to_stop_and_ends_as_pruned(self, client: Client) -> None:
        study = new_study(client, pruner="median")
        for _ in range(12):
            with study.ask() as trial:
                for step in range(6):
                    trial.report(step, 0.9)
                trial.tell(0.9)
        with study.ask() as trial:
            assert any(trial.report(step, 0.1) for step in range(6))
            assert trial.should_stop
        pruned = study.trial(12)
        assert (pruned.state, pruned.last_value) == (TrialState.PRUNED, 0.1)

    def test_hopeless_trial_need_not_tell_constrained_numbers(self, client: Client) -> None:
        study = new_study(client, pruner="median", constraints={"latency_ms": {"at_most": 20}})
        for _ in range(12):
            with study.ask() as trial:
                for step in range(6):
                    trial.report(step, 0.9)
                trial.tell({"accuracy": 0.9, "latency_ms": 5})
        trial = study.ask()
        assert any(trial.report(step, 0.1) for step in range(6))
        trial.tell(0.15)
        pruned = study.trial(12)
        assert (pruned.state, pruned.values, pruned.is_feasible) == (TrialState.PRUNED, {"accuracy": 0.15}, None)

    def test_hopeless_trial_may_tell_its_last_value(self, client: Client) -> None:
        study = new_study(client, pruner="median")
        for _ in range(12):
            with study.ask() as trial:
                for step in range(6):
                    trial.report(step, 0.9)
                trial.tell(0.9)
        trial = study.ask()
        assert any(trial.report(step, 0.1) for step in range(6))
        trial.tell(0.15)
        pruned = study.trial(12)
        assert (pruned.state, pruned.values) == (TrialState.PRUNED, {"accuracy": 0.15})
