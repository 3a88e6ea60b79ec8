"""What the next worker that is free should do, by how far the study has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tuner.automl.progress import Progress
from tuner.automl.schedule import next_step
from tuner.automl.steps import Finish, GiveUp, Hold, Make, Search
from tuner.automl.timing import cutoff_seconds, reserve_seconds, training_seconds
from tuner.records import Budget, Direction, Objective, Origin, StudySpec, Trial, TrialState, Validation
from tuner.space import Categorical, SearchSpace

START = datetime(2026, 1, 1, tzinfo=UTC)
CROSS_VALIDATED = Validation(folds=5, scored_folds=5)
HELD_OUT = Validation(folds=5, scored_folds=1)


def spec(validation: Validation, seconds: float | None = 100.0) -> StudySpec:
    return StudySpec(
        name="study",
        space=SearchSpace({"model": Categorical(["linear", "lightgbm"])}),
        objectives=(Objective("rmse", Direction.MINIMIZE),),
        sampler="auto",
        pruner="none",
        seed=1,
        budget=Budget(seconds=seconds),
        families=("linear", "lightgbm"),
        validation=validation,
    )


def trial(number: int, value: float | None = None, *, at: float | None = None, **changes: Any) -> Trial:
    """A candidate that took two seconds and ended ``at`` seconds, or after as many as its number says."""
    state = TrialState.COMPLETED if value is not None else TrialState.RUNNING
    ended = START + timedelta(seconds=number if at is None else at)
    made = Trial(
        id=str(number),
        study_id="study",
        number=number,
        state=state,
        origin=Origin.SAMPLER,
        params={"model": "lightgbm"},
        attempt=1,
        values=None if value is None else {"rmse": value},
        failure=None,
        message=None,
        worker=None,
        last_step=None,
        last_value=None,
        metrics={"fold_seconds": 2.0},
        seq=0,
        created_at=ended - timedelta(seconds=2),
        started_at=ended - timedelta(seconds=2),
        finished_at=ended if value is not None else None,
        lease_expires_at=None,
    )
    return replace(made, **changes)


def ensemble(number: int, weights: dict[int, float] | None = None, **changes: Any) -> Trial:
    """An average that could choose from the trials 0 and 1, unless said otherwise."""
    metrics = {f"weight_{member}": weight for member, weight in (weights or {}).items()}
    kind = {"origin": Origin.ENSEMBLE, "params": {"model": "ensemble"}, "metrics": metrics, "members": (0, 1)}
    return trial(number, None if weights is None else 0.1, **kind | changes)


def step(trials: list[Trial], *, used: float = 10.0, over: bool = False, of: StudySpec | None = None) -> Any:
    return next_step(Progress(of or spec(CROSS_VALIDATED), trials, used, over))


def searches(trials: list[Trial], **where: Any) -> bool:
    return isinstance(step(trials, **where), Search)


def test_candidates_come_first() -> None:
    assert searches([])
    assert searches([trial(0), trial(1, state=TrialState.WAITING, origin=Origin.ENQUEUED)])


def test_no_candidate_takes_all_the_time() -> None:
    assert step([], used=10.0).seconds == pytest.approx(40.0)
    assert step([], used=80.0).seconds == pytest.approx(14.0)
    assert step([], of=spec(CROSS_VALIDATED, seconds=None)).seconds is None


def test_first_average_is_made_when_the_opening_has_ended() -> None:
    opening = [trial(number, 1.0, origin=Origin.ENQUEUED) for number in range(3)]
    assert searches([*opening, trial(3, origin=Origin.ENQUEUED)])
    made = step(opening)
    assert made == Make(Origin.ENSEMBLE, {"model": "ensemble"}, (0, 1, 2))


def test_first_average_does_not_wait_for_a_long_opening() -> None:
    opening = [trial(0, 1.0), trial(1, 2.0), trial(2, origin=Origin.ENQUEUED)]
    assert isinstance(step(opening, used=60.0), Make)


def test_further_averages_need_many_more_candidates() -> None:
    first = ensemble(2, {0: 1.0}, at=4.0)
    few = [trial(0, 1.0), trial(1, 2.0), first, *(trial(number, 1.0) for number in range(5, 12))]
    assert searches(few)
    assert isinstance(step([*few, trial(12, 1.0)]), Make)


def test_no_candidate_is_begun_that_cannot_be_of_use() -> None:
    trials = [trial(0, 1.0), trial(1, 1.0), ensemble(2, {0: 1.0}), trial(3)]
    assert searches(trials, used=91.0)
    assert step(trials, used=93.5) == Hold()


def test_last_average_gives_up_what_waits() -> None:
    trials = [trial(0, 1.0), trial(1, 2.0), trial(2, state=TrialState.WAITING)]
    made = step(trials, used=97.0)
    assert isinstance(made, Make)
    assert made.is_last


def test_last_average_waits_for_what_runs_but_not_for_long() -> None:
    trials = [trial(0, 1.0), trial(1, 2.0), trial(2)]
    assert step(trials, used=95.5) == Hold()
    assert isinstance(step(trials, used=97.5), Make)


def test_study_ends_with_an_average_of_everything() -> None:
    trials = [trial(0, 1.0), trial(1, 2.0), ensemble(2, {0: 1.0}, at=50.0)]
    assert step(trials, used=97.0) == Finish()
    assert isinstance(step([*trials, trial(3, 0.5, at=60.0)], used=97.0), Make)


def test_study_without_a_single_success_ends() -> None:
    failed = trial(0, state=TrialState.FAILED, finished_at=START)
    assert step([failed], over=True) == Finish()


def test_average_that_failed_is_not_tried_again_without_news() -> None:
    broken = ensemble(2, state=TrialState.FAILED)
    assert step([trial(0, 1.0), trial(1, 2.0), broken], over=True) == Finish()


def test_used_up_budget_of_trials_ends_with_an_average() -> None:
    unlimited = spec(CROSS_VALIDATED, seconds=None)
    trials = [trial(0, 1.0), trial(1)]
    assert step(trials, over=True, of=unlimited) == Hold()
    assert isinstance(step([trial(0, 1.0), trial(1, 2.0)], over=True, of=unlimited), Make)


def test_single_candidate_is_an_average_too() -> None:
    made = step([trial(0, 1.0)], over=True)
    assert made.members == (0,)


def test_candidates_with_weight_are_trained_on_the_other_folds() -> None:
    of = spec(HELD_OUT)
    trials = [trial(0, 1.0), trial(1, 2.0), ensemble(3, {1: 0.7, 0: 0.3}, at=9.0)]
    assert searches(trials, of=of)
    heaviest = step(trials, used=84.0, of=of)
    # Of the ten seconds left, the lighter one gets two.
    assert heaviest == Make(Origin.BAGGED, {"model": "lightgbm"}, (1,), folds=4)
    bagged = trial(4, origin=Origin.BAGGED, members=(1,))
    assert step([*trials, bagged], used=90.0, of=of).members == (0,)


def test_candidates_on_one_fold_leave_time_for_the_others() -> None:
    of = spec(HELD_OUT)
    # 94 seconds without the reserve, 55 % of them for the folds, as long as nobody knows what these need.
    assert step([], used=10.0, of=of).seconds == pytest.approx(94 * 0.45 - 10)
    assert step([trial(0)], used=45.0, of=of) == Hold()
    # Two seconds for each of four folds of a single member: they begin late.
    known = [trial(0, 1.0), trial(1, 1.0), ensemble(2, {0: 1.0}, at=9.0)]
    assert step(known, used=70.0, of=of).seconds == pytest.approx(94 - 70 - 1.15 * 8)
    assert step(known, used=85.0, of=of).origin is Origin.BAGGED


def test_networks_for_arrays_get_time_to_learn() -> None:
    of = replace(spec(HELD_OUT), families=("extra_trees", "keras_cnn"))
    # 94 seconds without the reserve, a fifth of them for the folds.
    assert step([], used=10.0, of=of).seconds == pytest.approx(94 * 0.8 - 10)
    # Where all folds are scored, one candidate may take four fifths of the time.
    assert step([], used=2.0, of=replace(of, validation=CROSS_VALIDATED)).seconds == pytest.approx(80.0)


def test_what_waits_is_not_begun_when_it_is_late() -> None:
    waiting = trial(2, state=TrialState.WAITING, origin=Origin.ENQUEUED)
    trials = [trial(0, 1.0), trial(1, 1.0), waiting, ensemble(3, {0: 1.0}), trial(4)]
    assert step(trials, used=93.5) == Hold()


def test_quickest_of_those_that_take_too_long_gets_all_the_time() -> None:
    waiting = [trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED) for n in (0, 1)]
    estimates = {0: 200.0, 1: 100.0}
    assert next_step(Progress(spec(HELD_OUT), waiting, 10.0, False, estimates)) == GiveUp((0,))
    for of in (HELD_OUT, CROSS_VALIDATED):
        tight = next_step(Progress(spec(of), waiting[1:], 10.0, False, estimates))
        assert tight == Search(pytest.approx(84.0))
        running = [trial(1, origin=Origin.ENQUEUED)]
        assert next_step(Progress(spec(of), running, 20.0, False, estimates)) == Hold()


def test_what_would_take_too_long_is_given_up() -> None:
    waiting = [trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED) for n in (0, 1)]
    estimates = {0: 20.0, 1: 10.0}
    assert isinstance(next_step(Progress(spec(CROSS_VALIDATED), waiting, 70.0, False, estimates)), Search)
    assert next_step(Progress(spec(CROSS_VALIDATED), waiting, 80.0, False, estimates)) == GiveUp((0,))


def test_folds_come_before_what_would_take_too_long_beside_them() -> None:
    of = spec(HELD_OUT)
    done = [trial(0, 1.0), trial(1, 2.0)]
    waiting = [trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED) for n in (2, 3)]
    estimates = {2: 20.0, 3: 30.0}

    def after(*others: Trial) -> Any:
        return next_step(Progress(of, [*done, *waiting, *others], 35.0, False, estimates))

    # 7.3 seconds are left for candidates, 59 in all.
    assert after() == Make(Origin.ENSEMBLE, {"model": "ensemble"}, (0, 1))
    assert after(ensemble(4)) == Hold()
    average = ensemble(4, {0: 1.0}, at=9.0)
    # The folds of its only member take eight seconds, so that there is time for both.
    assert isinstance(after(average), Search)
    done = [replace(each, metrics={"fold_seconds": 12.0}) for each in done]
    assert after(average) == Make(Origin.BAGGED, {"model": "lightgbm"}, (0,), folds=5)
    bagged = trial(5, origin=Origin.BAGGED, members=(0,))
    assert isinstance(after(average, bagged), Search)


def test_what_takes_longer_than_all_that_is_left_is_given_up_before_folds() -> None:
    waiting = [trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED) for n in (2, 3)]
    trials = [trial(0, 1.0), *waiting]
    found = next_step(Progress(spec(HELD_OUT), trials, 35.0, False, {2: 20.0, 3: 100.0}))
    assert found == GiveUp((3,))


def test_estimates_are_corrected_by_what_others_took() -> None:
    done = [trial(n, 1.0, metrics={"fit_seconds": 3.0}) for n in range(3)]
    waiting = [trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED) for n in (3, 4)]
    estimates = {0: 1.0, 1: 1.0, 2: 0.5, 3: 20.0, 4: 10.0}
    given_up = next_step(Progress(spec(CROSS_VALIDATED), [*done, *waiting], 45.0, False, estimates))
    assert given_up == GiveUp((3,))


def test_single_fit_may_be_cut_off() -> None:
    waiting = [trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED) for n in (0, 1)]
    of = spec(HELD_OUT)
    # 32.3 seconds are left for candidates.
    assert isinstance(next_step(Progress(of, waiting, 10.0, False, {0: 40.0, 1: 45.0})), Search)
    assert next_step(Progress(of, waiting, 10.0, False, {0: 40.0, 1: 60.0})) == GiveUp((1,))


def test_first_network_for_arrays_is_tried_on_a_slow_machine_too() -> None:
    of = replace(spec(HELD_OUT), families=("extra_trees", "keras_cnn"))
    # 65.2 seconds are left for candidates.
    waiting = [
        trial(n, state=TrialState.WAITING, origin=Origin.ENQUEUED, params={"model": "keras_cnn"}) for n in (0, 1)
    ]
    estimates = {0: 200.0, 1: 200.0, 2: 40.0}
    done = trial(2, 1.0, params={"model": "extra_trees"})
    assert isinstance(next_step(Progress(of, [*waiting, done], 10.0, False, estimates)), Search)
    running = replace(waiting[0], state=TrialState.RUNNING)
    assert next_step(Progress(of, [running, waiting[1], done], 10.0, False, estimates)) == GiveUp((1,))


def test_folds_are_trained_as_soon_as_the_search_is_over() -> None:
    of = spec(HELD_OUT, seconds=None)
    trials = [trial(0, 1.0), trial(1, 2.0)]
    assert step(trials, of=of, over=True) == Make(Origin.ENSEMBLE, {"model": "ensemble"}, (0, 1))
    trials.append(ensemble(2, {1: 1.0}, at=9.0))
    assert step(trials, of=of, over=True) == Make(Origin.BAGGED, {"model": "lightgbm"}, (1,), folds=5)
    trials.append(trial(3, 2.0, at=12.0, origin=Origin.BAGGED, members=(1,)))
    assert step(trials, of=of, over=True) == Make(Origin.ENSEMBLE, {"model": "ensemble"}, (0, 3), is_last=True)
    trials.append(ensemble(4, {3: 1.0}, at=20.0, members=(0, 3)))
    assert step(trials, of=of, over=True) == Finish()


def test_candidate_is_not_trained_on_more_than_five_folds() -> None:
    of = spec(Validation(folds=10, scored_folds=1), seconds=None)
    trials = [trial(0, 1.0), trial(1, 2.0), ensemble(2, {1: 1.0}, at=9.0)]
    assert step(trials, of=of, over=True).folds == 5


def test_weights_are_known_before_folds_are_trained() -> None:
    trials = [trial(0, 1.0), trial(1, 2.0), ensemble(2, {0: 1.0}, at=4.0), trial(5, 0.5)]
    assert step(trials, used=86.0, of=spec(HELD_OUT)).origin is Origin.ENSEMBLE


def test_fold_that_would_end_too_late_is_not_begun() -> None:
    slow = trial(0, 1.0, metrics={"fold_seconds": 50.0})
    trials = [slow, trial(1, 2.0), ensemble(2, {0: 1.0}, at=4.0)]
    assert searches(trials, used=50.0, of=spec(HELD_OUT))


def test_folds_go_where_a_second_adds_most() -> None:
    slow, quick = trial(0, 1.0, metrics={"fold_seconds": 20.0}), trial(1, 2.0, metrics={"fold_seconds": 1.0})
    average = ensemble(2, {0: 0.6, 1: 0.4}, at=4.0)
    first = step([slow, quick, average], used=50.0, of=spec(HELD_OUT))
    # 44 seconds: all of the quick one's folds, and of the slow one's as many as are left.
    assert (first.members, first.folds) == ((0,), 3)
    bagged = trial(3, origin=Origin.BAGGED, members=(0,))
    second = step([slow, quick, average, bagged], used=51.0, of=spec(HELD_OUT))
    assert (second.members, second.folds) == ((1,), 5)


def test_bagged_trial_that_failed_leaves_its_candidate_in_the_average() -> None:
    failed = trial(3, state=TrialState.FAILED, origin=Origin.BAGGED, members=(1,), finished_at=START)
    trials = [trial(0, 1.0), trial(1, 2.0), failed]
    assert step(trials, used=97.0, of=spec(HELD_OUT)).members == (0, 1)


def test_average_may_choose_from_the_best_and_from_each_family() -> None:
    trials = [trial(number, number / 10) for number in range(60)]
    trials.append(trial(60, 99.0, params={"model": "linear"}))
    members = step(trials, over=True).members
    assert members == (*range(40), 60)


@pytest.mark.parametrize(("seconds", "reserved"), [(1.0, 0.5), (10.0, 1.2), (60.0, 3.6), (3600.0, 6.0)])
def test_part_of_the_time_is_kept_for_the_average(seconds: float, reserved: float) -> None:
    assert reserve_seconds(seconds) == pytest.approx(reserved)


def test_trainings_know_their_time() -> None:
    of = spec(HELD_OUT)
    assert training_seconds(of, Origin.SAMPLER, 10.0) == pytest.approx(84.0)
    assert training_seconds(of, Origin.BAGGED, 10.0) == pytest.approx(84.0)
    assert training_seconds(of, Origin.ENSEMBLE, 97.0) == pytest.approx(3.0)
    assert training_seconds(spec(HELD_OUT, seconds=None), Origin.SAMPLER, 10.0) is None
    assert cutoff_seconds(of, Origin.SAMPLER, 10.0) == pytest.approx(87.0)
    assert cutoff_seconds(of, Origin.ENSEMBLE, 10.0) is None
    # Without any model there is no average to make, and the first one is waited for.
    assert cutoff_seconds(of, Origin.ENQUEUED, 10.0, has_candidate=False) == pytest.approx(90.0 + 25.0)
    assert cutoff_seconds(of, Origin.BASELINE, 10.0, has_candidate=False) == pytest.approx(87.0)
    alone = replace(of, validation=Validation(5, 5, ensemble=False))
    assert training_seconds(alone, Origin.SAMPLER, 10.0) == pytest.approx(90.0)


def test_score_to_beat_that_waits_for_another_attempt_is_not_given_up() -> None:
    lost = trial(0, state=TrialState.WAITING, origin=Origin.BASELINE)
    done = [trial(1, 2.0), trial(2, 1.0), ensemble(3, {1: 0.5, 2: 0.5}, members=(1, 2))]
    of = spec(CROSS_VALIDATED, seconds=None)
    assert not isinstance(step([lost, *done], over=True, of=of), Finish)
    assert isinstance(step([replace(lost, state=TrialState.COMPLETED), *done], over=True, of=of), Finish)
