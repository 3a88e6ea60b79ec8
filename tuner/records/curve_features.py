"""What learning curves show at a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.records.trial import Measurement

_Floats = NDArray[np.float64]
_Places = NDArray[np.intp]

# Values further out are taken as if they were there: squares of losses are to stay finite.
LARGEST = 1e150
# A curve is judged at its last step, rounded down to so many binary digits: by an eighth at most.
_DIGITS = 4


class CurveFeatures:
    """The finite reports of n trials as losses, one after another.

    Args:
        curves: Reports of each trial by step.
        sign: 1 if lower values are better, -1 if higher ones are.

    Attributes:
        judged_at: The step that each trial is judged at, which is its last one or a little before, so that trials that
            end at many different steps share few of them; -1 where there is no finite report, shape (n,).
        last: Value of each trial's last report, NaN where there is none, shape (n,).
        best: Each trial's best value, NaN where there is none, shape (n,).
    """

    def __init__(self, curves: Sequence[Sequence[Measurement]], sign: float) -> None:
        steps = np.array([report.step for curve in curves for report in curve], dtype=np.int64)
        values = np.array([report.value for curve in curves for report in curve], dtype=np.float64)
        owners = np.repeat(np.arange(len(curves)), [len(curve) for curve in curves])
        finite = np.isfinite(values)
        steps, owners = steps[finite], owners[finite]
        self._values = np.clip(sign * values[finite], -LARGEST, LARGEST)
        ends = np.cumsum(np.bincount(owners, minlength=len(curves)))
        self._starts = np.concatenate([[0], ends[:-1]])
        self._best_until = self._values.copy()
        lengths = ends - self._starts
        for length in np.unique(lengths[lengths > 0]):
            reports = self._starts[lengths == length][:, None] + np.arange(length)
            self._best_until[reports] = np.minimum.accumulate(self._values[reports], axis=1)
        shown = lengths > 0
        self.judged_at = np.full(len(curves), -1, dtype=np.int64)
        self.last, self.best = np.full((2, len(curves)), np.nan)
        self.judged_at[shown] = np.maximum(_rounded(steps[ends[shown] - 1]), steps[self._starts[shown]])
        self.last[shown] = self._values[ends[shown] - 1]
        self.best[shown] = self._best_until[ends[shown] - 1]
        # One rising number per report, by trial and step, so that one search finds the reports of all trials.
        self._steps = np.unique(steps)
        self._stride = len(self._steps) + 1
        self._keys = owners * self._stride + np.searchsorted(self._steps, steps)

    def at(self, places: _Places, step: int) -> _Floats:
        """Value and progress at ``step``, the latter since half as many steps.

        Returns:
            Shape (2, k, 2): first those of the best value until there, then those of the report itself; NaN where
            nothing was reported by then.
        """
        there = self._report(places, step)
        before = np.maximum(self._report(places, step // 2), self._starts[places])
        shown = there >= self._starts[places]
        there, before = there[shown], before[shown]
        features = np.full((2, len(places), 2), np.nan)
        for found, values in zip(features, (self._best_until, self._values), strict=True):
            found[shown, 0] = values[there]
            found[shown, 1] = values[before] - values[there]
        return features

    def _report(self, places: _Places, step: int) -> _Places:
        """Where the last report at or before ``step`` is; before the trial's own reports if it has none."""
        rank = np.searchsorted(self._steps, step, side="right")
        return np.searchsorted(self._keys, places * self._stride + rank) - 1


def _rounded(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Steps rounded down to a few binary digits: 0 to 16, 18, 20, ..., 32, 36, ..."""
    _, exponents = np.frexp(np.maximum(steps, 1).astype(np.float64))
    shifts = np.maximum(exponents - _DIGITS, 0)
    rounded: NDArray[np.int64] = (steps >> shifts) << shifts
    return rounded
