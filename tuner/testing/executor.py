"""What every executor promises."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data.profile import target_profile
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.execution.executor import Event, Execution, Executor, Failed, Finished, Reported, Started
from tuner.records import FailureReason
from tuner.training import TrainingJob
from tuner.wire.artifacts import LOG, MODEL, PREDICTIONS

_PATIENCE_SECONDS = 120.0


class ExecutorContract:
    """Inherit it, say how the executor is made, and run pytest. The promises are tried with real trainings."""

    @classmethod
    def make_executor(cls, folder: Path) -> Executor:
        """A new executor that may keep files in ``folder``."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
        """An executor for all tests."""
        executor = cls.make_executor(tmp_path_factory.mktemp("executor"))
        yield executor
        executor.close()

    @pytest.fixture
    def short_job(self, tmp_path: Path) -> TrainingJob:
        """A training of a moment."""
        return _job(tmp_path, "linear")

    @pytest.fixture
    def long_job(self, tmp_path: Path) -> TrainingJob:
        """A training of many steps."""
        return _job(tmp_path, "hist_gradient_boosting")

    def test_training_begins_and_finishes_with_a_value(self, executor: Executor, short_job: TrainingJob) -> None:
        with closing(executor.start(short_job)) as execution:
            events = _events(execution)
        assert events[0] == Started()
        assert isinstance(events[-1], Finished)
        assert 0.5 < events[-1].value <= 1.0
        assert not events[-1].stopped

    def test_finished_training_leaves_its_files(self, executor: Executor, short_job: TrainingJob) -> None:
        with closing(executor.start(short_job)) as execution:
            _events(execution)
            names = {path.name for path in execution.folder.iterdir()}
        assert {MODEL, PREDICTIONS, LOG} <= names

    def test_close_removes_the_files(self, executor: Executor, short_job: TrainingJob) -> None:
        with closing(executor.start(short_job)) as execution:
            _events(execution)
        assert not execution.folder.exists()

    def test_steps_are_reported_in_order(self, executor: Executor, long_job: TrainingJob) -> None:
        with closing(executor.start(long_job)) as execution:
            steps = [event.step for event in _events(execution) if isinstance(event, Reported)]
        assert len(steps) > 1
        assert steps == sorted(set(steps))

    def test_stop_ends_at_the_next_step_and_keeps_the_best(self, executor: Executor, long_job: TrainingJob) -> None:
        with closing(executor.start(long_job)) as execution:
            _next(execution, Reported)
            execution.stop()
            after = _events(execution)
            end = after[-1]
            assert isinstance(end, Finished)
            assert (execution.folder / MODEL).exists()
        assert end.stopped
        assert sum(isinstance(event, Reported) for event in after) <= 1

    def test_same_job_has_the_same_value_again(self, executor: Executor, short_job: TrainingJob) -> None:
        values = []
        for _ in range(2):
            with closing(executor.start(short_job)) as execution:
                end = _events(execution)[-1]
            assert isinstance(end, Finished)
            values.append(end.value)
        assert values[0] == values[1]

    def test_trainings_run_side_by_side(
        self, executor: Executor, short_job: TrainingJob, long_job: TrainingJob
    ) -> None:
        with closing(executor.start(long_job)) as first, closing(executor.start(short_job)) as second:
            assert first.folder != second.folder
            assert isinstance(_events(second)[-1], Finished)
            assert isinstance(_events(first)[-1], Finished)

    def test_kill_ends_at_once_without_a_result(self, executor: Executor, long_job: TrainingJob) -> None:
        with closing(executor.start(long_job)) as execution:
            _next(execution, Reported)
            killed_at = time.monotonic()
            execution.kill()
            assert isinstance(_events(execution)[-1], Failed)
        assert time.monotonic() - killed_at < 10

    def test_error_is_told_with_its_traceback(self, executor: Executor, short_job: TrainingJob, tmp_path: Path) -> None:
        broken = TrainingJob.from_json(short_job.to_json() | {"dataset_path": str(tmp_path / "gone.csv")})
        with closing(executor.start(broken)) as execution:
            end = _events(execution)[-1]
        assert isinstance(end, Failed)
        assert end.reason is FailureReason.ERROR
        assert "Traceback" in end.message
        assert "gone.csv" in end.message

    def test_calls_after_the_end_do_nothing(self, executor: Executor, short_job: TrainingJob) -> None:
        execution = executor.start(short_job)
        _events(execution)
        execution.close()
        execution.answer()
        execution.stop()
        execution.kill()
        execution.close()


def _job(folder: Path, family: str) -> TrainingJob:
    generator = np.random.default_rng(7)
    x, y, noise = generator.normal(size=(3, 400))
    path = folder / "table.csv"
    pd.DataFrame({"x": x, "y": y, "side": np.where(x + 0.3 * y + noise > 0, "right", "left")}).to_csv(path, index=False)
    profile = profile_table(read_table(path))
    return TrainingJob(
        dataset_path=path,
        profile=profile,
        target=target_profile(profile, "side"),
        family=family,
        params={},
        metric="roc_auc",
        split_seed=1,
        folds=4,
        scored_folds=1,
        bagged_folds=4,
        seed=2,
        threads=1,
        folder=Path(),
    )


def _next(execution: Execution, kind: type[Event]) -> Event:
    """The first event of this kind."""
    while True:
        event = execution.next_event(_PATIENCE_SECONDS)
        assert event is not None, f"nothing happened for {_PATIENCE_SECONDS:g} s"
        if isinstance(event, kind):
            return event
        assert not isinstance(event, Finished | Failed), event


def _events(execution: Execution) -> list[Event]:
    """All events to the end, with an answer to every report."""
    events: list[Event] = []
    while not events or not isinstance(events[-1], Finished | Failed):
        event = execution.next_event(_PATIENCE_SECONDS)
        assert event is not None, f"nothing happened for {_PATIENCE_SECONDS:g} s"
        events.append(event)
        if isinstance(event, Reported):
            execution.answer()
    return events
