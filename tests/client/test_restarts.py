"""`optimize` while servers die and come back, and while somebody presses Ctrl-C."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import tuner
from tuner.testing.client import curve, new_study
from tuner.testing.server import ServerProcess
from tuner.wire import TrialState

SCRIPT = """
import os, time, tuner

def train(trial):
    trial.report(0, 0.5)
    # In one piece, as several threads do it.
    os.write(1, b"training\\n")
    time.sleep(60)

with tuner.Client({url!r}) as client:
    study = client.create_study(
        "interrupted", space={{"x": tuner.Float(0, 1)}}, objectives={{"loss": "minimize"}}, max_attempts=1
    )
    try:
        study.optimize(train, workers={workers})
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that the test may kill."""
    with ServerProcess(tmp_path) as running:
        yield running


@pytest.mark.slow
def test_optimize_survives_servers_that_are_killed(own_server: ServerProcess) -> None:
    num_trials = 300
    runs: Counter[int] = Counter()
    results: dict[int, float] = {}
    lock = threading.Lock()

    def train(trial: tuner.Trial) -> float:
        for step in range(3):
            assert trial.report(step, step / 10) is False
            time.sleep(0.05)
        with lock:
            runs[trial.number] += 1
            results[trial.number] = float(trial.params["lr"] or 0)
        return results[trial.number]

    with tuner.Client(own_server.url) as client:
        study = new_study(client, trials=num_trials)
        optimizing = threading.Thread(target=study.optimize, args=(train,), kwargs={"workers": 6})
        optimizing.start()
        num_kills = 0
        while num_kills < 3:
            time.sleep(1.5)
            own_server.kill()
            own_server.start()
            num_kills += 1
        assert optimizing.is_alive(), "all was done before the last kill"
        optimizing.join(200)
        assert not optimizing.is_alive()
        trials = list(study.trials())
        assert [trial.number for trial in trials] == list(range(num_trials))
        assert {(trial.state, trial.attempt) for trial in trials} == {(TrialState.COMPLETED, 1)}
        assert {trial.number: (trial.values or {})["accuracy"] for trial in trials} == results
        assert runs == Counter(range(num_trials))
        assert all(curve(study, number) == [(0, 0.0), (1, 0.1), (2, 0.2)] for number in range(num_trials))


@pytest.mark.parametrize("workers", [1, 3])
def test_interrupted_optimize_hands_its_trials_back(own_server: ServerProcess, workers: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(url=own_server.url, workers=workers)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for _ in range(workers):
            assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"
        assert process.wait(20) == 0
    with tuner.Client(own_server.url) as client:
        study = client.get_study("interrupted")
        assert [trial.state for trial in study.trials()] == [TrialState.WAITING] * workers
        # They were not lost: another attempt is theirs although they had but one.
        for trial in study.ask_batch(workers):
            trial.tell(0.5)
        assert study.resource.counts[TrialState.COMPLETED] == workers
