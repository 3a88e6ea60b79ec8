"""Views of studies for samplers, pruners and rankings: kept in memory, caught up from SQL before each use."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from tuner.records import Measurement, StudyView, Trial
from tuner.storage import Database, measurement_rows, study_rows, trial_rows
from tuner.storage.measurement_rows import Bookmark
from tuner.storage.study_rows import StudyRow

_MAX_VIEWS = 256


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
        with self._caught_up(study_id) as (row, facts):
            return row, facts.view(row)

    def all_trials(self, study_id: str) -> tuple[StudyRow, list[Trial]]:
        """The study and all its trials at the same instant, by number, those that are no candidates included.

        Raises:
            NotFound: There is no such study.
        """
        with self._caught_up(study_id) as (row, facts):
            return row, [facts.trials[number] for number in sorted(facts.trials)]

    def forget(self, study_id: str) -> None:
        """Drop what is remembered of a study."""
        with self._lock:
            self._kept.pop(study_id, None)

    @contextmanager
    def _caught_up(self, study_id: str) -> Iterator[tuple[StudyRow, _Facts]]:
        with self._lock:
            kept = self._kept.setdefault(study_id, _Kept())
            self._kept.move_to_end(study_id)
            if len(self._kept) > _MAX_VIEWS:
                self._kept.popitem(last=False)
        with kept.lock, self._database.read() as connection:
            row = study_rows.get_study(connection, study_id, self._database.clock.now(connection))
            num_lost = self._database.num_lost_connections
            if kept.facts.num_lost_connections != num_lost:
                # The server may have crashed, and reports with it that this view has seen.
                kept.facts = _Facts(num_lost)
            kept.facts.catch_up(connection, row)
            yield row, kept.facts


def blind_view(row: StudyRow, number: int) -> StudyView:
    """A view without trials, for those who find a point for the trial ``number`` without them."""
    return replace(_view(row, [], {}), first_number=number)


@dataclass
class _Facts:
    """What is remembered of one study. Views share the curves, so these are replaced and never changed.

    Args:
        num_lost_connections: As counted by the database when remembering began.
        seq: Up to where changes have been read.
        bookmark: Up to where reports have been read.
        trials: All trials by number.
        shown: Those that algorithms see, by number.
        places: Where in ``shown`` each of them is.
        curves: Reports of the present attempts by trial number.
    """

    num_lost_connections: int = 0
    seq: int = -1
    bookmark: Bookmark = field(default_factory=Bookmark)
    trials: dict[int, Trial] = field(default_factory=dict)
    shown: list[Trial] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    curves: dict[int, list[Measurement]] = field(default_factory=dict)

    def catch_up(self, connection: Connection, row: StudyRow) -> None:
        """Read what has happened since the last time."""
        if row.study.seq > self.seq:
            for trial in trial_rows.changed_since(connection, row.key, row.study.id, self.seq):
                former = self.trials.get(trial.number)
                if former is not None and former.attempt != trial.attempt:
                    self.curves.pop(trial.number, None)
                self.trials[trial.number] = trial
                if trial.origin.is_candidate:
                    self._show(trial)
            self.seq = row.study.seq
        found, self.bookmark = measurement_rows.measurements_after(connection, row.key, self.bookmark)
        grown: dict[int, list[Measurement]] = {}
        for measurement in found:
            number = measurement.number
            if measurement.attempt == self.trials[number].attempt:
                if number not in grown:
                    grown[number] = list(self.curves.get(number, ()))
                _put(grown[number], measurement)
        self.curves |= grown

    def view(self, row: StudyRow) -> StudyView:
        """The facts as algorithms see them."""
        # Copies of pointers: a study may have a hundred thousand trials, and views are made all the time.
        return _view(row, self.shown.copy(), self.curves.copy())

    def _show(self, trial: Trial) -> None:
        place = self.places.setdefault(trial.number, len(self.shown))
        # By number: they only grow, and what has changed came sorted.
        self.shown[place : place + 1] = [trial]


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    facts: _Facts = field(default_factory=_Facts)


def _view(row: StudyRow, trials: list[Trial], curves: dict[int, list[Measurement]]) -> StudyView:
    return StudyView(
        study_id=row.study.id,
        space=row.spec.space,
        directions=row.spec.directions,
        objective_names=tuple(objective.name for objective in row.spec.objectives),
        seed=row.spec.seed,
        seq=row.study.seq,
        trials=trials,
        curves=curves,
        constraints=row.spec.constraints,
        first_number=row.study.next_number,
    )


def _put(curve: list[Measurement], measurement: Measurement) -> None:
    """Add a measurement to a curve, or put it in the place of the one at its step."""
    place = bisect_left(curve, measurement.step, key=lambda each: each.step)
    is_known = place < len(curve) and curve[place].step == measurement.step
    curve[place : place + is_known] = [measurement]
