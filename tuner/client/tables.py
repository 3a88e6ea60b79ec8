"""Trials as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tuner.client.model_facts import MODEL_FACTS, are_models, facts_of
from tuner.errors import MissingExtra
from tuner.wire import TrialResource

if TYPE_CHECKING:
    import pandas as pd

MODEL = "model"
FEASIBLE = "is_feasible"
# Columns that are always there; an objective or a parameter of such a name gets a prefix.
_FIXED = {
    "rank", "number", MODEL, FEASIBLE, "state", "origin", "sampled_by", "last_step", "last_value", "failure", "message",
    "note", "attempt", "worker", "created_at", "started_at", "finished_at", "duration_seconds", *MODEL_FACTS,
}  # fmt: skip


def leaderboard_frame(
    trials: Sequence[TrialResource], objectives: Sequence[str], constraints: Sequence[str] = ()
) -> pd.DataFrame:
    """Finished trials, best first: the facts to choose by first, the parameters behind them."""
    names = list(dict.fromkeys([*objectives, *constraints]))
    shows_models = are_models(trials)
    rows = []
    for trial, facts in zip(trials, facts_of(trials), strict=True):
        row: dict[str, Any] = {"rank": trial.rank, "number": trial.number}
        if MODEL in trial.params:
            row[MODEL] = trial.params[MODEL]
        row |= _values(trial, names)
        if constraints:
            row[FEASIBLE] = trial.is_feasible
        if shows_models:
            row |= asdict(facts)
        row |= {"state": str(trial.state), "duration_seconds": trial.duration_seconds, "sampled_by": trial.sampled_by}
        rows.append(row)
    head = [
        "rank",
        "number",
        *_models(trials),
        *map(_value_column, names),
        *([FEASIBLE] if constraints else []),
        *(MODEL_FACTS if shows_models else []),
        "state",
        "duration_seconds",
        "sampled_by",
    ]
    frame = _frame(rows, head, trials)
    # Trials that did not complete have no rank, which must not turn the others' into floats.
    return frame.astype({"rank": "Int64"} | ({"folds": "Int64"} if shows_models else {}))


def trials_frame(
    trials: Sequence[TrialResource], objectives: Sequence[str], constraints: Sequence[str] = ()
) -> pd.DataFrame:
    """Trials, in the order given, with everything that is known of them."""
    rows = []
    for trial in trials:
        row: dict[str, Any] = {"number": trial.number, "state": str(trial.state), "origin": str(trial.origin)}
        row |= _values(trial, list(dict.fromkeys([*objectives, *constraints])))
        if constraints:
            row[FEASIBLE] = trial.is_feasible
        row |= {
            "sampled_by": trial.sampled_by,
            "last_step": trial.last_step,
            "last_value": trial.last_value,
            "failure": trial.failure and str(trial.failure),
            "message": trial.message,
            "note": trial.note,
            "attempt": trial.attempt,
            "worker": trial.worker,
            "created_at": trial.created_at,
            "started_at": trial.started_at,
            "finished_at": trial.finished_at,
            "duration_seconds": trial.duration_seconds,
        }
        row |= {f"metrics.{name}": value for name, value in trial.metrics.items()}
        rows.append(row)
    head = list(dict.fromkeys(name for row in rows for name in row)) or ["number", "state"]
    return _frame(rows, head, trials)


def _frame(rows: list[dict[str, Any]], head: list[str], trials: Sequence[TrialResource]) -> pd.DataFrame:
    """A frame of ``rows`` with the columns ``head``, and of the parameters; those whose name is taken get a prefix."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise MissingExtra("local", "A DataFrame") from error
    columns = list(head)
    for name in dict.fromkeys(name for trial in trials for name in trial.params):
        if name == MODEL and MODEL in head:
            continue
        column = f"params.{name}" if name in head else name
        columns.append(column)
        for row, trial in zip(rows, trials, strict=True):
            row[column] = trial.params.get(name)
    return pd.DataFrame(rows, columns=columns)


def _values(trial: TrialResource, objectives: Sequence[str]) -> dict[str, Any]:
    return {_value_column(name): (trial.values or {}).get(name) for name in objectives}


def _value_column(objective: str) -> str:
    return f"values.{objective}" if objective in _FIXED else objective


def _models(trials: Sequence[TrialResource]) -> list[str]:
    return [MODEL] if any(MODEL in trial.params for trial in trials) else []
