"""The trial state machine: what each event does to a trial and to its study, inside one transaction.

All functions here run with the study's row locked. They note in a ``StudyChange`` what becomes of trials, and leave it
to the caller to ``settle`` the study in the end, which writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tuner.engine.identity import new_token
from tuner.jitter import JITTER
from tuner.records import FailureReason, Lease, Origin, StudyState, Trial, TrialState
from tuner.storage import study_rows, trial_changes, trial_rows
from tuner.storage.ranks import rank_of
from tuner.storage.study_rows import StudyChange
from tuner.storage.trial_changes import CANCEL, AddedTrial, EndedTrial, Ending, Handout, NewTrial
from tuner.storage.trial_rows import TrialRow


def add(change: StudyChange, new: Sequence[NewTrial], now: datetime) -> list[Trial]:
    """Add trials, numbered from the study's next number on.

    Those that were finished elsewhere or are no candidates are not counted.
    """
    row = change.row
    added = [AddedTrial.of(trial, row.key, row.study.id, row.spec, change.seq, now) for trial in new]
    change.added += added
    change.numbers += len(new)
    for trial in new:
        change.move(None, trial.state)
        change.uncounted += trial.origin is Origin.IMPORTED or not trial.origin.is_candidate
    return [each.trial for each in added]


def hand_out(
    connection: Connection,
    change: StudyChange,
    count: int,
    handout: Handout,
    now: datetime,
    *,
    candidates: bool = True,
) -> list[Lease]:
    """Give up to ``count`` waiting trials to one worker, each under a token of its own.

    Args:
        connection: The transaction.
        change: The study.
        count: How many at most.
        handout: To whom.
        now: The present.
        candidates: Whether candidates are among them; else only what the engine has made.
    """
    leases: list[Lease] = []
    if change.counts[TrialState.WAITING] == 0:
        return leases
    for key in trial_rows.due_trials(connection, change.row.key, now, count, candidates=candidates):
        own = replace(handout, token=new_token())
        trial = trial_changes.start(connection, key, change.row.study.id, own, change.seq, now)
        if trial is not None:
            change.move(TrialState.WAITING, TrialState.RUNNING)
            leases.append(lease(trial, own))
    return leases


def lease(trial: Trial, handout: Handout) -> Lease:
    """The right to run a trial that has just been handed out."""
    assert trial.lease_expires_at is not None
    return Lease(trial, handout.token, trial.lease_expires_at, handout.lease_seconds)


def end(change: StudyChange, row: TrialRow, ending: Ending) -> EndedTrial:
    """Bring a running or waiting trial to its end."""
    rank = rank_of(change.row.spec, ending.state, ending.values, row.trial.last_value, row.trial.origin)
    ended = EndedTrial(row, ending, change.seq, rank)
    change.ended.append(ended)
    change.move(row.trial.state, ending.state)
    if ending.state in (TrialState.COMPLETED, TrialState.PRUNED):
        change.consecutive_lost = 0
    if row.trial.state is TrialState.WAITING and ending.state is TrialState.CANCELLED:
        change.uncounted += row.trial.origin.is_candidate
    return ended


def cancel_all(connection: Connection, change: StudyChange, now: datetime) -> None:
    """Cancel the waiting trials of a study, and have the running ones stop at their next report."""
    trial_changes.stop_all_at_report(connection, change.row.key)
    cancel_waiting(connection, change, now)


def cancel_waiting(connection: Connection, change: StudyChange, now: datetime) -> None:
    """Cancel the waiting trials of a study."""
    cancelled = trial_changes.cancel_waiting(connection, change.row.key, change.seq, now)
    change.move(TrialState.WAITING, TrialState.CANCELLED, len(cancelled))
    change.uncounted += sum(origin.is_candidate for origin in cancelled)


def lose(
    connection: Connection,
    change: StudyChange,
    row: TrialRow,
    now: datetime,
    *,
    retry_seconds: float,
    lost_trials_to_pause: int,
    why: str | None = None,
) -> None:
    """A running trial has lost its training: try again with the same parameters, or give up.

    Args:
        connection: The transaction.
        change: The study.
        row: The trial.
        now: The present.
        retry_seconds: Longest delay before its second and later retries.
        lost_trials_to_pause: Trials in a row that must be lost for good until the study pauses.
        why: What its worker said about it; None: the worker has fallen silent.
    """
    spec = change.row.spec
    if row.stop == CANCEL:
        end(change, row, Ending(TrialState.CANCELLED, message="stopped; its worker did not answer"))
    elif row.num_lost + 1 >= spec.max_attempts:
        message = f"lost its worker {spec.max_attempts} times, the last one {row.trial.worker!r}"
        if why:
            message = f"Its training was ended {spec.max_attempts} times, the last time like this: {why}"
        failure = FailureReason.ERROR if why else FailureReason.LOST_WORKER
        ending = Ending(TrialState.FAILED, failure=failure, message=message)
        end(change, row, ending)
        change.consecutive_lost = change.row.consecutive_lost + 1
        if change.consecutive_lost >= lost_trials_to_pause and change.row.study.state is StudyState.RUNNING:
            change.state = StudyState.PAUSED
            change.state_reason = (
                f"{change.consecutive_lost} trials in a row were lost with their workers; "
                f"look at the workers' logs and memory, then resume"
            )
    else:
        # The first retry is due at once: most often one machine went away. Later ones spread out, so that a trial
        # that kills its workers does not take them down in step.
        delay = JITTER.uniform(1.0, retry_seconds) if row.num_lost else 0.0
        due_at = now + timedelta(seconds=delay)
        keep_token = why is None
        if trial_changes.requeue(connection, row, lost=True, due_at=due_at, keep_token=keep_token, seq=change.seq):
            change.move(TrialState.RUNNING, TrialState.WAITING)


def give_back(connection: Connection, change: StudyChange, row: TrialRow, now: datetime) -> None:
    """A worker hands a running trial back untrained: it waits again, and nothing counts as lost."""
    if row.stop == CANCEL:
        end(change, row, Ending(TrialState.CANCELLED, message="stopped"))
    elif trial_changes.requeue(connection, row, lost=False, due_at=now, keep_token=False, seq=change.seq):
        change.move(TrialState.RUNNING, TrialState.WAITING)


def settle(connection: Connection, change: StudyChange, now: datetime) -> None:
    """Write what has been gathered, and complete a running study whose budget or search space is spent.

    A study that ends with an ensemble goes on until its plan says that it has been made, or its time is over.
    """
    trial_changes.insert_trials(connection, change.added)
    trial_changes.finish(connection, change.ended, now)
    change.added.clear()
    change.ended.clear()
    if (change.state or change.row.study.state) is StudyState.RUNNING:
        reason = end_of_search(change)
        if reason is not None and not change.row.spec.ends_with_ensemble:
            change.state, change.state_reason = StudyState.COMPLETED, reason
        elif change.is_out_of_time(now):
            change.state, change.state_reason = StudyState.COMPLETED, out_of_time(connection, change)
            cancel_all(connection, change, now)
    if not change.is_empty:
        study_rows.apply(connection, change, now)


def out_of_time(connection: Connection, change: StudyChange) -> str:
    """Why a study whose time is over ends; and what to do, if it has trained nothing."""
    if change.row.spec.dataset_id is None or trial_rows.has_completed_candidate(connection, change.row.key):
        return "the time budget is spent"
    return (
        "the time budget is spent, and no model was trained in it; "
        "give it more time, or name quicker families in models, such as linear"
    )


def end_of_search(change: StudyChange) -> str | None:
    """Why there will be no more candidates in a study; None while there may be some, or one has not ended."""
    if change.num_open:
        return None
    if change.trials_left == 0:
        return "all trials of the budget have ended"
    return "the sampler has no more points" if change.is_exhausted else None
