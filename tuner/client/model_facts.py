"""What there is to know of a trained trial beside its score: what it costs, and whether it is worth its time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from tuner.wire import TrialResource


@dataclass(frozen=True)
class ModelFacts:
    """The columns of a leaderboard of trained models.

    Args:
        standard_error: How far chance may have moved the score.
        folds: Folds of the table that the model's parts were trained for.
        fit_seconds: Time of the training alone.
        predict_ms_one_row: Time to predict one row.
        predict_ms_per_1000_rows: Time to predict a thousand rows together.
        model_mb: Size of the model, in 10^6 bytes.
        pareto: Whether no other trial has a better score and predicts a row faster.
    """

    standard_error: float | None
    folds: int | None
    fit_seconds: float | None
    predict_ms_one_row: float | None
    predict_ms_per_1000_rows: float | None
    model_mb: float | None
    pareto: bool

    @classmethod
    def of(cls, trial: TrialResource, *, pareto: bool) -> Self:
        """The facts of one trial; None for what was not measured."""
        metrics = trial.metrics
        folds, size = metrics.get("folds"), metrics.get("model_bytes")
        return cls(
            standard_error=metrics.get("standard_error"),
            folds=None if folds is None else round(folds),
            fit_seconds=metrics.get("fit_seconds"),
            predict_ms_one_row=metrics.get("predict_ms_one_row"),
            predict_ms_per_1000_rows=metrics.get("predict_ms_per_1000_rows"),
            model_mb=None if size is None else size / 1e6,
            pareto=pareto,
        )


MODEL_FACTS = tuple(field.name for field in fields(ModelFacts))


def are_models(trials: Sequence[TrialResource]) -> bool:
    """Whether the service has trained these trials."""
    return any("model_bytes" in trial.metrics for trial in trials)


def facts_of(trials: Sequence[TrialResource]) -> list[ModelFacts]:
    """The facts of trials that stand in the order of their rank, the best first."""
    quickest = math.inf
    facts = []
    for trial in trials:
        latency = trial.metrics.get("predict_ms_one_row")
        is_quicker = trial.rank is not None and latency is not None and latency < quickest
        facts.append(ModelFacts.of(trial, pareto=is_quicker))
        if is_quicker and latency is not None:
            quickest = latency
    return facts
