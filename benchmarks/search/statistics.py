"""Means over problems and seeds, their uncertainty, and ranks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

_RESAMPLES = 2_000
Pair = tuple[str, int]


def bootstrap_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean of ``values`` by resampling them; the same values give the same interval."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(np.asarray(values), (_RESAMPLES, len(values)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def mean_ranks(figures: Mapping[str, Mapping[Pair, float]]) -> tuple[dict[str, float], int]:
    """Mean rank of each system over the pairs that all of them have, 1 for the lowest figure; equal ones share.

    Args:
        figures: Figure by system and pair of problem and seed.

    Returns:
        Mean rank by system, and the number of pairs.
    """
    systems = list(figures)
    common = sorted(set.intersection(*(set(figures[system]) for system in systems))) if systems else []
    if not common:
        return {}, 0
    # Differences below a millionth of the way from random to best are nobody's merit.
    table = np.array([[round(figures[system][pair], 6) for system in systems] for pair in common])
    lower = (table[:, None, :] < table[:, :, None]).sum(axis=2)
    equal = (table[:, None, :] == table[:, :, None]).sum(axis=2)
    ranks = (lower + (equal + 1) / 2).mean(axis=0)
    return dict(zip(systems, map(float, ranks), strict=True)), len(common)


def sign_test(wins: int, losses: int) -> float:
    """Probability, if neither were better, of a split at least as uneven; two-sided, ties left out."""
    total = wins + losses
    if total == 0:
        return 1.0
    fewer = min(wins, losses)
    tail: float = sum(math.comb(total, count) for count in range(fewer + 1)) / 2**total
    return min(1.0, 2 * tail)
