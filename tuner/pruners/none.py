"""No pruning."""

from __future__ import annotations

from tuner.pruners.base import Decision, Pruner
from tuner.records import StudyView, Trial


class NonePruner(Pruner):
    """Lets every trial run to its end. Choose it when trials are short, or their first steps say little."""

    def decide(self, view: StudyView, trial: Trial) -> Decision:
        return Decision.CONTINUE

    def next_decision_step(self, last_step: int | None) -> int | None:
        return None
