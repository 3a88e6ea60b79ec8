"""Many cells: which, in which order, which are still to be measured, and for how long."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.automl.execution import Setting, run_cell
from benchmarks.automl.outcome import Cell, Outcome, append_outcome, read_outcomes
from benchmarks.automl.systems import SYSTEMS
from benchmarks.automl.table import Table

# With more load before the first cell, times and scores would be those of another machine.
MAX_LOAD = 0.7
# What a cell takes beside its time: start, prediction, a hundred single rows.
BESIDE_SECONDS = 20.0


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
        tables: Names of tables.
        seconds: Times for a fit.
        seeds: Seeds.
    """

    systems: Sequence[str]
    tables: Sequence[str]
    seconds: Sequence[float]
    seeds: Sequence[int]

    def cells(self) -> list[Cell]:
        """Every cell once: all tables with one seed and time before the next.

        Whatever is interrupted has been fair so far. On each table the systems come in another order, fixed by table,
        seed and time, so that the machine's moods hit all alike.
        """
        found: dict[Cell, None] = {}
        for seed in self.seeds:
            for seconds in self.seconds:
                for table in self.tables:
                    systems = list(self.systems)
                    random.Random(f"{table} {seed} {seconds:g}").shuffle(systems)
                    for name in systems:
                        found[Cell(table, seed, seconds if SYSTEMS[name].takes_time else 0.0, name)] = None
        return list(found)


def missing(cells: Sequence[Cell], out: Path) -> list[Cell]:
    """The cells that ``out`` has no error of yet; those that failed are tried again."""
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


def carry_out(cells: Sequence[Cell], tables: dict[str, Table], out: Path, setting: Setting, minutes: float) -> None:
    """Measure cells one after the other, and append each as soon as it ends.

    Args:
        cells: What is to be measured.
        tables: The tables, by name.
        out: File of JSON lines.
        setting: What is the same for all.
        minutes: No cell is begun that would probably end later than this.
    """
    began = time.monotonic()
    for index, cell in enumerate(cells):
        if time.monotonic() - began + cell.seconds + BESIDE_SECONDS > 60 * minutes:
            _say(f"{len(cells) - index} cells are left for another time.")
            return
        _say(f"{index + 1}/{len(cells)} {cell.table}, seed {cell.seed}, {cell.seconds:g} s: {cell.system}", end=" ")
        outcome = run_cell(cell, tables[cell.table], setting)
        append_outcome(out, outcome)
        _say(_line(outcome))


def _line(outcome: Outcome) -> str:
    if outcome.failure is not None:
        return f"failed: {outcome.failure}"
    return f"error {outcome.error:.4g}, took {outcome.call_seconds:.1f} s, {outcome.best}"


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
