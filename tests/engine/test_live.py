"""Whole studies as columns, and what has happened since: on both databases."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy, lose
from tuner.engine import Engine
from tuner.engine import live as live_module
from tuner.engine.live import Position, Step
from tuner.errors import NotFound
from tuner.storage.measurement_rows import Bookmark
from tuner.wire.live import TrialColumns


def columns(engine: Engine, study: ActingStudy) -> TrialColumns:
    return TrialColumns.model_validate_json(engine.live.columns(study.id).content)


def step(study: ActingStudy, position: Position) -> Step:
    found = study.engine.live.steps({study.id: position})[study.id]
    assert found is not None
    return found


def snapshot_position(study: ActingStudy) -> Position:
    """From where a page goes on that has just read the columns."""
    return Position(study.engine.live.columns(study.id).seq, Bookmark())


def test_trials_are_parallel_columns(engine: Engine, study: ActingStudy, clock: ManualClock) -> None:
    study.enqueue({**POINT, "optimizer": "sgd", "momentum": 0.123456789}, POINT)
    clock.advance(1.5)
    first, second = study.ask(2)
    study.report(first, 1, 0.5)
    clock.advance(2)
    study.end(first, "completed", values={"loss": 0.123456789}, metrics={"size": 3})
    study.fail(second, "nan")
    shown = columns(engine, study)
    assert (shown.study, shown.seq, shown.since, shown.numbers) == (study.id, study.shown.seq, None, [0, 1])
    assert [shown.state_names[place] for place in shown.states] == ["completed", "failed"]
    assert [shown.origin_names[place] for place in shown.origins] == ["enqueued", "enqueued"]
    assert [None if place is None else shown.failure_names[place] for place in shown.failures] == [None, "nan"]
    assert [None if place is None else shown.worker_names[place] for place in shown.workers] == ["worker", "worker"]
    assert shown.attempts == [1, 1]
    assert shown.is_feasible == [True, None]
    assert (shown.created, shown.started, shown.finished) == ([0.0, 0.0], [1.5, 1.5], [3.5, 3.5])
    assert shown.values == {"loss": [0.123457, None]}
    assert shown.params["lr"] == [0.01, 0.01]
    assert shown.params["momentum"] == [0.123457, None]
    assert shown.metrics == {"size": [3.0, None]}
    assert (shown.last_steps, shown.last_values) == ([1, None], [0.5, None])
    assert sorted(range(2), key=lambda place: shown.rank_class[place]) == study.ranking()
    assert shown.notes == {}


def test_the_order_of_columns_is_that_of_the_leaderboard(engine: Engine, study: ActingStudy) -> None:
    for value in (0.5, 0.25, 0.75, 0.25):
        study.complete(study.ask_one(), value)
    study.fail(study.ask_one())
    pruned = study.ask_one()
    study.report(pruned, 1, 0.1)
    study.end(pruned, "pruned")
    study.ask_one()
    shown = columns(engine, study)
    value = shown.values["loss"]
    order = sorted(range(7), key=lambda place: (shown.rank_class[place], value[place] or 0.0, place))
    assert [shown.numbers[place] for place in order][:4] == study.ranking()[:4] == [1, 3, 0, 2]
    assert shown.rank_class[5] < shown.rank_class[6] < shown.rank_class[4]


def test_every_objective_and_constraint_is_a_column(new_study: Callable[..., ActingStudy], engine: Engine) -> None:
    study = new_study(
        objectives={"loss": "minimize", "accuracy": "maximize"}, constraints={"latency_ms": {"at_most": 20}}
    )
    study.complete(study.ask_one(), {"loss": 1.0, "accuracy": 0.5, "latency_ms": 30})
    shown = columns(engine, study)
    assert shown.values == {"loss": [1.0], "accuracy": [0.5], "latency_ms": [30.0]}
    assert shown.is_feasible == [False]


def test_numbers_have_six_digits_and_stay_what_they_are(engine: Engine, study: ActingStudy) -> None:
    for value in (1 / 3, 123456789.0, 1.5e-300, -1.7976931348623157e308):
        study.complete(study.ask_one(), value)
    shown = json.loads(engine.live.columns(study.id).content)
    assert shown["values"]["loss"] == [0.333333, 123457000.0, 1.5e-300, -1.79769e308]
    assert all(isinstance(units, int) for units in shown["params"]["units"])


def test_only_what_has_changed_is_told(engine: Engine, study: ActingStudy) -> None:
    first, second = study.ask(2)
    seq = study.shown.seq
    study.complete(second, 0.5)
    changed = engine.live.changed_columns(study.id, seq)
    assert (changed.since, changed.numbers, changed.seq) == (seq, [1], study.shown.seq)
    assert engine.live.changed_columns(study.id, changed.seq).numbers == []
    assert engine.live.changed_columns(study.id, -1).numbers == [0, 1]
    study.complete(first, 0.5)


def test_columns_are_made_once_for_a_state_of_the_study(engine: Engine, study: ActingStudy) -> None:
    leased = study.ask_one()
    first = engine.live.columns(study.id)
    study.report(leased, 1, 0.5)
    assert engine.live.columns(study.id) is first
    assert gzip.decompress(first.compressed) == first.content
    study.complete(leased)
    assert engine.live.columns(study.id).seq > first.seq


@pytest.mark.parametrize("read", ["columns", "curves", "position"])
def test_an_unknown_study_is_not_found(engine: Engine, read: str) -> None:
    with pytest.raises(NotFound, match="no study 'nobody'"):
        getattr(engine.live, read)("nobody")


def test_curves_are_those_of_the_present_attempts(engine: Engine, study: ActingStudy, clock: ManualClock) -> None:
    lost = study.ask_one()
    study.report(lost, 1, 0.9)
    lose(study, lost, clock)
    again, other = study.ask_one(), study.ask_one()
    for leased, steps in ((again, (1, 2)), (other, (4,))):
        for at in steps:
            study.report(leased, at, at / 3)
    shown = engine.live.curves(study.id)
    assert (shown.numbers, shown.attempts, shown.steps) == ([0, 1], [2, 1], [[1, 2], [4]])
    assert shown.values == [[0.333333, 0.666667], [1.33333]]
    assert engine.live.curves(study.id, [1, 7]).numbers == [1]


def test_nothing_is_told_where_nothing_has_happened(engine: Engine, study: ActingStudy) -> None:
    leased = study.ask_one()
    study.report(leased, 1, 0.5)
    found = engine.live.steps({study.id: engine.live.position(study.id)}).get(study.id)
    # PostgreSQL may tell the latest reports again.
    assert found is None or (found.study, found.trials) == (None, None)


def test_a_step_tells_of_the_study_its_trials_and_reports(engine: Engine, study: ActingStudy) -> None:
    first, second = study.ask(2)
    position = engine.live.position(study.id)
    study.report(first, 1, 0.9)
    study.report(first, 2, 0.8)
    study.complete(second, 0.5)
    found = step(study, position)
    assert found.study is not None
    assert found.trials is not None
    assert found.reports is not None
    assert (found.study.seq, found.study.best_value) == (study.shown.seq, 0.5)
    assert found.trials.numbers == [1]
    assert (found.reports.numbers, found.reports.steps, found.reports.values) == ([0, 0], [1, 2], [0.9, 0.8])
    assert found.position.seq == study.shown.seq


def test_reports_alone_are_told_without_the_study(engine: Engine, study: ActingStudy) -> None:
    leased = study.ask_one()
    position = engine.live.position(study.id)
    study.report(leased, 1, 0.9)
    found = step(study, position)
    assert found.reports is not None
    assert (found.study, found.trials, found.reports.steps) == (None, None, [1])


def test_every_report_is_told_once_or_again_but_never_missed(engine: Engine, study: ActingStudy) -> None:
    leased = study.ask_one()
    position = engine.live.position(study.id)
    told: set[int] = set()
    for at in range(20):
        study.report(leased, at, float(at))
        if at % 3 == 1:
            found = step(study, position)
            position = found.position
            assert found.reports is not None
            told |= set(found.reports.steps)
    assert told == set(range(20))


def test_a_page_that_has_the_columns_is_told_the_curves_of_what_runs(engine: Engine, study: ActingStudy) -> None:
    ended, running = study.ask(2)
    study.report(ended, 1, 0.9)
    study.report(running, 1, 0.8)
    study.complete(ended, 0.5)
    study.report(running, 2, 0.7)
    found = step(study, snapshot_position(study))
    assert found.reports is not None
    # Of the one that has ended the columns tell all, and it may have had very many.
    assert (found.reports.numbers, found.reports.steps) == ([1, 1], [1, 2])
    study.report(running, 3, 0.6)
    later = step(study, found.position)
    assert later.reports is not None
    assert later.reports.steps[-1] == 3


def test_too_many_trials_are_not_told(engine: Engine, study: ActingStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MAX_TRIALS", 3)
    position = engine.live.position(study.id)
    leases = study.ask(4)
    found = step(study, position)
    assert (found.is_large, found.trials) == (True, None)
    study.complete(leases[1])
    later = step(study, found.position)
    assert later.trials is not None
    assert later.trials.numbers == [1]


@pytest.mark.parametrize("is_resumed", [False, True])
def test_too_many_reports_are_not_told(
    engine: Engine, study: ActingStudy, monkeypatch: pytest.MonkeyPatch, is_resumed: bool
) -> None:
    leased = study.ask_one()
    study.report(leased, 0, 0.5)
    position = engine.live.position(study.id) if is_resumed else snapshot_position(study)
    for at in range(1, 6):
        study.report(leased, at, 0.5)
    monkeypatch.setattr(live_module, "MAX_REPORTS", 4)
    found = step(study, position)
    assert (found.is_large, found.reports) == (True, None)
    monkeypatch.undo()
    study.report(leased, 6, 0.5)
    later = step(study, found.position)
    assert later.reports is not None
    assert later.reports.steps[-1] == 6


def test_a_position_ahead_of_the_database_begins_anew(engine: Engine, study: ActingStudy) -> None:
    found = step(study, Position(study.shown.seq + 5, Bookmark(1)))
    assert found.is_large
    assert found.position.seq == study.shown.seq


def test_a_deleted_study_is_gone(engine: Engine, study: ActingStudy) -> None:
    position = engine.live.position(study.id)
    study.cancel()
    engine.studies.delete(study.id).result()
    assert engine.live.steps({study.id: position}) == {study.id: None}


def test_changed_studies_are_those_that_stand_elsewhere(engine: Engine, new_study: Callable[..., ActingStudy]) -> None:
    idle, busy = new_study(), new_study()
    known = engine.live.seqs()
    assert known.keys() == {idle.id, busy.id}
    busy.ask_one()
    fresh = new_study()
    idle.cancel()
    engine.studies.delete(idle.id).result()
    seqs, changed, gone = engine.live.changed_studies(known)
    assert {study.id for study in changed} == {busy.id, fresh.id} == seqs.keys()
    assert gone == {idle.id}


def test_studies_beyond_those_that_are_followed_are_not_gone(
    engine: Engine, new_study: Callable[..., ActingStudy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "MAX_FOLLOWED", 2)
    new_study(), new_study()
    known = engine.live.seqs()
    newest = new_study()
    seqs, changed, gone = engine.live.changed_studies(known)
    assert [study.id for study in changed] == [newest.id]
    assert len(seqs) == 2
    assert gone == set()


def test_a_note_is_a_change_like_any_other(engine: Engine, study: ActingStudy) -> None:
    study.complete(study.ask_one())
    position = engine.live.position(study.id)
    assert study.note(0, "too good to be true").note == "too good to be true"
    found = step(study, position)
    assert found.trials is not None
    assert found.trials.notes == {0: "too good to be true"} == columns(engine, study).notes
    study.note(0, "")
    removed = step(study, found.position)
    assert removed.trials is not None
    assert (removed.trials.numbers, removed.trials.notes) == ([0], {})
