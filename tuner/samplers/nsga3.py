"""Evolution towards the Pareto front, spread over evenly spaced directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.samplers.evolution import EvolutionSampler
from tuner.samplers.survival import Survivors, by_reference_points


class NSGA3Sampler(EvolutionSampler):
    """Evolves a population towards the Pareto front and keeps some of it in each of many evenly spaced directions.

    Choose it over ``nsga2`` for three and more objectives, where nearly every trial is on the front and room between
    neighbours says little. ``EvolutionSampler`` says how it works.

    Args:
        population_size: How many trials have children; also how many must have a result before the first child.

    Raises:
        InvalidInput: ``population_size`` is below 4.

    Source: Deb and Jain, NSGA-III (2014).
    """

    name = "nsga3"

    def select(self, losses: NDArray[np.float64], violations: NDArray[np.float64], count: int) -> Survivors:
        return by_reference_points(losses, violations, count)
