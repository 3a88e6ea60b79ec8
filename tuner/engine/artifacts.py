"""Artifacts: what a trial's attempt leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from tuner.engine.leases import check_holder, existing
from tuner.engine.limits import Limits
from tuner.errors import Conflict, InvalidInput, LeaseLost, NotFound
from tuner.records import CHECKPOINT, Artifact
from tuner.storage import Blobs, Database, file_rows
from tuner.storage.blobs import artifact_name
from tuner.wire import ArtifactPage, ArtifactResource
from tuner.wire.artifacts import LOG

_MAX_FORGOTTEN = 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Artifacts:
    """The use cases about artifacts."""

    def __init__(self, database: Database, blobs: Blobs, limits: Limits) -> None:
        self._database = database
        self._blobs = blobs
        self._limits = limits

    def put(
        self,
        study_id: str,
        number: int,
        attempt: int,
        name: str,
        chunks: Iterator[bytes],
        *,
        lease: str,
        sha256: str | None = None,
    ) -> ArtifactResource:
        """Store a file of the attempt that ``lease`` holds.

        Raises:
            LeaseLost: Another attempt holds the trial.
            InvalidInput: The name is not one, or the content does not have the hash announced.
        """
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} cannot be the name of an artifact.",
                hint="Use up to 100 letters, digits, dots, dashes and underscores, a letter or digit first.",
            )

        def check(connection: Connection, *, lock: bool) -> int:
            row = existing(connection, study_id, number, lock=lock)
            check_holder(row, lease)
            if row.trial.attempt != attempt:
                raise LeaseLost(f"{study_id}/{number}", f"attempt {row.trial.attempt} holds it, not {attempt}")
            return row.key

        with self._database.read() as connection:
            check(connection, lock=False)
        received = self._blobs.receive(chunks, max_bytes=self._limits.max_artifact_bytes, sha256=sha256)
        blob = artifact_name(study_id, number, attempt, received.sha256)
        try:
            # It may have come in slowly.
            with self._database.read() as connection:
                check(connection, lock=False)
            self._blobs.keep(received, blob)
        finally:
            self._blobs.discard(received)

        replaced: list[Artifact] = []

        def operation(connection: Connection, now: datetime) -> ArtifactResource:
            # Once more, under a lock: only now is it sure that nobody takes the trial over.
            key = check(connection, lock=True)
            # A checkpoint also takes the place of those that earlier attempts have left.
            replaced[:] = [
                artifact
                for artifact in file_rows.artifacts_of(connection, key, study_id, number)
                if artifact.name == name and (artifact.attempt == attempt or name == CHECKPOINT)
            ]
            if name == CHECKPOINT:
                file_rows.remove_checkpoints(connection, key, before=attempt)
            file_rows.put_artifact(connection, key, attempt, name, received.size, received.sha256, now)
            return ArtifactResource.of(Artifact(study_id, number, attempt, name, received.size, received.sha256, now))

        try:
            stored = self._database.write(operation).result()
        except (Conflict, NotFound):
            self._remove_unless_used(study_id, number, attempt, received.sha256)
            raise
        for before in replaced:
            self._remove_unless_used(study_id, number, before.attempt, before.sha256)
        return stored

    def forget_checkpoints(self) -> None:
        """Remove the checkpoints of trials that have ended."""
        with self._database.read() as connection:
            found = file_rows.checkpoints_of_finished(connection, _MAX_FORGOTTEN)
        for study_id, number in dict.fromkeys((artifact.study_id, artifact.number) for artifact in found):
            # Files first: what is removed twice does no harm, what nobody knows of any more would stay for ever.
            for artifact in found:
                if (artifact.study_id, artifact.number) == (study_id, number):
                    self._blobs.remove(artifact_name(study_id, number, artifact.attempt, artifact.sha256))

            def operation(
                connection: Connection, now: datetime, study_id: str = study_id, number: int = number
            ) -> None:
                file_rows.remove_checkpoints(connection, existing(connection, study_id, number, lock=True).key)

            with suppress(NotFound):
                self._database.write(operation).result()

    def of_trial(self, study_id: str, number: int) -> ArtifactPage:
        """All artifacts of a trial."""
        return ArtifactPage(items=tuple(map(ArtifactResource.of, self._list(study_id, number))))

    def find(self, study_id: str, number: int, attempt: int, name: str) -> tuple[ArtifactResource, Path]:
        """An artifact and where its content lies.

        Raises:
            NotFound: The trial has no such artifact.
        """
        for artifact in self._list(study_id, number):
            if artifact.attempt == attempt and artifact.name == name:
                path = self._blobs.path(artifact_name(study_id, number, attempt, artifact.sha256))
                return ArtifactResource.of(artifact), path
        raise NotFound("artifact", f"{study_id}/{number}/{attempt}/{name}", hint="List the trial's artifacts.")

    def log(self, study_id: str, number: int) -> Path | None:
        """The log of the latest attempt that left one."""
        logs = [artifact for artifact in self._list(study_id, number) if artifact.name == LOG]
        if not logs:
            return None
        latest = logs[-1]
        return self._blobs.path(artifact_name(study_id, number, latest.attempt, latest.sha256))

    def _remove_unless_used(self, study_id: str, number: int, attempt: int, sha256: str) -> None:
        """Remove a refused or replaced file, unless the same attempt has stored the same content otherwise."""
        try:
            kept = self._list(study_id, number)
            used = any(artifact.attempt == attempt and artifact.sha256 == sha256 for artifact in kept)
        except NotFound:
            used = False
        if not used:
            self._blobs.remove(artifact_name(study_id, number, attempt, sha256))

    def _list(self, study_id: str, number: int) -> list[Artifact]:
        with self._database.read() as connection:
            row = existing(connection, study_id, number)
            return file_rows.artifacts_of(connection, row.key, study_id, number)
