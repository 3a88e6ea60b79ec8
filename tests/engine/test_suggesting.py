"""Asking for trials: waiting ones first, then new ones, exactly as many as the budget has."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.conftest import ManualClock
from tests.engine.acting import POINT, SPACE, ActingStudy
from tuner.engine import Engine, Limits
from tuner.errors import IdempotencyConflict, NotFound, StudyClosed
from tuner.samplers import registry
from tuner.samplers.random import RandomSampler
from tuner.storage import Database
from tuner.wire import LeasedTrial, Origin, StudyState

NewStudy = Callable[..., ActingStudy]


def numbers(leased: tuple[LeasedTrial, ...]) -> list[int]:
    return [each.trial.number for each in leased]


def in_threads(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Results of calls that all start at once."""
    barrier = threading.Barrier(count)

    def start(index: int) -> Any:
        barrier.wait()
        return call(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_a_new_trial_runs_with_a_lease(study: ActingStudy, clock: ManualClock) -> None:
    leased = study.ask_one(worker="alice", lease_seconds=90.0)
    trial = leased.trial
    assert (trial.number, trial.state, trial.attempt, trial.worker) == (0, "running", 1, "alice")
    assert trial.origin is Origin.SAMPLER
    assert trial.started_at == clock.instant
    assert (leased.lease_expires_at - clock.instant).total_seconds() == 90.0
    assert len(leased.lease) == 32


def test_numbers_start_at_zero_and_have_no_gaps(study: ActingStudy) -> None:
    assert numbers(study.ask(3)) == [0, 1, 2]
    assert numbers(study.ask(2)) == [3, 4]


def test_every_trial_has_a_token_of_its_own(study: ActingStudy) -> None:
    assert len({leased.lease for leased in study.ask(20)}) == 20


def test_waiting_trials_come_before_new_ones_in_their_order(study: ActingStudy) -> None:
    study.ask_one()
    study.enqueue(POINT, {**POINT, "units": 9})
    assert numbers(study.ask()) == [1]
    assert study.ask_one().trial.params == {**POINT, "units": 9}
    assert numbers(study.ask()) == [3]


def test_waiting_trials_are_not_filled_up_with_new_ones(study: ActingStudy) -> None:
    study.enqueue(POINT)
    assert numbers(study.ask(5)) == [0]


def test_an_ask_beyond_the_budget_gets_what_is_left(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 3})
    assert numbers(study.ask(5)) == [0, 1, 2]


def test_a_spent_budget_has_nothing_to_hand_out_while_trials_run(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.ask_one()
    assert study.ask() == ()
    assert study.shown.state is StudyState.RUNNING


def test_a_study_whose_trials_have_all_ended_is_closed(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.complete(study.ask_one())
    assert study.shown.state is StudyState.COMPLETED
    with pytest.raises(StudyClosed, match="Raise its budget"):
        study.ask()


def test_an_unknown_study_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        ActingStudy(engine, "nowhere").ask()


def test_a_repeated_ask_gets_the_same_trials(study: ActingStudy) -> None:
    first = study.ask(2, key="key")
    assert study.ask(2, key="key") == first
    assert study.shown.num_trials == 2


def test_a_repeated_ask_may_wait_for_another_time(study: ActingStudy) -> None:
    assert study.ask(key="key", wait_seconds=5.0) == study.ask(key="key")


def test_a_repeated_ask_is_answered_after_the_study_has_closed(study: ActingStudy) -> None:
    first = study.ask(key="key")
    study.cancel()
    assert study.ask(key="key") == first


def test_a_key_used_for_another_request_is_refused(study: ActingStudy, new_study: NewStudy) -> None:
    study.ask(key="key")
    with pytest.raises(IdempotencyConflict):
        study.ask(2, key="key")
    with pytest.raises(IdempotencyConflict):
        new_study().ask(key="key")


def test_an_empty_reply_is_not_kept_for_the_key(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.ask_one()
    assert study.ask(key="key") == ()
    study.set_budget(trials=2)
    assert numbers(study.ask(key="key")) == [1]


def test_a_key_sent_by_many_at_once_has_one_effect(study: ActingStudy) -> None:
    replies = in_threads(8, lambda _: study.ask(2, key="key"))
    assert all(reply == replies[0] for reply in replies)
    assert study.shown.num_trials == 2


def test_a_waiting_ask_is_woken_by_new_work(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    leased = study.ask_one()
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        asked = pool.submit(study.ask, wait_seconds=30.0)
        time.sleep(0.1)
        study.release(leased)
        assert numbers(asked.result()) == [0]
        assert time.monotonic() - began < 10


def test_a_waiting_ask_ends_when_the_study_closes(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    leased = study.ask_one()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(study.ask, wait_seconds=30.0)
        study.complete(leased)
        with pytest.raises(StudyClosed):
            asked.result()


def test_a_waiting_ask_gives_up_in_time(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 1})
    study.ask_one()
    began = time.monotonic()
    assert study.ask(wait_seconds=0.3) == ()
    assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.parametrize("sampler", ["random", "tpe", "auto"])
def test_a_seed_reproduces_a_sequential_study(new_study: NewStudy, sampler: str) -> None:
    def run() -> list[dict[str, Any]]:
        study = new_study(sampler=sampler, seed=11)
        points = []
        for _ in range(13):
            leased = study.ask_one()
            points.append(dict(leased.trial.params))
            study.complete(leased, leased.trial.params["lr"] * leased.trial.params["units"])
        return points

    assert run() == run()


def test_another_seed_gives_another_study(new_study: NewStudy) -> None:
    assert new_study(seed=1).ask_one().trial.params != new_study(seed=2).ask_one().trial.params


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_parallel_askers_get_contiguous_numbers_and_no_equal_points(new_study: NewStudy, sampler: str) -> None:
    study = new_study(sampler=sampler, seed=3)

    def work(index: int) -> None:
        for _ in range(3):
            leased = study.ask_one(worker=f"worker-{index}")
            study.complete(leased, leased.trial.params["lr"])

    in_threads(16, work)
    trials = study.trials()
    assert [trial.number for trial in trials] == list(range(48))
    assert len({json.dumps(trial.params, sort_keys=True) for trial in trials}) == 48


def test_a_burst_of_asks_gets_exactly_the_budget(new_study: NewStudy) -> None:
    study = new_study(budget={"trials": 50})
    given = [leased for reply in in_threads(64, lambda _: study.ask()) for leased in reply]
    assert sorted(leased.trial.number for leased in given) == list(range(50))


def test_two_replicas_share_one_study(engine: Engine, database: Database, tmp_path: Path, clock: ManualClock) -> None:
    study = ActingStudy.create(engine, budget={"trials": 24})
    other = Database(database.url.render_as_string(hide_password=False), clock=clock, flush=False)
    replica = Engine(other, tmp_path / "files", limits=Limits(timer_seconds=3600))
    twin = ActingStudy(replica, study.id)
    given = [leased for reply in in_threads(8, lambda i: (study, twin)[i % 2].ask(4)) for leased in reply]
    replica.close()
    assert sorted(leased.trial.number for leased in given) == list(range(24))
    assert len({json.dumps(leased.trial.params) for leased in given}) == 24


class MeddledSampler(RandomSampler):
    """While it makes its first proposal, something else happens to the study."""

    learns = True
    meddle: ClassVar[Callable[[], object] | None] = None
    seen: ClassVar[list[tuple[int, int]]] = []
    """Number that was proposed for, and seq of the view."""
    counts: ClassVar[list[int]] = []
    """How many points were proposed each time."""

    def suggest(self, view: Any, count: int, rng: Any) -> Any:
        cls = type(self)
        cls.counts.append(count)
        cls.seen.append((len(view.trials), view.seq))
        meddle, cls.meddle = cls.meddle, None
        if meddle is not None:
            meddle()
        return super().suggest(view, count, rng)


class TestFreshness:
    """A proposal is handed out unless too much has happened since."""

    @pytest.fixture(autouse=True)
    def meddled(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setitem(registry._CLASSES, "meddled", (__name__, "MeddledSampler", "For tests."))
        MeddledSampler.seen.clear()
        MeddledSampler.counts.clear()
        yield
        MeddledSampler.meddle = None

    @pytest.fixture
    def study(self, new_study: NewStudy) -> ActingStudy:
        return new_study(sampler="meddled")

    @pytest.fixture
    def twin(
        self, engine: Engine, study: ActingStudy, database: Database, tmp_path: Path, clock: ManualClock
    ) -> Iterator[ActingStudy]:
        """The study at another replica, whose asks and results have no points made here."""
        other = Database(database.url.render_as_string(hide_password=False), clock=clock, flush=False)
        replica = Engine(other, tmp_path / "files", limits=Limits(timer_seconds=3600))
        yield ActingStudy(replica, study.id)
        replica.close()

    def seqs_seen(
        self, study: ActingStudy, num_running: int, meddle: Callable[[list[LeasedTrial]], object]
    ) -> list[int]:
        """Seqs from which the sampler made proposals until they were handed out."""
        running = [study.ask_one() for _ in range(num_running)]
        # While others are at work, one point is made ahead; two have to be made anew.
        wait_until(lambda: num_running < 2 or (num_running, num_running) in MeddledSampler.seen)
        MeddledSampler.seen.clear()
        MeddledSampler.meddle = lambda: meddle(running)
        study.ask(2)
        return [seq for proposed, seq in MeddledSampler.seen if proposed <= num_running + 1]

    def test_a_proposal_for_a_number_that_was_taken_is_made_again(self, study: ActingStudy, twin: ActingStudy) -> None:
        assert len(self.seqs_seen(study, 0, lambda _: twin.ask_one())) == 3
        assert [trial.number for trial in study.trials()] == [0, 1, 2]

    @pytest.mark.parametrize(
        ("num_running", "num_results", "times_made"),
        [
            pytest.param(10, 8, 1, id="eight results are not too many"),
            pytest.param(10, 9, 2, id="nine results are"),
            pytest.param(20, 10, 1, id="as many as running trials are not too many"),
            pytest.param(1, 1, 2, id="with nobody at work any change is too much"),
        ],
    )
    def test_results_make_a_proposal_stale(
        self, study: ActingStudy, twin: ActingStudy, num_running: int, num_results: int, times_made: int
    ) -> None:
        def meddle(running: list[LeasedTrial]) -> None:
            for leased in running[:num_results]:
                twin.complete(leased)

        seqs = self.seqs_seen(study, num_running, meddle)
        assert seqs == [num_running, num_running + num_results][:times_made]

    def test_the_next_point_is_made_as_soon_as_a_result_comes(self, new_study: NewStudy) -> None:
        study = new_study(sampler="meddled")
        leased = study.ask_one()
        MeddledSampler.seen.clear()
        study.complete(leased)
        wait_until(lambda: MeddledSampler.seen == [(1, 2)])
        assert study.ask_one().trial.number == 1
        assert MeddledSampler.seen == [(1, 2)]

    def test_a_single_worker_has_one_point_made_for_each_trial(self, study: ActingStudy) -> None:
        for _ in range(5):
            study.complete(study.ask_one())
        wait_until(lambda: len(MeddledSampler.seen) == 6)
        assert [proposed for proposed, _ in MeddledSampler.seen] == [0, 1, 2, 3, 4, 5]

    def test_the_next_point_is_made_ahead_while_others_are_at_work(self, study: ActingStudy) -> None:
        running = [study.ask_one(), study.ask_one()]
        for _ in range(4):
            wait_until(lambda: MeddledSampler.seen[-1][0] == study.shown.num_trials)
            num_made = len(MeddledSampler.seen)
            study.complete(running.pop(0))
            running.append(study.ask_one())
            # One more, for whoever comes next: what was made before the last result was handed out.
            wait_until(lambda: MeddledSampler.seen[-1][0] == study.shown.num_trials)
            assert len(MeddledSampler.seen) == num_made + 1

    def test_a_point_ahead_is_made_again_after_two_results(self, study: ActingStudy) -> None:
        running = [study.ask_one() for _ in range(4)]
        wait_until(lambda: MeddledSampler.seen[-1] == (4, 4))
        study.complete(running[0])
        study.complete(running[1])
        wait_until(lambda: (4, 6) in MeddledSampler.seen)

    def test_as_many_points_are_made_ahead_as_were_asked_for_at_once(self, study: ActingStudy) -> None:
        given = study.ask(3)
        assert MeddledSampler.counts == [3]
        for leased in given:
            study.complete(leased)
        wait_until(lambda: MeddledSampler.counts == [3, 3])
        assert MeddledSampler.seen[-1] == (3, 4)

    def test_nothing_is_made_for_a_study_that_has_no_budget_left(self, new_study: NewStudy) -> None:
        study = new_study(sampler="meddled", budget={"trials": 1})
        study.complete(study.ask_one())
        time.sleep(0.2)
        assert MeddledSampler.seen == [(0, 0)]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_samplers_do_not_see_the_space_of_another_study(new_study: NewStudy) -> None:
    narrow = {"version": 1, "parameters": {"x": {"type": "float", "low": 5.0, "high": 6.0}}}
    first, second = new_study(space=narrow), new_study(space=SPACE)
    assert set(first.ask_one().trial.params) == {"x"}
    assert "x" not in second.ask_one().trial.params
