"""The tree-structured Parzen estimator."""

from __future__ import annotations

import numpy as np

from tuner.errors import InvalidInput, Place
from tuner.records import StudyView
from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.evidence import Evidence, EvidenceReader, Lesson
from tuner.samplers.good_and_bad import GoodAndBad, Group
from tuner.samplers.good_trials import GoodTrials
from tuner.samplers.unseen import UnseenPoints
from tuner.space import Params, SearchSpace
from tuner.space.encoding import Encoding

_MAX_REDRAWS = 4


class TPESampler(Sampler):
    """Models where good points lie and where the others lie, and proposes where the first is most likely.

    Choose it for mixed and conditional spaces, tens to thousands of trials, noisy objectives, and many trials at once:
    it costs a few milliseconds whatever the number of trials. For fewer than a hundred expensive trials ``gp`` finds
    better points.

    How a point is found:

    1. The best tenth of the trials, at most 25, is *good*; all others are *bad* (see ``GoodTrials`` for several
       objectives, outcome constraints and pruned trials). Waiting and running trials count as bad (the constant liar),
       which keeps parallel proposals apart; so do trials whose point is to blame for their failure. Trials that failed
       otherwise or were cancelled teach nothing.
    2. Parameters that share their conditions form a group. The groups are walked parents first, those that the values
       chosen so far make active. So only trials that went the same way speak about a branch, and all of them do. With
       several objectives each parameter is a group by itself: good trials then lie along a front, far from each other,
       and were measured to say more about one parameter than about all together.
    3. In each group, one ``ParzenMixture`` is made of the good trials in which it was active and one of the bad ones.
       24 candidates are drawn from the good mixture; the one with the highest ratio of good to bad density is taken.
       (Expected improvement grows with that ratio.) The best of the good trials weigh most, and the latest of the bad
       ones. Of more than 128 bad trials the 96 latest are used and a few of the others, so that time does not grow.
    4. Candidates that break a constraint of the space are passed over as far as possible, and the point repaired where
       none is left. A point that was tried before is not proposed again while another one is left; a space that is
       used up is searched once more, because results may be noisy.

    Until ``num_startup_trials`` trials have ended with a result, points are random.

    Args:
        num_startup_trials: Trials with a result before the model is trusted.

    Raises:
        InvalidInput: ``num_startup_trials`` is below 1.

    Source: Bergstra, Bardenet, Bengio and Kégl, Algorithms for Hyper-Parameter Optimization (2011); Falkner, Klein and
    Hutter, BOHB (2018), for the joint density; Ozaki et al., MOTPE (2020), for several objectives; Watanabe,
    Tree-Structured Parzen Estimator (2023), for an account of all variants. Groups, the share of good trials and the
    weights of bad ones follow Optuna 5.
    """

    def __init__(self, num_startup_trials: int = 10) -> None:
        if num_startup_trials < 1:
            detail = f"must be at least 1, got {num_startup_trials}"
            raise InvalidInput(f"num_startup_trials {detail}.", places=[Place("#/num_startup_trials", detail)])
        self.num_startup_trials = num_startup_trials
        self._reader = EvidenceReader()
        self._good_trials = GoodTrials()
        self._groups: tuple[Encoding, tuple[Group, ...]] | None = None

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        return [Suggestion(point) for point in self.points(self._reader.read(view), count, rng)]

    def points(self, evidence: Evidence, count: int, rng: np.random.Generator) -> list[Params]:
        """As ``suggest``, for a view that has been read."""
        unseen = UnseenPoints(evidence.encoding, evidence.rows)
        model = None
        if len(evidence.places(Lesson.RESULT, Lesson.CURVE)) >= self.num_startup_trials:
            model = GoodAndBad.of(evidence, self._groups_of(evidence), self._good_trials.of(evidence))
        points: list[Params] = []
        for _ in range(count):
            point = _new_point(evidence.encoding.space, model, unseen, rng)
            points.append(point)
            if len(points) < count:
                row = evidence.encoding.encode([point])
                unseen = unseen.without(row)
                model = model and model.with_pending(row)
        return points

    def describe(self, view: StudyView) -> str:
        evidence = self._reader.read(view)
        num_results = len(evidence.places(Lesson.RESULT, Lesson.CURVE))
        shown = f"tpe: {evidence.encoding.width} parameters, {num_results} trials"
        if num_results < self.num_startup_trials:
            return f"{shown}, random until {self.num_startup_trials}"
        return f"{shown} ({len(self._good_trials.of(evidence))} good)"

    def _groups_of(self, evidence: Evidence) -> tuple[Group, ...]:
        known = self._groups
        if known is None or known[0] is not evidence.encoding:
            groups = Group.all_of(evidence.encoding, jointly=evidence.losses.shape[1] == 1)
            known = self._groups = (evidence.encoding, groups)
        return known[1]


def _new_point(space: SearchSpace, model: GoodAndBad | None, unseen: UnseenPoints, rng: np.random.Generator) -> Params:
    """A point that was not tried before, if there is one."""
    for _ in range(_MAX_REDRAWS):
        point = space.draw(rng) if model is None else space.repair(model.draw(unseen, rng), rng)
        if unseen.has(unseen.encoding.encode([point]))[0]:
            return point
    return unseen.draw(rng) or point
