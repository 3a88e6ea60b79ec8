"""Storing reports: one visit of the database for all that have come together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tuner.engine.judging import next_decision_step
from tuner.engine.known_studies import KnownStudies
from tuner.engine.leases import refusal_of
from tuner.errors import NotFound, TunerError
from tuner.records import StudySpec
from tuner.storage import measurement_rows, trial_changes, trial_rows
from tuner.storage.measurement_rows import Report
from tuner.storage.trial_changes import Renewal
from tuner.storage.trial_rows import Held
from tuner.storage.writer import Turn
from tuner.wire import Directive, ReportReply


@dataclass(frozen=True)
class Reporting:
    """What one request reports of a trial; with nothing reported it is a heartbeat."""

    number: int
    lease: str
    reported: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Reported:
    """A report that has been stored, and what a decision about it needs to know.

    Args:
        reply: The answer, unless the pruner decides otherwise.
        spec: What the study was asked for.
        held: The trial as it was.
        last_step: The trial's latest step before this report.
    """

    reply: ReportReply
    spec: StudySpec
    held: Held
    last_step: int | None


class StoreReports:
    """Renews the leases of trials and stores what they report.

    The study's row is neither locked nor changed: reports of different workers do not wait for each other.
    """

    turn = Turn.REPORTS
    locks_study = False

    def __init__(self) -> None:
        self._known = KnownStudies()

    def __call__(
        self, connection: Connection, now: datetime, study: str, items: Sequence[Reporting]
    ) -> Sequence[Reported | TunerError]:
        """Store reports of one study; of each what came of it, in order."""
        try:
            study_key, spec = self._known.of(connection, study)
        except NotFound as error:
            return [error] * len(items)
        held = trial_rows.held_trials(connection, study_key, sorted({item.number for item in items}))
        renewals: dict[int, Renewal] = {}
        reports: list[Report] = []
        replies: list[Reported | TunerError] = []
        for item in items:
            trial = held.get(item.number)
            if trial is None or not trial.is_running or trial.lease_token != item.lease or trial.lease_seconds is None:
                replies.append(refusal_of(connection, study, item.number, item.lease))
                continue
            before = renewals.get(item.number)
            expires_at = now + timedelta(seconds=trial.lease_seconds)
            renewal = Renewal(trial, expires_at, trial.last_step, trial.last_value) if before is None else before
            last_step = renewal.last_step
            for step, value in item.reported:
                is_again = renewal.last_step is not None and step <= renewal.last_step
                reports.append(Report(study_key, trial.key, trial.number, trial.attempt, step, value, is_again))
                if renewal.last_step is None or step >= renewal.last_step:
                    renewal = Renewal(trial, expires_at, step, value)
            renewals[item.number] = renewal
            reply = ReportReply(
                directive=Directive(trial.stop) if trial.stop else Directive.CONTINUE,
                lease_expires_at=expires_at,
                next_decision_step=next_decision_step(spec, renewal.last_step),
            )
            replies.append(Reported(reply, spec, trial, last_step))
        trial_changes.renew(connection, list(renewals.values()))
        measurement_rows.record(connection, reports, now)
        return replies
