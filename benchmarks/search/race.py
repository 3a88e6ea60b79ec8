"""Running one system on trainings with learning curves, with workers that do not wait for each other."""

from __future__ import annotations

import heapq
import time
import zlib
from dataclasses import dataclass, field

import numpy as np

from benchmarks.search.problem import CurveProblem
from benchmarks.search.runs import Run
from benchmarks.search.systems import Tuning, start
from tuner.space import Params

NUM_WORKERS = 4
# Standard deviation of the logarithm of a trial's seconds per epoch: workers fall out of step, as they do in life.
_SPEED_SPREAD = 0.3


@dataclass
class _Running:
    """A training that a worker is at."""

    number: int
    params: Params
    observed: list[float]
    true: list[float]
    seconds_per_epoch: float
    epoch: int = 0


@dataclass
class _Incumbents:
    """The best checkpoint seen so far, and the best training that reached its end, by what was observed."""

    best: float = np.inf
    best_true: float = np.inf
    completed: float = np.inf
    completed_true: float | None = None
    true_values: list[float] = field(default_factory=list)
    completed_values: list[float | None] = field(default_factory=list)


def race(system: str, problem: CurveProblem, seed: int, num_trainings: int) -> Run:
    """Tune ``problem`` until as many epochs have been trained as ``num_trainings`` full trainings have.

    Time is simulated: the next epoch to end belongs to whichever worker is first done. Every epoch costs the same.

    Args:
        system: Name of the system, with a pruner.
        problem: What is tuned.
        seed: Seeds the system, the noise and the speeds; a trial of one number meets the same of both in all systems.
        num_trainings: The budget.
    """
    run = Run(system, problem.name, problem.group, problem.split, "curves", seed)
    tuning = start(system, problem.space, seed, problem.num_epochs)
    seen = _Incumbents()
    try:
        # By the instant at which the worker's present epoch ends; equal instants go to the worker of lower number.
        begun = [_begin(tuning, problem, seed, run) for _ in range(NUM_WORKERS)]
        busy = [(running.seconds_per_epoch, worker, running) for worker, running in enumerate(begun)]
        heapq.heapify(busy)
        while len(seen.true_values) < num_trainings * problem.num_epochs:
            now, worker, running = heapq.heappop(busy)
            if _train(tuning, problem, running, seen, run):
                running = _begin(tuning, problem, seed, run)
            heapq.heappush(busy, (now + running.seconds_per_epoch, worker, running))
    finally:
        tuning.close()
    run.regrets = [problem.regret(value) for value in seen.true_values]
    run.completed = [None if value is None else problem.regret(value) for value in seen.completed_values]
    return run


def _begin(tuning: Tuning, problem: CurveProblem, seed: int, run: Run) -> _Running:
    began = time.process_time()
    asked = tuning.ask()
    run.ask_seconds.append(time.process_time() - began)
    if asked.source is not None:
        run.sources[asked.source] = run.sources.get(asked.source, 0) + 1
    rng = np.random.default_rng([seed, len(run.ask_seconds), zlib.crc32(problem.name.encode())])
    speed = float(np.exp(_SPEED_SPREAD * rng.standard_normal()))
    observed = problem.curve(asked.params, int(rng.integers(2**32)))
    return _Running(asked.number, asked.params, observed, problem.true_curve(asked.params), speed)


def _train(tuning: Tuning, problem: CurveProblem, running: _Running, seen: _Incumbents, run: Run) -> bool:
    """One epoch; whether the trial has ended with it."""
    value = running.observed[running.epoch]
    if value < seen.best:
        seen.best, seen.best_true = value, running.true[running.epoch]
    running.epoch += 1
    began = time.process_time()
    is_stopped = tuning.report(running.number, running.epoch, value)
    is_complete = running.epoch == problem.num_epochs
    if is_complete:
        best = int(np.argmin(running.observed))
        if running.observed[best] < seen.completed:
            seen.completed, seen.completed_true = running.observed[best], running.true[best]
        tuning.tell(running.number, running.observed[best])
    elif is_stopped:
        tuning.stopped(running.number, value)
    run.ask_seconds[-1] += time.process_time() - began
    seen.true_values.append(seen.best_true)
    seen.completed_values.append(seen.completed_true)
    return is_complete or is_stopped
