"""Errors of systems set against each other, table by table."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.automl.outcome import Outcome
from benchmarks.automl.systems import SYSTEMS
from benchmarks.automl.table import Task

# Below this, 1 - AUC and log loss are all but perfect, and their ratio would be chance.
LEAST_ERROR = 1e-3

Errors = dict[str, dict[str, float]]
"""By table, then by system."""


def at_time(outcomes: Iterable[Outcome], seconds: float) -> list[Outcome]:
    """The outcomes with this time for the fit, and those of systems that are not told one."""
    return [one for one in outcomes if one.seconds in (0.0, seconds)]


def mean_errors(outcomes: Sequence[Outcome]) -> Errors:
    """Mean errors over the seeds that all systems of a table have; tables without such a seed are left out.

    Args:
        outcomes: All with one time.
    """
    found: dict[str, dict[str, dict[int, float]]] = {}
    for one in outcomes:
        if one.error is not None:
            least = 0.0 if one.task == Task.REGRESSION else LEAST_ERROR
            found.setdefault(one.table, {}).setdefault(one.system, {})[one.seed] = max(one.error, least)
    means: Errors = {}
    for table, by_system in found.items():
        seeds = set.intersection(*(set(by_seed) for by_seed in by_system.values()))
        if seeds:
            means[table] = {
                system: statistics.mean(by_seed[seed] for seed in seeds) for system, by_seed in by_system.items()
            }
    return means


def to_best_peer(means: Errors) -> Errors:
    """Errors as ratios to the best peer's on each table; tables that no peer has are left out."""
    ratios: Errors = {}
    for table, by_system in means.items():
        peers = [value for system, value in by_system.items() if not SYSTEMS[system].is_ours]
        if peers and min(peers) > 0:
            ratios[table] = {system: value / min(peers) for system, value in by_system.items()}
    return ratios


def to_system(means: Errors, other: str) -> Errors:
    """Errors as ratios to those of one system, on the tables that have it."""
    return {
        table: {system: value / by_system[other] for system, value in by_system.items()}
        for table, by_system in means.items()
        if by_system.get(other)
    }


def of_system(ratios: Errors, system: str) -> dict[str, float]:
    """One system's ratios by table."""
    return {table: by_system[system] for table, by_system in ratios.items() if system in by_system}


def with_more_time(outcomes: Sequence[Outcome], system: str, less: float, more: float) -> dict[str, float]:
    """One system's errors with more time as ratios to those with less, by table, on the seeds that have both."""
    own = [one for one in outcomes if one.system == system]
    short, long = (
        {(one.table, one.seed): one.error for one in own if one.seconds == seconds and one.error is not None}
        for seconds in (less, more)
    )
    least = {one.table: 0.0 if one.task == Task.REGRESSION else LEAST_ERROR for one in own}
    ratios = {}
    for table in dict.fromkeys(table for table, _ in short):
        both = [key for key in short if key[0] == table and key in long]
        if both:
            sums = [sum(max(errors[key], least[table]) for key in both) for errors in (long, short)]
            ratios[table] = sums[0] / sums[1]
    return ratios


def geometric_mean(values: Iterable[float]) -> float:
    """Their geometric mean; not a number if there are none."""
    logarithms = [math.log(value) for value in values]
    return math.exp(statistics.fmean(logarithms)) if logarithms else math.nan


def worst(ratios: Mapping[str, float]) -> tuple[str, float]:
    """The table with the greatest ratio."""
    return max(ratios.items(), key=lambda pair: pair[1])
