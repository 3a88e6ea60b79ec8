"""Finished trials in the order in which they ended: the order in which evolution was told of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.samplers.evidence import Evidence, Lesson


def finish_order(evidence: Evidence) -> NDArray[np.intp]:
    """Places of the trials that teach something, the first to end first, shape (n,).

    A trial whose point is to blame for its failure is among them: it is the worst there is. Trials that were lost or
    cancelled are not. Results never change, so a later view of the study begins with the same trials.
    """
    found = evidence.places(Lesson.RESULT, Lesson.CURVE, Lesson.BAD)
    return found[np.lexsort((found, evidence.seqs[found]))]
