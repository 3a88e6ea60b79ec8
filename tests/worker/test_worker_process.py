import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from tests.execution.server_process import ServerProcess
from tuner.client.http_transport import HttpTransport
from tuner.wire import BudgetBody, CreateStudy, Origin, StudyResource, TrialResource, TrialState

KEY = "a-key-of-more-than-16-characters"

StartWorker = Callable[..., subprocess.Popen[str]]
NewStudy = Callable[..., StudyResource]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("server"), TUNER_API_KEY=KEY)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def transport(server: ServerProcess) -> Iterator[HttpTransport]:
    transport = HttpTransport(server.url, KEY)
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def dataset(transport: HttpTransport, tmp_path_factory: pytest.TempPathFactory) -> str:
    generator = np.random.default_rng(7)
    # Large enough that a forest on it does not end before it is interrupted.
    x, noise = generator.normal(size=(2, 15_000))
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    pd.DataFrame({"x": x, "z": noise, "y": x + noise}).to_csv(path, index=False)
    return transport.upload_dataset(path, name="numbers", target="y").id


@pytest.fixture
def new_study(transport: HttpTransport, dataset: str, request: pytest.FixtureRequest) -> Iterator[NewStudy]:
    def make(family: str, **fields: Any) -> StudyResource:
        body = CreateStudy(
            name=request.node.name,
            dataset=dataset,
            models=[family],
            sampler="random",
            pruner="none",
            budget=BudgetBody(trials=1),
            **fields,
        )
        return transport.create_study(body, key=body.name)

    yield make
    for study in transport.studies().items:
        if not study.is_finished:
            transport.cancel_study(study.id)


@pytest.fixture
def start(server: ServerProcess, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts worker processes."""
    started: list[subprocess.Popen[str]] = []

    def make(*options: str, **settings: str) -> subprocess.Popen[str]:
        environment = os.environ | {
            "TUNER_URL": server.url,
            "TUNER_API_KEY": KEY,
            "TUNER_WORKER_FOLDER": str(tmp_path / "worker"),
            "TUNER_WORKER_GRACE_SECONDS": "0",
        }
        command = [sys.executable, "-P", "-m", "worker", *options]
        started.append(subprocess.Popen(command, env=environment | settings, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield make
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def searched(transport: HttpTransport, study: StudyResource) -> TrialResource | None:
    """The first trial that is no baseline, which would be over in a moment."""
    trials = transport.trials(study.id).items
    return next((trial for trial in trials if trial.origin is not Origin.BASELINE), None)


def state_of(transport: HttpTransport, study: StudyResource) -> TrialState | None:
    trial = searched(transport, study)
    return trial and trial.state


def stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


@contextmanager
def silent(server: ServerProcess) -> Iterator[None]:
    """The server takes connections and answers nothing."""
    server.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.signal(signal.SIGCONT)


def children_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    return children


def test_worker_trains_what_the_server_has(start: StartWorker, new_study: NewStudy, transport: HttpTransport) -> None:
    study = new_study("linear")
    start("--name", "the-worker")
    wait_for(lambda: state_of(transport, study) is TrialState.COMPLETED)
    assert {trial.worker for trial in transport.trials(study.id, states=(TrialState.COMPLETED,)).items} == {
        "the-worker"
    }


def test_ready_file_is_written_once_the_server_has_answered(start: StartWorker, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    process = start("--name", "the-worker", "--ready-file", str(ready))
    wait_for(ready.exists)
    assert json.loads(ready.read_text()) == {"name": "the-worker", "pid": process.pid}


def test_sigterm_ends_an_idle_worker_with_status_0(start: StartWorker, tmp_path: Path) -> None:
    process = start("--ready-file", str(tmp_path / "ready"))
    wait_for((tmp_path / "ready").exists)
    assert stopped(process) == 0


def test_sigterm_hands_a_running_trial_back(start: StartWorker, new_study: NewStudy, transport: HttpTransport) -> None:
    # A trial that is lost but once would fail.
    study = new_study("random_forest", max_attempts=1)
    for _ in range(2):
        process = start()
        wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
        children = children_of(process)
        assert stopped(process) == 0
        assert psutil.wait_procs(children, timeout=20)[1] == []
        assert state_of(transport, study) is TrialState.WAITING


def test_sigterm_lets_a_training_finish_within_the_grace(
    start: StartWorker, new_study: NewStudy, transport: HttpTransport
) -> None:
    study = new_study("random_forest")
    process = start(TUNER_WORKER_GRACE_SECONDS="120")
    wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
    children = children_of(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    assert psutil.wait_procs(children, timeout=20)[1] == []
    assert state_of(transport, study) is TrialState.COMPLETED


def test_second_sigterm_cuts_the_grace_short(start: StartWorker, new_study: NewStudy, transport: HttpTransport) -> None:
    study = new_study("random_forest")
    process = start(TUNER_WORKER_GRACE_SECONDS="600")
    wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
    children = children_of(process)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert stopped(process) == 0
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_second_sigterm_does_not_wait_for_a_silent_server(
    start: StartWorker, new_study: NewStudy, transport: HttpTransport, server: ServerProcess
) -> None:
    study = new_study("random_forest")
    process = start(TUNER_WORKER_GRACE_SECONDS="600")
    wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
    children = children_of(process)
    with silent(server):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        started = time.monotonic()
        assert stopped(process) == 0
        assert time.monotonic() - started < 10
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_result_on_its_way_to_a_silent_server_holds_up_no_stop(
    start: StartWorker, new_study: NewStudy, transport: HttpTransport, server: ServerProcess
) -> None:
    study = new_study("linear")
    process = start(TUNER_WORKER_GRACE_SECONDS="600")
    wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
    with silent(server):
        # By now it has a result.
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert stopped(process) == 0


def test_killed_worker_leaves_no_process_behind(
    start: StartWorker, new_study: NewStudy, transport: HttpTransport
) -> None:
    study = new_study("random_forest")
    process = start()
    wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    assert psutil.wait_procs(children, timeout=10)[1] == []


def test_trial_of_a_killed_worker_is_trained_by_another(
    start: StartWorker, new_study: NewStudy, transport: HttpTransport
) -> None:
    study = new_study("random_forest")
    first = start("--name", "first", TUNER_WORKER_LEASE_SECONDS="2")
    wait_for(lambda: state_of(transport, study) is TrialState.RUNNING)
    first.kill()
    start("--name", "second")

    def is_taken_over() -> bool:
        trial = searched(transport, study)
        return trial is not None and (trial.worker, trial.attempt) == ("second", 2)

    wait_for(is_taken_over)


def test_wrong_key_ends_the_worker_with_the_reason(start: StartWorker) -> None:
    process = start(TUNER_API_KEY="another-key-of-16-characters")
    assert process.wait(30) == 1
    assert process.stderr is not None
    assert "key" in process.stderr.read()


def test_wrong_setting_is_named(start: StartWorker) -> None:
    process = start(TUNER_WORKER_SLOTS="many")
    assert process.wait(30) == 1
    assert process.stderr is not None
    assert "TUNER_WORKER_SLOTS" in process.stderr.read()


def test_worker_waits_for_a_server_that_is_not_up_yet(start: StartWorker, tmp_path: Path) -> None:
    process = start("--url", "http://127.0.0.1:9")
    time.sleep(3)
    assert process.poll() is None
    assert stopped(process) == 0
