"""Listing, pausing, resuming, cancelling, deleting studies and changing their budget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.acting import POINT, ActingStudy
from tuner.engine import Engine
from tuner.errors import Conflict, InvalidInput, NotFound, StudyClosed
from tuner.wire import ChangeStudy, Directive, StudyState, TrialState

NewStudy = Callable[..., ActingStudy]


def test_studies_are_listed_newest_first_in_pages(engine: Engine, new_study: NewStudy) -> None:
    for number in range(5):
        new_study(name=f"s{number}")
    names, cursor = [], None
    for _ in range(3):
        page = engine.studies.page(limit=2, cursor=cursor)
        names += [study.name for study in page.items]
        cursor = page.next_cursor
    assert names == ["s4", "s3", "s2", "s1", "s0"]
    assert cursor is None


def test_a_page_is_not_moved_by_studies_made_since(engine: Engine, new_study: NewStudy) -> None:
    for number in range(3):
        new_study(name=f"s{number}")
    first = engine.studies.page(limit=2)
    new_study(name="late")
    assert [study.name for study in engine.studies.page(limit=2, cursor=first.next_cursor).items] == ["s0"]


def test_studies_are_found_by_state_and_name(engine: Engine, new_study: NewStudy) -> None:
    new_study(name="a").pause()
    new_study(name="b")
    assert [study.name for study in engine.studies.page(state=StudyState.PAUSED).items] == ["a"]
    assert [study.name for study in engine.studies.page(name="b").items] == ["b"]


@pytest.mark.parametrize("cursor", ["", "x", "WyJyYW5rIiwxXQ", "é", "bnVsbA", "W" * 40_000, "\ud800"])
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_foreign_cursor_is_refused(engine: Engine, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        engine.studies.page(cursor=cursor)
    assert caught.value.places[0].pointer == "?cursor"


def test_an_unknown_study_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.studies.get("nowhere")
    with pytest.raises(NotFound):
        engine.studies.pause("nowhere").result()


def test_a_paused_study_hands_out_nothing_and_its_running_trials_go_on(study: ActingStudy) -> None:
    leased = study.ask_one()
    assert study.pause().state is StudyState.PAUSED
    with pytest.raises(StudyClosed, match="paused by the user"):
        study.ask()
    assert study.heartbeat(leased) is Directive.CONTINUE
    assert study.complete(leased).state is TrialState.COMPLETED


def test_a_resumed_study_hands_out_trials_again(study: ActingStudy) -> None:
    study.pause()
    resumed = study.resume()
    assert (resumed.state, resumed.state_reason) == (StudyState.RUNNING, None)
    assert study.ask()


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_the_same_command_twice_has_its_effect_once(study: ActingStudy, verb: str) -> None:
    study.pause()
    command: Callable[[], object] = getattr(study, verb)
    assert command() == command()


def test_cancelling_ends_waiting_trials_and_stops_running_ones(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.enqueue(POINT, POINT)
    assert study.cancel().state is StudyState.CANCELLED
    assert study.states == ["running", "cancelled", "cancelled"]
    assert study.heartbeat(leased) is Directive.CANCEL


def test_a_trial_of_a_cancelled_study_may_hand_in_what_it_has(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.cancel()
    study.complete(leased, 0.25)
    assert study.shown.best_value == 0.25


def test_an_ended_study_can_be_neither_paused_nor_resumed(study: ActingStudy) -> None:
    study.cancel()
    with pytest.raises(Conflict, match="cannot be paused"):
        study.pause()
    with pytest.raises(Conflict, match="cannot be resumed"):
        study.resume()


def test_a_running_study_cannot_be_deleted(engine: Engine, study: ActingStudy) -> None:
    with pytest.raises(Conflict, match="is running"):
        engine.studies.delete(study.id).result()


def test_deleting_removes_trials_and_artifacts_and_frees_the_name(
    engine: Engine, new_study: NewStudy, tmp_path: Path
) -> None:
    study = new_study(name="gone")
    leased = study.ask_one()
    study.report(leased, 1, 0.5)
    engine.artifacts.put(study.id, 0, 1, "model.zip", iter([b"model"]), lease=leased.lease)
    study.cancel()
    engine.studies.delete(study.id).result()
    with pytest.raises(NotFound):
        study.trial(0)
    assert not list((tmp_path / "files").rglob("*.zip"))
    assert not list((tmp_path / "files" / "artifacts").iterdir())
    assert new_study(name="gone").id != study.id


def test_a_report_to_a_deleted_study_is_told_so(engine: Engine, study: ActingStudy) -> None:
    leased = study.ask_one()
    study.pause()
    engine.studies.delete(study.id).result()
    with pytest.raises(NotFound):
        study.heartbeat(leased)


def test_a_change_of_nothing_is_refused(engine: Engine, study: ActingStudy) -> None:
    with pytest.raises(InvalidInput) as caught:
        engine.studies.change(study.id, ChangeStudy())
    assert caught.value.places[0].pointer == "#/budget"


def test_seq_rises_with_asks_results_and_control_and_not_with_reports(study: ActingStudy) -> None:
    seqs = [study.shown.seq]
    leased = study.ask_one()
    seqs.append(study.shown.seq)
    study.report(leased, 1, 0.5)
    study.heartbeat(leased)
    assert study.shown.seq == seqs[-1]
    study.complete(leased)
    seqs.append(study.shown.seq)
    study.pause()
    seqs.append(study.shown.seq)
    study.pause()
    assert study.shown.seq == seqs[-1]
    assert seqs == sorted(set(seqs))
