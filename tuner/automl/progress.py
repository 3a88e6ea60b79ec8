"""How far a study over a dataset has come, and what can be said of it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tuner.automl.timing import reserve_seconds
from tuner.models import MODEL
from tuner.records import MEMBER_WEIGHT, Origin, StudySpec, Trial, TrialState, Validation

# More models of one candidate add little to their average, and cost size and time to predict.
MAX_FOLD_MODELS = 5


@dataclass(frozen=True)
class Progress:
    """How far a study has come.

    Args:
        spec: What was asked for; with a way of validation.
        trials: All trials, by number.
        used_seconds: Wall time used.
        is_search_over: Whether the sampler has no more points, or the budget of trials is used up.
        estimates: For some candidates, by number, roughly how long their training takes on a usual machine.
    """

    spec: StudySpec
    trials: Sequence[Trial]
    used_seconds: float
    is_search_over: bool
    estimates: Mapping[int, float] = field(default_factory=dict)
    _by_number: Mapping[int, Trial] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_number", {trial.number: trial for trial in self.trials})

    @property
    def validation(self) -> Validation:
        """How candidates are judged."""
        assert self.spec.validation is not None, "a study over a dataset has a way of validation"
        return self.spec.validation

    @property
    def most_folds(self) -> int:
        """How many folds a candidate is trained for, at most."""
        validation = self.validation
        return min(validation.folds, max(validation.scored_folds, MAX_FOLD_MODELS))

    @property
    def has_other_folds(self) -> bool:
        """Whether candidates may be trained on folds that they are not scored on."""
        return self.validation.scored_folds < self.most_folds

    @property
    def num_slots(self) -> int:
        """Trainings at a time, as far as one can tell: those under way, and the one that is asked for."""
        return len(self.running) + 1

    @property
    def seconds_left(self) -> float | None:
        """Time left to train in; what the last average needs comes after it. None without a limit."""
        limit = self.spec.budget.seconds
        return None if limit is None else limit - reserve_seconds(limit) - self.used_seconds

    @property
    def candidates(self) -> list[Trial]:
        """Completed candidates, by number."""
        return [t for t in self.trials if t.origin.is_candidate and t.state is TrialState.COMPLETED and t.values]

    def open(self, *origins: Origin) -> list[Trial]:
        """Trials of these origins that have not ended."""
        return [trial for trial in self.trials if trial.origin in origins and not trial.state.is_finished]

    @property
    def open_candidates(self) -> list[Trial]:
        """Candidates that have not ended."""
        return [trial for trial in self.trials if trial.origin.is_candidate and not trial.state.is_finished]

    @property
    def waiting_candidates(self) -> list[int]:
        """Numbers of the candidates that have not begun."""
        return [t.number for t in self.trials if t.origin.is_candidate and t.state is TrialState.WAITING]

    @property
    def running(self) -> list[Trial]:
        """Trials under way."""
        return [trial for trial in self.trials if trial.state is TrialState.RUNNING]

    @property
    def bagged(self) -> dict[int, Trial]:
        """By candidate, the trial that trains it further: completed or under way."""
        lost = (TrialState.FAILED, TrialState.CANCELLED)
        return {t.members[0]: t for t in self.trials if t.origin is Origin.BAGGED and t.state not in lost}

    @property
    def ensembles(self) -> list[Trial]:
        """All ensembles, by number."""
        return [trial for trial in self.trials if trial.origin is Origin.ENSEMBLE]

    def ranked(self) -> list[Trial]:
        """Completed candidates, best first."""
        objective = self.spec.objectives[0]
        sign = objective.direction.sign
        return sorted(self.candidates, key=lambda trial: sign * (trial.values or {})[objective.name])

    def weights(self) -> dict[int, float]:
        """The weights in the latest ensemble by candidate, heaviest first."""
        done = [trial for trial in self.ensembles if trial.state is TrialState.COMPLETED]
        weights: dict[int, float] = {}
        for name, weight in done[-1].metrics.items() if done else ():
            if name.startswith(MEMBER_WEIGHT):
                trial = self._by_number[int(name.removeprefix(MEMBER_WEIGHT))]
                candidate = trial.members[0] if trial.origin is Origin.BAGGED else trial.number
                weights[candidate] = weights.get(candidate, 0.0) + weight
        return dict(sorted(weights.items(), key=lambda item: -item[1]))

    def family_weights(self) -> dict[str, float]:
        """The weights in the latest ensemble by model family."""
        weights: dict[str, float] = {}
        for number, weight in self.weights().items():
            name = str(self.trial(number).params[MODEL])
            weights[name] = weights.get(name, 0.0) + weight
        return weights

    def ranked_families(self) -> list[str]:
        """Model families in the order of their best candidates."""
        return list(dict.fromkeys(str(trial.params[MODEL]) for trial in self.ranked()))

    def family_durations(self) -> dict[str, float]:
        """The mean wall time of completed candidates by model family, in seconds."""
        durations: dict[str, list[float]] = {}
        for trial in self.candidates:
            if trial.duration_seconds is not None:
                durations.setdefault(str(trial.params[MODEL]), []).append(trial.duration_seconds)
        return {name: statistics.fmean(each) for name, each in durations.items()}

    def trial(self, number: int) -> Trial:
        """The trial with this number."""
        return self._by_number[number]


def fold_seconds(trial: Trial) -> float:
    """How long a fold of a candidate takes."""
    return trial.metrics.get("fold_seconds") or trial.duration_seconds or 0.0
