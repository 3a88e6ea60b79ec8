"""How long until ``fit`` has its first ranked result, on a table of 569 rows with two classes.

Each run is a process of its own with an empty home folder: the database is created, the table uploaded and profiled,
the study planned, the first candidate trained, scored and stored.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer

from benchmarks.report import Table, spread

RUNS = 5
BUDGET_SECONDS = 15
TARGET = "benign"

_SCRIPT = f"""
import json, time, tuner
called_at = time.time()
result = tuner.fit("table.csv", target="{TARGET}", time_budget={BUDGET_SECONDS}, progress=False)
ended_at = time.time()
trials = [trial.model_dump(mode="json") for trial in result.study.trials()]
print(json.dumps({{"called_at": called_at, "ended_at": ended_at, "trials": trials}}))
"""


@dataclass(frozen=True)
class Run:
    """One call, in seconds since 1970, and how many trials it completed."""

    called_at: float
    first_at: float
    ended_at: float
    num_completed: int


def measure() -> Table:
    """Run each way in several times."""
    ways: dict[str, Callable[[Path], Run]] = {
        "`tuner.fit`, from the call": _run_call,
        "`tuner.fit`, from the start of its process": _run_script,
        f"`tuner fit --time-budget {BUDGET_SECONDS}s`, from the start of its process": _run_command,
    }
    rows: list[list[str | float]] = []
    for name, run in ways.items():
        runs = [_with_table(run) for _ in range(RUNS)]
        first = spread([one.first_at - one.called_at for one in runs])
        total = spread([one.ended_at - one.called_at for one in runs])
        rows.append([name, *first, *total, spread([one.num_completed for one in runs])[0]])
    columns = ["", "first result: median", "min", "max", "return: median", "min", "max", "trials completed: median"]
    return Table(f"Seconds to the first ranked result of `fit`, budget {BUDGET_SECONDS} s, n = {RUNS}", columns, rows)


def _with_table(run: Callable[[Path], Run]) -> Run:
    with tempfile.TemporaryDirectory(prefix="tuner-benchmark-") as folder:
        bunch = load_breast_cancer(as_frame=True)
        bunch.data.assign(**{TARGET: bunch.target}).to_csv(Path(folder) / "table.csv", index=False)
        return run(Path(folder))


def _run_call(folder: Path) -> Run:
    document, _, _ = _run(folder, "-c", _SCRIPT)
    return _to_run(document, document["called_at"], document["ended_at"])


def _run_script(folder: Path) -> Run:
    document, started_at, ended_at = _run(folder, "-c", _SCRIPT)
    return _to_run(document, started_at, ended_at)


def _run_command(folder: Path) -> Run:
    options = ("--target", TARGET, "--time-budget", f"{BUDGET_SECONDS}s", "--json")
    return _to_run(*_run(folder, "-m", "tuner.cli", "fit", "table.csv", *options))


def _run(folder: Path, *arguments: str) -> tuple[dict[str, Any], float, float]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TUNER_")}
    started_at = time.time()
    outcome = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment | {"TUNER_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(outcome.stdout), started_at, time.time()


def _to_run(document: dict[str, Any], called_at: float, ended_at: float) -> Run:
    completed = [trial for trial in document["trials"] if trial["state"] == "completed"]
    first = min(datetime.fromisoformat(trial["finished_at"]).timestamp() for trial in completed)
    return Run(called_at, first, ended_at, len(completed))
