"""How far a score on some rows may lie from the score on all rows of the kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tuner.training.metrics import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GROUPS = 20


def standard_error(metric: Metric, y_true: NDArray[np.generic], prediction: NDArray[np.floating]) -> float:
    """Standard error of a metric on its rows, by the jackknife.

    The rows are divided at random into 20 groups, or one for each row where there are fewer, and the metric is computed
    with each group left out. How much these scores differ tells how much the score depends on the rows that happened to
    be drawn. It costs twenty times the metric, whatever the number of rows, and is right within about a sixth of
    itself. It covers the choice of the rows to score on, not that of the rows to train on.

    Args:
        metric: The metric.
        y_true: Class indices or values, shape (n,).
        prediction: Probabilities, shape (n, classes), or values, shape (n,).

    Returns:
        The standard error, in the metric's unit. NaN for fewer than two rows, or when the metric is not defined without
        one of the groups. The same rows give the same number. Source: Shao and Wu (1989), the delete-d jackknife.
    """
    import numpy as np

    num_rows = len(y_true)
    num_groups = min(_GROUPS, num_rows)
    if num_groups < 2:
        return math.nan
    # Not by class or value: how many rows of each were drawn is a part of the uncertainty.
    group = np.random.Generator(np.random.Philox(0)).permutation(num_rows) % num_groups
    scores = [metric.score(y_true[group != out], prediction[group != out]) for out in range(num_groups)]
    if not np.isfinite(scores).all():
        return math.nan
    return math.sqrt((num_groups - 1) * float(np.var(scores)))
