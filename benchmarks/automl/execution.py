"""One cell: its files, its process, its time, and the score of what it predicted."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.automl.errors import METRICS, UselessPredictions, error
from benchmarks.automl.outcome import Cell, Outcome
from benchmarks.automl.process_tree import ProcessTree
from benchmarks.automl.splitting import Division, divide
from benchmarks.automl.systems import PEERS, SYSTEMS
from benchmarks.automl.table import Table
from benchmarks.report import processor_name

# Beyond the time that was asked for, and as much again: some need it, and their tardiness is a result.
PATIENCE_SECONDS = 300.0
FAILURE_LETTERS = 300
# Settings of whoever starts the benchmark that would change what is measured.
_UNWANTED = ("TUNER_", "OMP_", "OPENBLAS_", "MKL_", "PYTHONPATH")


@dataclass(frozen=True)
class Setting:
    """What is the same for all cells of a run.

    Args:
        pythons: The interpreter of each system.
        busy: Whether others use the machine.
        scratch: Folder for temporary files; the system's if None.
    """

    pythons: dict[str, Path]
    busy: bool = False
    scratch: Path | None = None


def run_cell(cell: Cell, table: Table, setting: Setting) -> Outcome:
    """Measure one cell, in a process of its own and a folder that is removed afterwards."""
    division = divide(table, cell.seed)
    facts: dict[str, Any] = {
        "system": cell.system,
        "table": cell.table,
        "seconds": cell.seconds,
        "seed": cell.seed,
        "set": str(table.set),
        "task": str(table.task),
        "num_rows": len(division.train),
        "num_columns": division.test.shape[1],
        "machine": f"{processor_name()}, {len(os.sched_getaffinity(0))} cores",
        "load": os.getloadavg()[0],
        "busy": setting.busy,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with tempfile.TemporaryDirectory(prefix="automl-", dir=setting.scratch, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        job = _write_job(folder, cell, table, division)
        peak_bytes, failure = _execute(job, cell, setting.pythons[cell.system])
        if failure is None:
            answer = json.loads((folder / "answer.json").read_text())
            classes = answer.pop("classes")
            try:
                answer["error"] = error(table.task, division.truth, np.load(folder / "predictions.npy"), classes)
                return Outcome(**facts, **answer, peak_bytes=peak_bytes)
            except UselessPredictions as useless:
                failure = str(useless)
    return Outcome(**facts, failure=failure)


def _write_job(folder: Path, cell: Cell, table: Table, division: Division) -> Path:
    division.train.to_csv(folder / "train.csv", index=False)
    division.test.to_csv(folder / "test.csv", index=False)
    job = {
        "system": cell.system,
        "train": str(folder / "train.csv"),
        "test": str(folder / "test.csv"),
        "target": table.target,
        "task": str(table.task),
        "metric": METRICS[table.task],
        "seconds": cell.seconds,
        "seed": cell.seed,
        "folder": str(folder),
    }
    (folder / "job.json").write_text(json.dumps(job))
    return folder / "job.json"


def _execute(job: Path, cell: Cell, python: Path) -> tuple[int, str | None]:
    """Run the system; the most memory it held, and why it failed if it did."""
    script = PEERS / SYSTEMS[cell.system].script
    environment = {name: text for name, text in os.environ.items() if not name.startswith(_UNWANTED)}
    limit = 2 * cell.seconds + PATIENCE_SECONDS
    log = job.with_name("log.txt")
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [python, script, job], cwd=job.parent, env=environment, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines
        )
        tree = ProcessTree(process.pid)
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            return 0, f"was killed after {limit:.0f} s"
        finally:
            tree.end()
            process.wait()
    if status:
        return 0, f"exit status {status}: {log.read_text(errors='replace').strip()[-FAILURE_LETTERS:]}"
    return tree.peak_bytes, None
