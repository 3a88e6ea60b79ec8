"""Running one system on one problem with one seed."""

from __future__ import annotations

import time
import zlib

import numpy as np

from benchmarks.search.problem import Problem
from benchmarks.search.runs import Run
from benchmarks.search.systems import start
from tuner.space import Params


def play(system: str, problem: Problem, seed: int, num_trials: int, *, batch: int = 1) -> Run:
    """Tune ``problem`` for ``num_trials`` trials.

    Args:
        system: Name of the system.
        problem: What is tuned.
        seed: Seeds the system and the noise; all systems meet the same noise.
        num_trials: Trials in all.
        batch: So many asks come before their tells.
    """
    mode = "sequential" if batch == 1 else "batch"
    run = Run(system, problem.name, problem.group, problem.split, mode, seed)
    noise = np.random.default_rng([seed, zlib.crc32(problem.name.encode())])
    tuning = start(system, problem.space, seed)
    best = np.inf
    try:
        while len(run.regrets) < num_trials:
            asked: list[tuple[int, Params]] = []
            for _ in range(min(batch, num_trials - len(run.regrets))):
                began = time.process_time()
                trial = tuning.ask()
                run.ask_seconds.append(time.process_time() - began)
                if trial.source is not None:
                    run.sources[trial.source] = run.sources.get(trial.source, 0) + 1
                asked.append((trial.number, trial.params))
            for offset, (number, params) in enumerate(asked):
                observed = problem.objective(params, noise)
                began = time.process_time()
                tuning.tell(number, observed)
                run.ask_seconds[offset - len(asked)] += time.process_time() - began
                regret = problem.regret(problem.true_value(params))
                run.regrets.append(regret if observed < best else run.regrets[-1])
                best = min(best, observed)
                # Without noise the best observed trial is the best one.
                recommended = tuning.recommended() if problem.noise else None
                run.recommended.append(
                    run.regrets[-1] if recommended is None else problem.regret(problem.true_value(recommended))
                )
    finally:
        tuning.close()
    return run
