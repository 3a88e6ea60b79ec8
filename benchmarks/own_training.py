"""Full trials of the user's own training per second: ask, five reports, tell, each durable before it is answered.

Beside it Optuna's storage for SQL databases, in the same run, on SQLite too. Both draw at random, so that what differs
is the storage and the way to it: ours is a server over HTTP, Optuna's is the file itself, opened by every client.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna

import tuner
from benchmarks.report import Table
from tuner.cli.service import Service

SECONDS = 10.0
CLIENTS = (1, 8)
STUDY = "own"


def measure() -> Table:
    """Let one and several clients run trials for a fixed time, on either system."""
    rates = {
        (system, clients): _measure(prepare, system, clients)
        for clients in CLIENTS
        for system, prepare in (("tuner", _tuner), ("optuna", _optuna))
    }
    rows: list[list[str | float]] = [
        [
            str(clients),
            rates["tuner", clients],
            rates["optuna", clients],
            rates["tuner", clients] / rates["optuna", clients],
        ]
        for clients in CLIENTS
    ]
    title = f"Full trials (ask, 5 reports, tell) per second on SQLite, {SECONDS:g} s each"
    return Table(title, ["clients", "tuner over HTTP", "Optuna RDBStorage", "ratio"], rows)


def _measure(prepare: Callable[[Path], Iterator[str]], system: str, clients: int) -> float:
    with tempfile.TemporaryDirectory(prefix="tuner-benchmark-") as folder, contextmanager(prepare)(Path(folder)) as url:
        command = [sys.executable, "-m", "benchmarks.own_training_client", system, url, STUDY, str(SECONDS)]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(clients)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        counts = [int(process.communicate()[0]) for process in processes]
        return sum(counts) / SECONDS


def _tuner(folder: Path) -> Iterator[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TUNER_")}
    with Service(environment | {"TUNER_HOME": str(folder)}, log=folder / "service.log") as service:
        service.start_api(port=0)
        service.wait_for_api()
        with tuner.Client(service.url) as client:
            client.create_study(
                STUDY,
                space={f"x{i}": tuner.Float(0, 1) for i in range(5)},
                objectives={"loss": "minimize"},
                sampler="random",
                pruner="none",
            )
        yield service.url


def _optuna(folder: Path) -> Iterator[str]:
    url = f"sqlite:///{folder / 'optuna.db'}"
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(study_name=STUDY, storage=url)
    yield url
