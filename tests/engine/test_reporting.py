"""Reports: they renew the lease, keep the curve, and bring word to stop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import ActingStudy, lose
from tuner.engine import Engine
from tuner.errors import LeaseLost, NotFound
from tuner.wire import Directive, LeasedTrial, ReportTrial

NewStudy = Callable[..., ActingStudy]


def curve(study: ActingStudy, number: int = 0) -> list[tuple[int, int, float]]:
    items = study.engine.trials.measurements(study.id, number).items
    return [(item.attempt, item.step, item.value) for item in items]


def test_a_report_renews_the_lease(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    for _ in range(3):
        clock.advance(50)
        study.report(leased, 1, 0.5)
        study.engine.timer.look()
    assert study.states == ["running"]


def test_a_heartbeat_renews_the_lease_and_says_until_when(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one(lease_seconds=10.0)
    clock.advance(8)
    reply = study.engine.trials.report(study.id, 0, ReportTrial(lease=leased.lease)).result()
    assert (reply.lease_expires_at - clock.instant).total_seconds() == 10.0


def test_a_heartbeat_leaves_no_measurement(study: ActingStudy) -> None:
    study.heartbeat(study.ask_one())
    assert curve(study) == []


def test_reports_are_kept_as_the_curve_of_their_attempt(study: ActingStudy, clock: ManualClock) -> None:
    first = study.ask_one()
    study.report(first, 1, 0.9)
    study.report(first, 2, 0.8)
    lose(study, first, clock)
    study.report(study.ask_one(), 1, 0.7)
    assert curve(study) == [(1, 1, 0.9), (1, 2, 0.8), (2, 1, 0.7)]


def test_the_last_write_of_a_step_wins(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.report(leased, 1, 0.9)
    study.report(leased, 2, 0.8)
    study.report(leased, 1, 1e300)
    assert curve(study) == [(1, 1, 1e300), (1, 2, 0.8)]


def test_the_trial_shows_its_furthest_report(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.report(leased, 5, 0.5)
    study.report(leased, 3, 0.9)
    shown = study.trial(0)
    assert (shown.last_step, shown.last_value) == (5, 0.5)


def test_a_retry_starts_without_reports(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    study.report(leased, 5, 0.5)
    lose(study, leased, clock)
    study.ask_one()
    assert study.trial(0).last_step is None


def test_a_report_after_the_lease_ran_out_saves_the_trial_while_nobody_has_noticed(
    study: ActingStudy, clock: ManualClock
) -> None:
    leased = study.ask_one()
    clock.advance(1_000)
    assert study.heartbeat(leased) is Directive.CONTINUE
    study.engine.timer.look()
    assert study.states == ["running"]


def test_a_foreign_token_is_refused(study: ActingStudy) -> None:
    leased = study.ask_one(worker="alice")
    with pytest.raises(LeaseLost, match="'alice' has taken it over"):
        study.heartbeat(leased.model_copy(update={"lease": "0" * 32}))


def test_a_worker_whose_lease_ran_out_learns_why(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    lose(study, leased, clock)
    with pytest.raises(LeaseLost, match="waits for another worker"):
        study.heartbeat(leased)


def test_a_worker_that_was_replaced_learns_by_whom(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one()
    lose(study, leased, clock)
    study.ask_one(worker="heir")
    with pytest.raises(LeaseLost, match="'heir' has taken it over"):
        study.report(leased, 1, 0.5)
    assert curve(study) == []


def test_a_report_on_an_ended_trial_learns_how_it_ended(study: ActingStudy) -> None:
    leased = study.ask_one()
    study.complete(leased)
    with pytest.raises(LeaseLost, match="it has ended \\(completed\\)"):
        study.heartbeat(leased)


def test_an_unknown_trial_is_not_found(engine: Engine, study: ActingStudy) -> None:
    with pytest.raises(NotFound):
        engine.trials.report(study.id, 7, ReportTrial(lease="x")).result()
    with pytest.raises(NotFound):
        engine.trials.measurements(study.id, 7)


class TestPruning:
    """With ``asha``, whose first rung is step 3 and lets one trial in four pass."""

    @pytest.fixture
    def pruned_study(self, new_study: NewStudy) -> ActingStudy:
        """Four trials run; three of them have good values at the rung."""
        study = new_study(pruner="asha")
        for leased in study.ask(3):
            study.report(leased, 3, 0.1)
        return study

    def test_a_trial_that_falls_behind_is_told_to_stop(self, pruned_study: ActingStudy) -> None:
        leased = pruned_study.ask_one()
        assert pruned_study.report(leased, 3, 0.9) is Directive.PRUNE

    def test_a_trial_that_keeps_up_goes_on(self, pruned_study: ActingStudy) -> None:
        leased = pruned_study.ask_one()
        assert pruned_study.report(leased, 3, 0.05) is Directive.CONTINUE

    def test_heartbeats_repeat_the_decision(self, pruned_study: ActingStudy) -> None:
        leased = pruned_study.ask_one()
        pruned_study.report(leased, 3, 0.9)
        assert pruned_study.heartbeat(leased) is Directive.PRUNE

    def test_each_of_several_reports_that_come_together_is_judged(
        self, engine: Engine, pruned_study: ActingStudy
    ) -> None:
        leased = pruned_study.ask_one()
        bodies = [ReportTrial(lease=leased.lease, step=step, value=0.9) for step in (3, 4, 5)]
        futures = [engine.trials.report(pruned_study.id, 3, body) for body in bodies]
        assert futures[0].result().directive is Directive.PRUNE

    def test_a_corrected_value_is_what_counts(self, pruned_study: ActingStudy) -> None:
        peers = pruned_study.ask(2)
        for leased in peers:
            pruned_study.report(leased, 3, 0.1)
        pruned_study.report(peers[0], 3, 0.01)
        leased = pruned_study.ask_one()
        assert pruned_study.report(leased, 3, 0.05) is Directive.PRUNE

    def test_a_decision_does_not_reach_the_next_attempt(self, pruned_study: ActingStudy, clock: ManualClock) -> None:
        leased = pruned_study.ask_one()
        pruned_study.report(leased, 3, 0.9)
        clock.advance(leased.lease_seconds + 1)
        pruned_study.engine.timer.look()
        heirs = {heir.trial.number: heir for heir in pruned_study.ask(4)}
        assert pruned_study.heartbeat(heirs[3]) is Directive.CONTINUE

    def test_cancelling_outweighs_pruning(self, pruned_study: ActingStudy) -> None:
        leased = pruned_study.ask_one()
        pruned_study.report(leased, 3, 0.9)
        pruned_study.cancel()
        assert pruned_study.heartbeat(leased) is Directive.CANCEL

    def test_options_of_the_pruner_count(self, new_study: NewStudy) -> None:
        study = new_study(pruner={"name": "threshold", "at_most": 5.0, "grace_steps": 2})
        leased = study.ask_one()
        assert study.report(leased, 1, 9.0) is Directive.CONTINUE
        assert study.report(leased, 2, 5.0) is Directive.CONTINUE
        assert study.report(leased, 3, 5.1) is Directive.PRUNE

    def test_several_objectives_are_never_pruned(self, new_study: NewStudy) -> None:
        study = new_study(pruner="asha", objectives={"loss": "minimize", "size": "minimize"})
        directives = [study.report(leased, 3, float(leased.trial.number)) for leased in study.ask(8)]
        assert set(directives) == {Directive.CONTINUE}


class TestStopping:
    def test_a_running_trial_is_told_at_its_next_report(self, study: ActingStudy) -> None:
        leased = study.ask_one()
        assert study.stop(0).state == "running"
        assert study.report(leased, 1, 0.5) is Directive.CANCEL
        assert study.heartbeat(leased) is Directive.CANCEL

    def test_a_waiting_trial_is_cancelled_at_once(self, study: ActingStudy) -> None:
        study.enqueue({"lr": 0.01, "units": 8, "optimizer": "adam"})
        assert study.stop(0).state == "cancelled"
        assert study.ask_one().trial.number == 1

    def test_an_ended_trial_stays_as_it_is(self, study: ActingStudy) -> None:
        ended = study.complete(study.ask_one(), 0.5)
        assert study.stop(0) == ended

    def test_only_the_trial_that_was_named_stops(self, study: ActingStudy) -> None:
        first, second = study.ask(2)
        study.stop(0)
        directives: list[Directive] = [study.heartbeat(leased) for leased in (first, second)]
        assert directives == [Directive.CANCEL, Directive.CONTINUE]


def test_reports_of_many_workers_are_all_kept(study: ActingStudy) -> None:
    given: tuple[LeasedTrial, ...] = study.ask(8)
    futures = [
        study.engine.trials.report(
            study.id, leased.trial.number, ReportTrial(lease=leased.lease, step=step, value=float(step))
        )
        for step in range(20)
        for leased in given
    ]
    assert {future.result().directive for future in futures} == {Directive.CONTINUE}
    assert all(len(curve(study, number)) == 20 for number in range(8))
