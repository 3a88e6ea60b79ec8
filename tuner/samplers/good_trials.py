"""Which trials are good: the few best, whatever is best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.records.pareto import pareto_fronts
from tuner.samplers.evidence import Evidence, Lesson

_Floats = NDArray[np.float64]
_Indices = NDArray[np.intp]

_SHARE = 0.1
_MOST = 25
# Trials compared at once while the leading fronts are looked for; the time for a batch grows with its square.
_BATCH = 256
# The hypervolume is measured by so many fixed points. Its reference lies beyond the worst losses by a tenth.
_NUM_PROBES = 512
_BEYOND = 1.1


class GoodTrials:
    """The best tenth of the trials with a result, at most 25.

    - One objective: those with the lowest losses. A pruned trial counts with the loss at which its curve is expected to
      end.
    - Several objectives: whole Pareto fronts, the best first; of the front that does not fit, one trial after the other
      that adds most to the hypervolume. Pruned trials have no result here.
    - Outcome constraints: trials that break one come after all others, by how far they break them.

    The answer is a function of the evidence alone. With several objectives the leading fronts are kept between calls,
    because comparing ten thousand trials with each other takes long; a trial that ends can only move others down, so
    those that did not lead before never will.

    Source: the share is that of Optuna 5; the choice from a front, Ozaki et al., MOTPE (2020); the order of trials that
    break constraints, Deb et al., NSGA-II (2002).
    """

    def __init__(self) -> None:
        self._leaders: _Leaders | None = None

    def of(self, evidence: Evidence) -> _Indices:
        """Places of the good trials in the evidence's arrays, the best first."""
        if evidence.losses.shape[1] == 1:
            judged = evidence.places(Lesson.RESULT, Lesson.CURVE)
        else:
            judged = evidence.taught[evidence.lessons[evidence.taught] == Lesson.RESULT]
        wanted = min(math.ceil(_SHARE * len(judged)), _MOST)
        keeps = evidence.violations[judged] == 0
        feasible, infeasible = judged[keeps], judged[~keeps]
        if evidence.losses.shape[1] == 1:
            best = _lowest(feasible, evidence.losses[feasible, 0], wanted)
        else:
            best = self._leading(feasible, evidence.losses[feasible], wanted)
        nearest = _lowest(infeasible, evidence.violations[infeasible], wanted - len(best))
        return np.concatenate([best, nearest])

    def _leading(self, places: _Indices, losses: _Floats, wanted: int) -> _Indices:
        leaders = self._leaders
        if leaders is None or not leaders.precede(places, losses):
            leaders = _Leaders.nobody(losses)
        self._leaders = leaders = leaders.caught_up(losses, places)
        front_numbers = pareto_fronts(losses[leaders.leading])
        chosen: list[_Indices] = []
        for number in range(int(np.max(front_numbers, initial=-1)) + 1):
            front = leaders.leading[front_numbers == number]
            room = wanted - sum(map(len, chosen))
            if len(front) > room:
                front = front[_covering(losses[front], room)]
            chosen.append(front)
        return places[np.concatenate(chosen)] if chosen else places[:0]


@dataclass(frozen=True)
class _Leaders:
    """The first Pareto fronts, as many as hold ``_MOST`` trials, of the trials read so far.

    Args:
        places: Places of the trials that were read, in the order in which they ended, shape (n,).
        losses: Their losses, shape (n, m).
        leading: Which of them are on the leading fronts.
    """

    places: _Indices
    losses: _Floats
    leading: _Indices

    @classmethod
    def nobody(cls, losses: _Floats) -> _Leaders:
        return cls(np.empty(0, dtype=np.intp), losses[:0], np.empty(0, dtype=np.intp))

    def precede(self, places: _Indices, losses: _Floats) -> bool:
        """Whether what was read is the beginning of these trials."""
        count = len(self.places)
        return np.array_equal(self.places, places[:count]) and np.array_equal(self.losses, losses[:count])

    def caught_up(self, losses: _Floats, places: _Indices) -> _Leaders:
        leading = self.leading
        for start in range(len(self.places), len(places), _BATCH):
            compared = np.concatenate([leading, np.arange(start, min(start + _BATCH, len(places)))])
            front_numbers = pareto_fronts(losses[compared])
            counts = np.cumsum(np.bincount(front_numbers))
            last = int(np.searchsorted(counts, _MOST))
            leading = compared[front_numbers <= last]
        return _Leaders(places, losses, leading)


def _lowest(places: _Indices, keys: _Floats, count: int) -> _Indices:
    """Those of ``places`` with the lowest keys, in their order; of equal ones the first."""
    count = min(count, len(places))
    if count <= 0:
        return places[:0]
    # Sorting all of ten thousand would take longer than all the rest of a suggestion.
    within = np.flatnonzero(keys <= np.partition(keys, count - 1)[count - 1])
    return places[within[np.argsort(keys[within], kind="stable")[:count]]]


def _covering(losses: _Floats, count: int) -> _Indices:
    """Which points of a front, shape (n, m), together dominate much: greedily, the one that adds most first."""
    halves = losses / 2  # The difference of two floats may be too large for one.
    lowest = halves.min(axis=0)
    extents = halves.max(axis=0) - lowest
    scaled = (halves - lowest) / np.where(extents > 0, extents, 1.0)
    probes = _BEYOND * np.random.default_rng(0).random((_NUM_PROBES, losses.shape[1]))
    covers = np.ones((len(losses), _NUM_PROBES), dtype=bool)
    for objective, column in enumerate(scaled.T):
        covers &= column[:, None] <= probes[:, objective]
    chosen: list[int] = []
    for _ in range(count):
        gains = covers.sum(axis=1)
        gains[chosen] = -1
        chosen.append(int(np.argmax(gains)))
        covers &= ~covers[chosen[-1]]
    return np.array(chosen, dtype=np.intp)
