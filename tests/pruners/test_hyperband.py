from collections import Counter
from collections.abc import Mapping

import pytest

from tuner.errors import InvalidInput
from tuner.pruners import Decision
from tuner.pruners.hyperband import HyperbandPruner
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

CONTINUE, PRUNE = Decision.CONTINUE, Decision.PRUNE
SPACE = SearchSpace({"x": Float(0, 1)})
PRUNER = HyperbandPruner(grace_steps=3, reduction_factor=4)
BY_BRACKET = {bracket: [number for number in range(500) if PRUNER.bracket(number) == bracket] for bracket in range(3)}


def judge(number: int, curves: Mapping[int, Mapping[int, float]]) -> Decision:
    trials = [make_trial(each, last_step=max(curve)) for each, curve in sorted(curves.items())]
    view = make_view(SPACE, trials, curves=curves)
    trial = view.trial(number)
    assert trial is not None
    return PRUNER.decide(view, trial)


@pytest.mark.parametrize("num_trials", [16, 64, 1000])
def test_each_bracket_has_a_quarter_of_the_trials_of_the_one_before(num_trials: int) -> None:
    counts = Counter(PRUNER.bracket(number) for number in range(num_trials))
    assert counts[0] == pytest.approx(num_trials * 3 / 4, abs=2)
    assert counts[1] == pytest.approx(num_trials * 3 / 16, abs=2)
    assert counts[2] == pytest.approx(num_trials * 3 / 64, abs=2)


def test_bracket_0_is_judged_at_the_grace_steps() -> None:
    numbers = BY_BRACKET[0][:8]
    curves = {number: {3: float(loss)} for loss, number in enumerate(numbers)}
    assert [judge(number, curves) for number in numbers] == [CONTINUE] * 2 + [PRUNE] * 6


def test_bracket_1_is_judged_at_its_first_rung_four_times_as_far() -> None:
    numbers = BY_BRACKET[1][:8]
    early = {number: {3: float(loss)} for loss, number in enumerate(numbers)}
    assert {judge(number, early) for number in numbers} == {CONTINUE}
    late = {number: {3: 99.0, 12: float(loss)} for loss, number in enumerate(numbers)}
    assert [judge(number, late) for number in numbers] == [CONTINUE] * 2 + [PRUNE] * 6


def test_trials_of_other_brackets_are_not_compared_with() -> None:
    others = {number: {12: 0.0} for number in BY_BRACKET[0][:20] + BY_BRACKET[2][:20]}
    own = BY_BRACKET[1][0]
    assert judge(own, {own: {12: 1000.0}, **others}) is CONTINUE


@pytest.mark.parametrize(("grace_steps", "reduction_factor"), [(0, 4), (3, 1)])
def test_senseless_arguments_are_refused(grace_steps: int, reduction_factor: int) -> None:
    with pytest.raises(InvalidInput, match="must be at least"):
        HyperbandPruner(grace_steps, reduction_factor)
