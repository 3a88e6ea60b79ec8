"""The systems that are compared, and which interpreter runs each."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).with_name("peers")


@dataclass(frozen=True)
class System:
    """One system.

    Args:
        name: How it is called in the benchmark.
        script: File in ``peers`` that runs it.
        environment: What the interpreter's path is asked for by, if it has an environment of its own.
        takes_time: Whether it is told how long it may take; else it is measured once for all times.
        is_ours: Whether it is no peer.
    """

    name: str
    script: str
    environment: str | None = None
    takes_time: bool = True
    is_ours: bool = False

    def python(self, given: Mapping[str, Path]) -> Path | None:
        """The interpreter to use; None if it is not known.

        Args:
            given: Paths from the command line, by ``environment``.
        """
        if self.environment is None:
            return Path(sys.executable)
        path = given.get(self.environment) or os.environ.get(f"PYTHON_{self.environment.upper()}")
        return None if path is None else Path(path)


SYSTEMS = {
    system.name: system
    for system in (
        System("tuner", "run_tuner.py", is_ours=True),
        System("tuner_rest", "run_tuner.py", is_ours=True),
        System("autogluon", "run_autogluon.py", "autogluon"),
        System("flaml", "run_flaml.py", "flaml"),
        System("h2o", "run_h2o.py", "h2o"),
        System("lightgbm", "run_defaults.py", takes_time=False),
        System("hist_gradient_boosting", "run_defaults.py", takes_time=False),
        System("random_forest", "run_defaults.py", takes_time=False),
    )
}
ENVIRONMENTS = tuple(dict.fromkeys(system.environment for system in SYSTEMS.values() if system.environment))
# What everything is measured against that searches or combines.
PLAIN = "lightgbm"
OURS = "tuner"
