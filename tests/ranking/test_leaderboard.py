import math

from tuner.ranking import best_trial, rank_trials
from tuner.records import Direction, FailureReason, Trial, TrialState
from tuner.testing.facts import make_trial

MINIMIZE, MAXIMIZE = (Direction.MINIMIZE,), (Direction.MAXIMIZE,)
BOTH = (Direction.MINIMIZE, Direction.MAXIMIZE)
NAMES = ("loss", "accuracy")


def numbers(trials: list[Trial]) -> list[int]:
    return [trial.number for trial in trials]


def pruned(number: int, last_value: float | None) -> Trial:
    return make_trial(number, state=TrialState.PRUNED, last_step=3, last_value=last_value)


def test_completed_trials_are_ordered_by_value() -> None:
    trials = [make_trial(0, values=2.0), make_trial(1, values=1.0), make_trial(2, values=3.0)]
    assert numbers(rank_trials(trials, MINIMIZE, ["loss"])) == [1, 0, 2]
    assert numbers(rank_trials(trials, MAXIMIZE, ["loss"])) == [2, 0, 1]


def test_ties_go_to_the_lower_number() -> None:
    trials = [make_trial(number, values=1.0) for number in (3, 1, 2)]
    assert numbers(rank_trials(trials, MINIMIZE, ["loss"])) == [1, 2, 3]
    assert numbers(rank_trials(trials, MAXIMIZE, ["loss"])) == [1, 2, 3]


def test_completed_come_before_pruned_before_unfinished_before_failed() -> None:
    trials = [
        make_trial(0, state=TrialState.CANCELLED),
        make_trial(1, failure=FailureReason.ERROR),
        make_trial(2, state=TrialState.WAITING),
        make_trial(3),
        pruned(4, last_value=-100.0),
        make_trial(5, values=1.0),
    ]
    assert numbers(rank_trials(trials, MINIMIZE, ["loss"])) == [5, 4, 2, 3, 0, 1]


def test_pruned_trials_are_ordered_by_their_last_value() -> None:
    trials = [pruned(0, None), pruned(1, 3.0), pruned(2, 1.0), pruned(3, 2.0)]
    assert numbers(rank_trials(trials, MINIMIZE, ["loss"])) == [2, 3, 1, 0]
    assert numbers(rank_trials(trials, MAXIMIZE, ["loss"])) == [1, 3, 2, 0]


def test_nan_ranks_below_every_number() -> None:
    trials = [make_trial(0, values=math.nan), make_trial(1, values=1e308), make_trial(2, values=-1e308)]
    assert numbers(rank_trials(trials, MINIMIZE, ["loss"])) == [2, 1, 0]
    assert numbers(rank_trials(trials, MAXIMIZE, ["loss"])) == [1, 2, 0]


def test_several_objectives_rank_by_front_then_by_room() -> None:
    points = {0: (5, 5), 1: (0, 0), 2: (4, 8), 3: (1, 3), 4: (2, 6), 5: (4, 7)}
    trials = [make_trial(number, values={"loss": loss, "accuracy": acc}) for number, (loss, acc) in points.items()]
    # Front 0 is 1, 3, 4, 2: the ends first, then 4 (gaps 3/4 + 5/8), then 3 (2/4 + 6/8). 5 is behind 2, 0 behind 5.
    assert numbers(rank_trials(trials, BOTH, NAMES)) == [1, 2, 4, 3, 5, 0]


def test_best_trial_is_the_first_in_rank() -> None:
    trials = [make_trial(0, values=2.0), make_trial(1, values=1.0), pruned(2, last_value=0.0)]
    best = best_trial(trials, MINIMIZE, ["loss"])
    assert best is trials[1]


def test_without_completed_trials_there_is_no_best_one() -> None:
    assert best_trial([pruned(0, 1.0), make_trial(1)], MINIMIZE, ["loss"]) is None


def test_no_trials_have_an_empty_ranking() -> None:
    assert rank_trials([], BOTH, NAMES) == []
