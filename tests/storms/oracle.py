"""What a service has acknowledged, and whether it has kept all of it."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, select

from tests.storms.caller import Body, Caller
from tuner.records import TrialState
from tuner.storage import tables
from tuner.storage.database import parse_url

# The timer looks every second, and a busy machine is late.
LATE_SECONDS = 10.0
ENDED_ALONE = ("completed", "pruned", "failed")


@dataclass(frozen=True)
class Asked:
    """A hand-out that a client has learnt of."""

    client: str
    key: str
    number: int
    attempt: int
    lease: str
    params: Body


@dataclass(frozen=True)
class Told:
    """A result that was acknowledged; ``value`` is None where the trial was pruned or cancelled."""

    number: int
    attempt: int
    state: str
    value: float | None


@dataclass(frozen=True)
class Stored:
    """A trial as the database has it."""

    number: int
    state: str
    attempt: int
    params: Body
    value: float | None
    failure: str | None
    lease_expires_at: datetime | None


class Oracle:
    """Notes every acknowledged operation on one study, from many threads, and checks them against what is stored.

    A hand-out, a result and an artifact must survive everything. A report survives the death of a server, but the last
    ones before the death of a database may be lost.

    Args:
        continuous: A parameter in which no two trials may be equal.
    """

    def __init__(self, continuous: str = "x") -> None:
        self.asked: list[Asked] = []
        self.told: list[Told] = []
        self.artifacts: dict[tuple[int, int, str], str] = {}
        self.reported: dict[tuple[int, int, int], float] = {}
        self.refused: list[tuple[int, int]] = []
        self.faults: list[str] = []
        self.num_vanished = 0
        self.num_abandoned = 0
        self._continuous = continuous
        self._lock = threading.Lock()

    def note_ask(self, client: str, key: str, leased: Body) -> None:
        trial = leased["trial"]
        self.asked.append(Asked(client, key, trial["number"], trial["attempt"], leased["lease"], trial["params"]))

    def note_result(self, number: int, attempt: int, state: str, value: float | None) -> None:
        self.told.append(Told(number, attempt, state, value))

    def note_report(self, number: int, attempt: int, step: int, value: float) -> None:
        self.reported[number, attempt, step] = value

    def note_artifact(self, number: int, attempt: int, name: str, content: bytes) -> None:
        self.artifacts[number, attempt, name] = hashlib.sha256(content).hexdigest()

    def note_refusal(self, number: int, attempt: int) -> None:
        """The service says that this attempt has lost its lease."""
        self.refused.append((number, attempt))

    def note_vanished(self) -> None:
        """A client has learnt of a trial and will never be heard of again."""
        with self._lock:
            self.num_vanished += 1

    def note_abandoned(self) -> None:
        """A client has given an ask up without knowing what came of it."""
        with self._lock:
            self.num_abandoned += 1

    def note_fault(self, fault: str) -> None:
        """Something was answered that must not be answered."""
        self.faults.append(fault)

    def check(self, caller: Caller, study: str, database_url: str, *, keeps_reports: bool = True) -> Body:
        """Compare everything that was acknowledged with what the API and the database say; the study.

        Nothing may change meanwhile.

        Args:
            caller: Reads from the API.
            study: Id of the study.
            database_url: The same database, read past the API.
            keeps_reports: Whether every acknowledged report must be there.
        """
        assert not self.faults, self.faults[:10]
        assert self.asked
        shown = caller.json("GET", f"/v1/studies/{study}")
        listed = list(caller.pages(f"/v1/studies/{study}/trials"))
        engine = create_engine(parse_url(database_url))
        try:
            with engine.connect() as connection:
                trials = _trials(connection, study)
                _check_study(connection, study, shown, trials)
                self._check_reports(connection, study, must_be_there=keeps_reports)
        finally:
            engine.dispose()
        _check_listed(shown, listed, trials)
        self._check_asks(shown, trials)
        self._check_results(trials)
        self._check_artifacts(caller, study)
        return shown

    def _check_asks(self, shown: Body, trials: list[Stored]) -> None:
        holders: dict[tuple[int, int], set[tuple[str, str, str]]] = defaultdict(set)
        for asked in self.asked:
            assert asked.number < len(trials), f"lost: {asked}"
            trial = trials[asked.number]
            assert trial.params == asked.params, f"{trial} is not {asked}"
            assert asked.attempt <= trial.attempt, f"{trial} forgot {asked}"
            holders[asked.number, asked.attempt].add((asked.client, asked.key, asked.lease))
        doubled = {place: found for place, found in holders.items() if len(found) > 1}
        assert not doubled, f"handed out twice: {doubled}"
        leases = Counter(lease for found in holders.values() for _, _, lease in found)
        assert max(leases.values()) == 1
        # Clients repeat an ask until they know what came of it, so somebody knows of every hand-out there ever was.
        unknown = [
            (trial.number, attempt)
            for trial in trials
            for attempt in range(1, trial.attempt + 1)
            if (trial.number, attempt) not in holders
        ]
        assert len(unknown) <= self.num_abandoned * 2, f"handed out to nobody: {unknown}"
        assert all(trial.attempt <= shown["max_attempts"] for trial in trials)
        points = Counter(trial.params[self._continuous] for trial in trials)
        assert max(points.values()) == 1, f"equal points: {points.most_common(3)}"

    def _check_results(self, trials: list[Stored]) -> None:
        counts = Counter(told.number for told in self.told)
        assert not counts or max(counts.values()) == 1, f"acknowledged twice: {counts.most_common(3)}"
        for told in self.told:
            trial = trials[told.number]
            assert (trial.state, trial.attempt) == (told.state, told.attempt), f"{trial} is not {told}"
            if told.value is not None:
                assert trial.value is not None
                assert trial.value.hex() == told.value.hex(), f"{trial} is not {told}"
        for number, attempt in self.refused:
            trial = trials[number]
            was_lost = trial.attempt > attempt or trial.failure == "lost_worker" or trial.state == "cancelled"
            assert was_lost or trial.state == "waiting", f"attempt {attempt} was refused for no reason: {trial}"

    def _check_artifacts(self, caller: Caller, study: str) -> None:
        for (number, attempt, name), digest in self.artifacts.items():
            path = f"/v1/studies/{study}/trials/{number}/attempts/{attempt}/artifacts/{name}"
            answer = caller.insist("GET", path)
            assert answer.status_code == 200, f"lost: {path}"
            assert hashlib.sha256(answer.content).hexdigest() == digest, f"changed: {path}"

    def _check_reports(self, connection: Connection, study: str, *, must_be_there: bool) -> None:
        table = tables.measurements.c
        query = (
            select(table.number, table.attempt, table.step, table.value)
            .join(tables.studies, tables.studies.c.key == table.study_key)
            .where(tables.studies.c.id == study)
        )
        stored = {(row.number, row.attempt, row.step): row.value for row in connection.execute(query)}
        for place, value in self.reported.items():
            if must_be_there or place in stored:
                assert stored.get(place) == value, f"report {place} is {stored.get(place)}, not {value}"


def _trials(connection: Connection, study: str) -> list[Stored]:
    query = (
        select(tables.trials)
        .join(tables.studies, tables.studies.c.key == tables.trials.c.study_key)
        .where(tables.studies.c.id == study)
        .order_by(tables.trials.c.number)
    )
    fields = list(Stored.__dataclass_fields__)
    return [Stored(**{name: getattr(row, name) for name in fields}) for row in connection.execute(query)]


def _check_study(connection: Connection, study: str, shown: Body, trials: list[Stored]) -> None:
    row = connection.execute(select(tables.studies).where(tables.studies.c.id == study)).one()
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert row.next_number == shown["num_trials"] == len(trials)
    counted = Counter(trial.state for trial in trials)
    kept: dict[str, int] = {str(state): getattr(row, f"num_{state}") for state in TrialState}
    assert kept == {state: counted[state] for state in kept}
    assert shown["counts"] == kept
    # Each hand-out, each return to the waiting ones and each end has raised it. Many may be cancelled in one go.
    num_events = sum(max(0, 2 * trial.attempt - 1) + (trial.state in ENDED_ALONE) for trial in trials)
    assert row.seq == shown["seq"]
    assert row.seq >= num_events, f"{row.seq} is too low for {num_events} events"
    now = datetime.now(UTC)
    overdue = [
        trial
        for trial in trials
        if trial.state == "running"
        and (trial.lease_expires_at is None or trial.lease_expires_at < now - timedelta(seconds=LATE_SECONDS))
    ]
    assert not overdue, f"their leases ran out long ago: {overdue}"


def _check_listed(shown: Body, listed: list[Body], trials: list[Stored]) -> None:
    (objective,) = shown["objectives"]

    def facts(trial: Body) -> tuple[Any, ...]:
        value = None if trial["values"] is None else trial["values"][objective]
        return trial["number"], trial["state"], trial["attempt"], trial["params"], value

    in_table = [(trial.number, trial.state, trial.attempt, trial.params, trial.value) for trial in trials]
    assert [facts(trial) for trial in listed] == in_table
    values = [trial.value for trial in trials if trial.state == "completed" and trial.value is not None]
    assert shown["best_value"] == (min(values) if values else None)
