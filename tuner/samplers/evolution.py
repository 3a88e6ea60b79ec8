"""Search by descent from the best trials so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InvalidInput, Place
from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.evidence import Evidence, EvidenceReader, Lesson
from tuner.samplers.genetics import child_of
from tuner.samplers.survival import Survivors
from tuner.samplers.unseen import UnseenPoints
from tuner.space import Params

_MAX_TRIES = 10


class EvolutionSampler(Sampler, ABC):
    """What the evolutionary samplers share; they differ in who survives.

    The population is derived from the finished trials in the order in which they ended: of the survivors so far and
    every ``population_size`` trials that follow, ``population_size`` survive. There are no generations to wait for:
    trials that ended since the last selection compete at once. Any replica derives the same population from the same
    trials, and a restart loses nothing.

    - Until ``population_size`` trials have ended with a result, points are random.
    - Two parents win a tournament each and have one child, see ``genetics.child_of``. A child that was tried already,
      or is pending, is redrawn.
    - Trials that break an outcome constraint come after all that keep them, the nearest first. With one objective, a
      pruned trial counts with the value at which its curve is expected to end; with several, or with outcome
      constraints, it has no children. Nor have failed, lost and cancelled trials.
    - A child that breaks a constraint of the space is replaced by an allowed point near it.
    """

    name: ClassVar[str]

    def __init__(self, population_size: int = 24) -> None:
        if population_size < 4:
            detail = f"must be at least 4, got {population_size}"
            raise InvalidInput(f"population_size {detail}.", places=[Place("#/population_size", detail)])
        self.population_size = population_size
        self._reader = EvidenceReader()
        self._kept: _Selected | None = None

    @abstractmethod
    def select(self, losses: NDArray[np.float64], violations: NDArray[np.float64], count: int) -> Survivors:
        """Who survives; arguments and reply are those of ``survival.by_crowding``."""

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        evidence = self._reader.read(view)
        parents = self._parents(view, evidence)
        if parents is None:
            return [Suggestion(view.space.draw(rng)) for _ in range(count)]
        unseen, points = UnseenPoints(evidence.encoding, evidence.rows), list[Params]()
        for _ in range(count):
            points.append(_child(parents, evidence, unseen, rng))
            unseen = unseen.without(evidence.encoding.encode(points[-1:]))
        return [Suggestion(point) for point in points]

    def describe(self, view: StudyView) -> str:
        evidence = self._reader.read(view)
        num_trials = len(evidence.taught)
        parents = self._parents(view, evidence)
        doing = "random points to start with" if parents is None else f"children of {len(parents.places)} parents"
        return f"{self.name}: {doing}, {num_trials} trials"

    def _parents(self, view: StudyView, evidence: Evidence) -> Survivors | None:
        """The present population, by place among the trials; None if it is too early for one."""
        order = evidence.taught
        if view.constraints:
            order = order[evidence.lessons[order] == Lesson.RESULT]
        if len(order) < self.population_size:
            return None
        selected = self._selected(view.study_id, evidence, order)
        members = np.concatenate([selected.survivors, order[len(selected.places) :]])
        return self._survivors(evidence, members)

    def _selected(self, study_id: str, evidence: Evidence, order: NDArray[np.intp]) -> _Selected:
        """The survivors of all full rounds."""
        size = self.population_size
        kept = self._kept
        if kept is None or kept.study_id != study_id or not kept.holds(evidence, order):
            kept = _Selected(study_id, order[:0], evidence.losses[:0], evidence.violations[:0], order[:0])
        num_told = len(order) // size * size
        survivors = kept.survivors
        for start in range(len(kept.places), num_told, size):
            members = np.concatenate([survivors, order[start : start + size]])
            survivors = self._survivors(evidence, members).places
        told = order[:num_told]
        self._kept = _Selected(study_id, told, evidence.losses[told], evidence.violations[told], survivors)
        return self._kept

    def _survivors(self, evidence: Evidence, members: NDArray[np.intp]) -> Survivors:
        count = min(self.population_size, len(members))
        found = self.select(evidence.losses[members], evidence.violations[members], count)
        return Survivors(members[found.places], found.levels)


@dataclass(frozen=True)
class _Selected:
    """Survivors of the trials told so far, with what they were selected by. Everything by place among the trials."""

    study_id: str
    places: NDArray[np.intp]
    losses: NDArray[np.float64]
    violations: NDArray[np.float64]
    survivors: NDArray[np.intp]

    def holds(self, evidence: Evidence, order: NDArray[np.intp]) -> bool:
        """Whether the trials that end in this order begin with those told, with the same results."""
        return (
            np.array_equal(order[: len(self.places)], self.places)
            and np.array_equal(evidence.losses[self.places], self.losses)
            and np.array_equal(evidence.violations[self.places], self.violations)
        )


def _child(parents: Survivors, evidence: Evidence, unseen: UnseenPoints, rng: np.random.Generator) -> Params:
    """A child that is new; else any new point; and if the space is used up, a child that is not new."""
    encoding = evidence.encoding
    for _ in range(_MAX_TRIES):
        first, second = (evidence.rows[_winner(parents, rng)] for _ in range(2))
        point = encoding.space.repair(encoding.decode(child_of(first, second, encoding, rng)), rng)
        if unseen.has(encoding.encode([point]))[0]:
            return point
    return unseen.draw(rng) or point


def _winner(parents: Survivors, rng: np.random.Generator) -> int:
    """The place of the better of two members, by level."""
    one, other = rng.integers(len(parents.places), size=2)
    return int(parents.places[one if parents.levels[one] <= parents.levels[other] else other])
