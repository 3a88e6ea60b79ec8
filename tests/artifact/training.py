"""Small models, fitted on a table in which ``x`` decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tuner.artifact import ModelFacts
from tuner.data import Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.table import Table, build_table
from tuner.models import Estimator, family
from tuner.testing.model import KeepLatest

ROWS = [{"x": 0.05, "color": "rot"}, {"x": 0.95, "color": "gelb"}, {"x": None, "color": None}]


def make_frame(task: Task, num_rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.random(num_rows)
    frame = pd.DataFrame({"x": x, "color": rng.choice(["rot", "grün", "blau"], num_rows)})
    labels = {Task.BINARY: ["nein", "ja"], Task.MULTICLASS: ["ja", "nein", "vielleicht"]}
    if task is Task.REGRESSION:
        frame["target"] = x * 100
    else:
        frame["target"] = [labels[task][int(share * len(labels[task]))] for share in x]
    return frame


@dataclass(frozen=True)
class Fitted:
    """Estimators of one family, each fitted without one fold of a table."""

    table: Table
    estimators: list[Estimator]
    facts: ModelFacts
    out_of_fold: np.ndarray


def fit(task: Task, name: str, num_folds: int = 2, num_rows: int = 120) -> Fitted:
    plain = plain_frame(make_frame(task, num_rows))
    profile = profile_table(plain)
    target = target_profile(profile, "target")
    table = build_table(plain, profile, target)
    params = family(name).default(profile, target)
    estimators: list[Estimator] = []
    out_of_fold = np.zeros((table.num_rows, len(target.classes)) if target.classes else table.num_rows)
    for fold in range(num_folds):
        held_out = np.arange(table.num_rows) % num_folds == fold
        estimator = family(name).build(params, seed=fold, threads=1)
        validation = table.take(np.flatnonzero(held_out))
        estimator.fit(table.take(np.flatnonzero(~held_out)), validation, KeepLatest())
        out_of_fold[held_out] = estimator.predict(validation.features)
        estimators.append(estimator)
    facts = ModelFacts(
        family=name,
        params=params,
        target=target,
        target_form=profile.column("target").form,
        columns=table.columns,
        metric="log_loss" if target.classes else "rmse",
        value=0.5,
        standard_error=0.05,
        folds=num_folds,
    )
    return Fitted(table, estimators, facts, out_of_fold)
