"""Datasets: upload, read, rename, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from tuner.data.kinds import chosen_kinds, with_kinds
from tuner.data.profile import target_profile, usual_target
from tuner.data.upload import examine_file, examine_own_file
from tuner.engine.changes import then
from tuner.engine.cursors import dump_cursor, load_cursor
from tuner.engine.identity import new_id
from tuner.engine.limits import Limits
from tuner.engine.outcome import Outcome
from tuner.errors import DatasetInUse, NotFound
from tuner.storage import Blobs, Database, file_rows
from tuner.storage.blobs import dataset_name
from tuner.storage.file_rows import DatasetRow
from tuner.wire import ChangeDataset, DatasetPage, DatasetPreview, DatasetResource, DatasetWarningResource


class Datasets:
    """The use cases about tables.

    Args:
        database: Where they are listed.
        blobs: Where their files lie.
        limits: How large they may be.
        embedded: The tables are those of the user whose process this is.
    """

    def __init__(self, database: Database, blobs: Blobs, limits: Limits, *, embedded: bool = False) -> None:
        self._database = database
        self._blobs = blobs
        self._limits = limits
        self._examine = examine_own_file if embedded else examine_file

    def upload(
        self,
        chunks: Iterator[bytes],
        *,
        name: str,
        target: str | None,
        columns: Mapping[str, str] | None = None,
        sha256: str | None = None,
    ) -> Outcome[DatasetResource]:
        """Store a table and find out what is in it. The same content under the same name is stored once.

        Args:
            chunks: The file: CSV (plain or gzip), Parquet, NPZ, or a zip file of pictures in folders.
            name: How to call it.
            target: The column that studies predict unless they say otherwise; for pictures in folders their label.
            columns: Kinds chosen for some columns, in place of those that are found.
            sha256: Hash of the file, if the sender knows it.

        Raises:
            InvalidDataset: It is not a table, ``target`` cannot be predicted, or a kind does not fit its column.
            TooLarge: It is larger than allowed.
        """
        kinds = columns or {}
        received = self._blobs.receive(chunks, max_bytes=self._limits.max_upload_bytes, sha256=sha256)
        try:
            with self._database.read() as connection:
                known = file_rows.find_dataset(connection, name, received.sha256)
            if known is not None and _is_same(known, target, kinds):
                return Outcome(present_dataset(known), created=False)
            examined = self._examine(received.path, target=target, kinds=kinds)
            target = target or usual_target(examined.profile)
            dataset_id = new_id(self._database.now())
            self._blobs.keep(received, dataset_name(dataset_id))
        finally:
            self._blobs.discard(received)

        def operation(connection: Connection, now: datetime) -> DatasetRow:
            # Looked for again: the same upload may have ended at the same time.
            found = file_rows.find_dataset(connection, name, received.sha256)
            if found is not None and _is_same(found, target, kinds):
                return found
            file_rows.insert_dataset(
                connection,
                dataset_id,
                name=name,
                target=target,
                size=received.size,
                sha256=received.sha256,
                profile=examined.profile,
                first_rows=examined.first_rows,
                now=now,
            )
            return file_rows.get_dataset(connection, dataset_id)

        row = self._database.write(operation).result()
        created = row.id == dataset_id
        if not created:
            self._blobs.remove(dataset_name(dataset_id))
        return Outcome(present_dataset(row), created)

    def get(self, dataset_id: str) -> DatasetResource:
        """The dataset."""
        with self._database.read() as connection:
            return present_dataset(file_rows.get_dataset(connection, dataset_id))

    def preview(self, dataset_id: str, num_rows: int = 20) -> DatasetPreview:
        """The first rows of a table, at most 100; of very wide ones fewer.

        Raises:
            NotFound: There is no such dataset, or its rows were not kept when it was uploaded.
        """
        with self._database.read() as connection:
            row = file_rows.get_dataset(connection, dataset_id)
            rows = file_rows.get_first_rows(connection, row.key)
        if rows is None:
            raise NotFound(
                "preview",
                dataset_id,
                hint="The table was uploaded to an earlier version. Upload it under another name to see its rows.",
            )
        return DatasetPreview(
            columns=tuple(column["name"] for column in row.profile_json["columns"]),
            rows=tuple(map(tuple, rows[:num_rows])),
            num_rows=row.profile_json["num_rows"],
        )

    def page(self, *, name: str | None = None, limit: int = 100, cursor: str | None = None) -> DatasetPage:
        """Datasets, newest first."""
        after = load_cursor(cursor, "datasets", [int])
        before = None if after is None else int(after[0])
        with self._database.read() as connection:
            rows = file_rows.page_of_datasets(connection, name=name, before=before, limit=limit + 1)
        following = dump_cursor("datasets", rows[limit - 1].key) if len(rows) > limit else None
        return DatasetPage(items=tuple(map(present_dataset, rows[:limit])), next_cursor=following)

    def change(self, dataset_id: str, request: ChangeDataset) -> Future[DatasetResource]:
        """Give a dataset another name or target, or its columns other kinds. Studies that exist keep their target.

        Raises:
            DatasetInUse: Studies use it, and the kinds of its columns were to change; set on the future.
        """

        def operation(connection: Connection, now: datetime) -> DatasetResource:
            row = file_rows.get_dataset(connection, dataset_id)
            profile = with_kinds(row.profile, request.columns)
            if profile != row.profile:
                _check_unused(connection, row, "Upload the table again under another name, with these kinds.")
            target = request.target or row.target
            if target is not None and (request.target is not None or request.columns):
                target_profile(profile, target)
            file_rows.change_dataset(connection, row.key, name=request.name or row.name, target=target, profile=profile)
            return present_dataset(file_rows.get_dataset(connection, dataset_id))

        return self._database.write(operation)

    def delete(self, dataset_id: str) -> Future[None]:
        """Remove a dataset.

        Raises:
            DatasetInUse: Studies use it; set on the future.
        """

        def operation(connection: Connection, now: datetime) -> None:
            row = file_rows.get_dataset(connection, dataset_id)
            _check_unused(connection, row, "Delete these studies first.")
            file_rows.delete_dataset(connection, row.key)

        return then(self._database.write(operation), lambda _: self._blobs.remove(dataset_name(dataset_id)))

    def path(self, dataset_id: str) -> Path:
        """The stored file.

        Raises:
            NotFound: There is no such dataset.
        """
        with self._database.read() as connection:
            file_rows.get_dataset(connection, dataset_id)
        return self._blobs.path(dataset_name(dataset_id))


def _is_same(known: DatasetRow, target: str | None, kinds: Mapping[str, str]) -> bool:
    """Whether a stored table has the target and the kinds that are asked for."""
    chosen = chosen_kinds(known.profile)
    return (
        target in (None, known.target)
        and chosen.keys() <= kinds.keys()
        and with_kinds(known.profile, kinds) == known.profile
    )


def _check_unused(connection: Connection, row: DatasetRow, hint: str) -> None:
    users = file_rows.studies_of_dataset(connection, row.key, limit=5)
    if users:
        raise DatasetInUse(f"Dataset {row.name!r} is used by: {', '.join(users)}.", hint=hint)


def present_dataset(row: DatasetRow) -> DatasetResource:
    """The resource that shows a stored dataset."""
    return DatasetResource(
        id=row.id,
        name=row.name,
        target=row.target,
        size=row.size,
        sha256=row.sha256,
        num_rows=row.profile_json["num_rows"],
        num_columns=len(row.profile_json["columns"]),
        profile=row.profile_json,
        warnings=tuple(
            DatasetWarningResource.model_validate(warning)
            for warning in row.profile_json.get("warnings", ())
            if warning["target"] in (None, row.target)
        ),
        created_at=row.created_at,
    )
