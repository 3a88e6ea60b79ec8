"""What a training process does, and its start as a fresh one.

``python -P -m tuner.execution.child SOCKET TRAIN MEMORY_BYTES MODULE...`` is the fresh process; the forked one comes
from ``tuner.execution.fork_server``. ``TRAIN`` is ``module:function``; ``MEMORY_BYTES`` is 0 for no limit.
"""

from __future__ import annotations

import importlib
import math
import os
import resource
import socket
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import TypeAlias

from tuner.errors import TrainingFailed
from tuner.execution.out_of_memory import is_out_of_memory
from tuner.execution.parent_channel import ParentChannel
from tuner.training import Channel, TrainingJob, TrainingResult

Train: TypeAlias = Callable[[TrainingJob, Channel], TrainingResult]


def run_child(train: Train, connection: socket.socket, memory_bytes: int, modules: Iterable[str] = ()) -> None:
    """Run the job that comes over the socket, then end the process.

    Args:
        train: What to run.
        connection: To the parent.
        memory_bytes: Memory the process may allocate; 0 for no limit.
        modules: What to import first, while the job may still be on its way.
    """
    channel = ParentChannel(connection)
    _limit_resources(memory_bytes)
    for module in modules:
        importlib.import_module(module)
    status = 0
    job = channel.read_job()
    if job is not None:
        try:
            _run(train, job, channel)
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Libraries take up to a second to tear down what the end of the process frees anyway.
    os._exit(status)


def find_train(name: str) -> Train:
    """The function that ``module:function`` names."""
    module, _, function = name.partition(":")
    found: Train = getattr(importlib.import_module(module), function)
    return found


def _run(train: Train, job: TrainingJob, channel: ParentChannel) -> None:
    channel.send("started")
    try:
        result = train(job, channel)
    except TrainingFailed as error:
        _print_exception(error)
        channel.send("failed", reason=error.reason, message=error.message)
    except Exception as error:
        _print_exception(error)
        reason = "out_of_memory" if is_out_of_memory(error) else "error"
        channel.send("failed", reason=reason, message="".join(traceback.format_exception(error)))
    else:
        metrics = {name: float(value) for name, value in result.metrics.items() if math.isfinite(value)}
        channel.send(
            "finished",
            value=result.value,
            metrics=metrics,
            stopped=result.stopped,
            is_partial=result.is_partial,
        )


def _limit_resources(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes:
        # Not RLIMIT_AS: accelerator libraries reserve far more addresses than they use.
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _print_exception(error: BaseException) -> None:
    # Frames hold on to the arrays that filled the memory; the lines of the traceback do not need them.
    traceback.clear_frames(error.__traceback__)
    traceback.print_exception(error)


def main() -> None:
    """Be a fresh training process."""
    number, train, memory_bytes, *modules = sys.argv[1:]
    connection = socket.socket(fileno=int(number))
    connection.set_inheritable(False)
    run_child(find_train(train), connection, int(memory_bytes), modules)


if __name__ == "__main__":
    main()
