"""What has changed: the truth behind streams of events. Each position is all that a stream has to remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from tuner.engine.columns import curve_columns, report_columns, trial_columns
from tuner.engine.once import OncePerSeq
from tuner.engine.studies import present
from tuner.engine.views import Views
from tuner.errors import NotFound
from tuner.records import Measurement
from tuner.storage import Database, measurement_rows, study_rows, trial_rows
from tuner.storage.measurement_rows import Bookmark
from tuner.wire import StudyResource
from tuner.wire.live import Curves, ReportColumns, TrialColumns

_MAX_KEPT = 16
MAX_FOLLOWED = 2_000
"""Studies, the newest, whose changes a stream about all of them tells."""


@dataclass(frozen=True)
class Position:
    """How far a study has been followed.

    Args:
        seq: Changes of the study and its trials up to here are known.
        reports: Reports up to here are.
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
    """

    position: Position
    study: StudyResource | None = None
    trials: TrialColumns | None = None
    reports: ReportColumns | None = None


class Live:
    """Whole studies for pages that draw them, and what has happened since.

    Args:
        database: Where it is written down.
        views: Facts of studies, kept in memory.
    """

    def __init__(self, database: Database, views: Views) -> None:
        self._database = database
        self._views = views
        self._columns: OncePerSeq[bytes] = OncePerSeq(_MAX_KEPT)

    def columns(self, study_id: str) -> tuple[int, bytes]:
        """All trials of a study as the JSON text of ``TrialColumns``, and the ``seq`` at which they stood.

        Raises:
            NotFound: There is no such study.
        """
        row, trials = self._views.all_trials(study_id)

        def make() -> bytes:
            return trial_columns(row.study, trials).model_dump_json().encode()

        return row.study.seq, self._columns.get(study_id, row.study.seq, make)

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
            row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
            _, bookmark = measurement_rows.measurements_after(connection, row.key, Bookmark())
        return Position(row.study.seq, bookmark)

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

    def changed_studies(self, known: Mapping[str, int]) -> tuple[dict[str, int], list[StudyResource]]:
        """As ``seqs``, and those studies that stand elsewhere than ``known`` says."""
        with self._database.read() as connection:
            now = self._database.clock.now(connection)
            seqs = study_rows.all_seqs(connection, MAX_FOLLOWED)
            changed = [study_id for study_id, seq in seqs.items() if known.get(study_id) != seq]
            return seqs, [present(connection, study_rows.get_study(connection, each, now)) for each in changed]

    def _step(self, connection: Connection, study_id: str, position: Position) -> Step:
        key, seq = study_rows.key_and_seq(connection, study_id)
        reports, bookmark = measurement_rows.measurements_after(connection, key, position.reports)
        told = report_columns(_latest(reports)) if reports else None
        if seq == position.seq:
            return Step(Position(seq, bookmark), reports=told)
        row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
        trials = trial_rows.changed_since(connection, row.key, study_id, position.seq)
        return Step(
            Position(row.study.seq, bookmark),
            study=present(connection, row),
            trials=trial_columns(row.study, trials, position.seq) if trials else None,
            reports=told,
        )


def _latest(reports: Sequence[Measurement]) -> list[Measurement]:
    """Of what was reported for one step of one attempt the latest."""
    return list({(report.number, report.attempt, report.step): report for report in reports}.values())
