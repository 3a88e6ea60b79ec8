from dataclasses import replace

import numpy as np
import pytest

from tuner.records import Direction, FailureReason, OutcomeConstraint, StudyView, Trial
from tuner.samplers.evidence import EvidenceReader
from tuner.samplers.good_trials import GoodTrials
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace({"x": Float(0, 1)})


def good(view: StudyView, among: GoodTrials | None = None) -> list[int]:
    evidence = EvidenceReader().read(view)
    return [view.trials[place].number for place in (among or GoodTrials()).of(evidence)]


def view_of(losses: list[float]) -> StudyView:
    return make_view(SPACE, [make_trial(number, {"x": 0.5}, loss) for number, loss in enumerate(losses)])


def test_best_tenth_rounded_up_is_good_in_its_order() -> None:
    assert good(view_of([3.0, 1.0, 2.0, *range(4, 22)])) == [1, 2, 0]


def test_never_more_than_25_are_good() -> None:
    assert good(view_of([float(loss) for loss in range(400)])) == list(range(25))


def test_of_equal_trials_the_first_are_good() -> None:
    assert good(view_of([1.0] * 30)) == [0, 1, 2]


def test_without_results_nobody_is_good() -> None:
    assert good(make_view(SPACE, [make_trial(0, {"x": 0.5}), make_trial(1, failure=FailureReason.NAN)])) == []


def test_trials_that_break_constraints_come_last_the_nearest_first() -> None:
    costs = [9.0, 0.5, 3.0, 2.0, *[5.0] * 26]
    trials = [
        make_trial(number, {"x": 0.5}, {"loss": float(number % 7), "cost": cost}) for number, cost in enumerate(costs)
    ]
    view = replace(make_view(SPACE, trials), constraints=(OutcomeConstraint("cost", at_most=1.0),))
    assert good(view) == [1, 3, 2]


def trials_with(num_objectives: int, count: int) -> list[Trial]:
    rng = np.random.default_rng(3)
    return [
        make_trial(number, {"x": 0.5}, {f"f{place}": float(rng.normal()) for place in range(num_objectives)})
        for number in range(count)
    ]


@pytest.mark.parametrize("num_objectives", [2, 3])
def test_what_is_kept_between_calls_changes_nothing(num_objectives: int) -> None:
    trials = trials_with(num_objectives, 400)
    directions = {f"f{place}": Direction.MINIMIZE for place in range(num_objectives)}
    kept = GoodTrials()
    for count in (3, 40, 41, 200, 120, 400):
        view = make_view(SPACE, trials[:count], directions=directions)
        assert good(view, kept) == good(view)


def test_with_several_objectives_no_trial_left_out_dominates_a_good_one() -> None:
    trials = trials_with(2, 600)
    chosen = good(make_view(SPACE, trials, directions={"f0": Direction.MINIMIZE, "f1": Direction.MAXIMIZE}))
    losses = np.array([((trial.values or {})["f0"], -(trial.values or {})["f1"]) for trial in trials])
    others = np.delete(np.arange(600), chosen)
    assert len(chosen) == 25
    for number in chosen:
        assert not (losses[others] < losses[number]).all(axis=1).any()
