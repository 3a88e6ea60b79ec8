from __future__ import annotations

import math

import pytest

from benchmarks.automl.comparison import (
    at_time,
    geometric_mean,
    mean_errors,
    of_system,
    to_best_peer,
    to_system,
    with_more_time,
    worst,
)
from tests.benchmarks_automl.outcomes import outcome


def test_errors_are_averaged_over_the_seeds_that_all_have():
    outcomes = [outcome("tuner", "a", 1.0, seed=0), outcome("tuner", "a", 9.0, seed=1)]
    outcomes += [outcome("flaml", "a", 2.0, seed=0), outcome("flaml", "a", 4.0, seed=2)]
    assert mean_errors(outcomes) == {"a": {"tuner": 1.0, "flaml": 2.0}}


def test_a_failure_counts_as_no_seed():
    outcomes = [outcome("tuner", "a", 1.0), outcome("flaml", "a", None, failure="exit status 1")]
    assert mean_errors(outcomes) == {"a": {"tuner": 1.0}}


def test_all_but_perfect_classifiers_are_equal():
    outcomes = [outcome("tuner", "a", 0.0, task="binary"), outcome("flaml", "a", 1e-9, task="binary")]
    assert to_best_peer(mean_errors(outcomes)) == {"a": {"tuner": 1.0, "flaml": 1.0}}


def test_our_own_systems_are_no_peers():
    means = {"a": {"tuner": 1.0, "flaml": 2.0, "lightgbm": 4.0}, "b": {"tuner": 1.0, "tuner_rest": 1.0}}
    assert to_best_peer(means) == {"a": {"tuner": 0.5, "flaml": 1.0, "lightgbm": 2.0}}


def test_ratios_to_one_system_need_the_tables_that_it_has():
    means = {"a": {"tuner": 1.0, "lightgbm": 2.0}, "b": {"tuner": 1.0}}
    assert of_system(to_system(means, "lightgbm"), "tuner") == {"a": 0.5}


def test_systems_that_are_told_no_time_stand_beside_those_with_any():
    outcomes = [outcome("lightgbm", "a", 1.0, seconds=0.0), outcome("flaml", "a", 1.0, seconds=10.0)]
    assert [one.system for one in at_time(outcomes, 10.0)] == ["lightgbm", "flaml"]
    assert [one.system for one in at_time(outcomes, 60.0)] == ["lightgbm"]


def test_more_time_is_judged_on_the_seeds_that_have_both():
    outcomes = [outcome("tuner", "a", 2.0, seconds=60.0, seed=seed) for seed in (0, 1)]
    outcomes += [outcome("tuner", "a", 1.0, seconds=240.0), outcome("tuner", "b", 1.0, seconds=240.0)]
    assert with_more_time(outcomes, "tuner", 60.0, 240.0) == {"a": 0.5}


def test_geometric_mean_and_worst_table():
    assert geometric_mean([0.5, 2.0, 1.0]) == pytest.approx(1.0)
    assert math.isnan(geometric_mean([]))
    assert worst({"a": 0.9, "b": 1.3}) == ("b", 1.3)
