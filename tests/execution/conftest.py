import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from tuner.data.profile import target_profile
from tuner.data.upload import examine_file
from tuner.execution import Event, Execution, Failed, Finished, LocalExecutor
from tuner.training import TrainingJob

ROOT = Path(__file__).parents[2]


class ActingExecutor(LocalExecutor):
    """Starts the children of ``acting_child``. With ``acts``, each start plays the next, and at last the last."""

    train: ClassVar[str] = "tests.execution.acting_child:act"
    modules: ClassVar[tuple[str, ...]] = ()

    def __init__(self, folder: Path, *, acts: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(folder, **settings)
        self.acts = list(acts)

    def start(self, job: TrainingJob) -> Execution:
        if self.acts:
            job = replace(job, family=self.acts[0])
            self.acts = self.acts[1:] or self.acts
        return super().start(job)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small table with two classes that can be told apart."""
    generator = np.random.default_rng(7)
    x, y = generator.normal(size=(2, 240))
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    frame = pd.DataFrame({"x": x, "y": y, "side": np.where(x + 0.3 * y > 0, "right", "left")})
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def make_job(table: Path) -> Callable[..., TrainingJob]:
    """Makes jobs over the table."""
    profile = examine_file(table).profile
    target = target_profile(profile, "side")

    def make(family: str, **params: Any) -> TrainingJob:
        return TrainingJob(
            dataset_path=table,
            profile=profile,
            target=target,
            family=family,
            params=params,
            metric="roc_auc",
            split_seed=1,
            folds=4,
            scored_folds=1,
            bagged_folds=4,
            seed=2,
            threads=1,
            folder=Path(),
        )

    return make


@pytest.fixture(scope="session")
def python_path() -> Iterator[None]:
    """Children find the tests' modules."""
    with pytest.MonkeyPatch.context() as patch:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
        patch.setenv("PYTHONPATH", path)
        yield


@pytest.fixture(scope="session")
def executor(python_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActingExecutor]:
    """An executor of misbehaving children, for all tests that want nothing particular of it."""
    executor = ActingExecutor(tmp_path_factory.mktemp("runs"))
    yield executor
    executor.close()


@pytest.fixture
def acting(python_path: None, tmp_path: Path) -> Iterator[Callable[..., ActingExecutor]]:
    """Makes executors of misbehaving children."""
    made: list[ActingExecutor] = []

    def make(**settings: Any) -> ActingExecutor:
        made.append(ActingExecutor(tmp_path / "runs", **settings))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def events_until(execution: Execution, kind: type, timeout: float = 60.0) -> list[Event]:
    """All events up to the first of ``kind``."""
    events: list[Event] = []
    while not events or not isinstance(events[-1], (kind, Finished, Failed)):
        event = execution.next_event(timeout)
        assert event is not None, f"nothing happened for {timeout} s after {events}"
        events.append(event)
    assert isinstance(events[-1], kind), events[-1]
    return events
