"""What a sampler promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from tuner.records import StudyView
from tuner.space import Params

if TYPE_CHECKING:
    import numpy as np


class Sampler(ABC):
    """Proposes parameter values.

    A sampler is a pure decision: it opens no file, socket or database connection and keeps no clock. ``view`` and
    ``rng`` determine the answer exactly, whatever the object was asked before, so that a study can be continued by
    another process and a seeded study repeats itself. What the object remembers is a cache, or is in ``state``.

    The engine keeps one object per study and process. It calls ``suggest`` from a worker thread, outside of all locks,
    with views of rising ``seq``; two calls may overlap.

    Subclass it and check the result with ``tuner.testing.sampler.SamplerContract``:

        class Halton(Sampler):
            def suggest(self, view, count, rng):
                ...

    Attributes:
        learns: Whether the trials of the view matter. A sampler that needs none of them may set it to False: it is then
            shown none, is asked for one point at a time, and its points never grow old.
    """

    learns: ClassVar[bool] = True

    @abstractmethod
    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Params]:
        """Propose the next points.

        Args:
            view: Facts of the study. Its waiting and running trials are points whose results are still to come.
            count: Number of points, at least 1.
            rng: The only source of randomness.

        Returns:
            ``count`` valid points: active parameters only, in range, on the grid, parents before children. Each is
            chosen as if those before it were running.
        """

    def state(self) -> bytes:
        """What the next suggestions need and the view does not tell; empty for most samplers."""
        return b""

    def restore(self, state: bytes) -> None:  # noqa: B027  (optional: most samplers keep nothing)
        """Continue from what ``state`` returned, possibly in another process."""
