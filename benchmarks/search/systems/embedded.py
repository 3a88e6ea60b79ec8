"""Our samplers and pruners as users have them: the SDK on an engine in this process, on SQLite."""

from __future__ import annotations

import os
import secrets
import tempfile

import tuner
from benchmarks.search.systems.tuning import Asked, Tuning
from tuner.space import SearchSpace


class EmbeddedTuning(Tuning):
    """A study of a client without a server, in a home folder of its own.

    Args:
        sampler: Its name.
        pruner: Its name, or ``none``.
        space: Where to search.
        seed: Seed of the study.
    """

    def __init__(self, sampler: str, pruner: str, space: SearchSpace, seed: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tuner-search-")
        before = os.environ.get("TUNER_HOME")
        os.environ["TUNER_HOME"] = self._folder.name
        try:
            self._client = tuner.Client()
        finally:
            # Only the opening reads it.
            os.environ.pop("TUNER_HOME") if before is None else os.environ.update(TUNER_HOME=before)
        self._study = self._client.create_study(
            f"search-{secrets.token_hex(4)}",
            space=space,
            objectives={"loss": "minimize"},
            sampler=sampler,
            pruner=pruner,
            seed=seed,
        )
        self._running: dict[int, tuner.Trial] = {}

    def ask(self) -> Asked:
        trial = self._study.ask()
        self._running[trial.number] = trial
        return Asked(trial.number, trial.params)

    def tell(self, number: int, value: float) -> None:
        self._running.pop(number).tell(value)

    def report(self, number: int, epoch: int, value: float) -> bool:
        return self._running[number].report(epoch, value)

    def stopped(self, number: int, value: float) -> None:
        self._running.pop(number).tell(value)

    def close(self) -> None:
        self._client.close()
        self._folder.cleanup()
