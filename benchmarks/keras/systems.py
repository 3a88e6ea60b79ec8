"""The systems that are compared, and which interpreter runs each."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.keras.tasks import Task

PEERS = Path(__file__).with_name("peers")
_TENSORFLOW = Path(__file__).parents[2] / ".venv-tensorflow" / "bin" / "python"


@dataclass(frozen=True)
class System:
    """One system.

    Args:
        name: How it is called in the benchmark.
        script: File in ``peers`` that runs it.
        backend: What Keras runs on.
        environment: What the interpreter's path is asked for by, if it has an environment of its own.
        usual_python: Where that interpreter is if nobody says so.
    """

    name: str
    script: str
    backend: str = "jax"
    environment: str | None = None
    usual_python: Path | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is no peer."""
        return self.script == OURS

    def can_do(self, task: Task) -> bool:
        """Whether it is to be measured on a task. What needs no Keras is the same on every backend."""
        return (self.is_ours or task.has_peers) and (task.is_network or self.name == "tuner_jax")

    def python(self, given: Mapping[str, Path]) -> Path | None:
        """The interpreter to use; None if it is not known.

        Args:
            given: Paths from the command line, by ``environment``.
        """
        if self.environment is None:
            return Path(sys.executable)
        named = given.get(self.environment) or os.environ.get(f"PYTHON_{self.environment.upper()}")
        if named is not None:
            return Path(named)
        return self.usual_python if self.usual_python is not None and self.usual_python.exists() else None


OURS, KERAS_TUNER = "run_tuner.py", "run_keras_tuner.py"
SYSTEMS = {
    system.name: system
    for system in (
        System("tuner_jax", OURS, "jax"),
        System("tuner_torch", OURS, "torch"),
        System("tuner_tensorflow", OURS, "tensorflow", "tensorflow", _TENSORFLOW),
        System("keras_tuner_random", KERAS_TUNER, "jax", "keras_tuner"),
        System("keras_tuner_hyperband", KERAS_TUNER, "jax", "keras_tuner"),
    )
}
ENVIRONMENTS = tuple(dict.fromkeys(system.environment for system in SYSTEMS.values() if system.environment))
