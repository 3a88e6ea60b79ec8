"""What a sampler promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tuner.records import StudyView
from tuner.space import Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Suggestion:
    """A point to try.

    Args:
        params: Values of the active parameters, parents before children.
        source: Which method found it, for a sampler that has several; shown as the trial's ``sampled_by``. None: the
            sampler's own name says it all.
    """

    params: Params
    source: str | None = None


class Sampler(ABC):
    """Proposes parameter values.

    A sampler is a pure decision: it opens no file, socket or database connection and keeps no clock. ``view`` and
    ``rng`` determine the answer exactly, whatever the object was asked before, so that a study can be continued by
    another process and a seeded study repeats itself. What the object remembers is a cache: populations, step sizes
    and credits are derived from the trials, and so survive a restart and agree between replicas.

    The engine keeps one object per study and process. It calls ``suggest`` from a worker thread, outside of all locks,
    with views of rising ``seq``; two calls may overlap.

    Subclass it and check the result with ``tuner.testing.sampler.SamplerContract``:

        class Halton(Sampler):
            def suggest(self, view, count, rng):
                ...

    Attributes:
        learns: Whether the trials of the view matter. A sampler that needs none of them may set it to False: it is then
            shown none, is asked for one point at a time, that of ``view.first_number``, and its points never grow old.
    """

    learns: ClassVar[bool] = True

    def check(self, space: SearchSpace, num_objectives: int) -> None:  # noqa: B027  (optional: most search any space)
        """Refuse a study that cannot be searched this way; called when the study is created.

        Raises:
            InvalidInput: The space or the number of objectives is not for this sampler; the hint names those that can.
        """

    @abstractmethod
    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        """Propose the next points.

        Args:
            view: Facts of the study. Its waiting and running trials are points whose results are still to come.
            count: Number of points, at least 1.
            rng: The only source of randomness.

        Returns:
            ``count`` valid points: active parameters only, in range, on the grid, constraints kept, parents before
            children. Each is chosen as if those before it were running. Fewer only when a finite space is used up.
        """

    def recommend(self, view: StudyView) -> int | None:
        """Number of the completed trial that is best once noise has been taken out of the results.

        Called where at least one completed trial keeps the outcome constraints; name such a one. None, the default:
        the sampler has no opinion, and the best observed trial is the one.
        """
        return None

    def describe(self, view: StudyView) -> str:
        """What the sampler does at this point of the study, in a few words for people; by default only who it is."""
        return type(self).__name__.removesuffix("Sampler").lower()
