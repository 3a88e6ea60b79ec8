"""Where learning curves lead: the final loss of every trial that has something to say, from its reports so far.

A sampler that compares the value of one trial after 3 epochs with that of another after 30 learns that short trainings
are bad, whatever their parameters. So it is told what a trial would have come to, and how sure that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.records.states import TrialState
from tuner.records.trial import Measurement
from tuner.records.view import StudyView

_Floats = NDArray[np.float64]
_Places = NDArray[np.intp]

# Trials that lines are drawn through, of those completed and of those not: more do not make a line better.
_MAX_REFERENCES = 300
# Trials that stopped at different steps are predicted together where there are more steps than this.
_MAX_STEPS = 32
# What is believed before there are references, in units of spreads: how the final loss goes with the value at a step
# and with the progress up to it, and how many references that belief is worth.
_PRIOR_SLOPES, _PRIOR_REFERENCES = np.array([0.6, -0.5]), 2.0
_PRIOR_ERROR = math.sqrt(1.0 - 0.6**2 - 0.5**2)
# Residuals beyond this many standard deviations are pulled in (Huber).
_HUBER, _ROBUST_ROUNDS = 1.5, 3
# Predictions err by twice what the residuals say: the references are those that were good enough to go further.
_CAUTION = 2.0
# What is further out than this many spreads is taken as if it were there.
_FAR_OUT = 4.0
_LARGEST = 1e150


@dataclass(frozen=True)
class FinalLoss:
    """What a trial comes to at its end.

    Args:
        loss: Final value, as a loss (lower is better) in the objective's unit.
        deviation: Standard deviation of that prediction, in the same unit; 0 for a completed trial.
    """

    loss: float
    deviation: float


def final_losses(view: StudyView) -> dict[int, FinalLoss]:
    """The final loss of every trial that completed or has reported, by number.

    A completed trial comes to what was told for it. A pruned or running one is predicted from those that went further:

    - Two things count at its last step: its value, and its progress, which is how much it gained since half as many
      steps. Of two trials with equal progress, the one with the better value is never predicted to end worse; of two
      with equal values, never the one that still gains more.
    - How much they count is a robust linear regression over the trials that went further, with a prior, so that it is
      sensible from the first such trial on.
    - The trials are taken from the furthest back to the shortest, and each step builds on the next: a trial whose own
      end is a prediction is a reference too, though a weaker one.
    - The value at a step is the best so far if the completed trials were told their best report, else the last report.
    - Nobody is predicted to be better than the best of those that went further, but for what it has shown itself.
    - The end is where each completed trial ended; numbers of steps need not be equal.

    With several objectives, trials that have not completed are left out: reports carry the first objective only.

    Args:
        view: Facts of the study.

    Returns:
        Predictions by trial number. Trials without a finite value do not appear.
    """
    sign, name = view.directions[0].sign, view.objective_names[0]
    finals: dict[int, FinalLoss] = {}
    completed: list[int] = []
    unfinished: list[int] = []
    for trial in view.trials:
        if trial.state is TrialState.COMPLETED:
            loss = sign * (trial.values or {}).get(name, math.nan)
            if math.isfinite(loss):
                finals[trial.number] = FinalLoss(loss, 0.0)
                if trial.number in view.curves:
                    completed.append(trial.number)
        elif trial.state in (TrialState.PRUNED, TrialState.RUNNING) and trial.number in view.curves:
            unfinished.append(trial.number)
    if not unfinished or len(view.directions) > 1:
        return finals
    told = np.array([finals[number].loss for number in completed])
    curves = _Curves([view.curves[number] for number in completed + unfinished], sign)
    losses, deviations = _predicted(curves, told)
    for place, number in enumerate(unfinished, start=len(completed)):
        if math.isfinite(losses[place]):
            finals[number] = FinalLoss(float(losses[place]), float(deviations[place]))
    return finals


def _predicted(curves: _Curves, told: _Floats) -> tuple[_Floats, _Floats]:
    """Final losses and their deviations, shape (n,) each; the first ``len(told)`` of the curves are completed."""
    losses = np.full(len(curves.last), math.nan)
    losses[: len(told)] = np.clip(told, -_LARGEST, _LARGEST)
    deviations = np.zeros(len(losses))
    curves.take_best(_are_told_their_best(curves, told))
    references = np.concatenate([_spread_out(np.arange(len(told))), _spread_out(np.arange(len(told), len(losses)))])
    to_predict = np.flatnonzero(curves.last >= 0)
    to_predict = to_predict[to_predict >= len(told)]
    for places, step in _groups(to_predict, curves.last):
        known = references[np.isfinite(losses[references]) & (curves.last[references] >= step)]
        features, x = curves.features(places, step), curves.features(known, step)
        known, x = known[np.isfinite(x[:, 0])], x[np.isfinite(x[:, 0])]
        if len(known):
            found, unsure = _regressed(x, losses[known], deviations[known], features)
            found = np.maximum(found, np.min(losses[known]))
        else:
            # Nobody went further: each is as good as it looks, and may gain as much as they differ.
            found = features[:, 0]
            unsure = np.full(len(places), max(_spread(found), 0.1 * float(np.median(np.abs(found)))))
        if curves.takes_best:
            found = np.minimum(found, curves.best[curves.ends[places] - 1])
        losses[places], deviations[places] = found, unsure
    return losses, deviations


class _Curves:
    """The finite reports of n trials as losses, one after another.

    Attributes:
        last: Step of each trial's last report, -1 where there is none, shape (n,).
        ends: Where each trial's reports end in ``values``, shape (n,).
        values: Reports, shape (m,).
        best: The best report of the same trial until there, shape (m,).
        takes_best: Whether ``features`` are of ``best``, not of ``values``.
    """

    def __init__(self, curves: Sequence[Sequence[Measurement]], sign: float) -> None:
        steps = np.array([report.step for curve in curves for report in curve], dtype=np.int64)
        values = np.array([report.value for curve in curves for report in curve], dtype=np.float64)
        owners = np.repeat(np.arange(len(curves)), [len(curve) for curve in curves])
        finite = np.isfinite(values)
        steps, owners = steps[finite], owners[finite]
        self.values = np.clip(sign * values[finite], -_LARGEST, _LARGEST)
        self.ends = np.cumsum(np.bincount(owners, minlength=len(curves)))
        self._starts = np.concatenate([[0], self.ends[:-1]])
        self.best = self.values.copy()
        lengths = self.ends - self._starts
        for length in np.unique(lengths[lengths > 0]):
            reports = self._starts[lengths == length][:, None] + np.arange(length)
            self.best[reports] = np.minimum.accumulate(self.values[reports], axis=1)
        self.last = np.full(len(curves), -1, dtype=np.int64)
        self.last[lengths > 0] = steps[self.ends[lengths > 0] - 1]
        # One rising number per report, by trial and step, so that one search finds the reports of all trials.
        self._steps = np.unique(steps)
        self._stride = len(self._steps) + 1
        self._keys = owners * self._stride + np.searchsorted(self._steps, steps)
        self.takes_best = True

    def take_best(self, takes_best: bool) -> None:
        """Say which value counts at a step: the best one until there, or the report itself."""
        self.takes_best = takes_best

    def features(self, places: _Places, step: int) -> _Floats:
        """Value at ``step`` and progress since half as many, shape (k, 2); NaN where nothing was reported by then."""
        values = self.best if self.takes_best else self.values
        there = self._report(places, step)
        before = np.maximum(self._report(places, step // 2), self._starts[places])
        shown = there >= self._starts[places]
        features = np.full((len(places), 2), math.nan)
        features[shown, 0] = values[there[shown]]
        features[shown, 1] = values[before[shown]] - values[there[shown]]
        return features

    def _report(self, places: _Places, step: int) -> _Places:
        """Where the last report at or before ``step`` is; before the trial's own reports if it has none."""
        rank = np.searchsorted(self._steps, step, side="right")
        return np.searchsorted(self._keys, places * self._stride + rank) - 1


def _regressed(x: _Floats, y: _Floats, y_deviation: _Floats, at: _Floats) -> tuple[_Floats, _Floats]:
    """A robust linear regression with a prior on its slopes, whose signs are fixed.

    Args:
        x: Features of the references, shape (n, 2), n >= 1: the first may raise the prediction, the second lower it.
        y: Their final losses, shape (n,).
        y_deviation: How unsure these are, shape (n,).
        at: Features of the trials to predict, shape (m, 2).

    Returns:
        Predictions and their standard deviations, shape (m,) each.
    """
    x_spread = np.maximum([_spread(column) for column in np.concatenate([x, at]).T], 1e-12 * (1 + np.max(np.abs(x))))
    is_known = len(y) >= 3
    scale = np.maximum([_spread(column) for column in x.T], 0.1 * x_spread) if is_known else x_spread
    y_scale = max(_spread(y) if is_known else 0.0, (0.05 if is_known else 0.5) * float(scale[0]))
    middle = np.median(x, axis=0)
    x, at = (np.clip(each - middle, -_FAR_OUT * x_spread, _FAR_OUT * x_spread) / scale for each in (x, at))
    level = float(np.median(y))
    y, y_deviation = (y - level) / y_scale, y_deviation / y_scale
    trust = 1.0 / (1.0 + np.minimum(y_deviation / _PRIOR_ERROR, 10.0) ** 2)
    weights = trust
    for _ in range(_ROBUST_ROUNDS):
        count = np.sum(weights)
        x_mean, y_mean = weights @ x / count, weights @ y / count
        centered = x - x_mean
        moments = (centered * weights[:, None]).T @ centered + _PRIOR_REFERENCES * np.eye(2)
        slopes = _signed(moments, (centered * weights[:, None]).T @ (y - y_mean) + _PRIOR_REFERENCES * _PRIOR_SLOPES)
        residuals = y - y_mean - centered @ slopes
        squares = weights @ residuals**2 + _PRIOR_REFERENCES * _PRIOR_ERROR**2
        error = math.sqrt(squares / (count + _PRIOR_REFERENCES))
        weights = trust * _HUBER * error / np.maximum(np.abs(residuals), _HUBER * error)
    away = at - x_mean
    leverage = np.sum(away @ np.linalg.inv(moments) * away, axis=1)
    unsure = _CAUTION * y_scale * error * np.sqrt(1.0 + 1.0 / count + leverage)
    return level + y_scale * (y_mean + away @ slopes), unsure


def _signed(moments: _Floats, products: _Floats) -> _Floats:
    """Least squares with two slopes, the first not below 0, the second not above."""
    slopes = np.asarray(np.linalg.solve(moments, products), dtype=np.float64)
    if slopes[0] >= 0 >= slopes[1]:
        return slopes
    alone = products / np.diag(moments)
    return np.array([max(alone[0], 0.0), 0.0]) if slopes[1] > 0 else np.array([0.0, min(alone[1], 0.0)])


def _are_told_their_best(curves: _Curves, told: _Floats) -> bool:
    """Whether completed trials were told their best report rather than their last one."""
    with_reports = np.flatnonzero(curves.last[: len(told)] >= 0)
    ends = curves.ends[with_reports] - 1
    losses = np.clip(told[with_reports], -_LARGEST, _LARGEST)
    from_best, from_last = (np.sum(np.abs(each[ends] - losses)) for each in (curves.best, curves.values))
    return bool(from_best <= from_last)


def _groups(places: _Places, last: NDArray[np.int64]) -> list[tuple[_Places, int]]:
    """Trials by the step they are judged at, the furthest first: at most ``_MAX_STEPS`` groups."""
    steps = np.unique(last[places])
    if len(steps) > _MAX_STEPS:
        steps = np.unique(steps[np.linspace(0, len(steps) - 1, _MAX_STEPS).astype(np.intp)])
    group = np.searchsorted(steps, last[places], side="right") - 1
    return [(places[group == index], int(steps[index])) for index in range(len(steps) - 1, -1, -1)]


def _spread(values: _Floats) -> float:
    """A robust standard deviation: from the quartiles, or from all values where these are equal."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349 or float(np.std(values))


def _spread_out(places: _Places) -> _Places:
    """At most ``_MAX_REFERENCES`` of the places, evenly spread."""
    if len(places) <= _MAX_REFERENCES:
        return places
    return places[np.linspace(0, len(places) - 1, _MAX_REFERENCES).astype(np.intp)]
