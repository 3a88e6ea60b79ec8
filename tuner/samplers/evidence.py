"""What there is to learn from the trials of a study."""

from __future__ import annotations

import itertools
import math
import operator
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.records import FailureReason, StudyView, Trial, TrialState
from tuner.records.extrapolation import CurveReader
from tuner.space import SearchSpace
from tuner.space.encoding import Encoding

# Failures that the point itself is to blame for. A lost worker or a bug says nothing about it.
_BAD_POINTS = {FailureReason.INFEASIBLE, FailureReason.NAN, FailureReason.TIMEOUT, FailureReason.OUT_OF_MEMORY}


class Lesson(IntEnum):
    """What a trial teaches."""

    RESULT = 0
    """It was completed with finite objectives."""
    CURVE = 1
    """It was pruned; its curve says where it would have ended."""
    PENDING = 2
    """It waits or runs; its result is still to come."""
    BAD = 3
    """It failed, and its point is to blame."""
    NOTHING = 4
    """It was cancelled, or failed for a reason that has nothing to do with its point."""


@dataclass(frozen=True)
class Evidence:
    """The trials of a study as arrays, by number; n trials, d columns, m objectives, c outcome constraints.

    Args:
        encoding: What the columns of ``rows`` are.
        trials: The trials; rows beyond them belong to points that are about to become trials.
        rows: Their points, shape (n, d).
        lessons: What each teaches, a ``Lesson``, shape (n,).
        losses: Objectives as losses (lower is better), shape (n, m). Of a trial with the lesson ``CURVE``, and of a
            running one with reports, the loss at which it is expected to end; NaN where there is none.
        deviations: How far the expected loss may be off, as a standard deviation, shape (n,); 0 for results.
        outcomes: The numbers that outcome constraints bound, NaN where there is none, shape (n, c).
        violations: How far each completed trial is beyond the outcome constraints, 0 for others, shape (n,).
        seqs: The study's ``seq`` when the trial last changed: for finished trials the order of their ends, shape (n,).
    """

    encoding: Encoding
    trials: Sequence[Trial]
    rows: NDArray[np.float64]
    lessons: NDArray[np.int8]
    losses: NDArray[np.float64]
    deviations: NDArray[np.float64]
    outcomes: NDArray[np.float64]
    violations: NDArray[np.float64]
    seqs: NDArray[np.int64]

    def places(self, *lessons: Lesson) -> NDArray[np.intp]:
        """Where in the arrays the trials with one of these lessons are, by number."""
        return np.flatnonzero(np.isin(self.lessons, lessons))

    def in_order(self, *lessons: Lesson) -> NDArray[np.intp]:
        """Places of the trials with one of these lessons, in the order in which they ended.

        Results never change, so for a later view of the study the answer begins with the same trials.
        """
        found = self.places(*lessons)
        return found[np.lexsort((found, self.seqs[found]))]

    @cached_property
    def taught(self) -> NDArray[np.intp]:
        """Places of the trials with the lesson ``RESULT`` or ``CURVE``, in the order in which they ended."""
        return self.in_order(Lesson.RESULT, Lesson.CURVE)

    @property
    def pending(self) -> NDArray[np.intp]:
        """Places of the trials that wait or run."""
        return self.places(Lesson.PENDING)

    @property
    def bad(self) -> NDArray[np.intp]:
        """Places of the trials whose points are to be kept away from."""
        return self.places(Lesson.BAD)

    def with_pending(self, rows: NDArray[np.float64]) -> Evidence:
        """The evidence while trials at more points run, rows of shape (k, d)."""
        count, more = len(self.rows), len(rows)
        nothing = np.full((more, self.losses.shape[1]), np.nan), np.full((more, self.outcomes.shape[1]), np.nan)
        return replace(
            self,
            rows=np.vstack([self.rows, rows]),
            lessons=np.concatenate([self.lessons, np.full(more, Lesson.PENDING, dtype=np.int8)]),
            losses=np.vstack([self.losses, nothing[0]]),
            deviations=_resized(self.deviations, count + more),
            outcomes=np.vstack([self.outcomes, nothing[1]]),
            violations=_resized(self.violations, count + more),
            seqs=_resized(self.seqs, count + more),
        )


class EvidenceReader:
    """Reads views. What has not changed since the last view of the study is not read again."""

    def __init__(self) -> None:
        self._kept: Evidence | None = None
        self._study_id: str | None = None
        self._curves = CurveReader()
        self._lock = threading.Lock()

    def read(self, view: StudyView) -> Evidence:
        """The evidence in a view. The same view gives the same evidence, whatever was read before."""
        with self._lock:
            kept = self._kept if self._study_id == view.study_id else None
            if kept is None or not _is_same(kept.encoding.space, view.space):
                kept = _nothing(view)
            evidence = _caught_up(kept, view)
            self._kept, self._study_id = evidence, view.study_id
        return _with_curves(evidence, view, self._curves)


def lesson(trial: Trial, view: StudyView) -> Lesson:
    """What the trial teaches."""
    if not trial.state.is_finished:
        return Lesson.PENDING
    if trial.state is TrialState.CANCELLED:
        return Lesson.NOTHING
    if trial.state is TrialState.FAILED:
        return Lesson.BAD if trial.failure in _BAD_POINTS else Lesson.NOTHING
    if trial.state is TrialState.COMPLETED:
        values = trial.values or {}
        is_finite = all(math.isfinite(values.get(name, math.nan)) for name in view.objective_names)
        return Lesson.RESULT if is_finite else Lesson.BAD
    has_curve = trial.last_step is not None and trial.last_value is not None and math.isfinite(trial.last_value)
    is_pruned = trial.state is TrialState.PRUNED and len(view.objective_names) == 1
    return Lesson.CURVE if is_pruned and has_curve else Lesson.BAD


def _is_same(space: SearchSpace, other: SearchSpace) -> bool:
    return space is other or space == other


def _nothing(view: StudyView) -> Evidence:
    encoding = Encoding(view.space)
    return Evidence(
        encoding=encoding,
        trials=[],
        rows=np.empty((0, encoding.width)),
        lessons=np.empty(0, dtype=np.int8),
        losses=np.empty((0, len(view.directions))),
        deviations=np.empty(0),
        outcomes=np.empty((0, len(view.constraints))),
        violations=np.empty(0),
        seqs=np.empty(0, dtype=np.int64),
    )


def _caught_up(kept: Evidence, view: StudyView) -> Evidence:
    """The evidence of ``view``, without what only curves say, from that of another view of the study."""
    trials, former, count = view.trials, kept.trials, len(view.trials)
    # Views share their trials, so what has not changed is the same object.
    changed = list(itertools.compress(itertools.count(), map(operator.is_not, former, trials)))
    changed += range(min(len(former), count), count)
    if not changed and len(former) == count:
        return kept
    made_anew = [place for place in changed if place >= len(former) or former[place].params != trials[place].params]
    only_appended = count >= len(former) and all(place >= len(former) for place in made_anew)
    rows = _extended(kept.rows, count) if only_appended else _resized(kept.rows, count)
    if made_anew:
        rows[made_anew] = kept.encoding.encode([trials[place].params for place in made_anew])
    evidence = Evidence(
        encoding=kept.encoding,
        trials=trials,
        rows=rows,
        lessons=_resized(kept.lessons, count),
        losses=_resized(kept.losses, count),
        deviations=np.zeros(count),
        outcomes=_resized(kept.outcomes, count),
        violations=_resized(kept.violations, count),
        seqs=_resized(kept.seqs, count),
    )
    signs = [direction.sign for direction in view.directions]
    for place in changed:
        trial = trials[place]
        values = (trial.values or {}) if trial.state is TrialState.COMPLETED else {}
        found = lesson(trial, view)
        evidence.lessons[place] = found
        evidence.losses[place] = [
            sign * values.get(name, math.nan) if found is Lesson.RESULT else math.nan
            for sign, name in zip(signs, view.objective_names, strict=True)
        ]
        evidence.outcomes[place] = [values.get(constraint.name, math.nan) for constraint in view.constraints]
        evidence.violations[place] = view.violation(trial) if trial.state is TrialState.COMPLETED else 0.0
        evidence.seqs[place] = trial.seq
    return evidence


def _extended(rows: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The rows with room for more behind them, in the same memory where there is some left.

    Whoever holds the shorter array does not see what is written behind it; only the latest evidence is ever extended.
    """
    memory = rows.base
    if not isinstance(memory, np.ndarray) or len(memory) < count:
        memory = np.zeros((max(64, 2 * count), rows.shape[1]))
        memory[: len(rows)] = rows
    return np.asarray(memory[:count])


def _resized(array: NDArray[Any], count: int) -> NDArray[Any]:
    # Any: arrays of every type, which NumPy's types cannot tie to the result.
    resized = np.zeros((count, *array.shape[1:]), dtype=array.dtype)
    resized[: len(array)] = array[:count]
    return resized


def _with_curves(evidence: Evidence, view: StudyView, curves: CurveReader) -> Evidence:
    """The evidence with the losses at which unfinished curves are expected to end."""
    unfinished = evidence.places(Lesson.CURVE, Lesson.PENDING)
    if not len(unfinished) or len(view.directions) > 1:
        return evidence
    lessons, losses, deviations = evidence.lessons.copy(), evidence.losses.copy(), evidence.deviations.copy()
    if view.curves:
        finals = curves.read(view)
        losses[unfinished, 0], deviations[unfinished] = finals.losses[unfinished], finals.deviations[unfinished]
    # Given up, and nothing is known of it but that.
    lessons[(lessons == Lesson.CURVE) & np.isnan(losses[:, 0])] = Lesson.BAD
    return replace(evidence, lessons=lessons, losses=losses, deviations=deviations)
