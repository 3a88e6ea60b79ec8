"""Facts: what is true of studies and trials, immutable and free of I/O."""

from tuner.records.states import (
    Direction,
    FailureReason,
    Origin,
    StudyState,
    TrialState,
    ValueKind,
)
from tuner.records.study import Budget, Objective, OutcomeConstraint, Study, StudySpec, Validation
from tuner.records.trial import CHECKPOINT, MEMBER_WEIGHT, Artifact, Lease, Measurement, Trial
from tuner.records.view import StudyView

__all__ = [
    "CHECKPOINT",
    "MEMBER_WEIGHT",
    "Artifact",
    "Budget",
    "Direction",
    "FailureReason",
    "Lease",
    "Measurement",
    "Objective",
    "Origin",
    "OutcomeConstraint",
    "Study",
    "StudySpec",
    "StudyState",
    "StudyView",
    "Trial",
    "TrialState",
    "Validation",
    "ValueKind",
]
