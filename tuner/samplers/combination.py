"""The methods behind the default sampler, and which of them finds the next point."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tuner.records import StudyView
from tuner.samplers.base import Suggestion
from tuner.samplers.branches import other_branch
from tuner.samplers.evidence import Evidence, EvidenceReader
from tuner.samplers.gp import GPSampler, best_row
from tuner.samplers.local import local_row
from tuner.samplers.one_thread import one_thread
from tuner.samplers.surrogate import MAX_TRIALS, Surrogate
from tuner.samplers.tpe import TPESampler
from tuner.samplers.unseen import UnseenPoints

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The share of asks that go to the Parzen estimator, by the skill of the process in predicting what it was not told.
_SKILLS, _TPE_SHARES = (0.1, 0.8), (0.75, 0.15)
_LEAST_TPE, _MOST_TPE = 0.1, 0.9
_BRANCH_SHARE = 0.15
# An expected improvement below this, in standard deviations of the objective: the process has found what it knows of.
_NEGLIGIBLE = math.log(3e-3)
# Of the latest results, those that were among the best so many of their time speak for who proposed them.
_NUM_JUDGED, _GOOD_SHARE = 40, 0.1
# With more trials than are modelled, the process is asked the more rarely the more there are.
_LATE_GP_SHARE, _LATE_LOCAL_SHARE = 0.3, 0.25


class Combination:
    """Several methods that share the points of a study; see ``AutoSampler``."""

    def __init__(self) -> None:
        self._reader = EvidenceReader()
        self._gp = GPSampler()
        self._tpe = TPESampler(num_startup_trials=1)

    def suggest(self, view: StudyView, count: int, rng: np.random.Generator) -> list[Suggestion]:
        evidence = self._reader.read(view)
        found: list[Suggestion] = []
        for _ in range(count):
            with one_thread():
                found.append(self._next(view, evidence, rng))
            if len(found) < count:
                evidence = evidence.with_pending(evidence.encoding.encode([found[-1].params]))
        return found

    def describe(self, view: StudyView) -> str:
        evidence = self._reader.read(view)
        _, start = self._gp.geometry(evidence.encoding)
        kind = "conditional parameters" if view.space.is_conditional else "parameters"
        subject = f"{evidence.encoding.width} {kind}, {len(evidence.taught)} trials"
        if start.lasts(evidence):
            return f"start: {subject}, {start.size} points before the model"
        return f"gp: {subject}" if len(evidence.taught) <= MAX_TRIALS else f"tpe and local steps: {subject}"

    def recommend(self, view: StudyView) -> int | None:
        return self._gp.recommend(view)

    def _next(self, view: StudyView, evidence: Evidence, rng: np.random.Generator) -> Suggestion:
        _, start = self._gp.geometry(evidence.encoding)
        num_taught = len(evidence.taught)
        if start.lasts(evidence):
            return _suggestion(view, evidence, start.row(evidence.rows, rng), "start", rng)
        if num_taught > MAX_TRIALS and rng.random() > _LATE_GP_SHARE * MAX_TRIALS / num_taught:
            return self._without_model(view, evidence, rng, _LATE_LOCAL_SHARE)
        surrogate = self._gp.surrogate(view, evidence, rng)
        if rng.random() < _tpe_share(view, evidence, surrogate):
            return Suggestion(self._tpe.points(evidence, 1, rng)[0], "tpe")
        surrogate = surrogate.expecting(evidence.rows[evidence.pending])
        unseen = UnseenPoints(evidence.encoding, evidence.rows)
        if start.branches and rng.random() < _BRANCH_SHARE:
            row = _row_elsewhere(surrogate, unseen, start.branches, rng)
            if row is not None:
                return _suggestion(view, evidence, row, "branch", rng)
        row, score = best_row(surrogate, unseen, rng)
        if score > _NEGLIGIBLE or surrogate.constraints:
            return _suggestion(view, evidence, row, "gp", rng)
        return self._elsewhere(view, evidence, surrogate, unseen, rng)

    def _elsewhere(
        self,
        view: StudyView,
        evidence: Evidence,
        surrogate: Surrogate,
        unseen: UnseenPoints,
        rng: np.random.Generator,
    ) -> Suggestion:
        """A point where the process does not expect one: in another branch, or with another choice."""
        columns = evidence.encoding.columns
        choices = self._gp.geometry(evidence.encoding)[1].branches or [
            place for place, column in enumerate(columns) if column.is_unordered
        ]
        row = _row_elsewhere(surrogate, unseen, choices, rng) if rng.random() < 0.8 else None
        if row is not None:
            return _suggestion(view, evidence, row, "branch", rng)
        return self._without_model(view, evidence, rng, 0.5)

    def _without_model(
        self, view: StudyView, evidence: Evidence, rng: np.random.Generator, local_share: float
    ) -> Suggestion:
        if len(view.directions) == 1 and rng.random() < local_share:
            return _suggestion(view, evidence, local_row(evidence, rng), "local", rng)
        return Suggestion(self._tpe.points(evidence, 1, rng)[0], "tpe")


def _suggestion(
    view: StudyView, evidence: Evidence, row: NDArray[np.float64], source: str, rng: np.random.Generator
) -> Suggestion:
    return Suggestion(view.space.repair(evidence.encoding.decode(row), rng), source)


def _row_elsewhere(
    surrogate: Surrogate, unseen: UnseenPoints, choices: list[int], rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """The point that is worth most in another branch, by what was reached there so far; None if there is no other."""
    branch = other_branch(surrogate, unseen.encoding, choices, rng)
    if branch is None:
        return None
    row, _ = best_row(surrogate.among(branch.holds(surrogate.rows)), unseen, rng, branch)
    return row


def _tpe_share(view: StudyView, evidence: Evidence, surrogate: Surrogate) -> float:
    share = float(np.interp(surrogate.objective.skill, _SKILLS, _TPE_SHARES))
    if len(view.directions) > 1:
        return share
    credits = _credits(view, evidence)
    odds = share / (1.0 - share) * credits["tpe"] / credits["gp"]
    return min(max(odds / (1.0 + odds), _LEAST_TPE), _MOST_TPE)


def _credits(view: StudyView, evidence: Evidence) -> dict[str, float]:
    """How often each method's points were lately among the best of their time, leaning towards one half."""
    places = evidence.taught
    losses = evidence.losses[places, 0]
    tried: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for position in range(max(8, len(places) - _NUM_JUDGED), len(places)):
        source = view.trials[places[position]].sampled_by
        if source in ("gp", "tpe"):
            tried[source] += 1
            good[source] += bool(losses[position] <= np.quantile(losses[:position], _GOOD_SHARE))
    return {source: (good[source] + 4.0) / (tried[source] + 8.0) for source in ("gp", "tpe")}
