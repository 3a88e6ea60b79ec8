"""What has changed: the truth behind streams of events. Each position is all that a stream has to remember."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection

from tuner.engine.columns import curve_columns, report_columns, trial_columns
from tuner.engine.once import OncePerSeq
from tuner.engine.studies import present
from tuner.engine.views import Views
from tuner.errors import NotFound
from tuner.records import Measurement, Trial
from tuner.storage import Database, measurement_rows, study_rows, trial_rows
from tuner.storage.measurement_rows import Bookmark
from tuner.wire import StudyResource
from tuner.wire.live import Curves, ReportColumns, TrialColumns

_MAX_KEPT = 16
# Of gzip. More saves little and takes long: a study of ten thousand trials has more than a megabyte.
COMPRESSION = 5
# A page is better off fetching a study anew that has changed more than this.
MAX_TRIALS, MAX_REPORTS = 500, 5_000
MAX_FOLLOWED = 2_000
"""Studies, the newest, whose changes a stream about all of them tells."""


@dataclass(frozen=True)
class Position:
    """How far a study has been followed.

    Args:
        seq: Changes of the study and its trials up to here are known.
        reports: Reports up to here are. At the beginning, those of trials that had ended at ``seq``.
    """

    seq: int = -1
    reports: Bookmark = field(default_factory=Bookmark)


@dataclass(frozen=True)
class Step:
    """What has happened to one study since a position.

    Args:
        position: Where to go on from.
        study: The study, if it or a trial of it has changed.
        trials: The trials that have changed, if any.
        reports: What was reported, if anything.
        is_large: So much has happened that it is not told. Or it cannot be: the database is older than the position.
    """

    position: Position
    study: StudyResource | None = None
    trials: TrialColumns | None = None
    reports: ReportColumns | None = None
    is_large: bool = False


@dataclass(frozen=True)
class Snapshot:
    """A whole study at one instant.

    Args:
        seq: The instant.
        content: JSON text of ``TrialColumns``.
    """

    seq: int
    content: bytes

    @cached_property
    def compressed(self) -> bytes:
        """The content in gzip."""
        return gzip.compress(self.content, COMPRESSION)


class Live:
    """Whole studies for pages that draw them, and what has happened since.

    Args:
        database: Where it is written down.
        views: Facts of studies, kept in memory.
    """

    def __init__(self, database: Database, views: Views) -> None:
        self._database = database
        self._views = views
        self._snapshots: OncePerSeq[Snapshot] = OncePerSeq(_MAX_KEPT)

    def columns(self, study_id: str) -> Snapshot:
        """All trials of a study.

        Raises:
            NotFound: There is no such study.
        """
        row, trials = self._views.all_trials(study_id)

        def make() -> Snapshot:
            return Snapshot(row.study.seq, trial_columns(row.study, trials).model_dump_json().encode())

        return self._snapshots.get(study_id, row.study.seq, make)

    def changed_columns(self, study_id: str, since: int) -> TrialColumns:
        """The trials that have changed after ``since``.

        Raises:
            NotFound: There is no such study.
        """
        row, trials = self._views.all_trials(study_id)
        return trial_columns(row.study, [trial for trial in trials if trial.seq > since], since)

    def curves(self, study_id: str, numbers: Sequence[int] | None = None) -> Curves:
        """Learning curves of all trials or of those that are named.

        Raises:
            NotFound: There is no such study.
        """
        _, view = self._views.of(study_id)
        wanted = view.curves if numbers is None else {n: view.curves[n] for n in numbers if n in view.curves}
        return curve_columns(study_id, {number: wanted[number] for number in sorted(wanted)})

    def position(self, study_id: str) -> Position:
        """Where a study stands now.

        Raises:
            NotFound: There is no such study.
        """
        with self._database.read() as connection:
            key, seq = study_rows.key_and_seq(connection, study_id)
            return Position(seq, measurement_rows.latest_bookmark(connection, key))

    def steps(self, positions: Mapping[str, Position]) -> dict[str, Step | None]:
        """What has happened to some studies since these positions; None for one that has been deleted.

        Studies to which nothing has happened are left out.
        """
        found: dict[str, Step | None] = {}
        with self._database.read() as connection:
            for study_id, position in positions.items():
                try:
                    step = self._step(connection, study_id, position)
                except NotFound:
                    found[study_id] = None
                    continue
                if step.position != position:
                    found[study_id] = step
        return found

    def seqs(self) -> dict[str, int]:
        """How far each study has come, by id; of very many studies the newest."""
        with self._database.read() as connection:
            return study_rows.all_seqs(connection, MAX_FOLLOWED)

    def changed_studies(self, known: Mapping[str, int]) -> tuple[dict[str, int], list[StudyResource], set[str]]:
        """As ``seqs``; those studies that stand elsewhere than ``known`` says, and the ids of those that are gone."""
        with self._database.read() as connection:
            now = self._database.clock.now(connection)
            seqs = study_rows.all_seqs(connection, MAX_FOLLOWED)
            changed = [study_id for study_id, seq in seqs.items() if known.get(study_id) != seq]
            # Of very many studies the oldest are not looked at any more; that is not to be gone.
            unseen = known.keys() - seqs.keys()
            gone = unseen - study_rows.existing_ids(connection, unseen) if unseen else set()
            return seqs, [present(connection, study_rows.get_study(connection, each, now)) for each in changed], gone

    def _step(self, connection: Connection, study_id: str, position: Position) -> Step:
        key, seq = study_rows.key_and_seq(connection, study_id)
        if position.reports == Bookmark():
            bookmark = measurement_rows.latest_bookmark(connection, key)
            reports = measurement_rows.running_measurements(connection, key, MAX_REPORTS + 1) if bookmark.key else []
        else:
            reports, bookmark = measurement_rows.measurements_after(connection, key, position.reports, MAX_REPORTS + 1)
        is_large = len(reports) > MAX_REPORTS or seq < position.seq
        trials: list[Trial] = []
        if seq > position.seq and not is_large:
            trials = trial_rows.changed_since(connection, key, study_id, position.seq)
            is_large = len(trials) > MAX_TRIALS
        if is_large:
            return Step(Position(seq, measurement_rows.latest_bookmark(connection, key)), is_large=True)
        told = report_columns(_latest(reports)) if reports else None
        if seq == position.seq:
            return Step(Position(seq, bookmark), reports=told)
        row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
        return Step(
            Position(row.study.seq, bookmark),
            study=present(connection, row),
            trials=trial_columns(row.study, trials, position.seq) if trials else None,
            reports=told,
        )


def _latest(reports: Sequence[Measurement]) -> list[Measurement]:
    """Of what was reported for one step of one attempt the latest."""
    return list({(report.number, report.attempt, report.step): report for report in reports}.values())
