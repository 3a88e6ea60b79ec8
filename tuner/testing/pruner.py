"""The promises of a pruner."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner.pruners import Decision, Pruner
from tuner.records import Direction, StudyView, TrialState
from tuner.space import Float, SearchSpace
from tuner.testing.facts import make_trial, make_view

_SPACE = SearchSpace({"x": Float(0, 1)})
_Curves = Mapping[int, Mapping[int, float]]
_ANY_CURVES = st.dictionaries(
    st.integers(0, 30),
    st.dictionaries(
        st.integers(0, 300),
        st.floats(-1e308, 1e308) | st.sampled_from([math.nan, math.inf, -math.inf]),
        min_size=1,
        max_size=12,
    ),
    min_size=1,
    max_size=20,
)
_NUMBERS = st.dictionaries(
    st.integers(0, 30), st.dictionaries(st.integers(0, 300), st.floats(-10, 10), min_size=1, max_size=12), min_size=1
)
_quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])


class PrunerContract:
    """Inherit it, say how the pruner is made, and run pytest.

    Inherit ``ComparingPrunerContract`` instead if the pruner compares trials with each other.
    """

    def make_pruner(self) -> Pruner:
        """A fresh pruner."""
        raise NotImplementedError

    @_quick
    @given(curves=_ANY_CURVES)
    def test_any_reports_get_a_decision(self, curves: _Curves) -> None:
        view = _view(curves)
        for trial in view.trials:
            assert isinstance(self.make_pruner().decide(view, trial), Decision)

    @_quick
    @given(curves=_ANY_CURVES)
    def test_same_question_has_same_answer(self, curves: _Curves) -> None:
        view = _view(curves)
        used = self.make_pruner()
        for trial in view.trials:
            used.decide(view, trial)
        for trial in view.trials:
            assert used.decide(view, trial) is self.make_pruner().decide(view, trial)

    @_quick
    @given(curves=_NUMBERS)
    def test_several_objectives_are_never_pruned(self, curves: _Curves) -> None:
        trials = _view(curves).trials
        both = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE}
        view = make_view(_SPACE, trials, directions=both, curves=curves)
        assert {self.make_pruner().decide(view, trial) for trial in trials} == {Decision.CONTINUE}

    def test_trial_without_reports_runs_on(self) -> None:
        view = make_view(_SPACE, [make_trial(0, {"x": 0.5})])
        assert self.make_pruner().decide(view, view.trials[0]) is Decision.CONTINUE

    @_quick
    @given(curves=_NUMBERS)
    def test_nobody_is_pruned_before_the_step_that_was_named(self, curves: _Curves) -> None:
        pruner = self.make_pruner()
        for number, curve in curves.items():
            last_step: int | None = None
            for step in sorted(curve):
                shown = {at: value for at, value in curve.items() if at <= step}
                view = _view({**curves, number: shown})
                (trial,) = (trial for trial in view.trials if trial.number == number)
                named = pruner.next_decision_step(last_step)
                if named is None or step < named:
                    assert pruner.decide(view, trial) is Decision.CONTINUE
                last_step = step

    def test_every_argument_is_kept_under_its_name_and_has_a_default(self) -> None:
        pruner = self.make_pruner()
        for argument in inspect.signature(type(pruner)).parameters.values():
            assert argument.default is not argument.empty
            assert hasattr(pruner, argument.name)

    def test_view_is_left_as_it_was(self) -> None:
        view = _view({number: {step: float(number) for step in range(30)} for number in range(10)})
        before = copy.deepcopy(view)
        for trial in view.trials:
            self.make_pruner().decide(view, trial)
        assert view == before


class ComparingPrunerContract(PrunerContract):
    """For pruners that judge a trial by the others: they favour nobody, and spare who leads or is alone."""

    @_quick
    @given(curves=_NUMBERS)
    def test_direction_only_mirrors_the_values(self, curves: _Curves) -> None:
        mirrored = {number: {step: -value for step, value in curve.items()} for number, curve in curves.items()}
        view, opposite = _view(curves), _view(mirrored, Direction.MAXIMIZE)
        for trial, twin in zip(view.trials, opposite.trials, strict=True):
            assert self.make_pruner().decide(view, trial) is self.make_pruner().decide(opposite, twin)

    @pytest.mark.parametrize("direction", Direction)
    def test_trial_that_leads_everywhere_runs_on(self, direction: Direction) -> None:
        curves = {number: dict.fromkeys(range(100), direction.sign * number) for number in range(20)}
        for step in range(100):
            view = _view({**curves, 0: dict.fromkeys(range(step + 1), 0.0)}, direction)
            assert self.make_pruner().decide(view, view.trials[0]) is Decision.CONTINUE

    def test_trial_alone_runs_on(self) -> None:
        view = _view({0: {step: float(step) for step in range(200)}})
        assert self.make_pruner().decide(view, view.trials[0]) is Decision.CONTINUE


def _view(curves: _Curves, direction: Direction = Direction.MINIMIZE) -> StudyView:
    """Every trial has reported its whole curve; those with an even number are completed, the others are running."""
    trials = [
        make_trial(
            number,
            {"x": 0.5},
            None if number % 2 else curve[max(curve)],
            state=TrialState.RUNNING if number % 2 else TrialState.COMPLETED,
            last_step=max(curve),
            last_value=curve[max(curve)],
        )
        for number, curve in sorted(curves.items())
    ]
    return make_view(_SPACE, trials, directions={"loss": direction}, curves=curves)
