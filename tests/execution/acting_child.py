"""A training process whose candidates misbehave in the way that their family's name says."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Never

import numpy as np

from tuner.errors import TrainingFailed
from tuner.training import TrainingJob, TrainingResult
from tuner.training.channel import Channel

Report = Callable[[int, float], bool]


def act(job: TrainingJob, channel: Channel) -> TrainingResult:
    if job.family == "ask_for_files":
        return ask_for_files(channel)
    return globals()[job.family](channel.report)


def ask_for_files(channel: Channel) -> TrainingResult:
    print(*(path.read_text() for path in channel.fetch([(0, "model.zip"), (4, "predictions.npz")])))
    return _result()


def count_to_three(report: Report) -> TrainingResult:
    for step in (1, 2, 3):
        report(step, step / 10)
    return _result()


def count_until_stopped(report: Report) -> TrainingResult:
    step = 1
    while not report(step, step / 10):
        step += 1
        time.sleep(0.01)
    return _result(step, stopped=True)


def lag_behind(report: Report) -> Never:
    step = 1
    while True:
        report(step, 0.0)
        step += 1
        time.sleep(0.05)


def count_slowly_to_three(report: Report) -> TrainingResult:
    for step in (1, 2, 3):
        time.sleep(1)
        report(step, step / 10)
    return _result()


def race_to_a_thousand(report: Report) -> TrainingResult:
    step = 0
    while step < 1000 and not report(step, 0.5):
        step += 1
    return _result(step, stopped=step < 1000)


def die_by_sigkill(report: Report) -> Never:
    report(1, 0.5)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def crash(report: Report) -> Never:
    ctypes.string_at(0)
    raise AssertionError


def leave(report: Report) -> Never:
    print("so long")
    sys.exit(3)


def fill_memory(report: Report) -> Never:
    blocks = [np.ones(16 * 1024**2) for _ in range(1000)]
    raise AssertionError(len(blocks))


def fill_memory_of_others(report: Report) -> Never:
    program = "import numpy, time; x = numpy.ones(40_000_000); time.sleep(600)"
    started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    raise AssertionError([process.wait() for process in started])


def fill_the_disk(report: Report) -> Never:
    with Path("large").open("wb") as file:
        while True:
            file.write(bytes(1024**2))
            file.flush()
            time.sleep(0.01)


def raise_an_error(report: Report) -> Never:
    raise ValueError("no such \ud800 luck \0")


def fail(report: Report) -> Never:
    raise TrainingFailed("nan", "the loss is not a number")


def hang(report: Report) -> Never:
    report(1, 0.5)
    while True:
        time.sleep(60)


def hang_without_ears(report: Report) -> Never:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang(report)


def hang_with_a_family(report: Report) -> Never:
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    forked = os.fork()
    if forked == 0:
        time.sleep(600)
        os._exit(0)
    Path("family").write_text(f"{started.pid} {forked}")
    hang(report)


def tell_environment(report: Report) -> TrainingResult:
    for name, value in sorted(os.environ.items()):
        print(f"{name}={value}")
    print("cwd", Path.cwd())
    return _result()


def speak_and_hang(report: Report) -> Never:
    print("spoken")
    report(1, 0.5)
    time.sleep(1)
    print("spoken again")
    hang(report)


def write_log(report: Report) -> TrainingResult:
    print("spoken")
    print("complained", file=sys.stderr)
    return _result()


def _result(steps: int = 0, *, stopped: bool = False) -> TrainingResult:
    Path("model.zip").write_bytes(b"a model")
    Path("predictions.npz").write_bytes(b"numbers")
    return TrainingResult(value=0.3, best_step=steps, stopped=stopped, metrics={"num_steps": steps})
