"""SQL about datasets and artifacts: what is known of the files in ``Blobs``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, literal_column, select, update

from tuner.data.first_rows import Cell
from tuner.data.profile import DatasetProfile
from tuner.errors import NotFound
from tuner.records import CHECKPOINT, Artifact, Trial, TrialState
from tuner.storage.study_rows import PROJECT
from tuner.storage.tables import artifacts, datasets, studies, trials

_WITHOUT_ROWS = [column for column in datasets.c if column is not datasets.c.first_rows]
# Spelled out in the statement, as the partial index wants it.
_IS_CHECKPOINT = artifacts.c.name == literal_column(f"'{CHECKPOINT}'")


@dataclass(frozen=True)
class DatasetRow:
    """A dataset as stored."""

    key: int
    id: str
    name: str
    target: str | None
    size: int
    sha256: str
    profile_json: dict[str, Any]
    created_at: datetime

    @property
    def profile(self) -> DatasetProfile:
        """What was found when the table was read."""
        return DatasetProfile.from_json(self.profile_json)


def insert_dataset(
    connection: Connection,
    dataset_id: str,
    *,
    name: str,
    target: str | None,
    size: int,
    sha256: str,
    profile: DatasetProfile,
    now: datetime,
    first_rows: Sequence[Sequence[Cell]] | None = None,
) -> None:
    """Add a dataset."""
    connection.execute(
        insert(datasets).values(
            project_id=PROJECT,
            id=dataset_id,
            name=name,
            target=target,
            size=size,
            sha256=sha256,
            profile=profile.to_json(),
            first_rows=first_rows,
            created_at=now,
        )
    )


def get_dataset(connection: Connection, dataset_id: str) -> DatasetRow:
    """The dataset.

    Raises:
        NotFound: There is none.
    """
    row = connection.execute(select(*_WITHOUT_ROWS).where(datasets.c.id == dataset_id)).one_or_none()
    if row is None:
        raise NotFound("dataset", dataset_id, hint="Upload it first, or list the datasets to find its id.")
    return _dataset(row)


def find_dataset(connection: Connection, name: str, sha256: str) -> DatasetRow | None:
    """The newest dataset with this name and content."""
    query = (
        select(*_WITHOUT_ROWS)
        .where(datasets.c.project_id == PROJECT, datasets.c.name == name, datasets.c.sha256 == sha256)
        .order_by(datasets.c.key.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _dataset(row)


def page_of_datasets(connection: Connection, *, name: str | None, before: int | None, limit: int) -> list[DatasetRow]:
    """Datasets, newest first, older than the one with key ``before``."""
    query = select(*_WITHOUT_ROWS).where(datasets.c.project_id == PROJECT).order_by(datasets.c.key.desc()).limit(limit)
    if name is not None:
        query = query.where(datasets.c.name == name)
    if before is not None:
        query = query.where(datasets.c.key < before)
    return [_dataset(row) for row in connection.execute(query)]


def get_first_rows(connection: Connection, key: int) -> list[list[Cell]] | None:
    """The first rows of a table; None if it was uploaded before they were kept."""
    found: list[list[Cell]] | None = connection.scalar(select(datasets.c.first_rows).where(datasets.c.key == key))
    return found


def change_dataset(connection: Connection, key: int, *, name: str, target: str | None, profile: DatasetProfile) -> None:
    """Give a dataset another name, target or profile."""
    values = {"name": name, "target": target, "profile": profile.to_json()}
    connection.execute(update(datasets).where(datasets.c.key == key).values(values))


def studies_of_dataset(connection: Connection, key: int, limit: int) -> list[str]:
    """Names of studies that use a dataset."""
    return list(connection.scalars(select(studies.c.name).where(studies.c.dataset_key == key).limit(limit)))


def delete_dataset(connection: Connection, key: int) -> None:
    """Remove a dataset that no study uses."""
    connection.execute(delete(datasets).where(datasets.c.key == key))


def put_artifact(
    connection: Connection, trial_key: int, attempt: int, name: str, size: int, sha256: str, now: datetime
) -> None:
    """Register an artifact; the same name again takes the place of the earlier one."""
    where = (artifacts.c.trial_key == trial_key, artifacts.c.attempt == attempt, artifacts.c.name == name)
    changed = connection.execute(update(artifacts).where(*where).values(size=size, sha256=sha256, created_at=now))
    if changed.rowcount == 0:
        connection.execute(
            insert(artifacts).values(
                project_id=PROJECT,
                trial_key=trial_key,
                attempt=attempt,
                name=name,
                size=size,
                sha256=sha256,
                created_at=now,
            )
        )


def artifacts_of(connection: Connection, trial_key: int, study_id: str, number: int) -> list[Artifact]:
    """All artifacts of a trial, by attempt and name."""
    query = select(artifacts).where(artifacts.c.trial_key == trial_key).order_by(artifacts.c.attempt, artifacts.c.name)
    return [_artifact(row, study_id, number) for row in connection.execute(query)]


def latest_checkpoint(connection: Connection, trial_key: int, trial: Trial) -> Artifact | None:
    """The newest checkpoint of a trial's attempts."""
    query = (
        select(artifacts)
        .where(artifacts.c.trial_key == trial_key, _IS_CHECKPOINT)
        .order_by(artifacts.c.attempt.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _artifact(row, trial.study_id, trial.number)


def checkpoints_of_finished(connection: Connection, limit: int) -> list[Artifact]:
    """Checkpoints of trials that have ended, which nobody needs any more."""
    finished = [str(state) for state in TrialState if state.is_finished]
    query = (
        select(artifacts, trials.c.number, studies.c.id.label("study_id"))
        .join(trials, artifacts.c.trial_key == trials.c.key)
        .join(studies, trials.c.study_key == studies.c.key)
        .where(_IS_CHECKPOINT, trials.c.state.in_(finished))
        .limit(limit)
    )
    return [_artifact(row, row.study_id, row.number) for row in connection.execute(query)]


def remove_checkpoints(connection: Connection, trial_key: int, *, before: int | None = None) -> None:
    """Forget the checkpoints of a trial: those of attempts before this one, or all."""
    query = delete(artifacts).where(artifacts.c.trial_key == trial_key, _IS_CHECKPOINT)
    connection.execute(query if before is None else query.where(artifacts.c.attempt < before))


def _dataset(row: Row[Any]) -> DatasetRow:
    return DatasetRow(
        key=row.key,
        id=row.id,
        name=row.name,
        target=row.target,
        size=row.size,
        sha256=row.sha256,
        profile_json=row.profile,
        created_at=row.created_at,
    )


def _artifact(row: Row[Any], study_id: str, number: int) -> Artifact:
    return Artifact(
        study_id=study_id,
        number=number,
        attempt=row.attempt,
        name=row.name,
        size=row.size,
        sha256=row.sha256,
        created_at=row.created_at,
    )
