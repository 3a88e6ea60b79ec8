"""Who holds a trial, and why somebody does not."""

from __future__ import annotations

from sqlalchemy import Connection

from tuner.errors import LeaseLost, NotFound, TunerError
from tuner.records import TrialState
from tuner.storage import trial_rows
from tuner.storage.trial_rows import TrialRow


def existing(connection: Connection, study_id: str, number: int, *, lock: bool = False) -> TrialRow:
    """The trial.

    Raises:
        NotFound: There is no such study, or it has no such trial.
    """
    row = trial_rows.get_trial(connection, study_id, number, lock=lock)
    if row is None:
        raise NotFound("trial", f"{study_id}/{number}")
    return row


def check_holder(row: TrialRow, lease: str) -> None:
    """Whether ``lease`` may still write for this trial.

    Raises:
        LeaseLost: Somebody else took over, or the trial has ended.
    """
    if row.lease_token != lease or row.trial.state.is_finished:
        raise why_lost(row, lease)


def why_lost(row: TrialRow, lease: str) -> LeaseLost:
    """What became of a trial that ``lease`` no longer holds."""
    trial = row.trial
    name = f"{trial.study_id}/{trial.number}"
    if trial.state.is_finished:
        return LeaseLost(name, f"it has ended ({trial.state})")
    if row.lease_token == lease:
        return LeaseLost(name, "its lease ran out and it waits for another worker")
    if trial.state is TrialState.RUNNING:
        return LeaseLost(name, f"{trial.worker!r} has taken it over")
    return LeaseLost(name, "it waits for a worker")


def refusal_of(connection: Connection, study_id: str, number: int, lease: str) -> TunerError:
    """What to tell somebody whose lease does not hold the trial."""
    try:
        return why_lost(existing(connection, study_id, number), lease)
    except NotFound as error:
        return error
