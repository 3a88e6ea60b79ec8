from collections.abc import Mapping

import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.median import MedianPruner
from tuner.records import Direction, TrialState
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})
# Losses 1 to 5 at step 5; the median is 3.
PEERS = {number: {step: number + 5.0 - step for step in range(6)} for number in range(1, 6)}
Curves = Mapping[int, Mapping[int, float]]


def judge(
    curve: Mapping[int, float],
    peers: Curves = PEERS,
    peer_state: TrialState = TrialState.COMPLETED,
    direction: Direction = Direction.MINIMIZE,
) -> Decision:
    trials = [make_trial(0, last_step=max(curve))]
    trials += [make_trial(number, state=peer_state, last_step=max(peers[number])) for number in peers]
    view = make_view(SPACE, trials, directions={"loss": direction}, curves={0: curve, **peers})
    return MedianPruner().decide(view, trials[0])


@pytest.mark.parametrize(("loss", "decision"), [(0.5, CONTINUE), (3.0, CONTINUE), (3.1, PRUNE)])
def test_worse_than_the_median_at_the_same_step_is_pruned(loss: float, decision: Decision) -> None:
    assert judge({5: loss}) is decision


def test_values_at_the_same_step_are_compared() -> None:
    assert judge({3: 4.9}) is CONTINUE
    assert judge({3: 5.1}) is PRUNE


def test_best_value_so_far_counts() -> None:
    assert judge({1: 2.0, 5: 1000.0}) is CONTINUE


@pytest.mark.parametrize("step", [0, 1, 2])
def test_nobody_is_pruned_during_the_grace_steps(step: int) -> None:
    assert judge({step: 1000.0}) is CONTINUE


def test_nobody_is_pruned_before_five_trials_are_completed_at_the_step() -> None:
    assert judge({5: 1000.0}, {number: PEERS[number] for number in range(1, 5)}) is CONTINUE


@pytest.mark.parametrize("state", [state for state in TrialState if state is not TrialState.COMPLETED])
def test_only_completed_trials_are_compared_with(state: TrialState) -> None:
    assert judge({5: 1000.0}, peer_state=state) is CONTINUE


def test_higher_is_better_when_the_objective_is_maximized() -> None:
    mirrored = {number: {step: -value for step, value in curve.items()} for number, curve in PEERS.items()}
    assert judge({5: -3.1}, mirrored, direction=Direction.MAXIMIZE) is PRUNE
    assert judge({5: -2.9}, mirrored, direction=Direction.MAXIMIZE) is CONTINUE


@pytest.mark.parametrize("argument", ["grace_steps", "num_startup_trials"])
def test_senseless_arguments_are_refused(argument: str) -> None:
    with pytest.raises(InvalidInput, match=f"{argument} must be at least 1, got 0"):
        MedianPruner(**{argument: 0})
