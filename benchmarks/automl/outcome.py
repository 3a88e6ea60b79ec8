"""What came of one cell: one system on one table with one time and one seed. Files hold one as JSON on each line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, order=True)
class Cell:
    """What is to be measured.

    Args:
        table: Name of the table.
        seed: Divides the table and goes to the system.
        seconds: Time for the fit; 0 for systems that are not told one.
        system: Name of the system.
    """

    table: str
    seed: int
    seconds: float
    system: str


@dataclass(frozen=True)
class Outcome:
    """What came of a cell. Times are wall time.

    Args:
        system: See ``Cell``.
        table: See ``Cell``.
        seconds: See ``Cell``.
        seed: See ``Cell``.
        set: ``development``, ``held_out`` or ``tiny``.
        task: ``binary``, ``multiclass`` or ``regression``.
        num_rows: Training rows.
        num_columns: Features.
        failure: Why there is no error; the figures below are empty then.
        error: Error on the test rows; see ``benchmarks.automl.errors``.
        call_seconds: How long the call took that was to take ``seconds``.
        first_model_seconds: From the call to the first model that could be used.
        predict_seconds: For all test rows, the first use of the model.
        row_milliseconds: Median for one row, warm.
        artifact_bytes: What is needed to predict elsewhere, on disk.
        peak_bytes: Most memory that the system's processes held together.
        best: Which model was chosen.
        versions: Of the libraries.
        machine: Processor and cores.
        load: One-minute load average before the cell.
        busy: Whether others used the machine, as far as who started it knew.
        started_at: UTC, ISO 8601.
    """

    system: str
    table: str
    seconds: float
    seed: int
    set: str
    task: str
    num_rows: int
    num_columns: int
    failure: str | None = None
    error: float | None = None
    call_seconds: float | None = None
    first_model_seconds: float | None = None
    predict_seconds: float | None = None
    row_milliseconds: float | None = None
    artifact_bytes: int | None = None
    peak_bytes: int | None = None
    best: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    machine: str = ""
    load: float = 0.0
    busy: bool = False
    started_at: str = ""

    @property
    def cell(self) -> Cell:
        """What was measured."""
        return Cell(self.table, self.seed, self.seconds, self.system)


class StrangeFile(Exception):
    """A file holds something else than outcomes."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} holds something else than outcomes of this benchmark. Name another file.")


def append_outcome(file: Path, outcome: Outcome) -> None:
    """Add a line, and see that it is on the disk before the next cell takes its minutes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps(asdict(outcome)) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def read_outcomes(files: Iterable[Path]) -> list[Outcome]:
    """The last outcome of each cell. A line that was cut off by a crash is passed over.

    Raises:
        StrangeFile: One holds something else.
    """
    found: dict[Cell, Outcome] = {}
    for file in files:
        for line in file.read_text().splitlines():
            try:
                outcome = Outcome(**json.loads(line))
            except json.JSONDecodeError:
                continue
            except TypeError as error:
                raise StrangeFile(file) from error
            found[outcome.cell] = outcome
    return list(found.values())
