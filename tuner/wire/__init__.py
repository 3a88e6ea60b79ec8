"""Requests and replies as they cross the wire: one definition for the API, the engine and the client."""

from tuner.data.series.forecast import Forecast
from tuner.records.states import Direction, FailureReason, Origin, StudyState, TrialState
from tuner.records.study import Budget
from tuner.wire.artifacts import ArtifactPage, ArtifactResource
from tuner.wire.datasets import ChangeDataset, DatasetPage, DatasetPreview, DatasetResource, DatasetWarningResource
from tuner.wire.families import AskFamilies, FamilyPage, FamilyResource
from tuner.wire.health import Health
from tuner.wire.options import MetricOption, PrunerOption, SamplerOption, StudyDefaults, StudyOptions
from tuner.wire.problems import Problem
from tuner.wire.studies import BudgetBody, ChangeStudy, CreateStudy, Importances, StudyPage, StudyResource
from tuner.wire.suggestions import (
    Capabilities,
    CheckpointFile,
    ClaimedTrial,
    ClaimReply,
    ClaimTrials,
    LeasedTrial,
    MemberFiles,
    Suggest,
    SuggestReply,
)
from tuner.wire.trials import (
    ChangeTrial,
    CompleteTrial,
    Directive,
    EnqueueTrials,
    MeasurementResource,
    ParetoFront,
    Recommendation,
    RecommendedBy,
    ReleaseTrial,
    ReportReply,
    ReportTrial,
    TrialPage,
    TrialPoint,
    TrialResource,
    TrialsCreated,
)
from tuner.wire.workers import WorkerPage, WorkerResource, WorkerTrial

__all__ = [
    "ArtifactPage",
    "ArtifactResource",
    "AskFamilies",
    "Budget",
    "BudgetBody",
    "Capabilities",
    "ChangeDataset",
    "ChangeStudy",
    "ChangeTrial",
    "CheckpointFile",
    "ClaimReply",
    "ClaimTrials",
    "ClaimedTrial",
    "CompleteTrial",
    "CreateStudy",
    "DatasetPage",
    "DatasetPreview",
    "DatasetResource",
    "DatasetWarningResource",
    "Direction",
    "Directive",
    "EnqueueTrials",
    "FailureReason",
    "FamilyPage",
    "FamilyResource",
    "Forecast",
    "Health",
    "Importances",
    "LeasedTrial",
    "MeasurementResource",
    "MemberFiles",
    "MetricOption",
    "Origin",
    "ParetoFront",
    "Problem",
    "PrunerOption",
    "Recommendation",
    "RecommendedBy",
    "ReleaseTrial",
    "ReportReply",
    "ReportTrial",
    "SamplerOption",
    "StudyDefaults",
    "StudyOptions",
    "StudyPage",
    "StudyResource",
    "StudyState",
    "Suggest",
    "SuggestReply",
    "TrialPage",
    "TrialPoint",
    "TrialResource",
    "TrialState",
    "TrialsCreated",
    "WorkerPage",
    "WorkerResource",
    "WorkerTrial",
]
