"""What a trial costs beside its training, in a worker: claiming, starting a child, reading, saving, delivering.

A linear model on a table of 569 rows is fitted in a few milliseconds, so that nearly all of a trial's time is ours. All
instants are the server's; the time of the fit itself is what the child measured. Processor time, of which a busy
machine changes less, is that of the server and the worker with all their processes, the fit included.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil
from sklearn.datasets import load_breast_cancer

import tuner
from benchmarks.report import Table, spread
from tuner.cli.service import Service
from tuner.wire import TrialResource

TRIALS = 30
FAMILIES = ("linear", "lightgbm")


def measure() -> Table:
    """Train one study for each family, on a server of its own with one worker and one slot."""
    columns = ["family", "what", "median", "min", "max"]
    rows = [[family, *row] for family in FAMILIES for row in _measure(family)]
    return Table(f"Milliseconds per trial in a warm worker, {TRIALS} trials and those made from them", columns, rows)


def _measure(family: str) -> list[list[str | float]]:
    trials, seconds_of_processor = _train(family)
    # The first trials find a cold worker: the table is not there yet, or not in the form that loads fast.
    trials = trials[2:]
    claimed = [_instant(trial.started_at) for trial in trials]
    ended = [_instant(trial.finished_at) for trial in trials]
    fits = [trial.metrics["fit_seconds"] for trial in trials]
    inside = [end - start - fit for start, end, fit in zip(claimed, ended, fits, strict=True)]
    between = [start - end for end, start in zip(ended, claimed[1:], strict=False)]
    periods = [later - earlier for earlier, later in itertools.pairwise(claimed)]
    overhead = [period - fit for period, fit in zip(periods, fits, strict=False)]
    figures = {
        "training": fits,
        "claim to result, without training": inside,
        "result to next claim": between,
        "**overhead: claim to next claim, without training**": overhead,
        "processor, all processes, training included": [seconds_of_processor],
    }
    return [[name, *spread([1000 * value for value in values])] for name, values in figures.items()]


def _train(family: str) -> tuple[list[TrialResource], float]:
    """The trials in the order in which they ran, and the seconds of processor that each took on average."""
    with tempfile.TemporaryDirectory(prefix="tuner-benchmark-") as name:
        folder = Path(name)
        own = {"TUNER_HOME": str(folder / "home"), "TUNER_WORKER_FOLDER": str(folder / "worker")}
        environment = {name: text for name, text in os.environ.items() if not name.startswith("TUNER_")}
        bunch = load_breast_cancer(as_frame=True)
        with Service(environment | own, log=folder / "service.log") as service:
            service.start_api(port=0)
            service.wait_for_api()
            service.start_worker(slots=1)
            service.wait_for_worker()
            with tuner.Client(service.url) as client:
                data = client.upload_dataset(bunch.data.assign(benign=bunch.target), name="table", target="benign")
                study = client.create_study(
                    "overhead",
                    dataset=data,
                    models=[family],
                    sampler="random",
                    pruner="none",
                    seed=0,
                    budget=tuner.Budget(trials=TRIALS),
                )
                before = _seconds_of_processor()
                study.wait(progress=False)
                trials = sorted(study.trials("completed"), key=lambda trial: _instant(trial.started_at))
                return trials, (_seconds_of_processor() - before) / len(trials)


def _seconds_of_processor() -> float:
    """What the children of this process and theirs have taken so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _instant(moment: datetime | None) -> float:
    assert moment is not None
    return moment.timestamp()
