"""What a pruner promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum

from tuner.records import StudyView, Trial


class Decision(StrEnum):
    """What becomes of a running trial after a report.

    There are two, because a trial that stops cannot be taken up again. Once trainings leave checkpoints, a third one
    belongs here: ``pause``, for a trial that waits at its rung and goes on from its checkpoint if it turns out to be
    among the best there. The rungs and the comparisons stay as they are; promotion is an ask that finds a paused trial.
    """

    CONTINUE = "continue"
    PRUNE = "prune"


class Pruner(ABC):
    """Decides after each report whether a trial goes on.

    A pruner is a pure decision, like a sampler: ``view`` and ``trial`` determine the answer, and the same question has
    the same answer in every process. It knows reports by their step, not by their time of arrival.

    With several objectives nothing is pruned: reports carry the first objective only, and a trial that is behind in
    one may be the best in another.

    The arguments of a pruner's constructor are its options, which users give by name. Each is a number with a default
    (or may be None), is checked there, and is kept as an attribute of its name.

    Subclass it and check the result with ``tuner.testing.pruner.PrunerContract``.
    """

    @abstractmethod
    def decide(self, view: StudyView, trial: Trial) -> Decision:
        """Judge the report that ``trial.last_step`` names.

        Args:
            view: Facts of the study, this report included.
            trial: The trial that reported. To judge several reports that came together, ask once for each, with
                ``last_step`` set to its step.

        Returns:
            ``continue`` or ``prune``.
        """

    def next_decision_step(self, last_step: int | None) -> int | None:
        """The first step after ``last_step`` whose report ``decide`` may answer with ``prune``.

        Reports before it need no decision, so a client may send them later and together.

        Args:
            last_step: Step of the trial's latest report; None: it has not reported yet.

        Returns:
            The step; None: whatever comes is answered with ``continue``.
        """
        return 0 if last_step is None else last_step + 1
