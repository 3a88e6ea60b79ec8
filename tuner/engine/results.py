"""Storing results: one visit of the database for all that have come together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from tuner.engine import transitions
from tuner.engine.leases import why_lost
from tuner.errors import InvalidInput, NotFound, Place, TrialFinished, TunerError
from tuner.records import StudySpec, Trial, TrialState
from tuner.space.parameters import escape
from tuner.storage import measurement_rows, study_rows, trial_rows
from tuner.storage.measurement_rows import Report
from tuner.storage.study_rows import StudyChange
from tuner.storage.trial_changes import Ending
from tuner.storage.trial_rows import TrialRow
from tuner.storage.writer import Turn
from tuner.wire import CompleteTrial, TrialResource


@dataclass(frozen=True)
class Completing:
    """A request to end a trial.

    Args:
        number: The trial.
        request: How it ended.
        completion: Hash of the result, to recognise a repetition.
    """

    number: int
    request: CompleteTrial
    completion: str


@dataclass(frozen=True)
class Completed:
    """A trial that has ended, and whether somebody who waits for work should look again."""

    trial: TrialResource
    wakes: bool


class StoreResults:
    """Ends trials. The same result twice has its effect once."""

    turn = Turn.RESULTS
    locks_study = True

    def __call__(
        self, connection: Connection, now: datetime, study: str, items: Sequence[Completing]
    ) -> Sequence[Completed | TunerError]:
        """End trials of one study; of each what came of it, in order."""
        try:
            row = study_rows.get_study(connection, study, now, lock=True)
        except NotFound as error:
            return [error] * len(items)
        change = StudyChange(row)
        trials = trial_rows.get_trials(connection, row.key, study, sorted({item.number for item in items}))
        reports: list[Report] = []
        shown: list[Trial | TunerError] = []
        for item in items:
            try:
                if item.number not in trials:
                    raise NotFound("trial", f"{study}/{item.number}")
                known = trials[item.number]
                state = _state(connection, change, known, item.request)
                trial = trials[item.number] = _ended(change, known, item, state, reports, now)
                shown.append(trial.trial)
            except TunerError as refusal:
                shown.append(refusal)
        measurement_rows.record(connection, reports, now)
        if not change.is_empty:
            transitions.settle(connection, change, now)
        wakes = change.state is not None
        return [
            trial if isinstance(trial, TunerError) else Completed(TrialResource.of(trial), wakes) for trial in shown
        ]


def _state(connection: Connection, change: StudyChange, row: TrialRow, request: CompleteTrial) -> TrialState:
    """How a trial ends: as its worker says, but for a candidate that its time has cut off between two folds.

    Beside candidates that are scored on all folds it says little. While there is none, its model is better than none.
    """
    spec = change.row.spec
    is_cut_off = (
        request.state is TrialState.PRUNED
        and bool(request.values)
        and spec.dataset_id is not None
        and row.trial.origin.is_candidate
    )
    if not is_cut_off or row.trial.state.is_finished or _has_model(connection, change):
        return request.state
    return TrialState.COMPLETED


def _has_model(connection: Connection, change: StudyChange) -> bool:
    """Whether a candidate of the study has completed, this change included."""
    is_new = any(e.row.trial.origin.is_candidate and e.ending.state is TrialState.COMPLETED for e in change.ended)
    return is_new or trial_rows.has_completed_candidate(connection, change.row.key)


def _ended(
    change: StudyChange, row: TrialRow, item: Completing, state: TrialState, reports: list[Report], now: datetime
) -> TrialRow:
    """The trial after a request to end it; what is to be stored is noted in ``change`` and ``reports``.

    A result that comes after the lease ran out is welcome while nobody else has taken the trial over: its training
    has been paid for.
    """
    request, spec = item.request, change.row.spec
    if row.lease_token != request.lease:
        raise why_lost(row, request.lease)
    if row.trial.state.is_finished:
        if row.completion == item.completion:
            return row
        raise TrialFinished(f"Trial {item.number} has ended already: {row.trial.state}.", hint="Ask for another trial.")
    row, late = _with_late_reports(row, request)
    ending = Ending(
        state=state,
        values=_values(request, spec, row.trial),
        failure=request.failure,
        message=request.message,
        metrics=request.metrics,
        completion=item.completion,
    )
    # Nothing can be refused any more.
    reports += late
    change.begin_event()
    ended = transitions.end(change, row, ending)
    return replace(row, trial=ended.trial(now), stop=None, completion=item.completion)


def _with_late_reports(row: TrialRow, request: CompleteTrial) -> tuple[TrialRow, list[Report]]:
    """The trial after the reports that came with its result, and those to be stored."""
    reports: list[Report] = []
    trial = row.trial
    for measurement in request.measurements:
        step, value = measurement.step, measurement.value
        is_again = trial.last_step is not None and step <= trial.last_step
        reports.append(Report(row.study_key, row.key, trial.number, trial.attempt, step, value, is_again))
        if trial.last_step is None or step >= trial.last_step:
            trial = replace(trial, last_step=step, last_value=value)
    return replace(row, trial=trial), reports


def _values(request: CompleteTrial, spec: StudySpec, trial: Trial) -> dict[str, float] | None:
    """The values a trial ends with: those that came, or the last report of a pruned trial with one objective."""
    keeps_report = request.state is TrialState.PRUNED and request.values is None and len(spec.objectives) == 1
    if keeps_report and trial.last_value is not None:
        return {spec.objectives[0].name: trial.last_value}
    return checked_values(spec, request.values, "#/values", is_complete=request.state is TrialState.COMPLETED)


def checked_values(
    spec: StudySpec, values: Mapping[str, float] | None, pointer: str, *, is_complete: bool = True
) -> dict[str, float] | None:
    """The values in the order of the objectives, then of the constraints.

    Args:
        spec: What the study asks for.
        values: What came.
        pointer: Where they stood in the request.
        is_complete: Whether the constrained numbers are needed; a trial that was stopped early may lack them.

    Raises:
        InvalidInput: One is missing, or is neither an objective nor constrained.
    """
    if values is None:
        return None
    names = spec.value_names
    unknown = "is neither an objective nor constrained" if spec.constraints else "is not an objective"
    needed = names if is_complete else [objective.name for objective in spec.objectives]
    places = [Place(f"{pointer}/{escape(name)}", "is missing") for name in needed if name not in values]
    places += [Place(f"{pointer}/{escape(name)}", unknown) for name in values if name not in names]
    if places:
        raise InvalidInput(
            f"The values do not match the objectives{' and constraints' if spec.constraints else ''}.",
            hint=f"Give one value for each of: {', '.join(names)}.",
            places=places,
        )
    return {name: values[name] for name in names if name in values}
