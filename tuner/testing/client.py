"""What a client promises, however it reaches the service: over HTTP or in process."""

from __future__ import annotations

import gc
import gzip
import math
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

import tuner
from tuner.client import Client, Study, Transport, Trial
from tuner.client.paging import all_items
from tuner.client.renewal import LeaseRenewer
from tuner.errors import (
    Conflict,
    InvalidInput,
    InvalidSearchSpace,
    LeaseLost,
    NotFound,
    StudyClosed,
    StudyExists,
    TrainingFailed,
    TunerError,
    UnknownName,
    WaitTimeout,
)
from tuner.wire import ReleaseTrial, StudyState, Suggest, TrialState

SPACE: Mapping[str, tuner.Float | tuner.Int | tuner.Categorical] = {
    "lr": tuner.Float(1e-5, 1e-1, log=True),
    "layers": tuner.Int(1, 4),
    "optimizer": tuner.Categorical(["adam", "sgd"]),
    "momentum": tuner.Float(0, 0.99, when={"optimizer": ["sgd"]}),
}
POINT = {"lr": 0.01, "layers": 2, "optimizer": "adam"}
TABLE = "age,sex,survived\n" + "".join(f"{20 + row % 40},{'fm'[row % 2]},{(row * 7) % 3 // 2}\n" for row in range(60))


def new_name() -> str:
    """A name that no other test uses."""
    return f"study-{uuid.uuid4().hex[:12]}"


def new_study(
    client: Client,
    *,
    trials: int | None = None,
    objectives: Mapping[str, str] | None = None,
    pruner: str = "none",
    sampler: str = "random",
    max_attempts: int = 3,
) -> Study:
    """A study whose trials the test runs itself."""
    return client.create_study(
        new_name(),
        space=SPACE,
        objectives=objectives or {"accuracy": "maximize"},
        sampler=sampler,
        pruner=pruner,
        seed=0,
        budget=tuner.Budget(trials=trials),
        max_attempts=max_attempts,
    )


class CountedCalls:
    """Passes every operation on to a transport, and counts them by name."""

    def __init__(self, transport: Transport) -> None:
        self.counts: Counter[str] = Counter()
        self._transport = transport

    def __getattr__(self, name: str) -> Any:  # Any: whatever the transport has
        operation = getattr(self._transport, name)
        if not callable(operation):
            return operation

        def counted(*arguments: Any, **named: Any) -> Any:
            self.counts[name] += 1
            return operation(*arguments, **named)

        return counted


def counted_study(client: Client, study: Study) -> tuple[Study, Counter[str]]:
    """The same study, and how often its objects have called each operation of the service."""
    calls = CountedCalls(client.transport)
    return Study(study.resource, cast(Transport, calls), LeaseRenewer()), calls.counts


def curve(study: Study, number: int = 0) -> list[tuple[int, float]]:
    """Steps and values that are stored for a trial, in the order of the steps."""
    return [(point.step, point.value) for point in study.measurements(number)]


def seconds_until(condition: Callable[[], bool], most: float = 30.0) -> float:
    """How long it took for something to come true."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < most, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - started


class ClientContract:
    """Inherit it and give a fixture ``client``: an open client that other tests may have used before."""

    def test_study_is_found_by_name_and_by_id(self, client: Client) -> None:
        study = new_study(client)
        assert client.get_study(study.name).id == study.id
        assert client.get_study(study.id).name == study.name
        assert study.id in [listed.id for listed in client.list_studies()]

    def test_study_list_can_be_narrowed_to_a_state(self, client: Client) -> None:
        running, paused = new_study(client), new_study(client)
        paused.pause()
        listed = [study.id for study in client.list_studies(state="paused")]
        assert paused.id in listed
        assert running.id not in listed

    def test_unknown_study_is_not_found(self, client: Client) -> None:
        with pytest.raises(NotFound, match="no study 'nobody-made-this'"):
            client.get_study("nobody-made-this")

    def test_creating_the_same_study_again_gives_the_same(self, client: Client) -> None:
        first = new_study(client)
        again = client.create_study(
            first.name, space=SPACE, objectives={"accuracy": "maximize"}, sampler="random", pruner="none", seed=0
        )
        assert again.id == first.id

    def test_creating_another_study_of_the_same_name_tells_the_difference(self, client: Client) -> None:
        first = new_study(client)
        with pytest.raises(StudyExists) as caught:
            client.create_study(first.name, space=SPACE, objectives={"accuracy": "minimize"}, pruner="none", seed=0)
        assert {place.pointer for place in caught.value.places} >= {"#/objectives"}

    def test_wrong_space_is_told_with_its_place(self, client: Client) -> None:
        form = {"version": 1, "parameters": {"lr": {"type": "float", "low": 1, "high": 0}}}
        with pytest.raises(InvalidSearchSpace) as caught:
            client.create_study(new_name(), space=form, objectives={"accuracy": "maximize"})
        assert [place.pointer for place in caught.value.places] == ["#/space/parameters/lr/low"]

    def test_unknown_sampler_is_told_with_those_there_are(self, client: Client) -> None:
        with pytest.raises(UnknownName, match="tpe"):
            client.create_study(new_name(), space=SPACE, objectives={"a": "maximize"}, sampler="oracle")

    def test_wrong_type_is_told_with_its_place(self, client: Client) -> None:
        with pytest.raises(InvalidInput) as caught:
            client.create_study(new_name(), space=SPACE, objectives={"a": "upwards"})
        assert [place.pointer for place in caught.value.places] == ["#/objectives/a"]

    def test_asked_trial_has_a_point_of_the_space(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        assert trial.number == 0
        assert study.space.check(trial.params) == trial.params

    def test_trial_says_which_method_found_it(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue(POINT)
        assert [trial.sampled_by for trial in (study.ask(), study.ask())] == [None, "random"]
        assert study.to_pandas()["sampled_by"][1] == "random"

    def test_told_value_is_the_result(self, client: Client) -> None:
        study = new_study(client, trials=2)
        study.ask().tell(0.25)
        study.ask().tell({"accuracy": 0.75})
        assert study.best_value == 0.75
        assert study.best_trial.number == 1
        assert study.best_params == study.trial(1).params
        assert study.state is StudyState.COMPLETED

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

    @pytest.mark.parametrize("value", ["0.5", None, [0.5, 0.6]])
    def test_what_is_no_number_is_refused_and_the_trial_goes_on(self, client: Client, value: object) -> None:
        study = new_study(client)
        trial = study.ask()
        with pytest.raises(InvalidInput, match="accuracy must be a number"):
            trial.tell(value)  # type: ignore[arg-type]
        trial.tell(0.5)
        assert study.best_value == 0.5

    def test_fractional_step_is_refused(self, client: Client) -> None:
        trial = new_study(client).ask()
        with pytest.raises(InvalidInput, match="step must be a whole number"):
            trial.report(0.5, 1.0)  # type: ignore[arg-type]

    def test_every_objective_must_be_told(self, client: Client) -> None:
        study = new_study(client, objectives={"accuracy": "maximize", "latency_ms": "minimize"})
        trial = study.ask()
        with pytest.raises(InvalidInput, match="2 objectives"):
            trial.tell(0.5)
        with pytest.raises(InvalidInput, match="#/values/latency_ms: is missing"):
            trial.tell({"accuracy": 0.5})
        trial.tell({"accuracy": 0.5, "latency_ms": 12})
        assert study.best_trial.values == {"accuracy": 0.5, "latency_ms": 12.0}

    def test_unknown_objective_is_refused(self, client: Client) -> None:
        trial = new_study(client).ask()
        with pytest.raises(InvalidInput, match="#/values/loss: is not an objective"):
            trial.tell({"accuracy": 0.5, "loss": 1.0})

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_telling_no_finite_number_is_a_failure_of_the_trial(self, client: Client, value: float) -> None:
        study = new_study(client)
        study.ask().tell(value)
        assert study.trial(0).state is TrialState.FAILED
        assert study.trial(0).failure == "nan"

    def test_reporting_nan_fails_the_trial_and_stops_it(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        assert trial.report(0, math.nan) is True
        assert trial.should_stop
        trial.tell(math.nan)
        assert study.trial(0).failure == "nan"

    def test_failure_is_told_with_reason_and_message(self, client: Client) -> None:
        study = new_study(client)
        study.ask().fail("out_of_memory", "7 GB wanted")
        study.ask().fail("the disk is full")
        first, second = study.trials("failed")
        assert (first.failure, first.message) == ("out_of_memory", "7 GB wanted")
        assert (second.failure, second.message) == ("error", "the disk is full")

    def test_exception_in_the_with_block_fails_the_trial_and_goes_on_up(self, client: Client) -> None:
        study = new_study(client)
        with pytest.raises(ZeroDivisionError), study.ask():
            1 / 0  # noqa: B018
        failed = study.trial(0)
        assert failed.failure == "error"
        assert failed.message is not None
        assert "ZeroDivisionError" in failed.message

    def test_exception_may_name_the_reason(self, client: Client) -> None:
        study = new_study(client)
        with pytest.raises(TrainingFailed), study.ask():
            raise TrainingFailed("infeasible", "does not fit")
        assert study.trial(0).failure == "infeasible"

    def test_interrupt_in_the_with_block_hands_the_trial_back(self, client: Client) -> None:
        study = new_study(client)
        with pytest.raises(KeyboardInterrupt), study.ask():
            raise KeyboardInterrupt
        assert study.trial(0).state is TrialState.WAITING
        again = study.ask()
        assert again.number == 0

    def test_leaving_the_with_block_without_a_result_is_a_failure(self, client: Client) -> None:
        study = new_study(client)
        with study.ask():
            pass
        assert study.trial(0).message == "The with block ended without tell()."

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

    def test_telling_the_same_twice_changes_nothing(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        trial.report(1, 0.25)
        trial.tell(0.5)
        trial.tell(0.5)
        assert study.trial(0).values == {"accuracy": 0.5}

    def test_telling_another_result_afterwards_is_a_conflict(self, client: Client) -> None:
        trial = new_study(client).ask()
        trial.tell(0.5)
        with pytest.raises(Conflict):
            trial.tell(0.6)

    def test_lease_is_renewed_while_user_code_is_busy(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask(lease_seconds=1)
        time.sleep(3)
        trial.tell(0.5)
        assert study.trial(0).attempt == 1
        assert study.trial(0).state is TrialState.COMPLETED

    def test_trial_that_nobody_holds_any_more_is_handed_out_again(self, client: Client) -> None:
        study = new_study(client, trials=1)
        trial = study.ask(lease_seconds=1)
        del trial
        gc.collect()
        again = study.ask(timeout=20)
        again.tell(0.5)
        assert (again.number, study.trial(0).attempt) == (0, 2)

    def test_trial_that_was_lost_says_stop_and_takes_no_result(self, client: Client) -> None:
        study = new_study(client)
        leased = client.transport.suggest(study.id, Suggest(worker="w"), key=uuid.uuid4().hex).trials[0]
        trial = Trial(leased, ("accuracy",), client.transport)
        client.transport.release(study.id, trial.number, ReleaseTrial(lease=leased.lease))
        heir = study.ask()
        assert heir.number == trial.number
        assert trial.report(0, 0.5) is True
        assert trial.should_stop
        with pytest.raises(LeaseLost):
            trial.tell(0.5)
        heir.tell(0.7)
        assert study.best_value == 0.7

    def test_batch_has_as_many_trials_as_the_budget_leaves(self, client: Client) -> None:
        study = new_study(client, trials=5)
        first = study.ask_batch(3)
        second = study.ask_batch(3)
        assert [trial.number for trial in first + second] == [0, 1, 2, 3, 4]

    def test_batch_is_one_request_and_its_trials_are_independent(self, client: Client) -> None:
        study, counts = counted_study(client, new_study(client))
        batch = study.ask_batch(8)
        assert counts["suggest"] == 1
        assert [trial.number for trial in batch] == list(range(8))
        assert len({trial.params["lr"] for trial in batch}) == 8
        batch[2].release()
        batch[5].fail("no luck")
        for trial in batch[:2] + batch[3:5] + batch[6:]:
            trial.report(0, 0.1)
            trial.tell(trial.number)
        counted = study.resource.counts
        assert [counted[state] for state in (TrialState.COMPLETED, TrialState.FAILED, TrialState.WAITING)] == [6, 1, 1]
        assert study.trial(7).values == {"accuracy": 7.0}

    def test_batch_larger_than_the_budget_is_what_is_left_of_it(self, client: Client) -> None:
        study = new_study(client, trials=5)
        assert len(study.ask_batch(100)) == 5

    def test_leases_of_a_batch_are_renewed_while_the_first_is_worked_on(self, client: Client) -> None:
        study = new_study(client)
        batch = study.ask_batch(4, lease_seconds=1)
        time.sleep(3)
        for trial in batch:
            trial.tell(0.5)
        assert {(trial.state, trial.attempt) for trial in study.trials()} == {(TrialState.COMPLETED, 1)}

    def test_ask_gives_up_after_its_timeout(self, client: Client) -> None:
        study = new_study(client, trials=1)
        held = study.ask()
        with pytest.raises(WaitTimeout):
            study.ask(timeout=0.2)
        assert held.is_held

    def test_waiting_ask_learns_of_the_end(self, client: Client) -> None:
        study = new_study(client, trials=1)
        trial = study.ask()
        timer = threading.Timer(0.5, trial.tell, [0.5])
        timer.start()
        with pytest.raises(StudyClosed):
            study.ask(timeout=30)
        timer.join()

    def test_paused_study_hands_out_nothing_until_it_is_resumed(self, client: Client) -> None:
        study = new_study(client)
        study.pause()
        with pytest.raises(StudyClosed):
            study.ask()
        study.resume()
        assert study.ask().number == 0

    def test_cancelled_study_is_over(self, client: Client) -> None:
        study = new_study(client)
        trial = study.ask()
        study.cancel()
        trial.renew()
        assert trial.should_stop
        trial.tell(0.5)
        assert study.state is StudyState.CANCELLED
        assert study.best_value == 0.5

    def test_raised_budget_reopens_a_completed_study(self, client: Client) -> None:
        study = new_study(client, trials=1)
        study.ask().tell(0.5)
        assert study.state is StudyState.COMPLETED
        study.set_budget(tuner.Budget(trials=2))
        assert study.ask().number == 1

    def test_deleted_study_is_gone(self, client: Client) -> None:
        study = new_study(client)
        study.cancel()
        study.delete()
        with pytest.raises(NotFound):
            client.get_study(study.name)

    def test_enqueued_points_are_tried_first(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue(POINT)
        study.enqueue([POINT | {"layers": 3}, POINT | {"layers": 4}])
        assert [trial.params["layers"] for trial in study.ask_batch(3)] == [2, 3, 4]

    def test_results_from_elsewhere_can_be_imported(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue(POINT, values=0.5)
        study.enqueue([POINT, POINT], values=[0.6, {"accuracy": 0.7}])
        assert study.best_value == 0.7
        assert [trial.state for trial in study.trials()] == [TrialState.COMPLETED] * 3

    def test_enqueued_point_outside_the_space_is_told_with_its_place(self, client: Client) -> None:
        with pytest.raises(InvalidInput) as caught:
            new_study(client).enqueue([POINT, POINT | {"layers": 9}])
        assert [place.pointer for place in caught.value.places] == ["#/trials/1/params/layers"]

    def test_optimize_runs_exactly_the_trials_asked_for(self, client: Client) -> None:
        study = new_study(client)
        study.optimize(lambda trial: float(trial.params["layers"] or 0), trials=4)
        assert study.num_trials == 4
        assert study.best_value == max(trial.params["layers"] for trial in study.trials())  # type: ignore[type-var]

    def test_optimize_with_threads_uses_the_budget_up_and_no_more(self, client: Client) -> None:
        study = new_study(client, trials=15)
        numbers: list[int] = []

        def train(trial: Trial) -> float:
            numbers.append(trial.number)
            return 0.5

        study.optimize(train, workers=4)
        assert sorted(numbers) == list(range(15))
        assert study.state is StudyState.COMPLETED

    @pytest.mark.parametrize("workers", [1, 2])
    def test_optimize_ends_with_an_exception_that_is_not_to_be_caught(self, client: Client, workers: int) -> None:
        def train(trial: Trial) -> float:
            raise ZeroDivisionError

        study = new_study(client)
        with pytest.raises(ZeroDivisionError):
            study.optimize(train, trials=10, workers=workers)
        assert study.num_trials <= workers
        assert study.trial(0).state is TrialState.FAILED

    def test_optimize_goes_on_after_an_exception_that_is_to_be_caught(self, client: Client) -> None:
        def train(trial: Trial) -> float:
            if trial.number == 1:
                raise ZeroDivisionError
            return 0.5

        study = new_study(client)
        study.optimize(train, trials=3, catch=(ZeroDivisionError,))
        assert [trial.state for trial in study.trials()] == ["completed", "failed", "completed"]

    def test_function_for_optimize_may_tell_itself(self, client: Client) -> None:
        study = new_study(client)
        study.optimize(lambda trial: trial.tell(0.5), trials=1)
        assert study.best_value == 0.5

    def test_function_for_optimize_that_returns_nothing_is_an_error(self, client: Client) -> None:
        with pytest.raises(InvalidInput, match="returned None"):
            new_study(client).optimize(lambda trial: None, trials=1)

    def test_many_threads_get_different_trials(self, client: Client) -> None:
        study = new_study(client)
        trials: list[Trial] = []
        threads = [threading.Thread(target=lambda: trials.extend(study.ask_batch(2))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(trial.number for trial in trials) == list(range(16))
        assert len({trial.params["lr"] for trial in trials}) == 16

    def test_wait_returns_when_the_study_has_ended(self, client: Client) -> None:
        study = new_study(client, trials=1)
        trial = study.ask()
        timer = threading.Timer(0.3, trial.tell, [0.5])
        timer.start()
        assert study.wait(timeout=30, progress=False) is study
        timer.join()

    def test_wait_gives_up_after_its_timeout(self, client: Client) -> None:
        with pytest.raises(WaitTimeout, match="no trials yet"):
            new_study(client).wait(timeout=0.1)

    def test_wait_for_a_paused_study_is_refused(self, client: Client) -> None:
        study = new_study(client)
        study.pause()
        with pytest.raises(StudyClosed, match="paused"):
            study.wait(timeout=5)

    def test_best_trial_needs_a_completed_one(self, client: Client) -> None:
        with pytest.raises(NotFound, match="no completed trial yet"):
            new_study(client).best_trial  # noqa: B018

    def test_leaderboard_has_the_best_first_and_failures_last(self, client: Client) -> None:
        study = new_study(client)
        for value in (0.2, math.nan, 0.9, 0.5):
            study.ask().tell(value)
        study.ask()
        board = study.leaderboard()
        assert list(board["number"]) == [2, 3, 0, 1]
        assert list(board.columns[:5]) == ["rank", "number", "accuracy", "state", "duration_seconds"]
        assert set(board.columns[5:]) == {"sampled_by", *SPACE}
        assert board["rank"].tolist()[:3] == [1, 2, 3]
        assert list(study.leaderboard(limit=2)["number"]) == [2, 3]

    def test_leaderboard_of_several_objectives_has_the_front_first(self, client: Client) -> None:
        study = new_study(client, objectives={"accuracy": "maximize", "latency_ms": "minimize"})
        for accuracy, latency in ((0.5, 20), (0.9, 10), (0.95, 15), (0.4, 30)):
            study.ask().tell({"accuracy": accuracy, "latency_ms": latency})
        assert set(study.leaderboard(limit=2)["number"]) == {1, 2}

    def test_leaderboard_of_a_new_study_is_empty(self, client: Client) -> None:
        assert new_study(client).leaderboard().empty

    def test_parameter_may_be_called_like_a_column(self, client: Client) -> None:
        space = {"number": tuner.Int(0, 3)}
        study = client.create_study(new_name(), space=space, objectives={"accuracy": "maximize"})
        study.ask().tell(0.5)
        assert "params.number" in study.leaderboard().columns
        assert list(study.to_pandas()["number"]) == [0]

    def test_objective_may_be_called_like_a_column(self, client: Client) -> None:
        study = new_study(client, objectives={"rank": "maximize"})
        study.ask().tell(0.5)
        assert list(study.leaderboard()["values.rank"]) == [0.5]
        assert list(study.leaderboard()["rank"]) == [1]

    def test_all_trials_as_a_table(self, client: Client) -> None:
        study = new_study(client)
        study.ask().tell(0.5)
        held = study.ask()
        table = study.to_pandas()
        assert list(table["state"]) == ["completed", "running"]
        assert table["accuracy"][0] == 0.5
        assert table["lr"][1] == held.params["lr"]

    def test_trials_are_walked_page_by_page(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue([POINT] * 7)
        pages = all_items(lambda cursor: client.transport.trials(study.id, limit=3, cursor=cursor))
        assert [trial.number for trial in pages] == list(range(7))

    def test_trials_can_be_narrowed_to_states(self, client: Client) -> None:
        study = new_study(client)
        study.ask().tell(0.5)
        held = study.ask()
        study.enqueue(POINT)
        assert [trial.number for trial in study.trials("running")] == [held.number]
        assert [trial.number for trial in study.trials(["completed", "waiting"])] == [0, 2]
        with pytest.raises(InvalidInput, match="waiting"):
            list(study.trials("sleeping"))

    def test_importances_add_up_to_one(self, client: Client) -> None:
        study = new_study(client)
        study.optimize(lambda trial: math.log(float(trial.params["lr"] or 1)), trials=20)
        importances = study.importances()
        assert sum(importances.values()) == pytest.approx(1)
        assert list(importances.values()) == sorted(importances.values(), reverse=True)

    def test_table_is_stored_once(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "people.csv"
        path.write_text(TABLE)
        first = client.upload_dataset(path, target="survived")
        again = client.upload_dataset(str(path), target="survived")
        assert (first.name, first.target, first.num_rows, first.num_columns) == ("people", "survived", 60, 3)
        assert again.id == first.id
        assert b"".join(client.transport.read_dataset(first.id)) == path.read_bytes()

    def test_packed_table_keeps_its_name(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "packed.csv.gz"
        path.write_bytes(gzip.compress(TABLE.encode()))
        assert client.upload_dataset(path).name == "packed"

    def test_frame_is_uploaded_as_a_table(self, client: Client) -> None:
        frame = pd.DataFrame({"age": [1.5, None, 3, 4], "name": ["a", "b", "ü", "a"], "y": [0, 1, 0, 1]})
        name = new_name()
        data = client.upload_dataset(frame, name=name, target="y")
        assert [column["name"] for column in data.columns] == ["age", "name", "y"]
        assert client.get_dataset(name).id == client.get_dataset(data.id).id == data.id
        assert client.upload_dataset(frame, name=name, target="y").id == data.id

    def test_deleted_table_is_gone(self, client: Client) -> None:
        name = new_name()
        client.upload_dataset(pd.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]}), name=name).delete()
        with pytest.raises(NotFound):
            client.get_dataset(name)

    def test_missing_file_is_not_found(self, client: Client) -> None:
        with pytest.raises(NotFound, match=r"no file 'nowhere\.csv'"):
            client.upload_dataset("nowhere.csv")

    def test_missing_target_column_is_told(self, client: Client) -> None:
        with pytest.raises(TunerError, match="no column 'z'"):
            client.upload_dataset(pd.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]}), name=new_name(), target="z")

    def test_families_can_be_listed(self, client: Client) -> None:
        assert {"lightgbm", "linear"} <= {family.name for family in client.families()}
