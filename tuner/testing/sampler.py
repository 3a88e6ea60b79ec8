"""The promises of a sampler."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner.records import Direction, FailureReason, StudyView
from tuner.samplers import Sampler, Suggestion
from tuner.space import Categorical, Float, Int, Params, SearchSpace
from tuner.testing.facts import make_trial, make_view, random_view
from tuner.testing.spaces import corner_spaces, search_spaces

# Two kinds of model, each with parameters of its own; enough continuous room that equal points are no accident.
_SPACE = SearchSpace(
    {
        "model": Categorical(["tree", "net"]),
        "rate": Float(1e-5, 1.0, log=True),
        "depth": Int(1, 30, when={"model": ["tree"]}),
        "width": Int(8, 1024, log=True, when={"model": ["net"]}),
        "dropout": Float(0, 0.9, step=0.1, when={"model": ["net"]}),
    }
)
_TWO = {"loss": Direction.MINIMIZE, "accuracy": Direction.MAXIMIZE}
_NUM_TRIALS = (0, 3, 40)


class SamplerContract:
    """Inherit it, say how the sampler is made, and run pytest."""

    def make_sampler(self) -> Sampler:
        """A fresh sampler."""
        raise NotImplementedError

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(space=search_spaces(), seed=st.integers(0, 2**32 - 1), num_trials=st.sampled_from(_NUM_TRIALS))
    def test_points_are_valid_in_any_space(self, space: SearchSpace, seed: int, num_trials: int) -> None:
        rng = np.random.default_rng(seed)
        view = random_view(space, num_trials, rng)
        for point in points_of(self.make_sampler().suggest(view, 2, rng)):
            _assert_valid(space, point)

    @pytest.mark.parametrize("corner", corner_spaces())
    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_are_valid_at_the_limits_of_arithmetic(self, corner: str, num_trials: int) -> None:
        space = corner_spaces()[corner]
        rng = np.random.default_rng(0)
        view = random_view(space, num_trials, rng)
        for point in points_of(self.make_sampler().suggest(view, 3, rng)):
            _assert_valid(space, point)

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_are_valid_with_several_objectives(self, num_trials: int) -> None:
        rng = np.random.default_rng(1)
        view = random_view(_SPACE, num_trials, rng, _TWO)
        for point in points_of(self.make_sampler().suggest(view, 3, rng)):
            _assert_valid(_SPACE, point)

    @pytest.mark.parametrize("failure", FailureReason)
    def test_points_are_valid_after_nothing_but_failures(self, failure: FailureReason) -> None:
        rng = np.random.default_rng(2)
        view = make_view(_SPACE, [make_trial(n, _SPACE.draw(rng), failure=failure) for n in range(30)])
        for point in points_of(self.make_sampler().suggest(view, 3, rng)):
            _assert_valid(_SPACE, point)

    def test_equal_results_everywhere_are_no_obstacle(self) -> None:
        rng = np.random.default_rng(3)
        view = make_view(_SPACE, [make_trial(n, _SPACE.draw(rng), 1.0) for n in range(30)])
        for point in points_of(self.make_sampler().suggest(view, 3, rng)):
            _assert_valid(_SPACE, point)

    @pytest.mark.parametrize("count", [1, 2, 7])
    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_as_many_points_as_asked_for(self, count: int, num_trials: int) -> None:
        assert len(self.make_sampler().suggest(_view(num_trials), count, np.random.default_rng(0))) == count

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_same_seed_gives_same_points(self, num_trials: int) -> None:
        first = self.make_sampler().suggest(_view(num_trials), 3, np.random.default_rng(7))
        assert self.make_sampler().suggest(_view(num_trials), 3, np.random.default_rng(7)) == first

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_other_seed_gives_other_points(self, num_trials: int) -> None:
        first = self.make_sampler().suggest(_view(num_trials), 3, np.random.default_rng(7))
        assert self.make_sampler().suggest(_view(num_trials), 3, np.random.default_rng(8)) != first

    def test_earlier_questions_leave_no_trace(self) -> None:
        used = self.make_sampler()
        for num_trials in (0, 5, 12, 13, 30):
            used.suggest(_view(num_trials), 2, np.random.default_rng(num_trials))
        fresh = self.make_sampler().suggest(_view(40), 3, np.random.default_rng(7))
        assert used.suggest(_view(40), 3, np.random.default_rng(7)) == fresh

    def test_result_of_a_trial_met_while_running_is_noticed(self) -> None:
        finished = _view(40)
        running = [make_trial(trial.number, trial.params) for trial in finished.trials]
        used = self.make_sampler()
        used.suggest(make_view(_SPACE, running[:20]), 1, np.random.default_rng(0))
        used.suggest(make_view(_SPACE, [*finished.trials[:30], *running[30:]]), 1, np.random.default_rng(0))
        fresh = self.make_sampler().suggest(finished, 3, np.random.default_rng(7))
        assert used.suggest(finished, 3, np.random.default_rng(7)) == fresh

    def test_overlapping_calls_do_not_disturb_each_other(self) -> None:
        shared = self.make_sampler()
        expected = [self.make_sampler().suggest(_view(40), 2, np.random.default_rng(seed)) for seed in range(8)]
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(lambda seed: shared.suggest(_view(40), 2, np.random.default_rng(seed)), range(8))
            assert list(answers) == expected

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_points_of_one_batch_differ(self, num_trials: int) -> None:
        points = points_of(self.make_sampler().suggest(_view(num_trials), 8, np.random.default_rng(0)))
        assert len({repr(point) for point in points}) == 8

    def test_pending_points_are_not_proposed_again(self) -> None:
        view = _view(40)
        pending = self.make_sampler().suggest(view, 1, np.random.default_rng(7))[0].params
        later = make_view(_SPACE, [*view.trials, make_trial(40, pending)])
        assert pending not in points_of(self.make_sampler().suggest(later, 4, np.random.default_rng(8)))

    def test_gaps_between_numbers_are_no_obstacle(self) -> None:
        view = make_view(_SPACE, [trial for trial in _view(40).trials if trial.number % 3])
        for point in points_of(self.make_sampler().suggest(view, 2, np.random.default_rng(0))):
            _assert_valid(_SPACE, point)

    @pytest.mark.parametrize("num_trials", _NUM_TRIALS)
    def test_view_is_left_as_it_was(self, num_trials: int) -> None:
        view = _view(num_trials)
        before = copy.deepcopy(view)
        self.make_sampler().suggest(view, 3, np.random.default_rng(0))
        assert view == before

    def test_points_belong_to_the_caller(self) -> None:
        sampler = self.make_sampler()
        expected = copy.deepcopy(sampler.suggest(_view(40), 2, np.random.default_rng(7)))
        for point in points_of(sampler.suggest(_view(40), 2, np.random.default_rng(7))):
            point.clear()
        assert sampler.suggest(_view(40), 2, np.random.default_rng(7)) == expected

    def test_nothing_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.make_sampler().suggest(_view(40), 2, np.random.default_rng(0))
        assert capfd.readouterr() == ("", "")


def points_of(suggestions: list[Suggestion]) -> list[Params]:
    """Their parameters."""
    return [suggestion.params for suggestion in suggestions]


def _view(num_trials: int) -> StudyView:
    return random_view(_SPACE, num_trials, np.random.default_rng(5))


def _assert_valid(space: SearchSpace, point: Params) -> None:
    assert space.check(point) == point
    assert list(point) == space.active(point)
