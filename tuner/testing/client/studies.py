"""What a client promises of studies: making, finding, controlling and running them."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from typing import Any

import pytest

import tuner
from tuner.client import Client, Trial
from tuner.errors import (
    InvalidInput,
    InvalidSearchSpace,
    NotFound,
    StudyClosed,
    StudyExists,
    UnknownName,
    WaitTimeout,
)
from tuner.testing.client.acting import SPACE, new_name, new_study
from tuner.wire import StudyState, TrialState


class StudyPromises:
    """Part of ``ClientContract``."""

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

    def test_constraints_are_shown_as_they_were_given(self, client: Client) -> None:
        bounds: Mapping[str, Mapping[str, float]] = {
            "latency_ms": {"at_most": 20},
            "accuracy": {"at_least": 0.5, "at_most": 1},
        }
        assert new_study(client, constraints=bounds).constraints == bounds

    @pytest.mark.parametrize("bounds", [{}, {"at_most": 1, "at_least": 2}, {"at_most": math.inf}, {"under": 3}, 20])
    def test_wrong_constraint_is_told_with_its_place(self, client: Client, bounds: Any) -> None:
        with pytest.raises(InvalidInput) as caught:
            new_study(client, constraints={"latency_ms": bounds})
        assert caught.value.places[0].pointer.startswith("#/constraints")

    def test_study_says_what_its_sampler_does(self, client: Client) -> None:
        study = new_study(client, sampler="grid")
        notes = [study.search]
        study.ask()
        notes.append(study.search)
        assert notes[0] is None
        assert "grid" in str(notes[1])

    def test_study_ends_when_its_sampler_has_no_more_points(self, client: Client) -> None:
        study = client.create_study(
            new_name(), space={"x": tuner.Int(1, 3)}, objectives={"a": "maximize"}, sampler="grid", pruner="none"
        )
        study.optimize(lambda trial: float(trial.params["x"] or 0))
        assert sorted(trial.params["x"] for trial in study.trials()) == [1, 2, 3]  # type: ignore[type-var]
        assert study.resource.state_reason == "the sampler has no more points"

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
