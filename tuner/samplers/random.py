"""Random search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion

if TYPE_CHECKING:
    import numpy as np


class RandomSampler(Sampler):
    """Draws every point independently and uniformly, on a logarithmic scale where the parameter asks for it.

    Choose it as the baseline that any other sampler has to beat, for a first impression of an unknown space, or when
    hundreds of trials run at once.

    Source: Bergstra and Bengio, Random Search for Hyper-Parameter Optimization (2012).
    """

    learns = False

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        return [Suggestion(view.space.draw(rng)) for _ in range(count)]
