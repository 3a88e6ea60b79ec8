"""One cell: its files, its process, its time, and the score of what it predicted."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.keras.data import HORIZON, Data, Kind
from benchmarks.keras.figures import UselessPredictions, score, search_figures
from benchmarks.keras.outcome import Cell, Outcome
from benchmarks.keras.systems import PEERS, SYSTEMS
from benchmarks.keras.tasks import TASKS
from benchmarks.keras.watch import Sample, Watch, itself, worker_and_fork_servers
from benchmarks.report import processor_name

# Beyond the time that was asked for: imports, starting a server, the last trial, predictions.
PATIENCE_SECONDS = 240.0
FAILURE_LETTERS = 300
# Settings of whoever starts the benchmark that would change what is measured.
_UNWANTED = ("TUNER_", "KERAS_", "OMP_", "OPENBLAS_", "MKL_", "XLA_", "TF_", "PYTHONPATH")


@dataclass(frozen=True)
class Setting:
    """What is the same for all cells of a run.

    Args:
        pythons: The interpreter of each system.
        trials: Trials of a search at most.
        busy: Whether others use the machine.
        scratch: Folder for temporary files; the system's if None.
    """

    pythons: dict[str, Path]
    trials: int
    busy: bool = False
    scratch: Path | None = None


def run_cell(cell: Cell, cores: Sequence[int], setting: Setting) -> Outcome:
    """Measure one cell, in a process of its own and a folder that is removed afterwards.

    Args:
        cell: What is to be measured.
        cores: The processor cores that it gets; the calling thread keeps to them, too.
        setting: What is the same for all.
    """
    task = TASKS[cell.task]
    facts: dict[str, Any] = {
        "task": cell.task,
        "seed": cell.seed,
        "seconds": cell.seconds,
        "system": cell.system,
        "machine": f"{processor_name()}, {len(cores)} of {os.cpu_count()} cores for each search",
        "load": os.getloadavg()[0],
        "busy": setting.busy,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    data = task.load(cell.seed)
    with tempfile.TemporaryDirectory(prefix="keras-", dir=setting.scratch, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        job = write_job(folder, cell, data, setting.trials)
        samples, failure = _execute(job, cell, cores, setting.pythons[cell.system])
        if failure is None:
            answer = json.loads((folder / "answer.json").read_text())
            figures = search_figures(answer, samples, cell.seconds)
            try:
                predictions = np.load(folder / "predictions.npy")
                figures["score"] = score(predictions, data.truth, is_error=task.is_error)
                return Outcome(**facts, **figures, best=answer["best"], versions=answer["versions"])
            except UselessPredictions as useless:
                failure = str(useless)
    return Outcome(**facts, failure=failure)


def write_job(folder: Path, cell: Cell, data: Data, trials: int) -> Path:
    """Write ``data.npz``, without what is right for the test examples, and the job; the job's file."""
    task = TASKS[cell.task]
    arrays = {"answers": data.answers, **_arrays(data, "train"), **_arrays(data, "test")}
    np.savez(folder / "data.npz", **arrays)
    job = {
        "system": cell.system,
        "task": cell.task,
        "kind": str(data.kind),
        "family": task.family,
        "study_space": task.study_space(),
        "peer_space": task.peer_space(),
        "plan": task.plan(),
        "horizon": HORIZON,
        "seconds": cell.seconds,
        "trials": trials,
        "seed": cell.seed,
        "folder": str(folder),
    }
    (folder / "job.json").write_text(json.dumps(job))
    return folder / "job.json"


def _arrays(data: Data, part: str) -> dict[str, Any]:
    """Plain arrays, which every interpreter reads: sequences one behind the other with their lengths."""
    examples = data.train if part == "train" else data.test
    if data.kind is Kind.SEQUENCE:
        lengths = [len(sequence) for sequence in examples]
        return {part: np.concatenate(examples), f"{part}_lengths": np.array(lengths)}
    return {part: np.array(examples)}


def _execute(job: Path, cell: Cell, cores: Sequence[int], python: Path) -> tuple[Sequence[Sample], str | None]:
    """Run the system; how it used the machine, and why it failed if it did."""
    system = SYSTEMS[cell.system]
    environment = {name: text for name, text in os.environ.items() if not name.startswith(_UNWANTED)}
    # Of this thread alone; the process that it starts inherits them.
    os.sched_setaffinity(0, cores)
    limit = cell.seconds + PATIENCE_SECONDS
    log = job.with_name("log.txt")
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [python, PEERS / system.script, job],
            cwd=job.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
        )
        watch = Watch(process.pid, worker_and_fork_servers if system.is_ours else itself)
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            return [], f"was killed after {limit:.0f} s"
        finally:
            watch.end()
            process.wait()
    if status:
        return [], f"exit status {status}: {log.read_text(errors='replace').strip()[-FAILURE_LETTERS:]}"
    return watch.samples, None
