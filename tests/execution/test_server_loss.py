"""A worker and a server that dies, comes back, or falls silent."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.execution.conftest import ActingExecutor
from tests.execution.server_process import ServerProcess
from tuner.client.http_transport import HttpTransport
from tuner.execution import ClaimLoop, ProcessLimits
from tuner.execution.artifact_cache import ArtifactCache
from tuner.execution.dataset_cache import DatasetCache
from tuner.wire import BudgetBody, CreateStudy, StudyResource, TrialState


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def transport(server: ServerProcess) -> Iterator[HttpTransport]:
    transport = HttpTransport(server.url, timeout_seconds=5.0, patience_seconds=0.0)
    yield transport
    transport.close()


@pytest.fixture
def study(transport: HttpTransport, table: Path) -> StudyResource:
    dataset = transport.upload_dataset(table, name="sides", target="side")
    body = CreateStudy(
        name="study", dataset=dataset.id, models=["linear"], sampler="random", budget=BudgetBody(trials=1)
    )
    return transport.create_study(body, key="study")


@pytest.fixture
def start(
    acting: Callable[..., ActingExecutor], server: ServerProcess, tmp_path: Path
) -> Iterator[Callable[..., ClaimLoop]]:
    started: list[tuple[ClaimLoop, HttpTransport]] = []

    def make(act: str, lease_seconds: float) -> ClaimLoop:
        transport = HttpTransport(server.url, timeout_seconds=2.0, patience_seconds=0.0)
        loop = ClaimLoop(
            transport,
            acting(acts=[act], limits=ProcessLimits(terminate_seconds=1.0)),
            DatasetCache(tmp_path / "datasets"),
            ArtifactCache(tmp_path / "artifacts"),
            worker="tester",
            slots=1,
            families=["linear"],
            wait_seconds=0.5,
            lease_seconds=lease_seconds,
        )
        loop.start()
        started.append((loop, transport))
        return loop

    yield make
    for loop, transport in started:
        loop.stop_now()
        transport.close()


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_training_survives_the_restart_of_a_killed_server(
    server: ServerProcess, transport: HttpTransport, study: StudyResource, start: Callable[..., ClaimLoop]
) -> None:
    start("count_slowly_to_three", lease_seconds=60)
    wait_for(lambda: transport.trial(study.id, 0).last_step == 1)
    server.kill()
    server.start()
    wait_for(lambda: transport.trial(study.id, 0).state.is_finished)
    trial = transport.trial(study.id, 0)
    assert (trial.state, trial.attempt) == (TrialState.COMPLETED, 1)
    assert [item.step for item in transport.measurements(study.id, 0).items] == [1, 2, 3]


@pytest.mark.slow
def test_result_waits_for_a_server_that_is_away(
    server: ServerProcess, transport: HttpTransport, study: StudyResource, start: Callable[..., ClaimLoop]
) -> None:
    start("count_slowly_to_three", lease_seconds=60)
    wait_for(lambda: transport.trial(study.id, 0).last_step == 1)
    server.kill()
    time.sleep(3)
    server.start()
    wait_for(lambda: transport.trial(study.id, 0).state.is_finished)
    assert transport.trial(study.id, 0).state is TrialState.COMPLETED


def test_training_stops_when_the_server_is_silent_for_a_whole_lease(
    server: ServerProcess,
    transport: HttpTransport,
    study: StudyResource,
    start: Callable[..., ClaimLoop],
    tmp_path: Path,
) -> None:
    start("hang", lease_seconds=2)
    wait_for(lambda: transport.trial(study.id, 0).last_step == 1)
    assert _num_trainings(tmp_path) == 1
    server.signal(signal.SIGSTOP)
    wait_for(lambda: _num_trainings(tmp_path) == 0, seconds=15)
    server.signal(signal.SIGCONT)


def test_worker_claims_again_after_the_server_was_away(
    server: ServerProcess, transport: HttpTransport, study: StudyResource, start: Callable[..., ClaimLoop]
) -> None:
    server.kill()
    loop = start("count_to_three", lease_seconds=60)
    time.sleep(1)
    assert not loop.connected.is_set()
    server.start()
    wait_for(lambda: transport.trial(study.id, 0).state is TrialState.COMPLETED)


def _num_trainings(folder: Path) -> int:
    """Trainings not cleared away yet; the fork server and the child that waits have folders too."""
    return sum(path.is_dir() for path in folder.glob("runs/*/*")) - 2
