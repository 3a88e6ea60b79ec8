"""The engine: opens the storage and offers the use cases, grouped by what they are about."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from tuner.data.profile import Task, target_profile
from tuner.data.series.forecast import Forecast
from tuner.engine.artifacts import Artifacts
from tuner.engine.changes import Changes
from tuner.engine.datasets import Datasets
from tuner.engine.limits import Limits
from tuner.engine.live import Live
from tuner.engine.options import family_page, study_options
from tuner.engine.rankings import Rankings
from tuner.engine.studies import Studies
from tuner.engine.suggestions import Suggestions
from tuner.engine.timer import Timer
from tuner.engine.trials import Trials
from tuner.engine.views import Views
from tuner.engine.workers import Workers
from tuner.storage import Blobs, Database, Ownership, file_rows
from tuner.storage.database import sqlite_file
from tuner.storage.schema import require_current
from tuner.wire import FamilyPage, StudyOptions


class Engine:
    """Everything the service does, over one database and one folder of files.

    Reads answer at once. Writes answer a ``concurrent.futures.Future`` that is resolved after COMMIT, or block where
    they wait for something else (a sampler, a stream). Replies are the models of ``tuner.wire``.

    Args:
        database: Where studies and trials live; with the current schema.
        folder: Where uploaded tables and artifacts lie.
        ownership: The right to use an SQLite file, released on ``close``.
        limits: Bounds and rhythms.
        embedded: The engine lives inside a user's process: when it dies, the leases it gave are void.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        ownership: Ownership | None = None,
        limits: Limits | None = None,
        embedded: bool = False,
    ) -> None:
        limits = limits or Limits()
        self._database = database
        self._ownership = ownership
        self._pid = os.getpid()
        self._is_closed = False
        changes = Changes()
        views = Views(database)
        blobs = Blobs(folder)
        self._pruning = ThreadPoolExecutor(2, thread_name_prefix="tuner-pruning")
        self._removals = ThreadPoolExecutor(1, thread_name_prefix="tuner-removals")
        self._sampling = ThreadPoolExecutor(2, thread_name_prefix="tuner-sampling")
        holder = uuid.uuid4().hex if embedded else None
        self.workers = Workers(database)
        self.suggestions = Suggestions(database, views, changes, self._sampling, holder, self.workers.saw)
        self.rankings = Rankings(views, self.suggestions.sampler_of)
        self.live = Live(database, views)
        self.studies = Studies(database, blobs, views, self.rankings, changes, self._removals)
        self.trials = Trials(database, views, self.rankings, changes, self._pruning, self.suggestions.prepare, limits)
        self.changes = changes
        self.datasets = Datasets(database, blobs, limits, embedded=embedded)
        self.artifacts = Artifacts(database, blobs, limits)
        self.timer = Timer(database, changes, limits, self.artifacts.forget_checkpoints, self.workers.forget)

    @classmethod
    def open(cls, database_url: str, folder: Path, *, limits: Limits | None = None, embedded: bool = False) -> Self:
        """Open the storage, make its schema if an SQLite file is fresh, and start the timer.

        Args:
            database_url: ``sqlite:///path`` or ``postgresql://...``.
            folder: Where uploaded tables and artifacts lie.
            limits: Bounds and rhythms.
            embedded: The engine lives inside a user's process: when it dies, the leases it gave are void.

        Raises:
            DatabaseInUse: Another process owns the SQLite file.
            DatabaseOutdated: The schema is not the one this version needs.
        """
        path = sqlite_file(database_url)
        ownership = None if path is None else Ownership(path)
        try:
            require_current(database_url)
            engine = cls(Database(database_url), folder, ownership=ownership, limits=limits, embedded=embedded)
        except BaseException:
            if ownership is not None:
                ownership.release()
            raise
        try:
            if ownership is not None:
                # Whoever held leases as part of a former owner of this file is dead.
                engine.timer.void_held_leases()
            engine.timer.start()
        except BaseException:
            engine.close()
            raise
        return engine

    def close(self) -> None:
        """Finish the writes handed over and give the storage up. Again: no effect."""
        if self._is_closed or os.getpid() != self._pid:
            return
        self._is_closed = True
        self.timer.stop()
        self._sampling.shutdown()
        self._pruning.shutdown()
        self._removals.shutdown()
        self._database.close()
        if self._ownership is not None:
            self._ownership.release()

    def announce(self, url: str) -> None:
        """Tell others on this machine where this engine is served."""
        if self._ownership is not None:
            self._ownership.announce(url)

    def ready(self) -> bool:
        """Whether the database answers."""
        return self._database.is_ready()

    def families(
        self,
        dataset_id: str | None = None,
        *,
        target: str | None = None,
        task: Task | None = None,
        forecast: Forecast | None = None,
    ) -> FamilyPage:
        """All model families; for a dataset, what each would do there.

        Args:
            dataset_id: The dataset.
            target: What is predicted; by default the dataset's own target, if it has one.
            task: The task, to overrule the choice made from the values.
            forecast: How far ahead, to predict the values to come of a time series.

        Raises:
            NotFound: There is no such dataset.
            InvalidInput: The target cannot be predicted so.
        """
        if dataset_id is None:
            return family_page(None, None)
        with self._database.read() as connection:
            row = file_rows.get_dataset(connection, dataset_id)
        name = target or row.target
        return family_page(row.profile, None if name is None else target_profile(row.profile, name, task, forecast))

    def options(self) -> StudyOptions:
        """What the fields of a new study may say."""
        return study_options()
