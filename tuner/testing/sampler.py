"""The promises of a sampler."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner.errors import InvalidInput
from tuner.records import Direction, FailureReason, OutcomeConstraint, StudyView, Trial, TrialState
from tuner.samplers import Sampler, Suggestion
from tuner.space import Categorical, Float, Forbid, Int, Linear, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, random_view
from tuner.testing.spaces import corner_spaces, search_spaces

CONDITIONAL_SPACE = SearchSpace(
    {
        "model": Categorical(["tree", "net"]),
        "rate": Float(1e-5, 1.0, log=True),
        "depth": Int(1, 30, when={"model": ["tree"]}),
        "width": Int(8, 1024, log=True, when={"model": ["net"]}),
        "dropout": Float(0, 0.9, step=0.1, when={"model": ["net"]}),
    }
)
"""Two kinds of model, each with parameters of its own; enough continuous room that equal points are no accident."""

FLAT_SPACE = SearchSpace(
    {
        "kind": Categorical(["linear", "tree", "net"]),
        "size": Categorical(["small", "medium", "large"], ordered=True),
        "rate": Float(1e-5, 1.0, log=True),
        "width": Int(8, 1024, log=True),
        "dropout": Float(0, 0.9, step=0.1),
    }
)
"""Parameters of every kind without conditions."""

_TWO = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE}
_NUM_TRIALS = (0, 3, 40)
_LIMITS = (OutcomeConstraint("loss", at_most=0.5), OutcomeConstraint("memory", at_least=0.1))
# Finite, so that a sampler that ends has an end here; with constraints, a branch and few points.
_SMALL_SPACE = SearchSpace(
    {"a": Int(0, 3), "b": Categorical(["x", "y"]), "c": Float(0, 1, step=0.5)},
    constraints=[Linear({"a": 1, "c": 2}, at_most=4), Forbid({"a": 0, "b": "y"})],
)
_NUM_IN_SMALL_SPACE = 3 + 2 * (3 + 3 + 2)


class SamplerContract:
    """Inherit it, say how the sampler is made, and run pytest.

    Attributes:
        space: A space that the sampler can search with one objective; for one that refuses conditions, ``FLAT_SPACE``.
        is_exhaustive: Whether the sampler ends once every point of a finite space is used.
    """

    space: ClassVar[SearchSpace] = CONDITIONAL_SPACE
    is_exhaustive: ClassVar[bool] = False

    def make_sampler(self) -> Sampler:
        """A fresh sampler."""
        raise NotImplementedError

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(
        space=search_spaces(),
        seed=st.integers(0, 2**32 - 1),
        num_trials=st.sampled_from(_NUM_TRIALS),
        directions=st.sampled_from([None, _TWO]),
        constraints=st.sampled_from([(), _LIMITS]),
    )
    def test_points_are_valid_in_any_space_that_is_not_refused(
        self,
        space: SearchSpace,
        seed: int,
        num_trials: int,
        directions: dict[str, Direction] | None,
        constraints: tuple[OutcomeConstraint, ...],
    ) -> None:
        rng = np.random.default_rng(seed)
        view = replace(random_view(space, num_trials, rng, directions), constraints=constraints)
        self._check(view, 2, rng)

    @pytest.mark.parametrize("corner", corner_spaces())
    @pytest.mark.parametrize("num_trials", [0, 40])
    def test_points_are_valid_at_the_limits_of_arithmetic(self, corner: str, num_trials: int) -> None:
        rng = np.random.default_rng(0)
        self._check(random_view(corner_spaces()[corner], num_trials, rng), 3, rng)

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_are_valid_with_several_objectives(self, num_trials: int) -> None:
        rng = np.random.default_rng(1)
        self._check(random_view(self.space, num_trials, rng, _TWO), 3, rng)

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_are_valid_with_outcome_constraints(self, num_trials: int) -> None:
        rng = np.random.default_rng(1)
        view = random_view(self.space, num_trials, rng)
        trials = [
            replace(trial, values={**trial.values, "memory": float(rng.random())}) if trial.values else trial
            for trial in view.trials
        ]
        self._check(replace(view, trials=trials, constraints=_LIMITS), 3, rng)

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_keep_the_constraints_of_the_space(self, num_trials: int) -> None:
        names = [name for name, parameter in self.space.items() if isinstance(parameter, Float) and not parameter.when]
        space = SearchSpace(self.space, constraints=[Linear({names[0]: 1.0}, at_least=0.01, at_most=0.02)])
        rng = np.random.default_rng(1)
        self._check(random_view(space, num_trials, rng), 5, rng)

    @pytest.mark.parametrize("failure", FailureReason)
    def test_points_are_valid_after_nothing_but_failures(self, failure: FailureReason) -> None:
        rng = np.random.default_rng(2)
        trials = [make_trial(n, self.space.draw(rng), failure=failure) for n in range(30)]
        self._check(make_view(self.space, trials), 3, rng)

    @pytest.mark.parametrize("value", [1.0, 1.7e308, -1.7e308, 5e-324])
    def test_equal_results_everywhere_are_no_obstacle(self, value: float) -> None:
        rng = np.random.default_rng(3)
        trials = [make_trial(n, self.space.draw(rng), value) for n in range(30)]
        self._check(make_view(self.space, trials), 3, rng)

    def test_results_as_far_apart_as_numbers_can_be_are_no_obstacle(self) -> None:
        rng = np.random.default_rng(3)
        values = [1.7e308, -1.7e308, 0.0, 5e-324, 1e300, 1.0]
        trials = [make_trial(n, self.space.draw(rng), values[n % 6]) for n in range(30)]
        self._check(make_view(self.space, trials), 3, rng)

    @pytest.mark.parametrize("count", [1, 2, 7])
    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_as_many_points_as_asked_for(self, count: int, num_trials: int) -> None:
        assert len(self.make_sampler().suggest(self._view(num_trials), count, np.random.default_rng(0))) == count

    def test_a_finite_space_ends_only_for_a_sampler_that_says_so(self) -> None:
        rng = np.random.default_rng(4)
        sampler, trials = self.make_sampler(), list[Trial]()
        for _ in range(_NUM_IN_SMALL_SPACE + 3):
            found = self._points(sampler, make_view(_SMALL_SPACE, trials), 1, rng)
            trials += [make_trial(len(trials), point, float(rng.random())) for point in found]
        different = {repr(sorted(trial.params.items())) for trial in trials}
        if self.is_exhaustive:
            assert len(trials) == len(different) == _NUM_IN_SMALL_SPACE
        else:
            assert len(trials) == _NUM_IN_SMALL_SPACE + 3

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_same_seed_gives_same_points(self, num_trials: int) -> None:
        first = self.make_sampler().suggest(self._view(num_trials), 3, np.random.default_rng(7))
        assert self.make_sampler().suggest(self._view(num_trials), 3, np.random.default_rng(7)) == first

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_a_study_with_another_seed_gets_other_points(self, num_trials: int) -> None:
        view = self._view(num_trials)
        first = self.make_sampler().suggest(replace(view, seed=7), 3, np.random.default_rng(7))
        assert self.make_sampler().suggest(replace(view, seed=8), 3, np.random.default_rng(8)) != first

    def test_earlier_questions_leave_no_trace(self) -> None:
        used = self.make_sampler()
        for num_trials in (0, 5, 12, 13, 30, 20):
            used.suggest(self._view(num_trials), 2, np.random.default_rng(num_trials))
            used.describe(self._view(num_trials))
        fresh = self.make_sampler().suggest(self._view(40), 3, np.random.default_rng(7))
        assert used.suggest(self._view(40), 3, np.random.default_rng(7)) == fresh

    def test_a_restart_in_the_middle_of_a_study_changes_nothing(self) -> None:
        def played(*, restarts: Sequence[int]) -> list[Params]:
            sampler, trials = self.make_sampler(), list[Trial]()
            for number in range(26):
                if number in restarts:
                    sampler = self.make_sampler()
                view = make_view(self.space, trials)
                point = self._points(sampler, view, 1, np.random.default_rng(number))[0]
                loss = abs(float(str(point["rate"])) - 0.1) + len(point)
                trials.append(make_trial(number, point, loss))
            return [dict(trial.params) for trial in trials]

        assert played(restarts=[13, 14, 22]) == played(restarts=[])

    def test_another_study_is_not_taken_for_the_one_before(self) -> None:
        used = self.make_sampler()
        used.suggest(self._view(40), 2, np.random.default_rng(0))
        rng = np.random.default_rng(6)
        other = replace(random_view(self.space, 30, rng), study_id="another", seed=3)
        fresh = self.make_sampler().suggest(other, 3, np.random.default_rng(7))
        assert used.suggest(other, 3, np.random.default_rng(7)) == fresh

    def test_result_of_a_trial_met_while_running_is_noticed(self) -> None:
        finished = self._view(40)
        running = [make_trial(trial.number, trial.params) for trial in finished.trials]
        used = self.make_sampler()
        used.suggest(make_view(self.space, running[:20]), 1, np.random.default_rng(0))
        used.suggest(make_view(self.space, [*finished.trials[:30], *running[30:]]), 1, np.random.default_rng(0))
        fresh = self.make_sampler().suggest(finished, 3, np.random.default_rng(7))
        assert used.suggest(finished, 3, np.random.default_rng(7)) == fresh

    @pytest.mark.parametrize("num_trials", [12, 40])
    @pytest.mark.parametrize("constraints", [(), _LIMITS[:1]])
    def test_a_recommended_trial_is_one_that_may_be_used(
        self, num_trials: int, constraints: tuple[OutcomeConstraint, ...]
    ) -> None:
        view = replace(self._view(num_trials), constraints=constraints)
        number = self.make_sampler().recommend(view)
        if number is not None:
            (chosen,) = (trial for trial in view.trials if trial.number == number)
            assert chosen.state is TrialState.COMPLETED
            assert view.is_feasible(chosen)
            assert self.make_sampler().recommend(view) == number

    def test_overlapping_calls_do_not_disturb_each_other(self) -> None:
        views = [self._view(num_trials) for num_trials in (25, 18, 25, 22)]
        expected = [self.make_sampler().suggest(view, 2, np.random.default_rng(n)) for n, view in enumerate(views)]
        shared = self.make_sampler()
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(lambda n: shared.suggest(views[n], 2, np.random.default_rng(n)), range(len(views)))
            assert list(answers) == expected

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_of_one_batch_differ(self, num_trials: int) -> None:
        points = points_of(self.make_sampler().suggest(self._view(num_trials), 8, np.random.default_rng(0)))
        assert len({repr(point) for point in points}) == 8

    def test_pending_points_are_not_proposed_again(self) -> None:
        view = self._view(40)
        pending = self.make_sampler().suggest(view, 1, np.random.default_rng(7))[0].params
        later = make_view(self.space, [*view.trials, make_trial(40, pending)])
        assert pending not in points_of(self.make_sampler().suggest(later, 4, np.random.default_rng(8)))

    def test_gaps_between_numbers_are_no_obstacle(self) -> None:
        view = make_view(self.space, [trial for trial in self._view(40).trials if trial.number % 3])
        self._check(view, 2, np.random.default_rng(0))

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_view_is_left_as_it_was(self, num_trials: int) -> None:
        view = self._view(num_trials)
        before = copy.deepcopy(view)
        self.make_sampler().suggest(view, 3, np.random.default_rng(0))
        assert view == before

    def test_points_belong_to_the_caller(self) -> None:
        sampler, view = self.make_sampler(), self._view(40)
        expected = copy.deepcopy(sampler.suggest(view, 2, np.random.default_rng(7)))
        for point in points_of(sampler.suggest(view, 2, np.random.default_rng(7))):
            point.clear()
        assert sampler.suggest(view, 2, np.random.default_rng(7)) == expected

    def test_nothing_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.make_sampler().suggest(self._view(40), 2, np.random.default_rng(0))
        assert capfd.readouterr() == ("", "")

    def _view(self, num_trials: int) -> StudyView:
        return random_view(self.space, num_trials, np.random.default_rng(5))

    def _check(self, view: StudyView, count: int, rng: np.random.Generator) -> None:
        """That the study is refused with what to do instead, or searched and described."""
        sampler = self.make_sampler()
        refusal = _refusal(sampler, view)
        if refusal is not None:
            assert refusal.places[0].pointer == "#/sampler"
            assert refusal.hint
            assert view.space is not self.space or len(view.directions) > 1
            return
        description = sampler.describe(view)
        assert description.strip()
        assert "\n" not in description
        found = self._points(sampler, view, count, rng)
        if len(found) < count:
            pending = [make_trial(view.first_number + place, point) for place, point in enumerate(found)]
            first_number = view.first_number + len(found)
            later = replace(view, trials=[*view.trials, *pending], first_number=first_number)
            assert self.is_exhaustive
            assert self._points(sampler, later, count, rng) == []

    def _points(self, sampler: Sampler, view: StudyView, count: int, rng: np.random.Generator) -> list[Params]:
        """Points to try, all valid."""
        points = points_of(sampler.suggest(view, count, rng))
        assert len(points) <= count
        for point in points:
            assert view.space.check(point) == point
            assert list(point) == view.space.active(point)
        return points


def points_of(suggestions: list[Suggestion]) -> list[Params]:
    """Their parameters."""
    return [suggestion.params for suggestion in suggestions]


def _refusal(sampler: Sampler, view: StudyView) -> InvalidInput | None:
    try:
        sampler.check(view.space, len(view.directions))
    except InvalidInput as refusal:
        return refusal
    return None
