"""What a trial and its study say of how points were found, and what happens when there are no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy, lose, study_body
from tuner.engine import Engine, Limits
from tuner.errors import InvalidInput, Place, StudyClosed
from tuner.samplers import Sampler, Suggestion, registry
from tuner.samplers.random import RandomSampler
from tuner.storage import Database
from tuner.storage.tables import MAX_METHOD
from tuner.wire import StudyState

NewStudy = Callable[..., ActingStudy]
NUMBERS = {"version": 1, "parameters": {"x": {"type": "int", "low": 0, "high": 9}}}
USED_UP = (StudyState.COMPLETED, "the sampler has no more points")


@pytest.fixture
def finite(new_study: NewStudy) -> ActingStudy:
    """A study whose sampler has five points."""
    return new_study(sampler="Numbered", space=NUMBERS, budget={"trials": 100})


def standing(study: ActingStudy) -> tuple[StudyState, str | None]:
    return study.shown.state, study.shown.state_reason


def wait_until_used_up(study: ActingStudy) -> None:
    deadline = time.monotonic() + 10
    while standing(study) != USED_UP:
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TwoMethods(RandomSampler):
    """Names one method for even numbers, and none for odd ones."""

    learns = True

    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        found = super().suggest(view, count, rng)
        first = len(view.trials)
        return [Suggestion(each.params, "even" if (first + i) % 2 == 0 else None) for i, each in enumerate(found)]

    def describe(self, view: Any) -> str:
        return ""


class Numbered(Sampler):
    """Has one point for each value of the first parameter that no trial has yet, and then no more."""

    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        used = {trial.params["x"] for trial in view.trials}
        return [Suggestion({"x": value}) for value in range(5) if value not in used][:count]

    def describe(self, view: Any) -> str:
        return f"{5 - len(view.trials)} left"

    def check(self, space: Any, num_objectives: int) -> None:
        if len(space) != 1:
            raise InvalidInput("One parameter only.", places=[Place("#/sampler", "takes one parameter")])


class BlindEnd(RandomSampler):
    """Has points until its random numbers say so."""

    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        return super().suggest(view, count, rng) if rng.random() < 0.9 else []


class LongName(RandomSampler):
    def suggest(self, view: Any, count: int, rng: Any) -> list[Suggestion]:
        return [Suggestion(each.params, "x" * 1_000) for each in super().suggest(view, count, rng)]


@pytest.fixture(autouse=True)
def samplers(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (TwoMethods, Numbered, BlindEnd, LongName):
        monkeypatch.setitem(registry._CLASSES, each.__name__, (__name__, each.__name__, "For tests."))


def test_a_trial_names_the_method_that_found_it_or_else_the_sampler(new_study: NewStudy) -> None:
    study = new_study(sampler="TwoMethods")
    asked = [leased.trial.sampled_by for leased in study.ask(3)]
    assert asked == ["even", "TwoMethods", "even"]
    assert [trial.sampled_by for trial in study.trials()] == asked


def test_points_that_were_given_have_no_method(new_study: NewStudy) -> None:
    study = new_study()
    study.enqueue(POINT)
    study.enqueue(POINT, values=0.5)
    assert study.ask_one().trial.sampled_by is None
    assert [trial.sampled_by for trial in study.trials()] == [None, None]


def test_a_retried_trial_keeps_its_method(new_study: NewStudy) -> None:
    study = new_study()
    study.release(study.ask_one())
    assert study.ask_one().trial.sampled_by == "random"


def test_samplers_see_the_method_of_each_trial(engine: Engine, new_study: NewStudy) -> None:
    study = new_study(sampler="TwoMethods")
    study.ask(2)
    assert [trial.sampled_by for trial in engine.trials._views.of(study.id)[1].trials] == ["even", "TwoMethods"]


def test_the_name_of_a_method_is_cut_to_what_the_column_holds(new_study: NewStudy) -> None:
    assert new_study(sampler="LongName").ask_one().trial.sampled_by == "x" * MAX_METHOD


def test_a_study_says_what_its_sampler_did_for_the_latest_point(finite: ActingStudy) -> None:
    assert finite.shown.search is None
    finite.ask(2)
    assert finite.shown.search == "5 left"
    finite.ask_one()
    assert finite.shown.search == "3 left"


def test_a_sampler_that_says_nothing_leaves_no_note(new_study: NewStudy) -> None:
    study = new_study(sampler="TwoMethods")
    study.ask(2)
    assert study.shown.search is None


def test_a_study_that_its_sampler_cannot_search_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="#/sampler: takes one parameter"):
        engine.studies.create(study_body(sampler="Numbered"))
    assert engine.studies.page().items == ()


class TestEnd:
    """A finite space is used up."""

    def test_the_last_points_are_handed_out_though_more_were_asked_for(self, finite: ActingStudy) -> None:
        assert [leased.trial.params["x"] for leased in finite.ask(8)] == [0, 1, 2, 3, 4]

    def test_asks_get_nothing_while_the_last_trials_run(self, finite: ActingStudy) -> None:
        given = finite.ask(5)
        assert finite.ask(3) == ()
        for leased in given[:4]:
            finite.complete(leased)
        assert finite.ask() == ()
        assert standing(finite) == (StudyState.RUNNING, None)

    def test_the_study_completes_with_its_last_result(self, finite: ActingStudy) -> None:
        for leased in finite.ask(8):
            finite.complete(leased)
        assert standing(finite) == USED_UP
        with pytest.raises(StudyClosed, match="no more points") as refusal:
            finite.ask()
        assert "finer space" in str(refusal.value.hint)

    @pytest.mark.parametrize("end", ["failed", "cancelled", "pruned"])
    def test_the_study_completes_however_its_last_trial_ends(self, finite: ActingStudy, end: str) -> None:
        *others, last = finite.ask(6)
        for leased in others:
            finite.complete(leased)
        finite.end(last, end, **({"failure": "error"} if end == "failed" else {}))
        assert standing(finite) == USED_UP

    def test_a_study_asked_one_at_a_time_completes_too(self, finite: ActingStudy) -> None:
        for _ in range(5):
            finite.complete(finite.ask_one())
        wait_until_used_up(finite)
        assert len(finite.trials()) == 5

    def test_a_lost_trial_is_handed_out_again_before_the_end(self, finite: ActingStudy, clock: ManualClock) -> None:
        given = finite.ask(8)
        for leased in given[:4]:
            finite.complete(leased)
        lose(finite, given[4], clock)
        assert standing(finite) == (StudyState.RUNNING, None)
        again = finite.ask_one()
        assert (again.trial.number, again.trial.attempt) == (4, 2)
        finite.complete(again)
        assert standing(finite) == USED_UP

    def test_an_enqueued_point_takes_the_place_of_the_samplers(self, finite: ActingStudy) -> None:
        finite.enqueue({"x": 2})
        finite.enqueue({"x": 4}, values=0.5)
        given = [leased for _ in range(6) for leased in finite.ask()]
        assert [leased.trial.params["x"] for leased in given] == [2, 0, 1, 3]

    def test_a_point_may_be_enqueued_while_the_last_trials_run(self, finite: ActingStudy) -> None:
        for leased in finite.ask(8)[:4]:
            finite.complete(leased)
        finite.enqueue({"x": 9})
        added = finite.ask_one()
        assert added.trial.params["x"] == 9
        finite.complete(added)
        assert finite.ask() == ()

    def test_a_raised_budget_does_not_bring_points_back(self, finite: ActingStudy) -> None:
        for leased in finite.ask(8):
            finite.complete(leased)
        raised = finite.set_budget(trials=200)
        assert (raised.state, raised.state_reason) == USED_UP

    def test_a_budget_of_as_many_trials_as_points_ends_by_the_budget(self, new_study: NewStudy) -> None:
        study = new_study(sampler="Numbered", space=NUMBERS, budget={"trials": 5})
        for leased in study.ask(8):
            study.complete(leased)
        assert standing(study) == (StudyState.COMPLETED, "all trials of the budget have ended")

    def test_a_paused_study_completes_when_it_is_resumed(self, finite: ActingStudy) -> None:
        given = finite.ask(8)
        finite.pause()
        for leased in given:
            finite.complete(leased)
        assert finite.shown.state is StudyState.PAUSED
        finite.resume()
        assert standing(finite) == USED_UP

    def test_the_end_is_known_after_a_restart(
        self, engine: Engine, finite: ActingStudy, database: Database, tmp_path: Path, clock: ManualClock
    ) -> None:
        given = finite.ask(8)
        other = Database(database.url.render_as_string(hide_password=False), clock=clock, flush=False)
        restarted = Engine(other, tmp_path / "files", limits=Limits(timer_seconds=3600))
        twin = ActingStudy(restarted, finite.id)
        assert twin.ask() == ()
        for leased in given:
            twin.complete(leased)
        assert standing(twin) == USED_UP
        restarted.close()

    def test_replicas_share_the_last_points(
        self, engine: Engine, finite: ActingStudy, database: Database, tmp_path: Path, clock: ManualClock
    ) -> None:
        other = Database(database.url.render_as_string(hide_password=False), clock=clock, flush=False)
        replica = Engine(other, tmp_path / "files", limits=Limits(timer_seconds=3600))
        sides = [finite, ActingStudy(replica, finite.id)]

        def work(index: int) -> None:
            study = sides[index % 2]
            try:
                while True:
                    for leased in study.ask(2):
                        study.complete(leased)
            except StudyClosed:
                pass

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert standing(finite) == USED_UP
        assert {trial.params["x"] for trial in finite.trials()} == set(range(5))
        replica.close()

    def test_a_blind_sampler_may_end_too(self, new_study: NewStudy) -> None:
        study = new_study(sampler="BlindEnd", seed=1)
        while study.shown.state is StudyState.RUNNING and study.shown.num_trials < 1_000:
            with suppress(StudyClosed):
                for leased in study.ask(3):
                    study.complete(leased)
        assert standing(study) == USED_UP
        assert study.shown.num_trials > 0
