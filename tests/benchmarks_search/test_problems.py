from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.search.problem import CurveProblem, Group, Problem, Split
from benchmarks.search.problems import all_curve_problems, all_problems
from benchmarks.search.problems.functions import (
    ackley,
    branin,
    ellipsoid,
    griewank,
    hartmann,
    levy,
    moved,
    rastrigin,
    rosenbrock,
    styblinski,
)
from benchmarks.search.reference import explore, reference
from benchmarks.search.surrogate import Surrogate, features
from benchmarks.search.trained import Training, trainings

PROBLEMS = list(all_problems().values())
CURVES = list(all_curve_problems().values())


@pytest.mark.parametrize(
    ("function", "place", "least"),
    [
        (branin, [(np.pi + 5) / 15, 2.275 / 15], 0.397887),
        (hartmann, [0.114614, 0.555649, 0.852547], -3.86278),
        (hartmann, [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573], -3.32237),
        (rosenbrock, [1.0] * 5, 0.0),
        (ackley, [0.0] * 10, 0.0),
        (levy, [1.0] * 8, 0.0),
        (rastrigin, [0.0] * 4, 0.0),
        (griewank, [0.0] * 10, 0.0),
        (styblinski, [-2.903534] * 5, 0.0),
        (ellipsoid(20, 1e3, 4), [0.0] * 20, 0.0),
    ],
)
def test_function_is_least_where_the_literature_says(function, place, least):
    assert function(np.array(place)) == pytest.approx(least, abs=1e-5)


def test_moved_function_is_least_at_a_place_away_from_the_middle():
    center = np.array([3.0, -2.0])
    function = moved(lambda x: float(np.sum((x - center) ** 2)), center, 10.0, seed=1)
    place = np.random.default_rng(1).uniform(0.15, 0.85, 2)
    assert function(place) == pytest.approx(0.0, abs=1e-12)
    assert function(np.array([0.5, 0.5])) > 0.01


def test_every_group_keeps_about_a_third_aside():
    counts = Counter((problem.group, problem.split) for problem in PROBLEMS + CURVES)
    for group in Group:
        held_out, development = counts[group, Split.HELD_OUT], counts[group, Split.DEVELOPMENT]
        assert 0.25 <= held_out / (held_out + development) <= 0.45, group
    assert len(PROBLEMS) >= 24
    assert len(CURVES) >= 4


@pytest.mark.parametrize("problem", PROBLEMS + CURVES, ids=lambda problem: problem.name)
def test_best_known_point_is_valid_and_has_its_value(problem: Problem | CurveProblem):
    known = reference(problem.name)
    assert problem.space.check(known.best_params) == known.best_params
    assert problem.true_value(known.best_params) == pytest.approx(known.best_known, rel=1e-6, abs=1e-9)
    assert problem.best_known <= known.best_known + 1e-9
    assert problem.regret(problem.random_median) == 1.0


@pytest.mark.parametrize("problem", PROBLEMS + CURVES, ids=lambda problem: problem.name)
def test_no_random_point_is_better_than_the_best_known(problem: Problem | CurveProblem):
    rng = np.random.default_rng(1)
    regrets = [problem.regret(problem.true_value(problem.space.draw(rng))) for _ in range(40)]
    assert min(regrets) > 0.0
    assert np.median(regrets) == pytest.approx(1.0, abs=0.6)


def test_noise_is_in_the_observation_and_not_in_the_true_value():
    problem = all_problems()["noisy_hartmann6"]
    point = problem.space.draw(np.random.default_rng(0))
    observed = [problem.objective(point, np.random.default_rng(seed)) for seed in range(400)]
    assert np.std(observed) == pytest.approx(problem.noise, rel=0.15)
    assert np.mean(observed) == pytest.approx(problem.true_value(point), abs=0.1)


@pytest.mark.parametrize("problem", CURVES, ids=lambda problem: problem.name)
def test_curve_has_a_value_per_epoch_and_repeats_with_its_seed(problem: CurveProblem):
    point = problem.space.draw(np.random.default_rng(0))
    assert len(problem.curve(point, 1)) == problem.num_epochs
    assert problem.curve(point, 1) == problem.curve(point, 1)
    assert problem.curve(point, 1) != problem.curve(point, 2)
    assert problem.true_value(point) == min(problem.true_curve(point))


@pytest.mark.parametrize("training", trainings(), ids=lambda training: training.name)
def test_surrogate_orders_trainings_as_they_were(training: Training):
    from scipy.stats import spearmanr
    from sklearn.ensemble import ExtraTreesRegressor

    points, values = Surrogate(training.name, training.space).table()
    last = np.log(values.reshape(len(values), -1)[:, -1])
    rows = features(training.space, points)
    # Trees grown on most of the random points foretell the others, which they have not seen.
    seen, random = int(0.45 * len(last)), int(0.6 * len(last))
    forest = ExtraTreesRegressor(24, min_samples_leaf=2, max_features=0.7, random_state=0)
    foretold = forest.fit(rows[:seen], last[:seen]).predict(rows[seen:random])
    assert spearmanr(foretold, last[seen:random])[0] > 0.5


def test_exploring_finds_the_bottom_of_a_bowl():
    problem = all_problems()["conditional_branches"]
    found = explore(problem.space, problem.true_value, np.random.default_rng(0))
    assert problem.regret(found.best_known) < 1e-3
