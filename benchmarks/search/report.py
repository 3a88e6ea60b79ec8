"""Tables and charts of runs: by group of problems and over all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Table
from benchmarks.search.line_chart import Line, line_chart
from benchmarks.search.problem import Group
from benchmarks.search.problems import all_curve_problems
from benchmarks.search.runs import Run
from benchmarks.search.statistics import Pair, bootstrap_interval, mean_ranks, sign_test

_TRAININGS = (5, 10, 20)
_BATCH_AT = (48, 96)
Figures = dict[str, dict[Pair, float]]


def tables(
    runs: Sequence[Run],
    at: Sequence[int],
    *,
    order: Sequence[str] = (),
    against: str | None = None,
    by_problem: bool = False,
) -> Iterator[Table]:
    """Mean regrets with intervals, mean ranks and processor time, for each mode and group.

    Args:
        runs: What was run.
        at: Numbers of trials at which sequential runs are looked at.
        order: Systems in the order of the rows; others follow.
        against: Compare each system with this one on the pairs of problem and seed that both have.
        by_problem: Also give each problem's mean regrets.
    """
    for mode in dict.fromkeys(run.mode for run in runs):
        chosen = [run for run in runs if run.mode == mode]
        points = {"sequential": at, "batch": _BATCH_AT}.get(mode, _TRAININGS)
        groups = [group for group in Group if any(run.group == group for run in chosen)]
        for group in [*groups, *([None] if len(groups) > 1 else [])]:
            of_group = [run for run in chosen if group in (None, run.group)]
            yield _table(of_group, mode, group or "all groups", points, order)
            if against is not None:
                yield _comparison(of_group, mode, group or "all groups", points, against)
        if by_problem:
            yield _problems_table(chosen, mode, points[-1], order)


def _table(runs: Sequence[Run], mode: str, group: str, points: Sequence[int], order: Sequence[str]) -> Table:
    systems = _ordered(runs, order)
    last = {point: _figures(runs, systems, point) for point in points}
    ranks = {point: mean_ranks({name: row for name, row in last[point].items() if row}) for point in points}
    recommended = _figures(runs, systems, points[-1], "recommended")
    unit = "full trainings" if mode == "curves" else "trials"
    shown = [point for point in points if any(last[point].values())]
    rows: list[list[str | float]] = []
    for system in systems:
        row: list[str | float] = [system, str(max(len(last[point][system]) for point in points))]
        for point in shown:
            row.append(_mean(last[point][system]))
        for point in shown[-2:]:
            row.append(f"{ranks[point][0][system]:.2f}" if system in ranks[point][0] else "")
        if mode == "curves":
            row.append(_mean(_figures(runs, systems, points[-1], "completed")[system]))
        elif any(recommended.values()):
            row.append(_mean(recommended[system]))
        seconds = [second for run in runs if run.system == system for second in run.ask_seconds]
        rows.append([*row, _milliseconds(seconds)])
    columns = ["system", "runs", *(f"regret @{point}" for point in shown)]
    columns += [f"rank @{point} of {len(ranks[point][0])} (n = {ranks[point][1]})" for point in shown[-2:]]
    if mode == "curves":
        columns.append(f"completed only @{points[-1]}")
    elif any(recommended.values()):
        columns.append(f"recommended @{points[-1]}")
    return Table(f"{_title(mode, group)}: mean normalised regret, by {unit}", [*columns, "CPU ms per trial"], rows)


def _comparison(runs: Sequence[Run], mode: str, group: str, points: Sequence[int], against: str) -> Table:
    systems = [against, *(name for name in _ordered(runs, ()) if name != against)]
    rows: list[list[str | float]] = []
    for system in systems[1:]:
        for point in points[-2:]:
            figures = _figures(runs, [against, system], point)
            common = sorted(set(figures[against]) & set(figures[system]))
            if not common:
                continue
            ours = [figures[against][pair] for pair in common]
            theirs = [figures[system][pair] for pair in common]
            wins = sum(a < b - 1e-6 for a, b in zip(ours, theirs, strict=True))
            losses = sum(b < a - 1e-6 for a, b in zip(ours, theirs, strict=True))
            means = float(np.mean(ours)), float(np.mean(theirs))
            row: list[str | float] = [system, str(point), str(len(common)), *means, means[0] / means[1]]
            rows.append([*row, f"{wins} : {losses}", f"{sign_test(wins, losses):.2g}"])
    columns = ["system", "at", "pairs", against, "system's", "ratio", f"won by {against} : lost", "p (sign test)"]
    return Table(f"{_title(mode, group)}: {against} against each, on common pairs", columns, rows)


def _problems_table(runs: Sequence[Run], mode: str, point: int, order: Sequence[str]) -> Table:
    systems = _ordered(runs, order)
    figures = _figures(runs, systems, point)
    rows: list[list[str | float]] = []
    for problem in dict.fromkeys(run.problem for run in runs):
        row: list[str | float] = [problem]
        for system in systems:
            values = [value for (name, _), value in figures[system].items() if name == problem]
            row.append(float(np.mean(values)) if values else "")
        rows.append(row)
    return Table(f"{mode}: mean normalised regret @{point} by problem", ["problem", *systems], rows)


def _figures(runs: Sequence[Run], systems: Sequence[str], point: int, what: str = "regrets") -> Figures:
    """Regret after ``point`` trials (full trainings) by system and pair of problem and seed."""
    figures: Figures = {system: {} for system in systems}
    for run in runs:
        value = _at(run, point, what)
        if run.system in figures and value is not None:
            figures[run.system][run.problem, run.seed] = value
    return figures


def _at(run: Run, point: int, what: str) -> float | None:
    trajectory: Sequence[float | None] = getattr(run, what)
    place = point * (all_curve_problems()[run.problem].num_epochs if run.group == Group.CURVES else 1)
    return trajectory[place - 1] if len(trajectory) >= place else None


def _mean(figures: dict[Pair, float]) -> str:
    values = list(figures.values())
    if not values:
        return ""
    low, high = bootstrap_interval(values)
    return f"{np.mean(values):.3f} ({low:.3f}-{high:.3f})"


def _title(mode: str, group: str) -> str:
    return mode if mode == group else f"{mode}, {group}"


def _milliseconds(seconds: Sequence[float]) -> str:
    mean = 1000 * float(np.mean(seconds))
    return f"{mean:.0f}" if mean >= 10 else f"{mean:.2g}"


def _ordered(runs: Sequence[Run], order: Sequence[str]) -> list[str]:
    present = dict.fromkeys(run.system for run in runs)
    return [*(name for name in order if name in present), *(name for name in present if name not in order)]


def draw(runs: Sequence[Run], folder: Path, *, order: Sequence[str] = ()) -> None:
    """Write ``search_<mode>_<group>.svg`` for each mode and group into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for mode in dict.fromkeys(run.mode for run in runs):
        chosen = [run for run in runs if run.mode == mode]
        groups = [group for group in Group if any(run.group == group for run in chosen)]
        for group in [*groups, *([None] if len(groups) > 1 else [])]:
            of_group = [run for run in chosen if group in (None, run.group)]
            chart = _chart(of_group, mode, group or "all groups", order)
            (folder / f"search_{mode}_{(group or 'all').replace(' ', '_')}.svg").write_text(chart)


def _chart(runs: Sequence[Run], mode: str, group: str, order: Sequence[str]) -> str:
    is_curves = mode == "curves"
    most = _TRAININGS[-1] if is_curves else max(len(run.regrets) for run in runs)
    points = [index / 4 for index in range(4, 4 * most + 1)] if is_curves else [float(n) for n in range(1, most + 1)]
    lines = []
    for system in _ordered(runs, order):
        mine = [run for run in runs if run.system == system]
        values = []
        for point in points:
            reached = [_at_share(run, point) for run in mine]
            values.append((point, float(np.mean([value for value in reached if value is not None] or [np.nan]))))
        lines.append(Line(system, values))
    unit = "full trainings' worth of epochs" if is_curves else "trials"
    return line_chart(f"{_title(mode, group)}: mean normalised regret", unit, lines)


def _at_share(run: Run, point: float) -> float | None:
    epochs = all_curve_problems()[run.problem].num_epochs if run.group == Group.CURVES else 1
    place = round(point * epochs)
    return run.regrets[place - 1] if 0 < place <= len(run.regrets) else None
