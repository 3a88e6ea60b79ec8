"""Networks on each backend of Keras that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tuner.errors import MissingExtra, UnknownName
from tuner.execution import Execution, Failed, Finished, LocalExecutor, ProcessLimits, ProcessStart, Reported
from tuner.execution.backends import usable_backends
from tuner.models.networks.backends import Backend, installed_backends
from tuner.records import FailureReason
from tuner.training import TrainingJob
from tuner.wire.artifacts import LOG

PATIENCE_SECONDS = 120.0

SMALL = {"layers": 1, "units": 16, "batch_size": 128}

MakeJob = Callable[..., TrainingJob]


class TellingExecutor(LocalExecutor):
    train: ClassVar[str] = "tests.execution.backend_child:train_and_tell"


class GreedyExecutor(LocalExecutor):
    train: ClassVar[str] = "tests.execution.backend_child:fill_memory"


@pytest.fixture
def made(python_path: None, tmp_path: Path) -> Iterator[Callable[..., LocalExecutor]]:
    executors: list[LocalExecutor] = []

    def make(kind: type[LocalExecutor], **settings: Any) -> LocalExecutor:
        executors.append(kind(tmp_path / "runs", **settings))
        return executors[-1]

    yield make
    for executor in executors:
        executor.close()


def ended(execution: Execution) -> Finished | Failed:
    """The end of a training that is told to stop after its first report."""
    while True:
        event = execution.next_event(PATIENCE_SECONDS)
        assert event is not None, f"nothing happened for {PATIENCE_SECONDS:g} s"
        if isinstance(event, Finished | Failed):
            return event
        if isinstance(event, Reported):
            execution.answer()
            execution.stop()


def log_of(execution: Execution) -> str:
    return (execution.folder / LOG).read_text()


@pytest.mark.slow
@pytest.mark.parametrize("start", ProcessStart)
def test_each_training_has_the_backend_of_its_job(
    made: Callable[..., LocalExecutor], make_job: MakeJob, start: ProcessStart
) -> None:
    executor = made(TellingExecutor, start=start)
    for backend in installed_backends():
        with closing(executor.start(replace(make_job("keras_mlp", **SMALL), backend=backend))) as execution:
            end = ended(execution)
            assert isinstance(end, Finished), end
            assert f"backend {backend}" in log_of(execution)


@pytest.mark.slow
@pytest.mark.parametrize("backend", installed_backends())
def test_memory_limit_holds_on_each_backend(
    made: Callable[..., LocalExecutor], make_job: MakeJob, backend: Backend
) -> None:
    executor = made(GreedyExecutor, limits=ProcessLimits(memory_bytes=2 * 1024**3))
    with closing(executor.start(replace(make_job("keras_mlp", **SMALL), backend=backend))) as execution:
        end = ended(execution)
        assert "backend" in log_of(execution)
    assert isinstance(end, Failed)
    # Some of TensorFlow's operations do not look whether they were given the memory they asked for.
    is_crash = backend is Backend.TENSORFLOW and "SIGSEGV" in end.message
    assert end.reason is FailureReason.OUT_OF_MEMORY or is_crash, end.message


def test_a_worker_has_what_is_installed_unless_it_is_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    installed = tuple(map(str, installed_backends()))
    assert usable_backends() == installed
    assert usable_backends([installed[-1]]) == (installed[-1],)
    monkeypatch.setenv("KERAS_BACKEND", installed[-1])
    assert usable_backends()[0] == installed[-1]
    assert set(usable_backends()) == set(installed)


def test_unknown_and_missing_backends_are_refused() -> None:
    with pytest.raises(UnknownName, match="'theano'"):
        usable_backends(["theano"])
    for backend in set(Backend) - set(installed_backends()):
        with pytest.raises(MissingExtra, match=str(backend)):
            usable_backends([backend])
