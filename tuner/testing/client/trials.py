"""What a client promises of trials: asking for them, holding them, telling what came of them."""

from __future__ import annotations

import gc
import math
import threading
import time
import uuid

import pytest

from tuner.client import Client, Trial
from tuner.errors import (
    Conflict,
    InvalidInput,
    LeaseLost,
    StudyClosed,
    TrainingFailed,
    TunerError,
    WaitTimeout,
)
from tuner.testing.client.acting import POINT, counted_study, new_study
from tuner.wire import ReleaseTrial, StudyState, Suggest, TrialState


class TrialPromises:
    """Part of ``ClientContract``."""

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

    @pytest.mark.parametrize("value", ["0.5", None, [0.5, 0.6]])
    def test_what_is_no_number_is_refused_and_the_trial_goes_on(self, client: Client, value: object) -> None:
        study = new_study(client)
        trial = study.ask()
        with pytest.raises(InvalidInput, match="accuracy must be a number"):
            trial.tell(value)  # type: ignore[arg-type]
        trial.tell(0.5)
        assert study.best_value == 0.5

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

    def test_every_constrained_number_must_be_told(self, client: Client) -> None:
        study = new_study(client, constraints={"latency_ms": {"at_most": 20}})
        trial = study.ask()
        with pytest.raises(TunerError, match="'accuracy', 'latency_ms'"):
            trial.tell(0.5)
        with pytest.raises(InvalidInput, match="#/values/latency_ms: is missing"):
            trial.tell({"accuracy": 0.5})
        with pytest.raises(InvalidInput, match="#/values/size: is neither an objective nor constrained"):
            trial.tell({"accuracy": 0.5, "latency_ms": 12, "size": 1})
        trial.tell({"latency_ms": 12, "accuracy": 0.5})
        assert study.best_trial.values == {"accuracy": 0.5, "latency_ms": 12.0}

    def test_imported_trial_needs_every_constrained_number(self, client: Client) -> None:
        study = new_study(client, constraints={"latency_ms": {"at_most": 20}})
        with pytest.raises(InvalidInput, match="'accuracy', 'latency_ms'"):
            study.enqueue(POINT, values=0.5)
        (imported,) = study.enqueue(POINT, values={"accuracy": 0.5, "latency_ms": 25})
        assert imported.is_feasible is False

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_telling_no_finite_number_is_a_failure_of_the_trial(self, client: Client, value: float) -> None:
        study = new_study(client)
        study.ask().tell(value)
        assert study.trial(0).state is TrialState.FAILED
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
        trial = study.ask(lease_seconds=2)
        time.sleep(4)
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
        batch = study.ask_batch(4, lease_seconds=2)
        time.sleep(4)
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

    def test_enqueued_points_are_tried_first(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue(POINT)
        study.enqueue([POINT | {"layers": 3}, POINT | {"layers": 4}])
        assert [trial.params["layers"] for trial in study.ask_batch(3)] == [2, 3, 4]

    def test_enqueued_point_may_leave_parameters_open(self, client: Client) -> None:
        study = new_study(client)
        study.enqueue({"lr": 0.1})
        trial = study.ask()
        assert trial.params["lr"] == 0.1
        assert study.space.check(trial.params) == trial.params

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
