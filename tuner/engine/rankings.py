"""Rankings that SQL cannot keep: made on read, from all trials of a study, and cached by its seq."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tuner.engine.once import OncePerSeq
from tuner.engine.views import Views
from tuner.errors import InvalidInput, Place
from tuner.ranking import Front, best_trial, parameter_importances, pareto_front, rank_trials
from tuner.records import StudyView, Trial
from tuner.samplers import Sampler
from tuner.storage.study_rows import StudyRow
from tuner.wire import Importances, ParetoFront, Recommendation, RecommendedBy, TrialResource

_MAX_KEPT = 64


@dataclass(frozen=True)
class Ranking:
    """All trials of a study, best first, as they were at ``seq``."""

    seq: int
    trials: Sequence[Trial]


class Rankings:
    """Rankings, Pareto fronts, importances and recommendations by study, made again only when it has changed.

    Args:
        views: Facts of studies.
        sampler_of: A study's sampler.
    """

    def __init__(self, views: Views, sampler_of: Callable[[StudyRow], Sampler]) -> None:
        self._views = views
        self._sampler_of = sampler_of
        self._rankings: OncePerSeq[Ranking] = OncePerSeq(_MAX_KEPT)
        self._fronts: OncePerSeq[Front] = OncePerSeq(_MAX_KEPT)
        self._importances: OncePerSeq[dict[str, float]] = OncePerSeq(_MAX_KEPT)
        self._recommendations: OncePerSeq[Recommendation] = OncePerSeq(_MAX_KEPT)

    def of(self, study_id: str) -> Ranking:
        """The ranking of the study as it stands."""
        _, view = self._views.of(study_id)

        def make() -> Ranking:
            trials = rank_trials(view.trials, view.directions, view.objective_names, view.constraints)
            return Ranking(view.seq, trials)

        return self._rankings.get(study_id, view.seq, make)

    def front(self, study_id: str, reference: Mapping[str, float] | None = None) -> ParetoFront:
        """The best trials by all objectives, and the hypervolume they cover.

        Args:
            study_id: The study.
            reference: For each objective the value that is just not good enough; None: the worst one so far.

        Raises:
            InvalidInput: The reference does not name each objective once.
        """
        _, view = self._views.of(study_id)
        if reference is not None and set(reference) != set(view.objective_names):
            raise InvalidInput(
                "The reference point does not match the objectives.",
                hint=f"Give one value for each of: {', '.join(view.objective_names)}.",
                places=[Place("?reference", "must have one value for each objective")],
            )
        point = None if reference is None else tuple(reference[name] for name in view.objective_names)
        found = self._fronts.get((study_id, point), view.seq, lambda: pareto_front(view, reference))
        return ParetoFront(
            items=tuple(map(TrialResource.of, found.trials)),
            reference=None if found.reference is None else dict(found.reference),
            hypervolume=found.hypervolume,
        )

    def importances(self, study_id: str, objective: str | None = None) -> Importances:
        """How much each parameter matters; sums to 1, empty while too little is known.

        Args:
            study_id: The study.
            objective: To which objective; None: to all of them together.

        Raises:
            InvalidInput: There is no such objective.
        """
        _, view = self._views.of(study_id)
        _refuse_unknown(view, objective)
        shares = self._importances.get((study_id, objective), view.seq, lambda: parameter_importances(view, objective))
        return Importances(importances=shares)

    def recommendation(self, study_id: str) -> Recommendation:
        """The trial to use: the sampler's choice if it can tell results from noise, else the best observed one."""
        row, view = self._views.of(study_id)
        return self._recommendations.get(study_id, view.seq, lambda: _recommendation(view, self._sampler_of(row)))


def _recommendation(view: StudyView, sampler: Sampler) -> Recommendation:
    observed = best_trial(view.trials, view.directions, view.objective_names, view.constraints)
    if observed is None:
        return Recommendation(trial=None, by=None)
    number = sampler.recommend(view)
    if number is None:
        return Recommendation(trial=TrialResource.of(observed), by=RecommendedBy.OBSERVED)
    chosen = next(trial for trial in view.trials if trial.number == number)
    return Recommendation(trial=TrialResource.of(chosen), by=RecommendedBy.POSTERIOR_MEAN)


def _refuse_unknown(view: StudyView, objective: str | None) -> None:
    if objective is not None and objective not in view.objective_names:
        raise InvalidInput(
            f"The study has no objective called {objective!r}.",
            hint=f"Use one of: {', '.join(view.objective_names)}.",
            places=[Place("?objective", "unknown objective")],
        )
