"""What came of one cell: one system on one table with one time and one seed. Files hold one as JSON on each line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.outcome_file import StrangeFile, append_outcome, read_cells

__all__ = ["Cell", "Outcome", "StrangeFile", "append_outcome", "read_outcomes"]


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


def read_outcomes(files: Iterable[Path]) -> list[Outcome]:
    """The last outcome of each cell; see ``benchmarks.outcome_file``."""
    return read_cells(Outcome, files)
