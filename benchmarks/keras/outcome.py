"""What came of one cell: one system on one task with one seed. Files hold one as JSON on each line."""

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
        task: Name of the task.
        seed: Makes and divides the data, and goes to the system.
        seconds: Wall time of the search.
        system: Name of the system.
    """

    task: str
    seed: int
    seconds: float
    system: str


@dataclass(frozen=True)
class Outcome:
    """What came of a cell. Times are wall time.

    Args:
        task: See ``Cell``.
        seed: See ``Cell``.
        seconds: See ``Cell``.
        system: See ``Cell``.
        failure: Why there are no figures.
        score: Accuracy on the test examples, or RMSE of a series.
        search_seconds: How long the search took that was to take ``seconds``.
        first_trial_seconds: From the call to the end of the first trial.
        num_trials: Trials that ended within the time.
        before_fit_and_after: Median seconds of a trial, from its claim to its end, without building and training.
        between_trials: Median seconds from the end of a trial to the claim of the next one.
        cpu_seconds: Processor time of all of the system's processes during the search.
        lasting_bytes_first: Memory of what stays between trials, when the first trial ended.
        lasting_bytes_last: The same when the last one ended.
        bytes_per_trial: Its growth from trial to trial after the first five, by least squares.
        peak_bytes: Most memory that all processes held together.
        best: What was chosen.
        versions: Of the libraries.
        machine: Processor, and cores of a cell.
        load: One-minute load average before the cell.
        busy: Whether others used the machine, as far as who started it knew.
        started_at: UTC, ISO 8601.
    """

    task: str
    seed: int
    seconds: float
    system: str
    failure: str | None = None
    score: float | None = None
    search_seconds: float | None = None
    first_trial_seconds: float | None = None
    num_trials: int | None = None
    before_fit_and_after: float | None = None
    between_trials: float | None = None
    cpu_seconds: float | None = None
    lasting_bytes_first: int | None = None
    lasting_bytes_last: int | None = None
    bytes_per_trial: float | None = None
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
        return Cell(self.task, self.seed, self.seconds, self.system)


def read_outcomes(files: Iterable[Path]) -> list[Outcome]:
    """The last outcome of each cell; see ``benchmarks.outcome_file``."""
    return read_cells(Outcome, files)
