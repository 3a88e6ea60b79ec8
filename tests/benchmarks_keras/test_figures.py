from __future__ import annotations

import subprocess
import sys

import numpy as np
import psutil
import pytest

from benchmarks.keras.figures import WARM_UP_TRIALS, UselessPredictions, score, search_figures
from benchmarks.keras.watch import itself, worker_and_fork_servers
from tests.benchmarks_keras.outcomes import sample, trial


def test_classes_are_scored_by_accuracy_and_values_by_root_mean_squared_error():
    assert score(np.array(["a", "b", "b", "b"]), np.array(["a", "b", "a", "b"]), is_error=False) == 0.75
    assert score(np.array([4.0, 6.0]), np.array([1.0, 2.0]), is_error=True) == pytest.approx(np.sqrt(12.5))


@pytest.mark.parametrize("predictions", [[1.0], [1.0, np.nan], [[1.0], [2.0]]])
def test_predictions_that_cannot_be_scored_are_refused(predictions):
    with pytest.raises(UselessPredictions):
        score(np.array(predictions), np.array([1.0, 2.0]), is_error=True)


def test_a_trial_is_its_fit_and_what_is_around_it():
    trials = [trial(100.5, 105.0, 4.0), trial(105.2, 109.0, 3.2), trial(109.2, 113.0, 3.0)]
    found = search_figures({"began_at": 100.0, "ended_at": 113.5, "trials": trials}, [], seconds=10.0)
    assert found["first_trial_seconds"] == 5.0
    # The third ended after the time.
    assert found["num_trials"] == 2
    assert found["search_seconds"] == 13.5
    assert found["before_fit_and_after"] == pytest.approx(0.6)
    assert found["between_trials"] == pytest.approx(0.2)


def test_failed_trials_are_no_trials_but_take_their_time():
    trials = [trial(100.0, 101.0, None), trial(101.5, 105.0, 3.0)]
    found = search_figures({"began_at": 100.0, "ended_at": 105.0, "trials": trials}, [], seconds=10.0)
    assert found["first_trial_seconds"] == 5.0
    assert found["num_trials"] == 1
    assert found["between_trials"] == pytest.approx(0.5)


def test_memory_and_processor_are_those_of_the_nearest_look():
    count = WARM_UP_TRIALS + 4
    trials = [trial(100.0 + index, 101.0 + index, 0.5) for index in range(count)]
    # A leap while libraries are loaded, then a thousand bytes with each trial.
    looks = [sample(101.1 + index, 10**6 * (index > 2) + 1_000 * index, 5.0 + index) for index in range(count)]
    looks = [sample(99.9, cpu_seconds=4.0, all_bytes=7), *looks, sample(500.0, all_bytes=10**9)]
    found = search_figures({"began_at": 100.0, "ended_at": 100.0 + count, "trials": trials}, looks, seconds=60.0)
    assert found["lasting_bytes_first"] == 0
    assert found["lasting_bytes_last"] == 10**6 + 1_000 * (count - 1)
    assert found["bytes_per_trial"] == pytest.approx(1_000)
    assert found["cpu_seconds"] == count
    # What predicting takes later does not count.
    assert found["peak_bytes"] == 7


def test_a_search_without_a_trial_has_no_figures_of_trials():
    found = search_figures({"began_at": 0.0, "ended_at": 1.0, "trials": []}, [], seconds=1.0)
    assert found["num_trials"] == 0
    assert found["first_trial_seconds"] is found["bytes_per_trial"] is found["cpu_seconds"] is None


def test_the_worker_and_its_fork_servers_stay_and_their_trainings_do_not(tmp_path):
    # Real processes with the command lines of ours: a worker, its fork server, and a training that it split off.
    for name, program in {
        "worker": "import subprocess, sys; subprocess.run([sys.executable, '-m', 'tuner.execution.fork_server'])",
        "tuner/execution/fork_server": "import os, time; os.fork(); os.write(1, b'ready\\n'); time.sleep(60)",
        "tuner/__init__": "",
        "tuner/execution/__init__": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").write_text(program)
    root = (
        "import subprocess, sys\n"
        "api = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "subprocess.run([sys.executable, '-m', 'worker'])"
    )
    process = subprocess.Popen([sys.executable, "-c", root], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        # Once from the fork server, once from its copy.
        assert [process.stdout.readline(), process.stdout.readline()] == ["ready\n", "ready\n"]
        root_process = psutil.Process(process.pid)
        watched = [root_process, *root_process.children(recursive=True)]
        assert len(watched) == 5
        lasting = worker_and_fork_servers(watched)
        assert [each.cmdline()[2] for each in lasting] == ["worker", "tuner.execution.fork_server"]
        assert [each.pid for each in itself(watched)] == [process.pid]
    finally:
        for each in [*psutil.Process(process.pid).children(recursive=True), process]:
            each.kill()
        process.wait()
        process.stdout.close()
