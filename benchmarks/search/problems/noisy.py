"""Problems whose observations scatter: what was seen best need not be best.

The scatter is a tenth to a third of the distance between the best and the median point.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.search.problem import Group, Problem, Split
from benchmarks.search.problems.conditional import conditional_problems
from benchmarks.search.problems.continuous import continuous_problems
from benchmarks.search.problems.mixed import mixed_problems

# Name of the calm problem, standard deviation, split. A held-out problem is the noisy form of a held-out one.
_SCATTER = (
    ("hartmann6", 0.35, Split.DEVELOPMENT),
    ("log_valley6", 0.15, Split.DEVELOPMENT),
    ("mixed_network", 0.02, Split.DEVELOPMENT),
    ("conditional_branches", 0.05, Split.DEVELOPMENT),
    ("styblinski5", 20.0, Split.HELD_OUT),
    ("mixed_system", 0.4, Split.HELD_OUT),
    ("conditional_pipeline", 0.015, Split.HELD_OUT),
)


def noisy_problems() -> list[Problem]:
    """All of them."""
    calm = {problem.name: problem for problem in continuous_problems() + mixed_problems() + conditional_problems()}
    return [
        replace(calm[name], name=f"noisy_{name}", group=Group.NOISY, split=split, noise=noise)
        for name, noise, split in _SCATTER
    ]
