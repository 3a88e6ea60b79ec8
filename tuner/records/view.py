"""What samplers and pruners may know of a study."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuner.records.states import Direction, TrialState
from tuner.records.study import OutcomeConstraint, total_violation
from tuner.records.trial import Measurement, Trial
from tuner.space import SearchSpace


@dataclass(frozen=True)
class StudyView:
    """Read-only facts of one study at one ``seq``.

    Args:
        study_id: Identifies the study; samplers may key what they remember by it.
        space: What may be tuned.
        directions: One per objective.
        objective_names: Names of the objectives, in the same order.
        seed: The study's seed.
        seq: The state of the study these facts show.
        trials: All candidates by number, waiting and running ones included. No baselines, bagged trials, ensembles.
        curves: Measurements of each trial's present attempt by trial number, by step. Only trials with reports appear.
        constraints: Bounds on the outcome.
        first_number: The number that the first trial to come will get.
    """

    study_id: str
    space: SearchSpace
    directions: tuple[Direction, ...]
    objective_names: tuple[str, ...]
    seed: int
    seq: int
    trials: Sequence[Trial]
    curves: Mapping[int, Sequence[Measurement]]
    constraints: tuple[OutcomeConstraint, ...] = ()
    first_number: int = 0

    def trial(self, number: int) -> Trial | None:
        """The trial with this number, if it is among them."""
        place = bisect_left(self.trials, number, key=lambda trial: trial.number)
        found = place < len(self.trials) and self.trials[place].number == number
        return self.trials[place] if found else None

    def finished(self, *states: TrialState) -> list[Trial]:
        """Trials in one of ``states`` (default: completed), by number."""
        wanted = states or (TrialState.COMPLETED,)
        return [trial for trial in self.trials if trial.state in wanted]

    def violation(self, trial: Trial) -> float:
        """How far a completed trial is beyond the outcome constraints, all added up; 0.0 if it keeps them."""
        return total_violation(self.constraints, trial.values or {})

    def is_feasible(self, trial: Trial) -> bool:
        """Whether a completed trial keeps every outcome constraint."""
        return self.violation(trial) == 0.0
