"""Running what the service trains itself: claims, child processes, results.

The names are loaded when they are used: each child process imports this package too, and needs none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.execution.claim_loop import ClaimLoop
    from tuner.execution.executor import Event, Execution, Executor, Failed, Finished, Needed, Reported, Started
    from tuner.execution.local_execution import ProcessLimits
    from tuner.execution.local_executor import LocalExecutor
    from tuner.execution.local_worker import LocalWorker
    from tuner.execution.process_source import ProcessStart
    from tuner.execution.trial_run import RunLimits

__all__ = [
    "ClaimLoop",
    "Event",
    "Execution",
    "Executor",
    "Failed",
    "Finished",
    "LocalExecutor",
    "LocalWorker",
    "Needed",
    "ProcessLimits",
    "ProcessStart",
    "Reported",
    "RunLimits",
    "Started",
]

_MODULES = {
    "ClaimLoop": "claim_loop",
    "LocalExecutor": "local_executor",
    "LocalWorker": "local_worker",
    "ProcessLimits": "local_execution",
    "ProcessStart": "process_source",
    "RunLimits": "trial_run",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES.get(name, 'executor')}"), name)
