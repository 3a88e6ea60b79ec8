"""Lists of trials: by number and by rank, a page at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import ClassVar

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy, lose
from tuner.engine import Engine
from tuner.engine.views import Views
from tuner.errors import InvalidInput, NotFound, StaleCursor
from tuner.ranking import rank_trials
from tuner.records import StudyView
from tuner.samplers import registry
from tuner.samplers.random import RandomSampler
from tuner.storage import Database
from tuner.wire import TrialState

NewStudy = Callable[..., ActingStudy]
TWO = {"loss": "minimize", "accuracy": "maximize"}


def all_pages(study: ActingStudy, limit: int, order_by: str, states: tuple[TrialState, ...] = ()) -> list[int]:
    numbers, cursor = [], None
    while True:
        page = study.engine.trials.page(study.id, states=states, order_by=order_by, limit=limit, cursor=cursor)
        numbers += [trial.number for trial in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return numbers


@pytest.fixture
def mixed(new_study: NewStudy, clock: ManualClock, request: pytest.FixtureRequest) -> ActingStudy:
    """Trials in every state, with ties, extreme values, and reports here and there."""
    study = new_study(max_attempts=1, objectives={"loss": getattr(request, "param", "minimize")})
    rng = random.Random(0)
    values = [0.0, -0.0, 1.0, 1.0, -1e308, 1e308, 5e-324]
    for leased in study.ask(40):
        match leased.trial.number % 8:
            case 0 | 1 | 2:
                study.complete(leased, rng.choice(values))
            case 3:
                study.report(leased, 1, rng.choice(values))
                study.end(leased, "pruned")
            case 4:
                if leased.trial.number % 3:
                    study.report(leased, 1, rng.choice(values))
                study.end(leased, "pruned", values={"loss": rng.choice(values)})
            case 5:
                study.fail(leased)
            case 6:
                study.end(leased, "cancelled")
    for value in (0.5, 0.0):
        study.enqueue(POINT, values=value)
    study.enqueue(POINT, POINT)
    return study


@pytest.mark.parametrize("mixed", ["minimize", "maximize"], indirect=True)
def test_the_leaderboard_in_sql_is_the_ranking_of_algorithms(mixed: ActingStudy, database: Database) -> None:
    row, view = Views(database).of(mixed.id)
    names = [objective.name for objective in row.spec.objectives]
    assert mixed.ranking() == [trial.number for trial in rank_trials(view.trials, view.directions, names)]


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_pages_together_are_the_whole(mixed: ActingStudy, limit: int) -> None:
    assert all_pages(mixed, limit, "rank") == mixed.ranking()
    assert all_pages(mixed, limit, "number") == list(range(44))


def test_pages_show_chosen_states_only(mixed: ActingStudy) -> None:
    states = (TrialState.FAILED, TrialState.COMPLETED)
    wanted = [trial.number for trial in mixed.trials() if trial.state in states]
    assert all_pages(mixed, 4, "number", states) == wanted
    assert sorted(all_pages(mixed, 4, "rank", states)) == wanted


def test_completed_trials_carry_their_rank(mixed: ActingStudy) -> None:
    first = mixed.engine.trials.page(mixed.id, order_by="rank", limit=5)
    second = mixed.engine.trials.page(mixed.id, order_by="rank", limit=15, cursor=first.next_cursor)
    ranks = [trial.rank for trial in (*first.items, *second.items)]
    assert ranks == [*range(1, 18), None, None, None]


def test_the_best_trial_of_the_study_leads_its_leaderboard(mixed: ActingStudy) -> None:
    assert mixed.shown.best_number == mixed.ranking()[0]


def test_a_trial_that_finishes_between_pages_moves_no_other(new_study: NewStudy) -> None:
    study = new_study()
    given = study.ask(10)
    for leased in given[:8]:
        study.complete(leased, float(leased.trial.number))
    first = study.engine.trials.page(study.id, order_by="rank", limit=4)
    study.complete(given[8], -1.0)
    study.complete(given[9], 5.5)
    second = study.engine.trials.page(study.id, order_by="rank", limit=10, cursor=first.next_cursor)
    assert [trial.number for trial in first.items] == [0, 1, 2, 3]
    assert [trial.number for trial in second.items] == [4, 5, 9, 6, 7]


def test_a_lost_trial_ranks_with_the_failed_ones(new_study: NewStudy, clock: ManualClock) -> None:
    study = new_study(max_attempts=1)
    first, second = study.ask(2)
    study.complete(second, 1.0)
    lose(study, first, clock)
    study.enqueue(POINT)
    assert study.ranking() == [1, 2, 0]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
class TestWrongQuestions:
    def test_an_unknown_order(self, engine: Engine, study: ActingStudy) -> None:
        with pytest.raises(InvalidInput) as caught:
            engine.trials.page(study.id, order_by="beauty")
        assert caught.value.places[0].pointer == "?order_by"

    def test_a_cursor_of_another_list(self, engine: Engine, study: ActingStudy) -> None:
        study.ask(3)
        cursor = engine.trials.page(study.id, limit=1).next_cursor
        with pytest.raises(InvalidInput) as caught:
            engine.trials.page(study.id, order_by="rank", cursor=cursor)
        assert caught.value.places[0].pointer == "?cursor"

    def test_an_unknown_study(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            engine.trials.page("nowhere")

    def test_an_unknown_trial(self, study: ActingStudy) -> None:
        with pytest.raises(NotFound):
            study.trial(0)


class TestSeveralObjectives:
    @pytest.fixture
    def fronts(self, new_study: NewStudy) -> ActingStudy:
        """Trials 0, 1, 2 and 4 are on the first front; 3 is behind."""
        study = new_study(objectives=TWO)
        results = [(0.0, 0.0), (1.0, 2.0), (3.0, 3.0), (2.0, 1.0), (1.1, 2.1)]
        for leased, (loss, accuracy) in zip(study.ask(5), results, strict=True):
            study.complete(leased, {"loss": loss, "accuracy": accuracy})
        return study

    def test_fronts_come_in_order_roomiest_first(self, fronts: ActingStudy) -> None:
        fronts.fail(fronts.ask_one())
        assert fronts.ranking() == [0, 2, 1, 4, 3, 5]

    def test_pages_together_are_the_whole(self, fronts: ActingStudy) -> None:
        assert all_pages(fronts, 2, "rank") == fronts.ranking()

    def test_the_study_shows_the_first_of_the_front(self, fronts: ActingStudy) -> None:
        assert (fronts.shown.best_number, fronts.shown.best_value) == (0, 0.0)

    def test_a_cursor_is_stale_once_the_ranking_may_have_changed(self, fronts: ActingStudy) -> None:
        page = fronts.engine.trials.page(fronts.id, order_by="rank", limit=2)
        fronts.fail(fronts.ask_one())
        with pytest.raises(StaleCursor):
            fronts.engine.trials.page(fronts.id, order_by="rank", limit=2, cursor=page.next_cursor)

    def test_reports_leave_cursors_alone(self, fronts: ActingStudy) -> None:
        leased = fronts.ask_one()
        page = fronts.engine.trials.page(fronts.id, order_by="rank", limit=2)
        fronts.report(leased, 1, 0.5)
        assert fronts.engine.trials.page(fronts.id, order_by="rank", limit=2, cursor=page.next_cursor).items

    def test_a_page_shows_chosen_states_with_their_ranks(self, fronts: ActingStudy) -> None:
        fronts.fail(fronts.ask_one())
        page = fronts.engine.trials.page(fronts.id, order_by="rank", states=(TrialState.FAILED,))
        assert [(trial.number, trial.rank) for trial in page.items] == [(5, None)]


class TestImportances:
    def test_there_are_none_before_there_is_evidence(self, engine: Engine, study: ActingStudy) -> None:
        assert engine.rankings.importances(study.id).importances == {}

    def test_the_parameter_that_decides_matters_most(self, engine: Engine, new_study: NewStudy) -> None:
        study = new_study(seed=1)
        for leased in study.ask(60):
            study.complete(leased, float(leased.trial.params["units"] or 0))
        importances = engine.rankings.importances(study.id).importances
        assert next(iter(importances)) == "units"
        assert sum(importances.values()) == pytest.approx(1.0)

    def test_an_unknown_study_is_not_found(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            engine.rankings.importances("nowhere")

    def test_each_objective_has_importances_of_its_own(self, engine: Engine, new_study: NewStudy) -> None:
        study = new_study(seed=1, objectives=TWO)
        for leased in study.ask(60):
            params = leased.trial.params
            study.complete(leased, {"loss": float(params["units"] or 0), "accuracy": float(params["lr"] or 0)})
        assert next(iter(engine.rankings.importances(study.id, "loss").importances)) == "units"
        assert next(iter(engine.rankings.importances(study.id, "accuracy").importances)) == "lr"

    def test_an_unknown_objective_is_told_with_those_there_are(self, engine: Engine, new_study: NewStudy) -> None:
        with pytest.raises(InvalidInput, match="loss, accuracy"):
            engine.rankings.importances(new_study(objectives=TWO).id, "size")


class SecondBest(RandomSampler):
    """Holds the best result for luck."""

    calls: ClassVar[int] = 0

    def recommend(self, view: StudyView) -> int | None:
        type(self).calls += 1
        ranked = rank_trials(view.trials, view.directions, view.objective_names, view.constraints)
        return ranked[1].number if len(ranked) > 1 else None


class TestRecommendation:
    @pytest.fixture(autouse=True)
    def second_best(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(registry._CLASSES, "second_best", (__name__, "SecondBest", "For tests."))
        SecondBest.calls = 0

    def told(self, study: ActingStudy) -> tuple[int, str] | None:
        found = study.engine.rankings.recommendation(study.id)
        assert (found.trial is None) == (found.by is None)
        return None if found.trial is None or found.by is None else (found.trial.number, found.by)

    def test_a_sampler_without_opinion_leaves_it_to_the_results(self, new_study: NewStudy) -> None:
        study = new_study()
        assert self.told(study) is None
        for loss in (0.5, 0.1, 0.9):
            study.complete(study.ask_one(), loss)
        assert self.told(study) == (1, "observed")

    def test_a_sampler_may_choose_another_trial_than_the_best_observed_one(self, new_study: NewStudy) -> None:
        study = new_study(sampler="second_best")
        study.complete(study.ask_one(), 0.1)
        assert self.told(study) == (0, "observed")
        study.complete(study.ask_one(), 0.5)
        assert self.told(study) == (1, "posterior_mean")

    def test_the_sampler_is_asked_again_only_after_a_change(self, new_study: NewStudy) -> None:
        study = new_study(sampler="second_best")
        leased = study.ask_one()
        assert (self.told(study), SecondBest.calls) == (None, 0)
        study.complete(leased, 0.1)
        assert (self.told(study), self.told(study), SecondBest.calls) == ((0, "observed"), (0, "observed"), 1)
        study.ask_one()
        assert (self.told(study), SecondBest.calls) == ((1, "posterior_mean"), 2)

    def test_trials_beyond_a_constraint_are_not_recommended(self, new_study: NewStudy) -> None:
        study = new_study(constraints={"memory": {"at_most": 1.0}}, sampler="second_best")
        study.complete(study.ask_one(), {"loss": 0.1, "memory": 2.0})
        assert (self.told(study), SecondBest.calls) == (None, 0)

    def test_several_objectives_have_the_first_of_the_leaderboard(self, new_study: NewStudy) -> None:
        study = new_study(objectives=TWO)
        for loss, accuracy in ((0.5, 0.5), (0.2, 0.9)):
            study.complete(study.ask_one(), {"loss": loss, "accuracy": accuracy})
        assert self.told(study) == (1, "observed")


class TestParetoFront:
    """Losses and accuracies such that 1 and 2 are the front."""

    @pytest.fixture
    def study(self, new_study: NewStudy) -> ActingStudy:
        study = new_study(objectives=TWO)
        for loss, accuracy in ((0.5, 0.5), (0.5, 0.9), (0.2, 0.6), (1.0, 0.1)):
            study.complete(study.ask_one(), {"loss": loss, "accuracy": accuracy})
        study.fail(study.ask_one())
        study.ask_one()
        return study

    def test_it_holds_the_trials_that_no_other_beats(self, study: ActingStudy) -> None:
        front = study.engine.rankings.front(study.id)
        assert [trial.number for trial in front.items] == [1, 2]
        assert front.reference == {"loss": 1.0, "accuracy": 0.1}
        assert front.hypervolume == pytest.approx(0.5 * 0.8 + 0.3 * 0.5)

    def test_the_reference_may_be_given(self, study: ActingStudy) -> None:
        front = study.engine.rankings.front(study.id, {"accuracy": 0.0, "loss": 2.0})
        assert front.reference == {"loss": 2.0, "accuracy": 0.0}
        assert front.hypervolume == pytest.approx(1.5 * 0.9 + 0.3 * 0.6)

    def test_it_follows_new_results(self, study: ActingStudy) -> None:
        study.engine.rankings.front(study.id)
        study.complete(study.ask_one(), {"loss": 0.1, "accuracy": 0.95})
        front = study.engine.rankings.front(study.id)
        assert [trial.number for trial in front.items] == [6]

    @pytest.mark.parametrize("reference", [{"loss": 1.0}, {"loss": 1.0, "accuracy": 0.0, "size": 1.0}])
    def test_a_reference_must_name_each_objective(self, study: ActingStudy, reference: dict[str, float]) -> None:
        with pytest.raises(InvalidInput, match="loss, accuracy"):
            study.engine.rankings.front(study.id, reference)

    def test_of_a_new_study_is_empty(self, new_study: NewStudy) -> None:
        study = new_study(objectives=TWO)
        front = study.engine.rankings.front(study.id)
        assert (front.items, front.reference, front.hypervolume) == ((), None, None)
