"""Closed sets: states, reasons, directions. String enums, so JSON and callers use plain strings."""

from enum import StrEnum


class TrialState(StrEnum):
    """Where a trial stands. ``waiting -> running -> completed | pruned | failed | cancelled``."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_finished(self) -> bool:
        """Whether no transition leads out of the state."""
        return self not in (TrialState.WAITING, TrialState.RUNNING)


class FailureReason(StrEnum):
    """Why a trial failed."""

    ERROR = "error"
    INFEASIBLE = "infeasible"
    NAN = "nan"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    LOST_WORKER = "lost_worker"


class StudyState(StrEnum):
    """Where a study stands. Only a running study hands out trials."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Direction(StrEnum):
    """Which way an objective is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> float:
        """Factor that turns the objective into one to minimize."""
        return 1.0 if self is Direction.MINIMIZE else -1.0


class Origin(StrEnum):
    """Where a trial came from.

    The last three are made by the engine for studies over a dataset: the score to beat, a good candidate trained on
    more folds, and a weighted average of candidates. They are ranked, but no sampler sees them and no budget counts
    them.
    """

    SAMPLER = "sampler"
    ENQUEUED = "enqueued"
    IMPORTED = "imported"
    BASELINE = "baseline"
    BAGGED = "bagged"
    ENSEMBLE = "ensemble"

    @property
    def is_candidate(self) -> bool:
        """Whether the trial is a point of the search space that is tried, and so counts and teaches."""
        return self not in (Origin.BASELINE, Origin.BAGGED, Origin.ENSEMBLE)


class ValueKind(StrEnum):
    """What a stored number is; SQL columns hold no NaN or infinity of their own on both databases."""

    FINITE = "finite"
    NAN = "nan"
    POSITIVE_INFINITY = "inf"
    NEGATIVE_INFINITY = "-inf"
