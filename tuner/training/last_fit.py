"""The model of a forecast: after its score is known from earlier times, it is fitted up to the end of the series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tuner.models import Estimator, Report, Verdict
from tuner.models.series.estimator import SeriesEstimator
from tuner.training.clock import Clock
from tuner.training.fold import Fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.splits import Split
    from tuner.data.table import Table

# A fit that was cut off before this part of its steps is not better for the newest rows that it saw.
_NEARLY_DONE = 0.8


def fit_to_the_end(
    estimator: Estimator,
    table: Table,
    splits: Sequence[Split],
    fitted: Sequence[Fold],
    clock: Clock,
    should_stop: Callable[[], bool],
    *,
    has_time: bool,
) -> SeriesEstimator:
    """Fit an estimator on all rows, for as many steps as were best on the folds.

    Where there is no time for that, it is the model of the latest fold that moves on to the end of the series: it has
    learned from fewer rows, but sees all of them when it predicts.

    Args:
        estimator: Not fitted, with the parameters of the folds.
        table: All rows.
        splits: The first one is that of the latest block.
        fitted: The folds, the latest first.
        clock: When it is over, there is no more time.
        should_stop: Whether the caller wants an end.
        has_time: Whether there is time to begin.
    """
    latest = fitted[0].estimator
    assert isinstance(estimator, SeriesEstimator), "families for forecasts have such estimators"
    assert isinstance(latest, SeriesEstimator)
    steps = sorted(fold.best_step for fold in fitted)[len(fitted) // 2]
    if has_time and not any(fold.was_stopped for fold in fitted):
        report = _UpTo(steps, lambda: clock.is_over or should_stop())
        # Families that show what they predict need rows to show; nobody looks at it.
        estimator.fit(table, table.take(splits[0].validation), report)
        if report.last_step >= _NEARLY_DONE * steps:
            return estimator
    latest.move_on(table)
    return latest


class _UpTo(Report):
    """Lets a fit go on up to a step."""

    def __init__(self, steps: int, should_stop: Callable[[], bool]) -> None:
        self._steps = steps
        self._should_stop = should_stop
        self.last_step = 0

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        self.last_step = step
        return Verdict(step, stop=step >= self._steps or self._should_stop())

    def should_stop(self) -> bool:
        return self._should_stop()
