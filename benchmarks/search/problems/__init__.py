"""The problems, by group."""

from __future__ import annotations

from functools import cache

from benchmarks.search.problem import CurveProblem, Problem
from benchmarks.search.problems.conditional import conditional_problems
from benchmarks.search.problems.continuous import continuous_problems
from benchmarks.search.problems.curves import curve_problems
from benchmarks.search.problems.mixed import mixed_problems
from benchmarks.search.problems.noisy import noisy_problems
from benchmarks.search.problems.real import real_curve_problems, real_problems

__all__ = ["all_curve_problems", "all_problems"]


@cache
def all_problems() -> dict[str, Problem]:
    """Problems that are tuned by final values, by name."""
    problems = continuous_problems() + mixed_problems() + conditional_problems() + noisy_problems()
    problems += real_problems()
    return {problem.name: problem for problem in problems}


@cache
def all_curve_problems() -> dict[str, CurveProblem]:
    """Problems with learning curves, by name."""
    return {problem.name: problem for problem in curve_problems() + real_curve_problems()}
