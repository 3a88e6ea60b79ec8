"""What a worker gets with a trial that the service trains itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from tuner.automl.timing import cutoff_seconds, training_seconds
from tuner.engine.datasets import present_dataset
from tuner.engine.judging import next_decision_step
from tuner.engine.leases import existing
from tuner.engine.studies import present
from tuner.records import MEMBER_WEIGHT, Lease, Origin, Trial
from tuner.storage import file_rows, trial_rows
from tuner.storage.study_rows import StudyRow
from tuner.wire import CheckpointFile, ClaimedTrial, LeasedTrial, MemberFiles


def claimed_trials(
    connection: Connection, row: StudyRow, leases: Sequence[Lease], candidate_seconds: float | None
) -> tuple[ClaimedTrial, ...]:
    """The trials that were handed out, each with all that is needed to train it.

    Args:
        connection: The transaction.
        row: Their study.
        leases: The trials, and the rights to run them.
        candidate_seconds: How long a candidate may take; None without a limit.
    """
    assert row.spec.dataset_id is not None
    dataset = present_dataset(file_rows.get_dataset(connection, row.spec.dataset_id))
    study = present(connection, row)
    first_decision = next_decision_step(row.spec, None)
    has_candidate = trial_rows.has_completed_candidate(connection, row.key)
    return tuple(
        ClaimedTrial(
            leased=LeasedTrial.of(lease, first_decision),
            study=study,
            dataset=dataset,
            training_seconds=candidate_seconds
            if lease.trial.origin.is_candidate
            else training_seconds(row.spec, lease.trial.origin, row.study.used_seconds),
            cutoff_seconds=cutoff_seconds(
                row.spec, lease.trial.origin, row.study.used_seconds, has_candidate=has_candidate
            ),
            members=_members(connection, row, lease.trial.members),
            checkpoint=_checkpoint(connection, lease.trial),
        )
        for lease in leases
    )


def _checkpoint(connection: Connection, trial: Trial) -> CheckpointFile | None:
    """Where an earlier attempt has come to."""
    if trial.attempt == 1:
        return None
    found = file_rows.latest_checkpoint(connection, existing(connection, trial.study_id, trial.number).key, trial)
    return None if found is None else CheckpointFile(attempt=found.attempt, sha256=found.sha256)


def _members(connection: Connection, row: StudyRow, numbers: Sequence[int]) -> tuple[MemberFiles, ...]:
    """What the trials have left that another one is made from."""
    found = trial_rows.get_trials(connection, row.key, row.study.id, numbers) if numbers else {}
    latest = trial_rows.latest_completed(connection, row.key, Origin.ENSEMBLE) if numbers else {}
    weights = {int(name.removeprefix(MEMBER_WEIGHT)): w for name, w in latest.items() if name.startswith(MEMBER_WEIGHT)}

    def weight(member: Trial) -> float:
        # A bagged trial takes the place of its candidate.
        return weights.get(member.number, 0.0) + sum(weights.get(number, 0.0) for number in member.members)

    return tuple(
        MemberFiles(
            number=number,
            attempt=member.trial.attempt,
            params=dict(member.trial.params),
            metrics=dict(member.trial.metrics),
            weight=weight(member.trial),
            files={
                artifact.name: artifact.sha256
                for artifact in file_rows.artifacts_of(connection, member.key, row.study.id, number)
                if artifact.attempt == member.trial.attempt
            },
        )
        for number, member in sorted(found.items())
    )
