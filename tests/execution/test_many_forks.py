"""Forked trainings in number: a lock that a fork has copied in its locked state would hang one of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tuner.execution import Execution, Failed, Finished, LocalExecutor, Reported
from tuner.training import TrainingJob

PATIENCE_SECONDS = 120.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("runs"), threads=2)
    yield executor
    executor.close()


@pytest.mark.parametrize(
    ("family", "params", "count"),
    [
        ("linear", {}, 40),
        ("hist_gradient_boosting", {}, 20),
        ("lightgbm", {}, 20),
        ("keras_mlp", {"layers": 1, "units": 16, "batch_size": 256}, 12),
    ],
)
def test_every_training_ends(
    executor: LocalExecutor, make_job: Callable[..., TrainingJob], family: str, params: dict[str, int], count: int
) -> None:
    def train(seed: int) -> Finished | Failed:
        job = replace(make_job(family, **params), seed=seed, threads=2)
        with closing(executor.start(job)) as execution:
            return _end_after_three_reports(execution)

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(train, range(count)))
    assert [end for end in ends if not isinstance(end, Finished)] == []


def _end_after_three_reports(execution: Execution) -> Finished | Failed:
    num_reports = 0
    while True:
        event = execution.next_event(PATIENCE_SECONDS)
        assert event is not None, f"nothing happened for {PATIENCE_SECONDS:g} s; see {Path(execution.folder)}"
        if isinstance(event, Finished | Failed):
            return event
        if isinstance(event, Reported):
            num_reports += 1
            execution.answer()
            if num_reports == 3:
                execution.stop()
