"""What a saved model says about itself, from the job that trained it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tuner.artifact import Member, ModelFacts
from tuner.data.profile import DatasetWarning, TargetProfile
from tuner.space import Params
from tuner.training.job import TrainingJob
from tuner.training.metrics import metric
from tuner.training.uncertainty import standard_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.table import Table


def model_facts(
    job: TrainingJob,
    rows: Table,
    prediction: NDArray[np.float64],
    *,
    params: Params,
    folds: int,
    members: tuple[Member, ...] = (),
    temperature: float = 1.0,
    notes: tuple[str, ...] = (),
) -> ModelFacts:
    """The facts of a model whose held-out predictions are known.

    Args:
        job: What was to be trained.
        rows: The scored rows.
        prediction: Predictions for them.
        params: What the model was built with, under the family's own names.
        folds: Folds whose models are in it.
        members: The trials in an ensemble.
        temperature: What makes an ensemble's probabilities surer.
        notes: What was found about the rows beside the warnings of the dataset.
    """
    chosen = metric(job.metric, job.target.task)
    target = job.target.name
    error = standard_error(chosen, rows.target, prediction)
    seen = {column.name for column in rows.columns}
    return ModelFacts(
        family=job.family,
        params=params,
        target=job.target,
        target_form=job.profile.column(target).form,
        columns=rows.columns,
        metric=chosen.name,
        value=chosen.score(rows.target, prediction),
        # A handful of rows does not tell how uncertain their score is.
        standard_error=error if math.isfinite(error) else None,
        folds=folds,
        members=members,
        temperature=temperature,
        left_out=tuple(c for c in job.profile.columns if c.name not in seen and c.name != target),
        warnings=(*notes, *(w.message for w in job.profile.warnings if _concerns(w, job.target))),
    )


def forecast_notes(table: Table) -> tuple[str, ...]:
    """What was found about the series of a forecast; nothing for other tasks."""
    if table.target_profile.forecast is None:
        return ()
    from tuner.data.series.history import read_series, series_notes

    return series_notes(table, read_series(table))


def _concerns(warning: DatasetWarning, target: TargetProfile) -> bool:
    """Whether a warning of the dataset says something about predicting the target."""
    if target.forecast is None:
        return warning.target in (None, target.name)
    # That values follow the time is what a forecast lives on, and columns that are not known in advance take no part.
    return warning.column in (None, target.name, *target.forecast.known) and warning.code != "leakage"
