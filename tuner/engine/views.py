"""Views of studies for samplers, pruners and rankings: kept in memory, caught up from SQL before each use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from sqlalchemy import Connection

from tuner.records import Measurement, Origin, StudyView, Trial
from tuner.storage import Database, study_rows, trial_rows
from tuner.storage.study_rows import StudyRow

# PostgreSQL gives keys out before their transactions commit, so a later key can become visible before an earlier one:
# each catching up reads this many keys again. Measurements are de-duplicated by (trial, attempt, step).
_OVERLAP = 500
_MAX_VIEWS = 256


@dataclass
class _Kept:
    """What is remembered of one study."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    seq: int = -1
    measurement_key: int = 0
    trials: dict[int, Trial] = field(default_factory=dict)
    curves: dict[int, dict[tuple[int, int], Measurement]] = field(default_factory=dict)


class Views:
    """Views by study, the least recently used forgotten first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, study_id: str) -> tuple[StudyRow, StudyView]:
        """The study and a view of it at the same instant, caught up with the database.

        Raises:
            NotFound: There is no such study.
        """
        with self._lock:
            kept = self._kept.setdefault(study_id, _Kept())
            self._kept.move_to_end(study_id)
            if len(self._kept) > _MAX_VIEWS:
                self._kept.popitem(last=False)
        with kept.lock, self._database.read() as connection:
            row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
            _catch_up(connection, row, kept, overlap=0 if self._database.is_sqlite else _OVERLAP)
            return row, _view(row, kept)

    def forget(self, study_id: str) -> None:
        """Drop what is remembered of a study."""
        with self._lock:
            self._kept.pop(study_id, None)


def _catch_up(connection: Connection, row: StudyRow, kept: _Kept, *, overlap: int) -> None:
    if row.study.seq > kept.seq:
        for trial in trial_rows.changed_since(connection, row.key, row.study.id, kept.seq):
            kept.trials[trial.number] = trial
        kept.seq = row.study.seq
    since = max(0, kept.measurement_key - overlap)
    for key, measurement in trial_rows.measurements_after(connection, row.key, since):
        kept.curves.setdefault(measurement.number, {})[measurement.attempt, measurement.step] = measurement
        kept.measurement_key = max(kept.measurement_key, key)


def _view(row: StudyRow, kept: _Kept) -> StudyView:
    trials = [
        kept.trials[number]
        for number in sorted(kept.trials)
        if kept.trials[number].origin not in (Origin.BASELINE, Origin.ENSEMBLE)
    ]
    curves = {}
    for trial in trials:
        by_step = kept.curves.get(trial.number)
        if by_step:
            curves[trial.number] = [
                measurement for (attempt, _), measurement in sorted(by_step.items()) if attempt == trial.attempt
            ]
    return StudyView(
        study_id=row.study.id,
        space=row.spec.space,
        directions=row.spec.directions,
        objective_names=tuple(objective.name for objective in row.spec.objectives),
        seed=row.spec.seed,
        seq=row.study.seq,
        trials=trials,
        curves={number: curve for number, curve in curves.items() if curve},
    )
