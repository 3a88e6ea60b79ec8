"""Forked trainings in number: a lock that a fork has copied in its locked state would hang one of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tuner.execution import Execution, Failed, Finished, LocalExecutor, Reported
from tuner.models.networks.backends import installed_backends
from tuner.training import TrainingJob

PATIENCE_SECONDS = 120.0
SMALL = {"layers": 1, "units": 16, "batch_size": 256}
# A tenth of a MiB for each of 200 trainings: they take hundreds of times that.
MAX_GROWTH_BYTES = 20 * 1024**2

MakeJob = Callable[..., TrainingJob]


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("runs"), threads=2)
    yield executor
    executor.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "params", "count"),
    [
        ("linear", {}, 40),
        ("hist_gradient_boosting", {}, 20),
        ("lightgbm", {}, 20),
    ],
)
def test_every_training_ends(
    executor: LocalExecutor, make_job: MakeJob, family: str, params: dict[str, int], count: int
) -> None:
    check_all_end(executor, make_job(family, **params), count)


@pytest.mark.slow
@pytest.mark.parametrize("backend", installed_backends())
def test_every_network_s_training_ends(executor: LocalExecutor, make_job: MakeJob, backend: str) -> None:
    check_all_end(executor, replace(make_job("keras_mlp", **SMALL), backend=backend), 12)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("backend", installed_backends())
def test_two_hundred_networks_leave_no_memory_behind(executor: LocalExecutor, make_job: MakeJob, backend: str) -> None:
    job = replace(make_job("keras_mlp", **SMALL), backend=backend)
    # What is loaded and cached once is there by then.
    check_all_end(executor, job, 20)
    before = memory_here()
    check_all_end(executor, job, 200)
    assert memory_here() - before < MAX_GROWTH_BYTES


def check_all_end(executor: LocalExecutor, job: TrainingJob, count: int) -> None:
    def train(seed: int) -> Finished | Failed:
        with closing(executor.start(replace(job, seed=seed, threads=2))) as execution:
            return _end_after_three_reports(execution)

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(train, range(count)))
    assert [end for end in ends if not isinstance(end, Finished)] == []


def memory_here() -> int:
    """Memory of this process, which is the worker, and of its fork servers."""
    here = psutil.Process()
    return sum(process.memory_info().rss for process in (here, *here.children()))


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
