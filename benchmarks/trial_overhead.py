"""What a trial costs beside its training, in a worker: claiming, starting a child, reading, saving, delivering.

A linear model on a table of 569 rows is fitted in a few milliseconds, so that nearly all of a trial's time is ours. All
instants are the server's; the time of the fit itself is what the child measured.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from datetime import datetime
from pathlib import Path

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
    return Table(f"Milliseconds per trial in a warm worker, {TRIALS} trials", columns, rows)


def _measure(family: str) -> list[list[str | float]]:
    # The first trial finds a cold worker: the table is not there yet.
    trials = _train(family)[1:]
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
    }
    return [[name, *spread([1000 * value for value in values])] for name, values in figures.items()]


def _train(family: str) -> list[TrialResource]:
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
                study.wait(progress=False)
                return list(study.trials("completed"))


def _instant(moment: datetime | None) -> float:
    assert moment is not None
    return moment.timestamp()
