"""Points that have been made for trials to come.

A point is made for one (study, number, seq), outside every lock of the database, from a view caught up to that seq,
with random numbers from Philox(study seed, number): no two numbers can give equal points in a continuous space. It is
handed out if the number is still free and few enough results came since; otherwise it is made again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tuner.engine.demand import Demand
from tuner.records import TrialState
from tuner.samplers import Sampler
from tuner.space import Params
from tuner.storage.study_rows import StudyChange, StudyRow

# A point may be this many results old, or as many as trials are running if that is more.
_MAX_RESULTS_SINCE = 8


@dataclass(frozen=True)
class Point:
    """Parameters for one trial number.

    Args:
        params: The parameters.
        sampled_by: The method that found them.
        search: What the sampler does to find them, in its own words.
        seq: The state of the study from which they were made; None: they do not depend on it.
        num_results: How many trials had ended then.
    """

    params: Params
    sampled_by: str
    search: str
    seq: int | None
    num_results: int

    def is_fresh(self, change: StudyChange) -> bool:
        """Whether the point may be handed out in the study as it is now."""
        if self.seq is None:
            return True
        num_running = change.counts[TrialState.RUNNING]
        if num_running == 0:
            # Nobody else is at work, so nothing excuses an old view, and a seeded study reproduces exactly.
            return change.row.study.seq == self.seq
        results_since = num_results(change.row) - self.num_results
        return results_since <= max(_MAX_RESULTS_SINCE, num_running)


@dataclass(frozen=True)
class End:
    """Where a sampler ran out of points: a finite space is used up.

    Args:
        number: The first trial number for which there is no point.
        seq: The state of the study in which that is so; None: it is so whatever happens.
    """

    number: int
    seq: int | None

    def holds(self, change: StudyChange, number: int) -> bool:
        """Whether there is no point for the trial ``number`` in the study as it is now."""
        if self.seq is None:
            return number >= self.number
        return number == self.number and change.row.study.seq == self.seq


class Stock:
    """The sampler of one study and the points it has made for the next numbers.

    Args:
        sampler: Makes them; one call at a time.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.demand = Demand()
        self._lock = threading.Lock()
        self._points: dict[int, Point] = {}
        self._end: End | None = None
        self.num_left = 0
        """For how many numbers there were points beyond those that were found last."""

    def put(self, points: Mapping[int, Point], *, next_number: int, end: End | None = None) -> None:
        """Keep points by number, and forget those for numbers before ``next_number``, which are taken.

        Forgotten are also those for later numbers that were made from results: the new points know nothing of them, and
        might be the same.

        Args:
            points: The points.
            next_number: The first number that is still free.
            end: Where there are no more, if the sampler ran out of points.
        """
        first = min(points, default=next_number)
        with self._lock:
            self._points = {
                number: point
                for number, point in self._points.items()
                if number >= next_number and (number < first or point.seq is None)
            }
            self._points |= points
            self._end = end

    def find(self, change: StudyChange, count: int) -> list[Point] | None:
        """Points for the next ``count`` numbers of a study; None if there are not enough, or one is too old.

        Fewer, but at least one, if they are the last there are. They stay here: only a commit decides that they are
        used.
        """
        first = change.row.study.next_number + change.numbers
        with self._lock:
            kept = [self._points.get(first + position) for position in range(count)]
            end = self._end
            self.num_left = max(self._points, default=first) + 1 - first - count
        points: list[Point] = []
        for point in kept:
            if point is None or not point.is_fresh(change):
                break
            points.append(point)
        are_last = end is not None and end.holds(change, first + len(points))
        return points if points and (len(points) == count or are_last) else None

    def ready(self, change: StudyChange, count: int, max_missed: int) -> list[Point]:
        """Points for the next numbers of a study, ``count`` at most, up to the first that is missing or too old.

        Args:
            change: The study.
            count: How many.
            max_missed: A point is too old if it was made before the last ``max_missed`` results, even if it might still
                be handed out.
        """
        first = change.row.study.next_number
        found: list[Point] = []
        with self._lock:
            for number in range(first, first + count):
                point = self._points.get(number)
                if point is None or not point.is_fresh(change):
                    break
                if num_results(change.row) - point.num_results > max_missed:
                    break
                found.append(point)
        return found

    def missing(self, numbers: range) -> list[int]:
        """Those of the numbers for which there is no point."""
        with self._lock:
            return [number for number in numbers if number not in self._points]


def num_results(row: StudyRow) -> int:
    """Trials of the study that have ended."""
    return row.study.next_number - row.num_open


def generator_for(seed: int, number: int) -> np.random.Generator:
    """Random numbers that belong to one trial number of a study."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, number], dtype=np.uint64)))
