"""Small steps among the best trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.samplers.evidence import Evidence
from tuner.samplers.neighbourhood import mutated, reflected

_NUM_ELITE = 16
_NUM_TRIES = 8


def local_row(evidence: Evidence, rng: np.random.Generator) -> NDArray[np.float64]:
    """A step from one of the three best trials, as long and in the direction as other good ones are apart, shape (d,).

    Differences between good trials know the scale of the landscape and the direction of its valleys, and become shorter
    as the trials close in; no model is needed. Categories change rarely.

    Args:
        evidence: Trials with one objective, at least one of them with a loss.
        rng: Randomness.

    Returns:
        A snapped row. Source: Storn and Price, Differential Evolution (1997).
    """
    encoding = evidence.encoding
    taught = evidence.taught
    order = np.lexsort((evidence.losses[taught, 0], evidence.violations[taught]))
    elite = evidence.rows[taught[order[:_NUM_ELITE]]]
    rows = np.empty((_NUM_TRIES, encoding.width))
    for index in range(_NUM_TRIES):
        base = elite[int(rng.integers(min(3, len(elite))))]
        first, second = elite[rng.integers(len(elite), size=2)]
        step = np.nan_to_num((first - second) * rng.uniform(0.3, 0.9))
        step[[column.is_unordered for column in encoding.columns]] = 0.0
        rows[index] = base + step * (rng.random(encoding.width) < 0.9)
    moved = encoding.fill(reflected(rows), rng)
    # The first step that keeps the constraints is taken, and where none does, the first of their neighbours that does.
    near = mutated(encoding, moved, np.full(_NUM_TRIES, 0.02), rng)
    snapped = encoding.snap(np.vstack([moved, near]))
    return np.asarray(snapped[int(encoding.allowed(snapped).argmax())])
