"""The steps of one fit: scored, remembered, and a reason to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.data.profile import Task
from tuner.errors import TrainingFailed
from tuner.models import ModelFamily, Report, Verdict
from tuner.training.checkpoints import Checkpoints, Progress
from tuner.training.clock import Clock
from tuner.training.metrics import Metric, metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.table import Table

# What comes after the last step takes about this part of the time until the first one, where that is a compiler's: a
# network is compiled for other batches, to be explained and to have its speed measured.
_SHARE_TO_CLOSE = 0.3


class Curve(Report):
    """Scores each step's predictions, remembers the best, and says whether to go on.

    Args:
        judge: What is reported of steps.
        validation: The rows that are predicted.
        family: What is fitted.
        clock: When it is over, the fit is too.
        report: Takes a step and its score, and says whether to stop; for families that learn in steps.
        should_stop: Whether the caller wants an end, without anything to report.
        checkpoints: Where the fit's progress is kept, and an earlier attempt's may be found.
        fold: Position of the fold that is fitted.
        max_step: The fit is done at this step, if not before.
    """

    def __init__(
        self,
        judge: Metric,
        validation: Table,
        family: ModelFamily,
        clock: Clock,
        report: Callable[[int, float], bool],
        should_stop: Callable[[], bool],
        checkpoints: Checkpoints,
        fold: int,
        max_step: float = math.inf,
    ) -> None:
        self._metric = judge
        self._step_metric = step_metric(judge, validation.task)
        self._validation = validation
        self._family = family
        self._clock = clock
        self._report = report
        self._asked_to_stop = should_stop
        self._checkpoints = checkpoints
        self._fold = fold
        self._max_step = max_step
        self._started_at = time.perf_counter()
        self._first_step_seconds: float | None = None
        self._earlier_seconds = 0.0
        self._reported: dict[int, float] = {}
        self.last_step = 0
        """The step that was reported last."""
        self._best = Verdict(best_step=0)
        self._best_loss = math.inf
        self._kept: dict[int, NDArray[np.float64]] = {}
        self.was_stopped = False
        """Whether the fit was ended before it was done."""

    def __call__(self, step: int, prediction: NDArray[np.float64]) -> Verdict:
        if self._first_step_seconds is None:
            self._first_step_seconds = time.perf_counter() - self._started_at
        loss = self._step_metric.direction.sign * self.check(step, prediction)
        is_best = loss < self._best_loss
        if is_best:
            self._best, self._best_loss = Verdict(best_step=step), loss
        self._keep(step, prediction, is_best)
        self.last_step = step
        # A family that learns in one go is done by now: there is no curve to show and nothing to stop.
        if self._family.step != "fit":
            value = self._metric.score(self._validation.target, prediction)
            # An area under a curve is not defined where all rows are of one class.
            is_told_to = math.isfinite(value) and self._tell(step, value)
            self.was_stopped = is_told_to or self.should_stop()
        return Verdict(self._best.best_step, stop=self.was_stopped or step >= self._max_step)

    def should_stop(self) -> bool:
        self.was_stopped = self.was_stopped or self._is_time_over() or self._asked_to_stop()
        return self.was_stopped

    def _is_time_over(self) -> bool:
        start = self._first_step_seconds
        if start is None:
            start = time.perf_counter() - self._started_at
        return self._clock.left <= _SHARE_TO_CLOSE * start

    @property
    def seconds(self) -> float:
        """Time that the fit has taken so far, in all attempts."""
        return self._earlier_seconds + time.perf_counter() - self._started_at

    def resume(self) -> Path | None:
        found = self._checkpoints.progress(self._fold)
        if found is None:
            return None
        self._best, self._best_loss = Verdict(found.best_step), found.best_loss
        self.last_step = found.last_step
        self._kept = dict(found.kept)
        self._earlier_seconds = found.seconds
        # Each attempt has a curve of its own, by which the pruner judges it: the steps it builds on belong to it.
        self.was_stopped = any(self._tell(step, value) for step, value in found.reported)
        return self._checkpoints.estimator_folder

    def checkpoint(self, step: int, write: Callable[[Path], None]) -> bool:
        def progress() -> Progress:
            return Progress(
                self._fold,
                self.last_step,
                self._best.best_step,
                self._best_loss,
                self.seconds,
                tuple(self._reported.items()),
                self._kept,
            )

        return self._checkpoints.offer(progress, write)

    def prediction(self, step: int) -> NDArray[np.float64] | None:
        """What was predicted at a step, if it is the best one or the last: there is no need to predict again."""
        return self._kept.get(step)

    def _tell(self, step: int, value: float) -> bool:
        self._reported[step] = value
        return self._report(step, value)

    def _keep(self, step: int, prediction: NDArray[np.float64], is_best: bool) -> None:
        """Keep the predictions of the best step and of this one; an estimator may write over what it has shown."""
        best = {} if is_best else {s: kept for s, kept in self._kept.items() if s == self._best.best_step}
        self._kept = best | {step: prediction.copy()}

    def check(self, step: int, prediction: NDArray[np.float64]) -> float:
        """What the step to keep is chosen by, for these predictions.

        Raises:
            TrainingFailed: It is not a finite number.
        """
        score = self._step_metric.score(self._validation.target, prediction)
        if not math.isfinite(score):
            raise not_finite(self._step_metric, score, self._family.name, f"step {step} ({self._family.step})")
        return score


def not_finite(judge: Metric, score: float, family: str, where: str) -> TrainingFailed:
    """The error for a candidate that cannot be ranked."""
    return TrainingFailed("nan", f"The {judge.name} of {family} is {score} at {where}.")


def step_metric(chosen: Metric, task: Task) -> Metric:
    """What the step to keep is chosen by.

    For probabilities that is the log loss, whatever the candidates are judged by: an area under a curve or a share of
    right answers jumps on few rows, and is often at its best after a few steps by chance. (On nine tables of up to
    4,000 rows models kept by log loss had 1.5 to 4 % less error, one minus the area, than those kept by the area.)
    """
    return metric("log_loss", task) if task.is_classification else chosen
