"""One client of ``own_training``: says that it is ready, waits for a word, runs trials, says how many."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

REPORTS = 5


def main() -> None:
    """Run trials on the system that the command line names."""
    system, url, study, seconds = sys.argv[1:]
    run_trial = {"tuner": _tuner, "optuna": _optuna}[system](url, study)
    print("ready", flush=True)
    sys.stdin.readline()
    deadline = time.monotonic() + float(seconds)
    count = 0
    while time.monotonic() < deadline:
        run_trial()
        count += 1
    print(count, flush=True)


def _tuner(url: str, name: str) -> Callable[[], None]:
    import tuner

    study = tuner.Client(url).get_study(name)

    def run_trial() -> None:
        trial = study.ask()
        loss = sum(float(trial.params[f"x{i}"] or 0) for i in range(5))
        for step in range(REPORTS):
            trial.report(step=step, value=loss)
        trial.tell(loss)

    return run_trial


def _optuna(url: str, name: str) -> Callable[[], None]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Without patience eight clients end with "database is locked".
    storage = optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": {"timeout": 60}})
    sampler = optuna.samplers.RandomSampler()
    study = optuna.load_study(study_name=name, storage=storage, sampler=sampler, pruner=optuna.pruners.NopPruner())

    def run_trial() -> None:
        trial = study.ask()
        loss = sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(5))
        for step in range(REPORTS):
            trial.report(loss, step)
            trial.should_prune()
        study.tell(trial, loss)

    return run_trial


if __name__ == "__main__":
    main()
