"""Tables of outcomes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from benchmarks.keras.outcome import Outcome
from benchmarks.keras.systems import SYSTEMS
from benchmarks.keras.tasks import TASKS
from benchmarks.report import Table

_MEGABYTE = 1e6
_BESTS = 90


def facts(outcomes: Sequence[Outcome]) -> str:
    """When, on what and with which versions it was measured."""
    loads = [one.load for one in outcomes]
    instants = sorted(one.started_at for one in outcomes)
    versions = sorted({f"{name} {text}" for one in outcomes for name, text in one.versions.items()})
    seeds = sorted({one.seed for one in outcomes})
    lines = [
        f"{instants[0]} to {instants[-1]} UTC, {'; '.join(sorted({one.machine for one in outcomes}))}, load average "
        f"before a cell {statistics.median(loads):.2f} (median), {max(loads):.2f} (most), seeds "
        f"{', '.join(map(str, seeds))}. {', '.join(versions)}."
    ]
    if num_busy := sum(one.busy for one in outcomes):
        lines.append(f"**{num_busy} of {len(outcomes)} cells were measured while others used the machine.**")
    return "\n".join(lines)


def tables(outcomes: Sequence[Outcome]) -> Iterator[Table]:
    """For each time the scores, then what the searches took, then their memory; at last what failed."""
    for seconds in sorted({one.seconds for one in outcomes}):
        chosen = [one for one in outcomes if one.seconds == seconds]
        yield _scores(chosen, seconds)
        yield _searches(chosen, seconds)
        yield _memory(chosen, seconds)
    if failures := [one for one in outcomes if one.failure is not None]:
        yield _failures(failures)


def _scores(outcomes: Sequence[Outcome], seconds: float) -> Table:
    systems = [name for name in SYSTEMS if any(one.system == name for one in outcomes)]
    rows: list[list[str | float]] = []
    for task in _tasks(outcomes):
        cells = [_spread(_of(outcomes, task, system), lambda one: one.score, 4) for system in systems]
        rows.append([task, "RMSE" if TASKS[task].is_error else "accuracy", *cells])
    return Table(f"{seconds:g} s: test examples, best model of the search", ["task", "figure", *systems], rows)


def _searches(outcomes: Sequence[Outcome], seconds: float) -> Table:
    columns = ["task", "system", "first trial, s", "trials", "trial beside its fit, s", "between trials, s"]
    rows: list[list[str | float]] = []
    for task, system, own in _groups(outcomes):
        row: list[str | float] = [task, system]
        row.append(_spread(own, lambda one: one.first_trial_seconds, 3))
        row.append(_spread(own, lambda one: one.num_trials, 3))
        row.append(_spread(own, lambda one: one.before_fit_and_after, 2))
        row.append(_spread(own, lambda one: one.between_trials, 2))
        row.append(_spread(own, lambda one: one.search_seconds, 3))
        row.append(_spread(own, lambda one: one.cpu_seconds, 3))
        row.append(next((one.best[:_BESTS] for one in own if one.best), ""))
        rows.append(row)
    return Table(f"{seconds:g} s: the searches", [*columns, "search, s", "processor, s", "best"], rows)


def _memory(outcomes: Sequence[Outcome], seconds: float) -> Table:
    columns = ["task", "system", "trials", "after the first, MB", "after the last, MB", "growth, MB/trial", "peak, MB"]
    rows: list[list[str | float]] = []
    for task, system, own in _groups(outcomes):
        row: list[str | float] = [task, system, _spread(own, lambda one: one.num_trials, 3)]
        row.append(_megabytes(own, lambda one: one.lasting_bytes_first))
        row.append(_megabytes(own, lambda one: one.lasting_bytes_last))
        row.append(_megabytes(own, lambda one: one.bytes_per_trial))
        row.append(_megabytes(own, lambda one: one.peak_bytes))
        rows.append(row)
    title = f"{seconds:g} s: memory of what stays between trials, and the peak of all processes"
    return Table(title, columns, rows)


def _failures(outcomes: Sequence[Outcome]) -> Table:
    rows: list[list[str | float]] = [
        [one.task, one.system, str(one.seed), " ".join((one.failure or "").split())[-200:]] for one in outcomes
    ]
    return Table("Failed", ["task", "system", "seed", "how"], rows)


def _tasks(outcomes: Sequence[Outcome]) -> list[str]:
    return [name for name in TASKS if any(one.task == name for one in outcomes)]


def _groups(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, list[Outcome]]]:
    for task in _tasks(outcomes):
        for system in SYSTEMS:
            if own := _of(outcomes, task, system):
                yield task, system, own


def _of(outcomes: Sequence[Outcome], task: str, system: str) -> list[Outcome]:
    return [one for one in outcomes if one.task == task and one.system == system and one.failure is None]


def _megabytes(outcomes: Sequence[Outcome], figure: Callable[[Outcome], float | None]) -> str:
    def scaled(outcome: Outcome) -> float | None:
        value = figure(outcome)
        return None if value is None else value / _MEGABYTE

    return _spread(outcomes, scaled, 3)


def _spread(outcomes: Sequence[Outcome], figure: Callable[[Outcome], float | None], digits: int) -> str:
    """The median over the seeds, and what is least and most if there are several."""
    values = [value for one in outcomes if (value := figure(one)) is not None]
    if not values:
        return ""
    shown = [_number(value, digits) for value in (statistics.median(values), min(values), max(values))]
    return shown[0] if len(values) == 1 else f"{shown[0]} ({shown[1]} to {shown[2]})"


def _number(value: float, digits: int) -> str:
    return f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
