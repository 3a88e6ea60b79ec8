"""Evolution towards the Pareto front, spread by crowding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.samplers.evolution import EvolutionSampler
from tuner.samplers.survival import Survivors, by_crowding


class NSGA2Sampler(EvolutionSampler):
    """Evolves a population towards the Pareto front and keeps it spread out by the room between neighbours.

    Choose it for two objectives and several hundred trials or more, when they cost little; it makes no model, so it is
    fast, knows conditions and categories, and takes any number of parallel trials. With few trials, ``tpe`` and ``gp``
    get further. It also searches with one objective, as a plain genetic algorithm. ``EvolutionSampler`` says how.

    Args:
        population_size: How many trials have children; also how many must have a result before the first child.

    Raises:
        InvalidInput: ``population_size`` is below 4.

    Source: Deb, Pratap, Agarwal and Meyarivan, NSGA-II (2002); a steady-state variant as studied by Nebro and Durillo
    (2009).
    """

    name = "nsga2"

    def select(self, losses: NDArray[np.float64], violations: NDArray[np.float64], count: int) -> Survivors:
        return by_crowding(losses, violations, count)
