"""Many cells: which, in which order, which are still to be measured, and on which cores."""

from __future__ import annotations

import os
import queue
import random
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.keras.execution import Setting, run_cell
from benchmarks.keras.outcome import Cell, Outcome, append_outcome, read_outcomes
from benchmarks.keras.systems import SYSTEMS
from benchmarks.keras.tasks import TASKS

# With more load before the first cell, times and scores would be those of another machine.
MAX_LOAD = 0.7
# What a cell takes beside its search: imports, a server and its worker, predictions.
BESIDE_SECONDS = 15.0


class Busy(Exception):
    """The machine has other work to do."""

    def __init__(self, load: float) -> None:
        super().__init__(
            f"The load average is {load:.2f}, and at most {MAX_LOAD} is wanted: others are using this machine. "
            "Wait until they have finished, or give --busy, and the report will say so."
        )


@dataclass(frozen=True)
class Campaign:
    """What is to be measured.

    Args:
        systems: Names of systems.
        tasks: Names of tasks.
        seconds: Wall time of each search.
        seeds: Seeds.
    """

    systems: Sequence[str]
    tasks: Sequence[str]
    seconds: float
    seeds: Sequence[int]

    def cells(self) -> list[Cell]:
        """Every cell once: all tasks with one seed before the next.

        On each task the systems come in another order, fixed by task and seed, so that the machine's moods hit all
        alike.
        """
        found = []
        for seed in self.seeds:
            for task in self.tasks:
                systems = [name for name in self.systems if SYSTEMS[name].can_do(TASKS[task])]
                random.Random(f"{task} {seed}").shuffle(systems)
                found += [Cell(task, seed, self.seconds, name) for name in systems]
        return found


def missing(cells: Sequence[Cell], out: Path) -> list[Cell]:
    """The cells that ``out`` has no figures of yet; those that failed are tried again."""
    done = {outcome.cell for outcome in read_outcomes([out]) if outcome.failure is None} if out.exists() else set()
    return [cell for cell in cells if cell not in done]


def check_quiet() -> None:
    """Refuse to measure while others use the machine.

    Raises:
        Busy: They do.
    """
    load = os.getloadavg()[0]
    if load > MAX_LOAD:
        raise Busy(load)


def carry_out(cells: Sequence[Cell], out: Path, setting: Setting, cores: Sequence[Sequence[int]]) -> None:
    """Measure cells, and append each as soon as it ends.

    Args:
        cells: What is to be measured.
        out: File of JSON lines.
        setting: What is the same for all.
        cores: The cores of each cell that runs at a time: as many run side by side as there are entries.
    """
    free: queue.SimpleQueue[Sequence[int]] = queue.SimpleQueue()
    for each in cores:
        free.put(each)
    lock = threading.Lock()

    def measure(cell: Cell) -> None:
        own = free.get()
        try:
            outcome = run_cell(cell, own, setting)
        finally:
            free.put(own)
        with lock:
            append_outcome(out, outcome)
            print(
                f"{cell.task}, seed {cell.seed}, {cell.seconds:g} s, {cell.system}: {_line(outcome)}", file=sys.stderr
            )

    with ThreadPoolExecutor(len(cores)) as pool:
        try:
            for ended in [pool.submit(measure, cell) for cell in cells]:
                ended.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _line(outcome: Outcome) -> str:
    if outcome.failure is not None:
        return f"failed: {outcome.failure}"
    return f"{outcome.score:.4g} after {outcome.num_trials} trials in {outcome.search_seconds:.1f} s"
