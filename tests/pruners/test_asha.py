import dataclasses
import math
import time
from collections.abc import Mapping

import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.asha import ASHAPruner
from tuner.records import Direction, StudyView, TrialState
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})
# Seven trials that have come to step 3, with losses 1 to 7 from there on.
PEERS = {number: {1: 50.0, 2: 40.0, 3: float(number)} for number in range(1, 8)}
Curves = Mapping[int, Mapping[int, float]]


def view_of(curves: Curves, direction: Direction = Direction.MINIMIZE, state: TrialState | None = None) -> StudyView:
    trials = [make_trial(number, last_step=max(curve), state=state) for number, curve in sorted(curves.items())]
    return make_view(SPACE, trials, directions={"loss": direction}, curves=curves)


def judge(curve: Mapping[int, float], peers: Curves = PEERS, step: int | None = None) -> Decision:
    """The decision for trial 0 with this curve, whose latest report is at ``step`` (default: the last one)."""
    view = view_of({0: curve, **peers})
    trial = dataclasses.replace(view.trials[0], last_step=max(curve) if step is None else step)
    return ASHAPruner(grace_steps=3, reduction_factor=4).decide(view, trial)


@pytest.mark.parametrize(("loss", "decision"), [(0.5, CONTINUE), (1.5, CONTINUE), (2.0, CONTINUE), (2.5, PRUNE)])
def test_best_quarter_passes_the_rung_and_ties_pass(loss: float, decision: Decision) -> None:
    peers = {**PEERS, 8: {3: 9.0}} if loss == 2.0 else PEERS
    assert judge({3: loss}, peers) is decision


@pytest.mark.parametrize("step", [1, 2])
def test_nobody_is_pruned_during_the_grace_steps(step: int) -> None:
    assert judge({step: 1000.0}) is CONTINUE


@pytest.mark.parametrize("step", [4, 5])
def test_trial_that_passed_a_rung_runs_on_to_the_next(step: int) -> None:
    assert judge({3: 1000.0, step: 1000.0}) is CONTINUE


def test_next_rung_is_twice_as_far() -> None:
    peers = {number: {3: 50.0, 6: float(number)} for number in range(1, 8)}
    assert judge({3: 50.0, 6: 50.0}, peers) is PRUNE
    assert judge({3: 50.0, 6: 0.5}, peers) is CONTINUE


def test_best_value_so_far_counts_not_the_last_one() -> None:
    assert judge({1: 0.5, 2: 900.0, 3: 1000.0}) is CONTINUE


def test_values_after_the_rung_do_not_count_at_the_rung() -> None:
    peers = {number: {**curve, 4: -1000.0} for number, curve in PEERS.items()}
    assert judge({3: 0.5}, peers) is CONTINUE


def test_report_that_jumps_over_the_rung_is_judged_by_the_value_before_it() -> None:
    assert judge({2: 1000.0, 5: 0.0}) is PRUNE
    assert judge({2: 0.0, 5: 1000.0}) is CONTINUE


def test_report_that_jumps_over_two_rungs_is_judged_at_both() -> None:
    peers = {number: {3: float(number), 12: float(number)} for number in range(1, 8)}
    assert judge({2: 1000.0, 12: 0.0}, peers) is PRUNE
    assert judge({2: 0.0, 12: 0.0}, peers) is CONTINUE


def test_trial_without_a_report_up_to_the_rung_is_not_judged_there() -> None:
    assert judge({5: 1000.0}) is CONTINUE


def test_peers_that_have_not_reached_the_rung_do_not_count() -> None:
    peers = {number: {1: 0.0, 2: 0.0} for number in range(1, 8)}
    assert judge({3: 1000.0}, peers) is CONTINUE


def test_needs_as_many_trials_at_the_rung_as_the_reduction_factor() -> None:
    assert judge({3: 1000.0}, {1: {3: 1.0}, 2: {3: 2.0}}) is CONTINUE
    assert judge({3: 1000.0}, {1: {3: 1.0}, 2: {3: 2.0}, 3: {3: 3.0}}) is PRUNE


def test_peers_count_whatever_became_of_them() -> None:
    for state in TrialState:
        view = view_of({**PEERS, 0: {3: 2.5}}, state=state)
        assert ASHAPruner().decide(view, view.trials[0]) is PRUNE


def test_report_for_an_earlier_step_that_comes_late_is_judged_at_its_rung() -> None:
    assert judge({3: 1000.0, 5: 1000.0}, step=3) is PRUNE
    assert judge({2: 1000.0, 3: 1000.0, 5: 1000.0}, step=2) is CONTINUE


def test_reports_that_came_together_are_judged_one_by_one() -> None:
    curve = {1: 1000.0, 2: 1000.0, 3: 1000.0, 4: 1000.0}
    assert [judge(curve, step=step) for step in curve] == [CONTINUE, CONTINUE, PRUNE, CONTINUE]


def test_higher_is_better_when_the_objective_is_maximized() -> None:
    view = view_of({**PEERS, 0: {3: 0.5}}, Direction.MAXIMIZE)
    assert ASHAPruner().decide(view, view.trials[0]) is PRUNE
    view = view_of({**PEERS, 0: {3: 60.0}}, Direction.MAXIMIZE)
    assert ASHAPruner().decide(view, view.trials[0]) is CONTINUE


def test_about_a_quarter_of_a_crowd_passes() -> None:
    curves: dict[int, dict[int, float]] = {}
    passed = 0
    for number in range(200):
        curves[number] = {3: float(number * 7919 % 200)}
        view = view_of(curves)
        passed += ASHAPruner().decide(view, view.trials[number]) is CONTINUE
    assert 45 <= passed <= 65


def completed_view(curve: Mapping[int, float], direction: Direction = Direction.MINIMIZE) -> StudyView:
    """Trial 0 runs; trials 1 to 8 are completed at step 20, with final losses 0.1 to 0.8 that they approach at one
    speed, trials 9 to 16 were pruned at step 3 and looked the same up to there."""
    peers = {number: decaying(0.1 * number, 20) for number in range(1, 9)}
    short = {number + 8: {step: peers[number][step] for step in range(4)} for number in range(1, 9)}
    curves = {0: curve, **peers, **short}
    told = {number: peers[number][20] for number in peers}
    trials = [
        make_trial(
            number,
            values=None if number not in told else direction.sign * told[number],
            state=None if number <= 8 else TrialState.PRUNED,
            last_step=max(curves[number]),
        )
        for number in sorted(curves)
    ]
    mirrored = {number: {step: direction.sign * value for step, value in c.items()} for number, c in curves.items()}
    return make_view(SPACE, trials, directions={"loss": direction}, curves=mirrored)


def decaying(end: float, last_step: int, speed: float = 5.0) -> dict[int, float]:
    """Falls from about ``end + 1`` towards ``end``."""
    return {step: end + math.exp(-(step + 1) / speed) for step in range(last_step + 1)}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(("end", "decision"), [(0.0, CONTINUE), (0.15, CONTINUE), (0.5, PRUNE), (0.8, PRUNE)])
def test_with_completed_trials_the_best_quarter_by_expected_end_passes(
    end: float, decision: Decision, direction: Direction
) -> None:
    view = completed_view(decaying(end, 3), direction)
    assert ASHAPruner().decide(view, view.trials[0]) is decision


def test_slow_trial_that_still_gains_is_not_taken_for_a_bad_one() -> None:
    fast = {number: decaying(0.35 + 0.02 * number, 40, speed=1.0) for number in range(1, 11)}
    slow = {number: decaying(0.03 * (number - 11), 40, speed=8.0) for number in range(11, 21)}
    peers = {**fast, **slow}
    asked = decaying(0.04, 3, speed=8.0)
    assert sum(curve[3] < asked[3] for curve in peers.values()) > len(peers) / 4
    trials = [make_trial(0, last_step=3)]
    trials += [make_trial(number, values=peers[number][40], last_step=40) for number in sorted(peers)]
    view = make_view(SPACE, trials, curves={0: asked, **peers})
    assert ASHAPruner().decide(view, trials[0]) is CONTINUE


def test_trial_equal_to_all_others_runs_on() -> None:
    curves = {number: decaying(0.1, 20) for number in range(1, 20)}
    trials = [make_trial(0, last_step=3)]
    trials += [make_trial(number, values=curve[20], last_step=20) for number, curve in curves.items()]
    view = make_view(SPACE, trials, curves={0: decaying(0.1, 3), **curves})
    assert ASHAPruner().decide(view, trials[0]) is CONTINUE


def test_report_is_judged_without_those_that_came_after_it() -> None:
    bad_then_good = decaying(0.8, 3) | {4: -5.0, 5: -5.0}
    view = completed_view(bad_then_good)
    trial = dataclasses.replace(view.trials[0], last_step=3)
    assert ASHAPruner().decide(view, trial) is PRUNE


def test_between_rungs_nobody_is_judged_by_the_expected_end_either() -> None:
    view = completed_view(decaying(0.8, 5))
    assert ASHAPruner().decide(view, view.trials[0]) is CONTINUE


def test_decision_takes_no_longer_with_ten_thousand_trials_than_with_one_thousand() -> None:
    def seconds(num_trials: int) -> float:
        curves = {number: decaying(number / num_trials, 3 if number % 5 else 10) for number in range(num_trials)}
        trials = [
            make_trial(
                number,
                values=None if number % 5 else curve[10],
                state=TrialState.PRUNED if number % 5 else None,
                last_step=max(curve),
            )
            for number, curve in curves.items()
        ]
        asked = make_trial(num_trials, last_step=3)
        view = make_view(SPACE, [*trials, asked], curves={**curves, num_trials: decaying(0.9, 3)})
        begin = time.process_time()
        for _ in range(5):
            assert ASHAPruner().decide(view, asked) is PRUNE
        return time.process_time() - begin

    assert seconds(10_000) < 5 * seconds(1_000)


@pytest.mark.parametrize(("grace_steps", "reduction_factor"), [(0, 4), (3, 1)])
def test_senseless_arguments_are_refused(grace_steps: int, reduction_factor: int) -> None:
    with pytest.raises(InvalidInput, match="must be at least"):
        ASHAPruner(grace_steps, reduction_factor)
