"""Tables and a chart of outcomes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.automl.comparison import (
    Errors,
    at_time,
    geometric_mean,
    mean_errors,
    of_system,
    to_best_peer,
    to_system,
    with_more_time,
    worst,
)
from benchmarks.automl.errors import ERROR_NAMES
from benchmarks.automl.outcome import Outcome
from benchmarks.automl.systems import OURS, PLAIN, SYSTEMS
from benchmarks.automl.table import TableSet, Task
from benchmarks.chart import Bars, bar_chart
from benchmarks.report import Table

# Smaller differences are noise of the division into rows.
WORSE = 1.01
_MEGABYTE = 1e6
_COLUMNS = (
    *(
        "system",
        "tables",
        "error, best peer = 1",
        "worst table",
        f"{OURS}'s error : its",
        f"worse than {PLAIN} by > 1 %",
    ),
    *("over time, s", "first model, s", "memory, MB", "one row, ms", "artifact, MB", "failed"),
)


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


def tables(outcomes: Sequence[Outcome], *, by_table: bool = False) -> Iterator[Table]:
    """For each time the summary by set of tables; then what more time brought.

    Args:
        outcomes: What was measured.
        by_table: Also give each table's errors.
    """
    times = _times(outcomes)
    compared = [one for one in outcomes if one.set != TableSet.TINY]
    sets = list(dict.fromkeys(one.set for one in compared))
    for seconds in times:
        chosen = at_time(compared, seconds)
        if len(sets) > 1:
            yield _summary(chosen, f"{seconds:g} s, all tables")
        for name in sets:
            yield _summary([one for one in chosen if one.set == name], f"{seconds:g} s, {name.replace('_', ' ')}")
        if by_table:
            yield _by_table(at_time(outcomes, seconds), f"{seconds:g} s")
    if len(times) > 1:
        yield _more_time(compared, times)
    if failures := [one for one in outcomes if one.failure is not None]:
        yield _failures(failures)


def draw(outcomes: Sequence[Outcome], folder: Path) -> None:
    """A chart of the errors of each system with each time, as ``automl_error.svg``."""
    compared = [one for one in outcomes if one.set != TableSet.TINY]
    times = _times(compared)
    ratios = {seconds: to_best_peer(mean_errors(at_time(compared, seconds))) for seconds in times}
    groups = []
    for system in _systems(compared):
        found = {f"{seconds:g} s": of_system(ratios[seconds], system) for seconds in times}
        values = [(name, geometric_mean(by_table.values())) for name, by_table in found.items() if by_table]
        groups.append(Bars(system, values))
    folder.mkdir(parents=True, exist_ok=True)
    title = "Error on test rows, as a ratio to the best peer of each table: lower is better"
    (folder / "automl_error.svg").write_text(bar_chart(title, groups))


def _times(outcomes: Sequence[Outcome]) -> list[float]:
    return sorted({one.seconds for one in outcomes if one.seconds}) or [0.0]


def _systems(outcomes: Sequence[Outcome]) -> list[str]:
    present = {one.system for one in outcomes}
    return [name for name in SYSTEMS if name in present]


def _summary(outcomes: Sequence[Outcome], title: str) -> Table:
    means = mean_errors(outcomes)
    to_best, to_plain = to_best_peer(means), to_system(means, PLAIN)
    rows: list[list[str | float]] = []
    for system in _systems(outcomes):
        own = [one for one in outcomes if one.system == system]
        good = [one for one in own if one.failure is None]
        ratios = of_system(to_best, system)
        rows.append(
            [
                system,
                str(len(ratios)),
                f"{geometric_mean(ratios.values()):.3f}" if ratios else "",
                _worst(ratios),
                _of_ours(means, system) if system != OURS else "",
                _losses(of_system(to_plain, system)) if system != PLAIN else "",
                _spread(good, _over_time),
                _spread(good, lambda one: one.first_model_seconds),
                _spread(good, lambda one: None if one.peak_bytes is None else one.peak_bytes / _MEGABYTE),
                _spread(good, lambda one: one.row_milliseconds),
                _spread(good, lambda one: None if one.artifact_bytes is None else one.artifact_bytes / _MEGABYTE),
                str(len(own) - len(good)) if len(own) > len(good) else "",
            ]
        )
    return Table(f"{title}: median (greatest) of all cells", _COLUMNS, rows)


def _worst(ratios: dict[str, float]) -> str:
    if not ratios:
        return ""
    table, ratio = worst(ratios)
    return f"{table} {ratio:.2f}"


def _of_ours(means: Errors, system: str) -> str:
    ratios = of_system(to_system(means, system), OURS)
    return f"{geometric_mean(ratios.values()):.3f}, {len(ratios)} tables" if ratios else ""


def _losses(ratios: dict[str, float]) -> str:
    lost = sorted(((value, table) for table, value in ratios.items() if value > WORSE), reverse=True)
    if not ratios:
        return ""
    return f"{len(lost)}: {', '.join(f'{table} {value:.2f}' for value, table in lost)}" if lost else "none"


def _over_time(outcome: Outcome) -> float | None:
    return outcome.call_seconds - outcome.seconds if outcome.seconds and outcome.call_seconds is not None else None


def _spread(outcomes: Sequence[Outcome], figure: Callable[[Outcome], float | None]) -> str:
    values = [value for one in outcomes if (value := figure(one)) is not None]
    return f"{statistics.median(values):.3g} ({max(values):.3g})" if values else ""


def _by_table(outcomes: Sequence[Outcome], title: str) -> Table:
    means = mean_errors(outcomes)
    ratios = to_best_peer(means)
    systems = _systems(outcomes)
    about = {one.table: one for one in outcomes}
    rows: list[list[str | float]] = []
    for table in sorted(means, key=lambda name: (about[name].set, about[name].num_rows)):
        one = about[table]
        cells = []
        for system in systems:
            error, ratio = means[table].get(system), ratios.get(table, {}).get(system)
            cells.append("" if error is None else f"{error:.4g}" if ratio is None else f"{error:.4g} ({ratio:.2f})")
        kind = f"{ERROR_NAMES[Task(one.task)]}, {one.num_rows} x {one.num_columns}"
        rows.append([table, one.set.replace("_", " "), kind, *cells])
    return Table(f"{title}: error on test rows (ratio to the best peer)", ["table", "set", "error of", *systems], rows)


def _more_time(outcomes: Sequence[Outcome], times: Sequence[float]) -> Table:
    pairs = list(pairwise(times))
    rows: list[list[str | float]] = []
    for system in _systems(outcomes):
        row: list[str | float] = [system]
        for less, more in pairs:
            ratios = with_more_time(outcomes, system, less, more)
            row.append(f"{geometric_mean(ratios.values()):.3f}, {len(ratios)} tables" if ratios else "")
            row.append(_worst(ratios))
        if any(row[1:]):
            rows.append(row)
    columns = [text for less, more in pairs for text in (f"{more:g} s : {less:g} s", "worst table")]
    return Table("What more time brought: error with more as a ratio to that with less", ["system", *columns], rows)


def _failures(outcomes: Sequence[Outcome]) -> Table:
    rows: list[list[str | float]] = [
        [one.system, one.table, f"{one.seconds:g}", str(one.seed), " ".join((one.failure or "").split())[-200:]]
        for one in outcomes
    ]
    return Table("Failed", ["system", "table", "seconds", "seed", "how"], rows)
