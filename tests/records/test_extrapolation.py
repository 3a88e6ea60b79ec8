import itertools
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.records import Direction, Measurement, StudyView, Trial, TrialState
from tuner.records.extrapolation import CurveReader, final_losses
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

SPACE = SearchSpace({"x": Float(0, 1)})
Curves = Mapping[int, Mapping[int, float]]


def view_of(
    curves: Curves,
    completed: Mapping[int, float],
    state: TrialState = TrialState.PRUNED,
    direction: Direction = Direction.MINIMIZE,
) -> StudyView:
    """Trials with these curves: those in ``completed`` with that final value, the others in ``state``."""
    trials: list[Trial] = []
    for number, curve in sorted(curves.items()):
        step = max(curve) if curve else None
        trials.append(
            make_trial(
                number,
                {"x": 0.5},
                completed.get(number),
                state=None if number in completed else state,
                last_step=step,
                last_value=None if step is None else curve[step],
            )
        )
    shown = {number: curve for number, curve in curves.items() if curve}
    return make_view(SPACE, trials, directions={"loss": direction}, curves=shown)


def decaying(end: float, num_steps: int = 20) -> dict[int, float]:
    """Falls from about ``end + 1`` towards ``end``."""
    return {step: end + math.exp(-(step + 1) / 5) for step in range(num_steps)}


def ends(curves: Curves) -> dict[int, float]:
    return {number: min(curve.values()) for number, curve in curves.items()}


FULL = {number: decaying(0.1 * number) for number in range(1, 9)}


@pytest.mark.parametrize("direction", Direction)
def test_completed_trial_comes_to_what_was_told_for_it(direction: Direction) -> None:
    finals = final_losses(view_of({0: {1: 5.0}, 1: {1: 4.0}}, {0: 0.25, 1: 0.5}, direction=direction))
    assert {number: final.loss for number, final in finals.items()} == {
        0: direction.sign * 0.25,
        1: direction.sign * 0.5,
    }
    assert {final.deviation for final in finals.values()} == {0.0}


@pytest.mark.parametrize("state", [TrialState.PRUNED, TrialState.RUNNING])
def test_short_trial_is_taken_to_where_others_went_from_the_same_value(state: TrialState) -> None:
    curves = {0: decaying(0.4, num_steps=4), **FULL}
    final = final_losses(view_of(curves, ends(FULL), state))[0]
    assert curves[0][3] > 0.8
    assert final.loss == pytest.approx(ends(FULL)[4], abs=0.03)
    assert 0 < final.deviation < 0.2


def test_values_of_different_steps_are_not_compared() -> None:
    early_but_good = decaying(0.05, num_steps=3)
    late_but_bad = decaying(0.6, num_steps=18)
    assert min(early_but_good.values()) < min(FULL[6].values()) + 1
    finals = final_losses(view_of({0: early_but_good, 9: late_but_bad, **FULL}, ends(FULL)))
    assert early_but_good[2] > 0.59
    assert finals[0].loss < 0.2
    assert finals[9].loss == pytest.approx(0.6, abs=0.05)


def test_deviation_is_larger_where_early_values_say_little() -> None:
    rng = np.random.default_rng(0)
    misleading = {number: {0: float(rng.uniform()), 9: float(rng.uniform()) / 2} for number in range(1, 21)}
    telling = {number: {0: 0.05 * number, 9: 0.02 * number} for number in range(1, 21)}
    asked = {0: 0.5}
    unsure = final_losses(view_of({0: asked, **misleading}, ends(misleading)))[0]
    sure = final_losses(view_of({0: asked, **telling}, ends(telling)))[0]
    assert unsure.deviation > 2 * sure.deviation


def test_leading_trial_is_not_predicted_beyond_the_best_that_went_further() -> None:
    leading = {0: -50.0, 1: -60.0}
    shifted = {number: {**curve, 0: curve[0] + 10} for number, curve in FULL.items()}
    final = final_losses(view_of({0: leading, **shifted}, {number: 100.0 + number for number in FULL}))[0]
    assert final.loss >= -60.0


def test_trial_that_has_shown_a_better_value_keeps_it() -> None:
    final = final_losses(view_of({0: {0: 0.01}, **FULL}, ends(FULL)))[0]
    assert final.loss <= 0.01


def test_last_report_counts_where_trials_were_told_their_last_report() -> None:
    # All are best in the middle; the worse they end, the sooner they turn up again.
    turning = {number: {0: 1.0, 1: 0.1, 2: 0.1 + 0.05 * number, 3: 0.1 + 0.2 * number} for number in range(1, 9)}
    told = {number: curve[3] for number, curve in turning.items()}
    curves = {0: {0: 1.0, 1: 0.1, 2: 0.5}, 9: {0: 1.0, 1: 0.1, 2: 0.15}, **turning}
    finals = final_losses(view_of(curves, told))
    assert finals[0].loss > finals[9].loss + 0.5


def test_without_completed_trials_shorter_ones_are_seen_in_the_light_of_the_longer() -> None:
    curves = {number: decaying(0.1 * number, num_steps=15) for number in range(1, 6)}
    curves |= {number: decaying(0.1 * (number - 5), num_steps=4) for number in range(6, 11)}
    finals = final_losses(view_of(curves, {}))
    assert all(final.deviation > 0 for final in finals.values())
    for number in range(1, 6):
        assert finals[number].loss == pytest.approx(min(curves[number].values()))
        assert finals[number + 5].loss == pytest.approx(finals[number].loss, abs=0.12)


def test_trials_without_a_finite_value_do_not_appear() -> None:
    curves: Curves = {0: {}, 1: {0: math.nan}, 2: {0: math.inf}, 3: {0: 1.0}}
    assert set(final_losses(view_of(curves, {}))) == {3}
    assert final_losses(view_of({0: {0: 1.0}}, {0: math.nan})) == {}


def test_with_several_objectives_only_completed_trials_appear() -> None:
    trials = [make_trial(0, values={"a": 1.0, "b": 2.0}), make_trial(1, state=TrialState.PRUNED, last_step=3)]
    directions = {"a": Direction.MAXIMIZE, "b": Direction.MINIMIZE}
    finals = final_losses(make_view(SPACE, trials, directions=directions, curves={1: {3: 0.5}}))
    assert {number: final.loss for number, final in finals.items()} == {0: -1.0}


_VALUES = st.floats(-1e308, 1e308) | st.floats(-10, 10) | st.sampled_from([math.nan, math.inf, -math.inf])
_CURVES = st.dictionaries(
    st.integers(0, 20), st.dictionaries(st.integers(0, 12), _VALUES, min_size=1, max_size=8), min_size=1
)


@settings(max_examples=80, deadline=None)
@given(curves=_CURVES, direction=st.sampled_from(Direction))
def test_any_reports_get_finite_predictions(curves: Curves, direction: Direction) -> None:
    told = {number: curve[max(curve)] for number, curve in curves.items() if number % 2}
    for final in final_losses(view_of(curves, told, direction=direction)).values():
        assert math.isfinite(final.loss)
        assert math.isfinite(final.deviation)
        assert final.deviation >= 0


_PEERS = st.dictionaries(
    st.integers(2, 20), st.lists(st.floats(-10, 10), min_size=1, max_size=8).map(lambda v: dict(enumerate(v)))
)
_CURVE = st.lists(st.floats(-10, 10), min_size=3, max_size=8).map(lambda v: sorted(v, reverse=True))


@settings(max_examples=80, deadline=None)
@given(peers=_PEERS, curve=_CURVE, gain=st.floats(0, 5))
def test_with_equal_progress_the_better_value_is_not_predicted_to_end_worse(
    peers: Curves, curve: list[float], gain: float
) -> None:
    told = {number: peer[max(peer)] for number, peer in peers.items() if number % 2}
    better = [value - gain for value in curve]
    finals = final_losses(view_of({0: dict(enumerate(curve)), 1: dict(enumerate(better)), **peers}, told))
    assert finals[1].loss <= finals[0].loss + 1e-9


@settings(max_examples=80, deadline=None)
@given(peers=_PEERS, curve=_CURVE, gain=st.floats(0, 5))
def test_with_equal_values_more_progress_is_not_predicted_to_end_worse(
    peers: Curves, curve: list[float], gain: float
) -> None:
    told = {number: peer[max(peer)] for number, peer in peers.items() if number % 2}
    faster = [value + gain for value in curve[:-1]] + curve[-1:]
    finals = final_losses(view_of({0: dict(enumerate(curve)), 1: dict(enumerate(faster)), **peers}, told))
    assert finals[1].loss <= finals[0].loss + 1e-9


@settings(max_examples=50, deadline=None)
@given(curves=_CURVES)
def test_direction_only_mirrors_the_values(curves: Curves) -> None:
    told = {number: curve[max(curve)] for number, curve in curves.items() if number % 2}
    mirrored = {number: {step: -value for step, value in curve.items()} for number, curve in curves.items()}
    opposite = view_of(mirrored, {number: -value for number, value in told.items()}, direction=Direction.MAXIMIZE)
    assert final_losses(opposite) == final_losses(view_of(curves, told))


def test_predictions_are_nearer_to_the_true_ends_than_last_values_are() -> None:
    rng = np.random.default_rng(1)
    truth, curves, completed = {}, {}, {}
    for number in range(80):
        end, speed = rng.uniform(0.1, 0.6), rng.uniform(2, 6)
        full = {step: end + math.exp(-(step + 1) / speed) + 0.01 * rng.normal() for step in range(30)}
        num_steps = 30 if number % 5 == 0 else int(rng.choice([4, 12]))
        curves[number] = {step: full[step] for step in range(num_steps)}
        truth[number] = min(full.values())
        if num_steps == 30:
            completed[number] = truth[number]
    finals = final_losses(view_of(curves, completed))
    short = [number for number in curves if number not in completed]
    off = np.array([finals[number].loss - truth[number] for number in short])
    raw = np.array([min(curves[number].values()) - truth[number] for number in short])
    assert np.sqrt(np.mean(off**2)) < 0.5 * np.sqrt(np.mean(raw**2))
    deviations = np.array([finals[number].deviation for number in short])
    assert np.mean(np.abs(off) < 2 * deviations) > 0.85


def test_ten_thousand_trials_take_under_a_second_of_processor_time() -> None:
    rng = np.random.default_rng(2)
    curves = {}
    for number in range(10_000):
        num_steps = int(rng.choice([4, 13, 49], p=[0.75, 0.2, 0.05]))
        curves[number] = {step: rng.uniform() + 1 / (1 + step) for step in range(num_steps)}
    view = view_of(curves, {number: min(curve.values()) for number, curve in curves.items() if len(curve) == 49})
    begin = time.process_time()
    assert len(final_losses(view)) == 10_000
    assert time.process_time() - begin < 1.0


def _unfolding(rng: np.random.Generator, num_trials: int) -> Iterator[StudyView]:
    """A study step by step: trials report, are completed, pruned, failed and taken up again by another attempt."""
    trials: list[Trial] = []
    curves: dict[int, list[Measurement]] = {}
    seq = 0
    while len(trials) < num_trials or any(trial.state is TrialState.RUNNING for trial in trials):
        running = [trial for trial in trials if trial.state is TrialState.RUNNING]
        if len(trials) < num_trials and len(running) < 4:
            trials = [*trials, make_trial(len(trials), {"x": 0.5})]
            continue
        seq += 1
        trial = running[int(rng.integers(len(running)))]
        number, curve = trial.number, curves.get(trial.number, [])
        curves = curves.copy()
        state = TrialState.RUNNING
        if len(curve) and rng.uniform() < 0.02:
            del curves[number]
            trial = replace(trial, attempt=trial.attempt + 1, last_step=None, last_value=None)
        else:
            step, value = len(curve), number % 7 / 10 + math.exp(-len(curve) / 5) + 0.05 * rng.normal()
            curves[number] = [*curve, Measurement(number, trial.attempt, step, value)]
            trial = replace(trial, last_step=step, last_value=value)
            if step == 19:
                state = TrialState.COMPLETED
                trial = replace(trial, values={"loss": min(report.value for report in curves[number])})
            elif step in (2, 5, 11) and rng.uniform() < 0.6:
                state = TrialState.PRUNED
            elif rng.uniform() < 0.01:
                state = TrialState.FAILED
        trials = trials.copy()
        trials[number] = replace(trial, state=state, seq=seq)
        yield replace(make_view(SPACE, trials), curves=curves)


def test_reader_that_has_seen_the_study_grow_finds_the_same_as_a_new_one() -> None:
    reader, num_views = CurveReader(), 0
    for seed, num_trials in enumerate((30, 150)):
        for view in _unfolding(np.random.default_rng(seed), num_trials):
            if num_views % 3 == 0:
                kept, anew = reader.read(view), CurveReader().read(view)
                assert np.array_equal(kept.losses, anew.losses, equal_nan=True)
                assert np.array_equal(kept.deviations, anew.deviations)
            num_views += 1
    assert num_views > 1000


def test_reader_finds_the_same_in_any_order_of_views() -> None:
    rng = np.random.default_rng(5)
    views = list(_unfolding(rng, 90))
    fresh = [CurveReader().read(view) for view in views]
    reader = CurveReader()
    for place in rng.integers(len(views), size=150).tolist():
        kept = reader.read(views[place])
        assert np.array_equal(kept.losses, fresh[place].losses, equal_nan=True)
        assert np.array_equal(kept.deviations, fresh[place].deviations)


def test_reader_does_not_mix_up_studies() -> None:
    reader = CurveReader()
    view = view_of(FULL, ends(FULL))
    other = replace(view, study_id="other", directions=(Direction.MAXIMIZE,))
    assert reader.read(other).losses.tolist() == [-loss for loss in reader.read(view).losses]


def test_predictions_of_a_large_study_stay_until_there_are_some_more_references() -> None:
    views = [view for view in _unfolding(np.random.default_rng(3), 200) if len(view.finished(*TrialState)) > 150]
    states = [CurveReader().read(view).losses[:100] for view in views[-200::5]]
    different = sum(not np.array_equal(a, b, equal_nan=True) for a, b in itertools.pairwise(states))
    assert 0 < different < len(states) / 2


def test_next_view_of_ten_thousand_trials_takes_a_few_milliseconds_of_processor_time() -> None:
    rng = np.random.default_rng(2)
    curves = {}
    for number in range(10_000):
        num_steps = int(rng.choice([4, 13, 49], p=[0.75, 0.2, 0.05]))
        curves[number] = {step: rng.uniform() + 1 / (1 + step) for step in range(num_steps)}
    view = view_of(curves, {number: min(curve.values()) for number, curve in curves.items() if len(curve) == 49})
    reader = CurveReader()
    reader.read(view)
    seconds = []
    for number in range(10_000, 10_040):
        trial = make_trial(number, {"x": 0.5}, state=TrialState.PRUNED, last_step=3, last_value=0.5)
        reports = [Measurement(number, 1, step, float(rng.uniform())) for step in range(4)]
        view = replace(view, trials=[*view.trials, trial], curves={**view.curves, number: reports})
        begin = time.process_time()
        reader.read(view)
        seconds.append(time.process_time() - begin)
    assert np.mean(seconds) < 0.006
