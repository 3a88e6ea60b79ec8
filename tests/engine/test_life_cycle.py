"""The life of trials, played at random against a small model of the rules.

The model knows the state machine of trials and studies, leases, budgets and nothing else. After every step the whole
study is read back and compared with it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import ManualClock
from tests.engine.acting import POINT, ActingStudy
from tuner.engine import Engine
from tuner.errors import Conflict, LeaseLost, StudyClosed, TrialFinished
from tuner.storage import Database, trial_rows
from tuner.wire import LeasedTrial, TrialResource, TrialState

ENDED = {"completed", "pruned", "failed", "cancelled"}
LOST_TO_PAUSE = 3
LONGEST_DELAY = timedelta(seconds=60)

RESULTS: list[dict[str, Any]] = [
    {"state": "completed", "values": {"loss": 1.0}},
    {"state": "completed", "values": {"loss": -2.5}},
    {"state": "pruned"},
    {"state": "failed", "failure": "nan"},
    {"state": "cancelled"},
]


@dataclass
class Life:
    """What the rules say of one trial. A retry becomes due at some time between ``due_from`` and ``due_until``."""

    due_from: datetime
    due_until: datetime
    state: str = "waiting"
    attempt: int = 0
    num_lost: int = 0
    token: str | None = None
    expires_at: datetime | None = None
    is_stopped: bool = False
    value: float | None = None
    ending: dict[str, Any] | None = None


@dataclass
class Rules:
    """What the rules say of one study."""

    max_attempts: int
    budget_trials: int | None
    budget_seconds: float | None
    now: datetime
    state: str = "running"
    used: float = 0.0
    since: datetime | None = None
    num_uncounted: int = 0
    lost_in_a_row: int = 0
    lives: list[Life] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.since = self.now

    def in_state(self, *states: str) -> list[int]:
        return [number for number, life in enumerate(self.lives) if life.state in states]

    @property
    def left(self) -> int | None:
        created = len(self.lives) - self.num_uncounted
        return None if self.budget_trials is None else max(0, self.budget_trials - created)

    @property
    def used_seconds(self) -> float:
        return self.used + ((self.now - self.since).total_seconds() if self.since else 0.0)

    @property
    def is_out_of_time(self) -> bool:
        return self.budget_seconds is not None and self.used_seconds >= self.budget_seconds

    def become(self, state: str) -> None:
        if self.state == "running":
            self.used, self.since = self.used_seconds, None
        self.state = state
        if state == "running":
            self.since = self.now

    def settle(self) -> None:
        if self.state != "running":
            return
        if self.left == 0 and not self.in_state("waiting", "running"):
            self.become("completed")
        elif self.is_out_of_time:
            self.become("completed")
            self.cancel_all()

    def cancel_all(self) -> None:
        for number in self.in_state("running"):
            self.lives[number].is_stopped = True
        for number in self.in_state("waiting"):
            self.lives[number].token = None
            self.end(number, {"state": "cancelled"})

    def add(self) -> None:
        self.lives.append(Life(due_from=self.now, due_until=self.now))

    def start(self, number: int, token: str, lease_seconds: float) -> None:
        life = self.lives[number]
        assert life.state == "waiting"
        life.state, life.token, life.is_stopped = "running", token, False
        life.attempt += 1
        life.expires_at = self.now + timedelta(seconds=lease_seconds)

    def end(self, number: int, result: dict[str, Any], by_worker: bool = False) -> None:
        life = self.lives[number]
        assert life.state not in ENDED
        if life.state == "waiting" and result["state"] == "cancelled":
            self.num_uncounted += 1
        life.state, life.expires_at = result["state"], None
        life.ending = result if by_worker else None
        life.value = result.get("values", {}).get("loss")
        if life.state in ("completed", "pruned"):
            self.lost_in_a_row = 0

    def lose(self, number: int) -> None:
        life = self.lives[number]
        life.num_lost += 1
        if life.is_stopped:
            self.end(number, {"state": "cancelled"})
        elif life.num_lost >= self.max_attempts:
            self.end(number, {"state": "failed"})
            self.lost_in_a_row += 1
            if self.lost_in_a_row >= LOST_TO_PAUSE and self.state == "running":
                self.become("paused")
        else:
            delay = timedelta() if life.num_lost == 1 else LONGEST_DELAY
            life.state, life.expires_at = "waiting", None
            life.due_from, life.due_until = self.now + delay / 60, self.now + delay
        self.settle()


class LifeCycle(RuleBasedStateMachine):
    """Users, workers and the clock do what they like; the engine keeps to the rules."""

    names = (f"study-{number}" for number in itertools.count())

    def __init__(self, engine: Engine, database: Database, clock: ManualClock) -> None:
        super().__init__()
        self.engine, self.database, self.clock = engine, database, clock
        self.handed: list[LeasedTrial] = []
        self.final: dict[int, TrialResource] = {}

    @initialize(
        max_attempts=st.integers(1, 3),
        trials=st.none() | st.integers(1, 8),
        seconds=st.none() | st.none() | st.sampled_from([100.0, 600.0]),
    )
    def create(self, max_attempts: int, trials: int | None, seconds: float | None) -> None:
        budget = {"trials": trials, "seconds": seconds}
        self.study = ActingStudy.create(self.engine, next(self.names), max_attempts=max_attempts, budget=budget)
        self.rules = Rules(max_attempts, trials, seconds, self.clock.instant)

    def teardown(self) -> None:
        if hasattr(self, "study"):
            self.study.cancel()
            self.engine.studies.delete(self.study.id).result()

    def pick(self, index: int) -> tuple[LeasedTrial, Life]:
        """Any lease ever given, the latest ones first."""
        leased = self.handed[-1 - index % len(self.handed)]
        return leased, self.rules.lives[leased.trial.number]

    @rule()
    def suggest_one(self) -> None:
        self.suggest(1, 60.0)

    @rule(count=st.integers(1, 3), lease_seconds=st.sampled_from([10.0, 60.0]))
    def suggest(self, count: int, lease_seconds: float) -> None:
        rules = self.rules
        if rules.state != "running" or rules.is_out_of_time:
            with pytest.raises(StudyClosed):
                self.study.ask(count, lease_seconds=lease_seconds)
            return
        given = self.study.ask(count, lease_seconds=lease_seconds)
        numbers = [leased.trial.number for leased in given]
        waiting = {number: rules.lives[number] for number in rules.in_state("waiting")}
        surely_due = [number for number, life in waiting.items() if life.due_until <= rules.now]
        if surely_due or any(number in waiting for number in numbers):
            assert all(number in waiting and waiting[number].due_from <= rules.now for number in numbers)
            assert min(count, len(surely_due)) <= len(numbers) <= count
        else:
            wanted = count if rules.left is None else min(count, rules.left)
            assert numbers == list(range(len(rules.lives), len(rules.lives) + wanted))
            for _ in numbers:
                rules.add()
        for leased in given:
            rules.start(leased.trial.number, leased.lease, lease_seconds)
            self.handed.append(leased)
        if given:
            rules.settle()

    @rule(count=st.integers(1, 2))
    def enqueue(self, count: int) -> None:
        rules = self.rules
        if rules.state not in ("running", "paused"):
            with pytest.raises(StudyClosed):
                self.study.enqueue(*[POINT] * count)
        elif rules.left is not None and count > rules.left:
            with pytest.raises(Conflict):
                self.study.enqueue(*[POINT] * count)
        else:
            self.study.enqueue(*[POINT] * count)
            for _ in range(count):
                rules.add()
            rules.settle()

    @rule(value=st.sampled_from([0.5, -1.0]))
    def import_finished(self, value: float) -> None:
        rules = self.rules
        if rules.state in ("running", "paused"):
            self.study.enqueue(POINT, values=value)
            rules.lives.append(Life(rules.now, rules.now, state="completed", value=value))
            rules.num_uncounted += 1
            rules.settle()

    @precondition(lambda self: self.handed)
    @rule(index=st.integers(0, 5), value=st.none() | st.sampled_from([1.0, 2.0]))
    def report(self, index: int, value: float | None) -> None:
        leased, life = self.pick(index)
        holds = life.state == "running" and life.token == leased.lease

        def send() -> str:
            if value is None:
                return self.study.heartbeat(leased)
            return self.study.report(leased, 1, value)

        if not holds:
            with pytest.raises(LeaseLost):
                send()
            return
        assert send() == ("cancel" if life.is_stopped else "continue")
        life.expires_at = self.rules.now + timedelta(seconds=leased.lease_seconds)

    @precondition(lambda self: self.handed)
    @rule(index=st.integers(0, 5))
    def succeed(self, index: int) -> None:
        self.complete(index, RESULTS[0], again=False)

    @precondition(lambda self: self.handed)
    @rule(index=st.integers(0, 5), result=st.sampled_from(RESULTS), again=st.booleans())
    def complete(self, index: int, result: dict[str, Any], again: bool) -> None:
        """By a worker, by one that repeats itself, or by a zombie."""
        leased, life = self.pick(index)
        if life.token != leased.lease:
            with pytest.raises(LeaseLost):
                self.study.end(leased, **result)
        elif life.state in ENDED and life.ending != result:
            with pytest.raises(TrialFinished):
                self.study.end(leased, **result)
        else:
            ended = self.study.end(leased, **result)
            if life.state not in ENDED:
                self.rules.end(leased.trial.number, result, by_worker=True)
                self.rules.settle()
            if again:
                assert self.study.end(leased, **result) == ended

    @precondition(lambda self: self.handed)
    @rule(index=st.integers(0, 5))
    def release(self, index: int) -> None:
        leased, life = self.pick(index)
        if life.state != "running" or life.token != leased.lease:
            with pytest.raises(LeaseLost):
                self.study.release(leased)
            return
        self.study.release(leased)
        if life.is_stopped:
            self.rules.end(leased.trial.number, {"state": "cancelled"})
        else:
            life.state, life.token, life.expires_at = "waiting", None, None
            life.due_from = life.due_until = self.rules.now
        self.rules.settle()

    @precondition(lambda self: self.rules.lives)
    @rule(index=st.integers(0, 20))
    def stop(self, index: int) -> None:
        number = index % len(self.rules.lives)
        self.study.stop(number)
        life = self.rules.lives[number]
        if life.state == "waiting":
            self.rules.end(number, {"state": "cancelled"})
            self.rules.settle()
        elif life.state == "running":
            life.is_stopped = True

    @rule()
    def pause(self) -> None:
        if self.rules.state in ("running", "paused"):
            self.study.pause()
            if self.rules.state == "running":
                self.rules.become("paused")
        else:
            with pytest.raises(Conflict):
                self.study.pause()

    @rule()
    def resume(self) -> None:
        rules = self.rules
        if rules.state in ("running", "paused"):
            self.study.resume()
            if rules.state == "paused":
                rules.lost_in_a_row = 0
                rules.become("running")
            rules.settle()
        else:
            with pytest.raises(Conflict):
                self.study.resume()

    # Late, because little happens in a cancelled study.
    @precondition(lambda self: len(self.handed) > 8)
    @rule()
    def cancel(self) -> None:
        self.study.cancel()
        if self.rules.state in ("running", "paused"):
            self.rules.become("cancelled")
            self.rules.cancel_all()

    @rule(more_trials=st.none() | st.integers(-2, 4), more_seconds=st.none() | st.sampled_from([5.0, 300.0]))
    def change_budget(self, more_trials: int | None, more_seconds: float | None) -> None:
        rules = self.rules
        trials = None if more_trials is None else max(1, len(rules.lives) - rules.num_uncounted + more_trials)
        seconds = None if more_seconds is None else rules.used_seconds + more_seconds
        self.study.set_budget(trials=trials, seconds=seconds)
        rules.budget_trials, rules.budget_seconds = trials, seconds
        if rules.state == "completed" and rules.left != 0 and not rules.is_out_of_time:
            rules.become("running")
        rules.settle()

    @rule(seconds=st.sampled_from([1, 11, 61]))
    def wait(self, seconds: int) -> None:
        """Time goes by, and the timer is late."""
        self.clock.advance(seconds)
        self.rules.now = self.clock.instant

    @rule()
    def fall_silent(self) -> None:
        """No worker is heard of for a while, and every retry becomes due."""
        self.wait(61)
        self.look()

    @rule()
    def look(self) -> None:
        rules = self.rules
        with self.database.read() as connection:
            # Leases that end together are taken in any order, which can matter when the time is out as well.
            expired = [number for _, number in trial_rows.expired_leases(connection, rules.now, 500)]
        lives = enumerate(rules.lives)
        assert sorted(expired) == [n for n, life in lives if life.expires_at and life.expires_at < rules.now]
        self.engine.timer.look()
        for number in expired:
            rules.lose(number)
        rules.settle()
        assert not [life for life in rules.lives if life.expires_at and life.expires_at < rules.now]

    @invariant()
    def study_is_as_the_rules_say(self) -> None:
        if not hasattr(self, "study"):
            return
        rules, shown, trials = self.rules, self.study.shown, self.study.trials()
        assert [trial.number for trial in trials] == list(range(len(rules.lives)))
        assert [trial.state for trial in trials] == [life.state for life in rules.lives]
        assert [trial.attempt for trial in trials] == [life.attempt for life in rules.lives]
        assert all(life.num_lost <= rules.max_attempts for life in rules.lives)
        counts = Counter(trial.state for trial in trials)
        assert shown.counts == {state: counts[state] for state in TrialState}
        assert shown.num_trials == len(trials)
        assert shown.state == rules.state
        assert shown.used_seconds == rules.used_seconds
        completed = [life.value for life in rules.lives if life.state == "completed" and life.value is not None]
        assert shown.best_value == min(completed, default=None)
        for trial in trials:
            if trial.state.is_finished:
                assert trial == self.final.setdefault(trial.number, trial), "a trial ended twice"


def play(engine: Engine, database: Database, clock: ManualClock, **limits: Any) -> None:
    """Play the machine, each example with a study of its own in one database."""
    run_state_machine_as_test(
        lambda: LifeCycle(engine, database, clock),
        settings=settings(deadline=None, suppress_health_check=list(HealthCheck), **limits),
    )


def test_the_engine_keeps_to_the_rules(engine: Engine, database: Database, clock: ManualClock) -> None:
    play(
        engine, database, clock, max_examples=30 if database.is_sqlite else 10, stateful_step_count=40, derandomize=True
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_engine_keeps_to_the_rules_for_long(engine: Engine, database: Database, clock: ManualClock) -> None:
    play(engine, database, clock, max_examples=1_000 if database.is_sqlite else 100, stateful_step_count=40)
