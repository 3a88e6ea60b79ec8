"""Many runs: which are still to be made, made one after the other or in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships without types

from benchmarks.search.play import play
from benchmarks.search.problem import Group
from benchmarks.search.problems import all_curve_problems, all_problems
from benchmarks.search.race import race
from benchmarks.search.runs import Run, append_run, read_runs
from benchmarks.search.systems import missing_package
from tuner.errors import TunerError

BATCH = 8
MODES = ("sequential", "batch", "curves")


@dataclass(frozen=True)
class Campaign:
    """What is to be run.

    Args:
        systems: Their names.
        mode: ``sequential``, ``batch`` (8 asks before 8 tells) or ``curves`` (4 workers, with early stopping).
        split: ``development``, ``held_out`` or ``all``.
        groups: Kinds of problem; all if empty.
        problems: Names of problems; all if empty.
        seeds: How many, from ``first_seed`` on.
        first_seed: The first seed.
        trials: Trials of each run; with ``curves`` full trainings' worth of epochs.
    """

    systems: Sequence[str]
    mode: str = "sequential"
    split: str = "development"
    groups: Sequence[str] = ()
    problems: Sequence[str] = ()
    seeds: int = 3
    first_seed: int = 0
    trials: int = 100

    def tasks(self) -> list[Task]:
        """Every run, seed by seed, so that whatever is interrupted has been fair so far."""
        pool = all_curve_problems() if self.mode == "curves" else all_problems()
        names = [
            problem.name
            for problem in pool.values()
            if self.split in ("all", problem.split)
            and (not self.groups or problem.group in self.groups)
            and (not self.problems or problem.name in self.problems)
        ]
        return [
            Task(system, name, self.mode, seed, self.trials)
            for seed in range(self.first_seed, self.first_seed + self.seeds)
            for name in names
            for system in self.systems
        ]


@dataclass(frozen=True)
class Task:
    """One run to be made."""

    system: str
    problem: str
    mode: str
    seed: int
    trials: int

    def run(self) -> Run | str:
        """The run, or why the system refused it."""
        # One thread, so that processor time is comparable and machines with many cores are no advantage.
        with threadpool_limits(1):
            try:
                if self.mode == "curves":
                    return race(self.system, all_curve_problems()[self.problem], self.seed, self.trials)
                batch = BATCH if self.mode == "batch" else 1
                return play(self.system, all_problems()[self.problem], self.seed, self.trials, batch=batch)
            except TunerError as error:
                return f"{self.system} refuses {self.problem}: {error}"


def carry_out(campaign: Campaign, out: Path, jobs: int = 1) -> None:
    """Make the runs that ``out`` does not hold yet, and append each as soon as it ends.

    Ctrl-C ends it at once and loses only runs that were under way.

    Args:
        campaign: What is to be run.
        out: File of JSON lines.
        jobs: Processes at a time.
    """
    console = Console(stderr=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    tasks = _missing(campaign.tasks(), out)
    for system in dict.fromkeys(task.system for task in tasks):
        if package := missing_package(system):
            console.print(f"{system} is left out: {package} is not installed.")
            tasks = [task for task in tasks if task.system != system]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    refused: dict[str, None] = {}
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        shown = progress.add_task(f"{campaign.mode}", total=len(tasks))
        for task, outcome in _outcomes(tasks, jobs):
            if isinstance(outcome, Run):
                append_run(out, outcome)
            else:
                refused[outcome] = None
            progress.update(shown, advance=1, description=f"{campaign.mode}: {task.system} on {task.problem}")
    for reason in refused:
        console.print(reason)


def _missing(tasks: list[Task], out: Path) -> list[Task]:
    done: dict[tuple[str, str, str, int], int] = {}
    if out.exists():
        for run in read_runs([out]):
            length = len(run.regrets)
            if run.group == Group.CURVES:
                length //= all_curve_problems()[run.problem].num_epochs
            done[run.key] = length
    return [task for task in tasks if done.get((task.system, task.problem, task.mode, task.seed), 0) < task.trials]


def _outcomes(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Run | str]]:
    if jobs == 1:
        for task in tasks:
            yield task, task.run()
        return
    # Spawned, because some of the systems start threads.
    executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        futures = {executor.submit(task.run): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
