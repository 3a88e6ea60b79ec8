"""Evolution of a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InvalidInput, Place
from tuner.records import Origin, StudyView
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.evidence import Evidence, EvidenceReader, Lesson
from tuner.samplers.mixed_distribution import MixedDistribution
from tuner.samplers.unseen import UnseenPoints
from tuner.space import Params, SearchSpace

_MAX_TRIES = 20


class CMAESSampler(Sampler):
    """Moves a normal distribution towards the better points, and learns its scale and directions on the way.

    Choose it for spaces of numbers without conditions, several hundred trials or more, where parameters depend on each
    other and the objective is ill-conditioned: it needs no model of the objective, only its order, so it is fast and
    not misled by outliers. Below about 300 trials ``gp`` and ``tpe`` get further.

    - It begins in the middle of the space, with a step of a fifth of each range. If enqueued or imported trials ended
      before the first one of its own, it begins at the best of them. What is enqueued later is not learned from.
    - Each time so many trials have ended as make a generation (7 for ten parameters), in whatever order, the
      distribution is moved. All points are drawn from the distribution as it stands, so any number can be pending.
    - Once it has shrunk to a point it starts anew at a random place with a doubled generation.
    - Whole numbers, grids and ordered choices keep a margin of probability for the neighbours; unordered choices have
      probabilities of their own, learned beside the distribution.
    - Trials that break an outcome constraint rank after all that keep them, the nearest first; trials whose point is to
      blame for their failure come last. A pruned trial ranks by where its curve is expected to end.
    - A point that breaks a constraint of the space is drawn again, at last replaced by an allowed one near it; one that
      was tried already is drawn again.

    All this is derived from the finished trials in the order in which they ended: a restart loses nothing.

    Raises:
        InvalidInput: From ``check``: the space has conditions, or there are several objectives.

    Sources: Hansen and Ostermeier (2001); Auger and Hansen, IPOP-CMA-ES (2005), for starting anew;
    ``MixedDistribution`` names those for what is not continuous.
    """

    def __init__(self) -> None:
        self._reader = EvidenceReader()
        self._kept: _Learned | None = None

    def check(self, space: SearchSpace, num_objectives: int) -> None:
        if space.is_conditional:
            detail = "cannot search a space with conditions"
            hint = "Use auto, gp, tpe, nsga2, nsga3, sobol, grid or random, or drop the conditions."
            raise InvalidInput(f"cmaes {detail}.", hint=hint, places=[Place("#/sampler", detail)])
        if num_objectives > 1:
            detail = "cannot search with several objectives"
            hint = "Use auto, nsga2, nsga3, tpe or gp, or a single objective."
            raise InvalidInput(f"cmaes {detail}.", hint=hint, places=[Place("#/sampler", detail)])

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        evidence = self._reader.read(view)
        if not evidence.encoding.width:
            return [Suggestion(view.space.draw(rng)) for _ in range(count)]
        distribution = self._learned(view, evidence).distribution
        unseen, points = UnseenPoints(evidence.encoding, evidence.rows), list[Params]()
        for _ in range(count):
            points.append(_point(distribution, unseen, rng))
            unseen = unseen.without(evidence.encoding.encode(points[-1:]))
        return [Suggestion(point) for point in points]

    def describe(self, view: StudyView) -> str:
        evidence = self._reader.read(view)
        if not evidence.encoding.width:
            return "cmaes: nothing to search"
        learned = self._learned(view, evidence)
        return f"cmaes: generation {learned.num_generations}, step {learned.distribution.step:.2g} of the range"

    def _learned(self, view: StudyView, evidence: Evidence) -> _Learned:
        """What follows from the trials that have ended."""
        # A point that is to blame for its failure is the worst there is; who was lost or cancelled was never told of.
        order = evidence.in_order(Lesson.RESULT, Lesson.CURVE, Lesson.BAD)
        is_own = np.array([view.trials[place].origin is Origin.SAMPLER for place in order], dtype=bool)
        first_own = int(is_own.argmax()) if is_own.any() else len(order)
        known, own = order[:first_own], order[is_own]
        learned = self._kept
        if learned is None or not learned.holds(view.study_id, evidence, known, own):
            learned = _beginning(view, evidence, known)
        if len(learned.told) + learned.distribution.population_size <= len(own):
            learned = _caught_up(learned, view.seed, evidence, own)
        self._kept = learned
        return learned


@dataclass(frozen=True)
class _Learned:
    """The distribution after a number of generations, and what it was told. Trials by their place in the view.

    Args:
        study_id: The study.
        known: Trials that ended before the first of the sampler's own, the best first.
        told: The sampler's own trials so far, by generation, the best first within each.
        generations: The generation of each of these.
        distribution: Where it has got to; never changed.
    """

    study_id: str
    known: NDArray[np.intp]
    told: NDArray[np.intp]
    generations: NDArray[np.intp]
    distribution: MixedDistribution

    @property
    def num_generations(self) -> int:
        """How many generations were learned from."""
        return int(self.generations[-1]) + 1 if len(self.generations) else 0

    def holds(self, study_id: str, evidence: Evidence, known: NDArray[np.intp], own: NDArray[np.intp]) -> bool:
        """Whether the same would have been learned from these trials up to here."""
        if study_id != self.study_id or len(own) < len(self.told):
            return False
        same_start = np.array_equal(_ranked(evidence, known, np.zeros(len(known))), self.known)
        return same_start and np.array_equal(_ranked(evidence, own[: len(self.told)], self.generations), self.told)


def _beginning(view: StudyView, evidence: Evidence, known: NDArray[np.intp]) -> _Learned:
    columns, nobody = evidence.encoding.columns, np.empty(0, dtype=np.intp)
    ranked = _ranked(evidence, known, np.zeros(len(known)))
    if len(ranked) and evidence.lessons[ranked[0]] != Lesson.BAD:
        distribution = MixedDistribution(columns, evidence.rows[ranked[0]], certainty=0.5)
    else:
        rng = np.random.Generator(np.random.Philox(view.seed))
        distribution = MixedDistribution(columns, _allowed(np.full(len(columns), 0.5), evidence, rng))
    return _Learned(view.study_id, ranked, nobody, nobody, distribution)


def _allowed(row: NDArray[np.float64], evidence: Evidence, rng: np.random.Generator) -> NDArray[np.float64]:
    """The row itself, or one near it that keeps the constraints of the space."""
    encoding = evidence.encoding
    point = encoding.decode(row)
    return row if encoding.space.is_allowed(point) else encoding.encode([encoding.space.repair(point, rng)])[0]


def _caught_up(learned: _Learned, seed: int, evidence: Evidence, own: NDArray[np.intp]) -> _Learned:
    """What is learned from the generations that are complete by now."""
    distribution, columns = learned.distribution.copy(), evidence.encoding.columns
    told, generations = [learned.told], [learned.generations]
    num_told, number = len(learned.told), learned.num_generations
    while num_told + (size := distribution.population_size) <= len(own):
        generation = own[num_told : num_told + size]
        ranked = _ranked(evidence, generation, np.zeros(size))
        # By generation, so that it is the same whether it is caught up with now or was before a restart.
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, number], dtype=np.uint64)))
        distribution.learn(evidence.rows[ranked], rng)
        if distribution.is_spent:
            centre = _allowed(rng.random(len(columns)), evidence, rng)
            distribution = MixedDistribution(columns, centre, population_size=2 * size)
        told.append(ranked)
        generations.append(np.full(size, number))
        num_told, number = num_told + size, number + 1
    return _Learned(learned.study_id, learned.known, np.concatenate(told), np.concatenate(generations), distribution)


def _ranked(
    evidence: Evidence, places: NDArray[np.intp], generations: NDArray[np.float64 | np.intp]
) -> NDArray[np.intp]:
    """The trials by generation, the best first within each; those that failed last."""
    lessons = evidence.lessons[places]
    is_unknown = (lessons == Lesson.BAD) | ((lessons == Lesson.CURVE) & (evidence.outcomes.shape[1] > 0))
    violations = np.where(is_unknown, np.inf, evidence.violations[places])
    losses = np.where(lessons == Lesson.BAD, np.nan, evidence.losses[places, 0])
    return places[np.lexsort((losses, violations, generations))]


def _point(distribution: MixedDistribution, unseen: UnseenPoints, rng: np.random.Generator) -> Params:
    """A new point within all bounds, or after many tries the next best: the neighbourhood may be used up."""
    encoding = unseen.encoding
    found: tuple[tuple[bool, bool], Params] | None = None
    point: Params = {}
    for row, is_inside in islice(distribution.draws(rng), _MAX_TRIES):
        point = encoding.decode(row)
        if not encoding.space.is_allowed(point):
            continue
        merits = (bool(unseen.has(encoding.encode([point]))[0]), is_inside)
        if found is None or merits > found[0]:
            found = merits, point
        if all(merits):
            break
    return found[1] if found else encoding.space.repair(point, rng)
