"""Where learning curves lead: the final loss of every trial that has something to say, from its reports so far.

A sampler that compares the value of one trial after 3 epochs with that of another after 30 learns that short trainings
are bad, whatever their parameters. So it is told what a trial would have come to, and how sure that is.
"""

from __future__ import annotations

import itertools
import math
import operator
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.records.curve_features import LARGEST, CurveFeatures
from tuner.records.robust_line import RobustLine, spread
from tuner.records.states import TrialState
from tuner.records.trial import Measurement, Trial
from tuner.records.view import StudyView

_Floats = NDArray[np.float64]
_Places = NDArray[np.intp]

# Trials that lines are drawn through, of those completed and of those not: more do not make a line better.
_MAX_REFERENCES = 300
# Of so many finished trials and fewer, each new report and each new end counts at once.
_FEW = 64
# So many trials are compared at once with those of the view before.
_BLOCK = 256
# Predictions err by twice what the residuals say: the references are those that were good enough to go further.
_CAUTION = 2.0


@dataclass(frozen=True)
class FinalLoss:
    """What a trial comes to at its end.

    Args:
        loss: Final value, as a loss (lower is better) in the objective's unit.
        deviation: Standard deviation of that prediction, in the same unit; 0 for a completed trial.
    """

    loss: float
    deviation: float


@dataclass(frozen=True)
class FinalLosses:
    """What the trials of a view come to, in the order of its trials; read-only.

    Args:
        losses: Final losses, NaN where there is nothing to say, shape (n,).
        deviations: Standard deviations of the predictions, 0 for completed trials, shape (n,).
    """

    losses: _Floats
    deviations: _Floats


def final_losses(view: StudyView) -> dict[int, FinalLoss]:
    """The final loss of every trial that completed or has reported, by number.

    A completed trial comes to what was told for it. A pruned or running one is predicted from those that went further:

    - Two things count at its last step (or up to an eighth before): its value, and its progress, which is how much it
      gained since half as many steps. Of two trials with equal progress, the one with the better value is never
      predicted to end worse; of two with equal values, never the one that still gains more.
    - How much they count is a robust linear regression over the trials that went further, with a prior, so that it is
      sensible from the first such trial on.
    - The trials are taken from the furthest back to the shortest, and each step builds on the next: a trial whose own
      end is a prediction is a reference too, though a weaker one.
    - The value at a step is the best so far if the completed trials were told their best report, else the last report.
    - Nobody is predicted to be better than the best of those that went further, but for what it has shown itself.
    - The end is where each completed trial ended; numbers of steps need not be equal.
    - While at most 64 trials have finished, everybody is a reference. Later those are who finished first, up to a
      number that grows by a 64th to a 32nd at a time; a prediction is the same until then.

    With several objectives, trials that have not completed are left out: reports carry the first objective only.

    Args:
        view: Facts of the study.

    Returns:
        Predictions by trial number. Trials without a finite value do not appear.

    Source: predicting final values to judge trials early is Domhan, Springenberg and Hutter (2015); a regression on
    values and differences of the curve instead of parametric families is Baker et al., Accelerating Neural Architecture
    Search using Performance Prediction (2017).
    """
    found = CurveReader().read(view)
    pairs = zip(view.trials, found.losses.tolist(), found.deviations.tolist(), strict=True)
    return {trial.number: FinalLoss(loss, deviation) for trial, loss, deviation in pairs if math.isfinite(loss)}


class CurveReader:
    """Finds the same as ``final_losses``, and what has not changed since the last view of the study not again."""

    def __init__(self) -> None:
        self._kept = _Facts("", 1, "")
        self._lock = threading.Lock()

    def read(self, view: StudyView) -> FinalLosses:
        """What the trials of the view come to. The same view gives the same, whatever was read before."""
        direction, name = view.directions[0], view.objective_names[0]
        with self._lock:
            if (self._kept.study_id, self._kept.sign, self._kept.objective) != (view.study_id, direction.sign, name):
                self._kept = _Facts(view.study_id, direction.sign, name)
            kept, self._kept = self._kept, _Facts("", 1, "")
            kept.catch_up(view)
            # Only now: what was interrupted half-way is not gone on with.
            self._kept = kept
            return FinalLosses(_frozen(kept.losses), _frozen(kept.deviations))


class _Facts:
    """What is known of the trials of the last view, by place.

    Attributes:
        trials, curves: What was read.
        told: Final losses of completed trials, else NaN, shape (n,).
        is_unfinished: Pruned or running, with reports, shape (n,).
        judged_at: Step at which the curve is judged, -1 without one, shape (n,).
        shown: Value and progress there, by best value and by last, shape (2, n, 2).
        best: Best report, shape (n,).
        seqs: Order of the ends, shape (n,).
        is_finished: Completed or pruned, with reports, shape (n,).
        lines: What is learned from the references.
        references: Their places.
    """

    def __init__(self, study_id: str, sign: float, objective: str) -> None:
        self.study_id, self.sign, self.objective = study_id, sign, objective
        self.trials: Sequence[Trial] = ()
        self.curves: list[Sequence[Measurement] | None] = []
        self.numbers: list[int] = []
        self.told, self.best, self.losses, self.deviations = np.empty((4, 0))
        self.shown = np.empty((2, 0, 2))
        self.judged_at, self.seqs = np.empty((2, 0), dtype=np.int64)
        self.is_unfinished, self.is_finished = np.empty((2, 0), dtype=np.bool_)
        self.references: _Places = np.empty(0, dtype=np.intp)
        self.lines: _Lines | None = None

    def catch_up(self, view: StudyView) -> None:
        """Read what differs in ``view``."""
        changed = self._read(view)
        if not len(changed):
            return
        references = self._chosen()
        is_same = np.array_equal(references, self.references) and not np.isin(changed, references).any()
        if self.lines is None or not is_same:
            self.references = references
            self.lines = self._learned(references)
            changed = np.arange(len(self.trials))
        self.losses[changed], self.deviations[changed] = self.told[changed], 0.0
        self._predict(self.lines, changed[self.is_unfinished[changed]])

    def _read(self, view: StudyView) -> _Places:
        """The places of what differs."""
        trials, count = view.trials, len(view.trials)
        changed = _differing(self.trials, trials)
        del self.numbers[count:]
        for place in changed:
            self.numbers[place : place + 1] = [trials[place].number]
        curves = list(map(view.curves.get, self.numbers))
        changed = sorted({*changed, *_differing(self.curves, curves)})
        is_shorter = count < len(self.trials)
        self.trials, self.curves = trials, curves
        self._resize(count)
        places = np.array(changed, dtype=np.intp)
        if changed:
            self._note(places, len(view.directions) == 1)
        if is_shorter:
            self.lines = None
            return np.arange(count)
        return places

    def _resize(self, count: int) -> None:
        if count == len(self.told):
            return
        for name in ("told", "best", "losses", "deviations", "judged_at", "seqs", "is_unfinished", "is_finished"):
            setattr(self, name, _resized(getattr(self, name), count))
        self.shown = np.stack([_resized(each, count) for each in self.shown])

    def _note(self, places: _Places, has_one_objective: bool) -> None:
        """Take down what the trials at these places are and what their curves show."""
        trials = [self.trials[place] for place in places.tolist()]
        features = CurveFeatures([self.curves[place] or () for place in places.tolist()], self.sign)
        self.judged_at[places], self.best[places] = features.judged_at, features.best
        for within, step in _by_step(np.flatnonzero(features.judged_at >= 0), features.judged_at):
            self.shown[:, places[within]] = features.at(within, step)
        told = [
            self.sign * (trial.values or {}).get(self.objective, math.nan)
            if trial.state is TrialState.COMPLETED
            else math.nan
            for trial in trials
        ]
        self.told[places] = np.where(np.isfinite(told), told, np.nan)
        self.seqs[places] = [trial.seq for trial in trials]
        has_curve = features.judged_at >= 0
        is_pruned = np.array([trial.state is TrialState.PRUNED for trial in trials])
        is_running = np.array([trial.state is TrialState.RUNNING for trial in trials])
        self.is_unfinished[places] = has_curve & (is_pruned | is_running) & has_one_objective
        self.is_finished[places] = has_curve & (np.isfinite(self.told[places]) | (is_pruned & has_one_objective))

    def _chosen(self) -> _Places:
        """The places of the references: the completed ones first."""
        finished = np.flatnonzero(self.is_finished)
        if len(finished) <= _FEW:
            chosen = np.flatnonzero(self.is_finished | self.is_unfinished)
        else:
            chosen = finished[np.lexsort((finished, self.seqs[finished]))][: _round_number(len(finished))]
        is_completed = np.isfinite(self.told[chosen])
        return np.concatenate([_spread_out(chosen[is_completed]), _spread_out(chosen[~is_completed])])

    def _learned(self, references: _Places) -> _Lines:
        features = CurveFeatures([self.curves[place] or () for place in references.tolist()], self.sign)
        return _Lines(features, self.told[references])

    def _predict(self, lines: _Lines, places: _Places) -> None:
        for within, step in _by_step(places, self.judged_at):
            shown = self.shown[0 if lines.take_best else 1, within]
            self.losses[within], self.deviations[within] = lines.predicted(shown, self.best[within], step)


class _Lines:
    """How final losses go with what curves show, by step: learned from references, and nothing else.

    Args:
        features: Curves of the references.
        told: Final losses of those completed, NaN for the others, shape (n,).

    Attributes:
        take_best: Whether the best value until a step counts, not the value at it.
    """

    def __init__(self, features: CurveFeatures, told: _Floats) -> None:
        self._features = features
        self._losses = np.clip(told, -LARGEST, LARGEST)
        self._deviations = np.zeros(len(told))
        is_told = self._is_told = np.isfinite(told)
        off = (np.sum(np.abs(each - self._losses)[is_told]) for each in (features.best, features.last))
        self.take_best = bool(operator.le(*off))
        self._lines: dict[int, tuple[RobustLine, float] | None] = {}
        for places, step in _by_step(np.flatnonzero(~is_told), features.judged_at):
            shown = self._shown(places, step)
            self._losses[places], self._deviations[places] = self.predicted(shown, features.best[places], step)

    def predicted(self, shown: _Floats, best: _Floats, step: int) -> tuple[_Floats, _Floats]:
        """Where trials end and how unsure that is, shape (k,) each.

        Args:
            shown: Their values and progresses at ``step``, shape (k, 2).
            best: Their best values, shape (k,).
            step: The step they are judged at.
        """
        if step not in self._lines:
            self._lines[step] = self._line(step)
        line = self._lines[step]
        if line is None:
            # Nobody went further: each is as good as it looks, and may gain as much as they differ.
            values = self._features.best if self.take_best else self._features.last
            values = values[self._features.judged_at == step] if step in self._features.judged_at else values
            middle = float(np.median(np.abs(values))) if len(values) else float(np.median(np.abs(shown[:, 0])))
            losses, deviations = shown[:, 0], np.full(len(shown), max(spread(values), 0.1 * middle))
        else:
            losses, deviations = line[0].predict(shown)
            losses, deviations = np.maximum(losses, line[1]), _CAUTION * deviations
        return np.minimum(losses, best) if self.take_best else losses, deviations

    def _line(self, step: int) -> tuple[RobustLine, float] | None:
        """The line at a step and the best loss of those who went further; None if nobody did."""
        reached = np.flatnonzero(self._features.judged_at >= step)
        shown = self._shown(reached, step)
        reached, shown = reached[np.isfinite(shown[:, 0])], shown[np.isfinite(shown[:, 0])]
        known = self._is_told[reached] | (self._features.judged_at[reached] > step)
        known &= np.isfinite(self._losses[reached])
        if not known.any():
            return None
        spreads = np.array([spread(column) for column in shown.T])
        losses = self._losses[reached[known]]
        line = RobustLine.fit(shown[known], losses, self._deviations[reached[known]], spreads)
        return line, float(np.min(losses))

    def _shown(self, places: _Places, step: int) -> _Floats:
        shown: _Floats = self._features.at(places, step)[0 if self.take_best else 1]
        return shown


def _differing(former: Sequence[object], items: Sequence[object]) -> list[int]:
    """Places at which the items are not the former ones."""
    found: list[int] = []
    # Views share their trials and curves. Lists of the same objects are equal without a look into these.
    for start in range(0, len(items), _BLOCK):
        block = slice(start, start + _BLOCK)
        before, now = list(former[block]), list(items[block])
        if before != now:
            changed = itertools.compress(itertools.count(start), map(operator.is_not, before, now))
            found += [*changed, *range(start + min(len(before), len(now)), start + len(now))]
    return found


def _by_step(places: _Places, steps: NDArray[np.int64]) -> Iterable[tuple[_Places, int]]:
    """The places by their step, the furthest first."""
    for step in np.unique(steps[places])[::-1]:
        yield places[steps[places] == step], int(step)


def _round_number(count: int) -> int:
    """The count rounded down to six binary digits: it grows by a 64th to a 32nd at a time."""
    shift = max(count.bit_length() - 6, 0)
    return count >> shift << shift


def _spread_out(places: _Places) -> _Places:
    """At most ``_MAX_REFERENCES`` of the places, evenly spread."""
    if len(places) <= _MAX_REFERENCES:
        return places
    return places[np.linspace(0, len(places) - 1, _MAX_REFERENCES).astype(np.intp)]


def _resized(array: NDArray[np.generic], count: int) -> NDArray[np.generic]:
    resized = np.zeros((count, *array.shape[1:]), dtype=array.dtype)
    resized[: len(array)] = array[:count]
    return resized


def _frozen(array: _Floats) -> _Floats:
    frozen = np.array(array)
    frozen.flags.writeable = False
    return frozen
