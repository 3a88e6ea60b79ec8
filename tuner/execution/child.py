"""The process that trains one candidate: ``python -P -m tuner.execution.child SOCKET [MEMORY_BYTES]``.

It talks over an inherited socket, one JSON document per line. The first line it reads is its job. It then writes
``started``, any number of ``report`` and at last ``finished`` or ``failed``, while the parent writes an answer to each
report: ``{"stop": true}`` ends the training at the next step.

Reports are answered one step late. The child trains on while the report of a step is on its way to the server and
reads the answer when the next step is done, so a decision about a step always takes effect one step later, the network
costs nothing where a step takes longer than a request, and a training with tiny steps cannot run ahead of its pruner.
A server that is away holds it up for a second, once.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import resource
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from tuner.artifact import pack
from tuner.errors import TrainingFailed
from tuner.execution.out_of_memory import is_out_of_memory
from tuner.training.candidate import MODEL_FOLDER, TrainingJob, TrainingResult, train_candidate

# As in `tuner.wire.artifacts`, which would cost every child a seventh of a second to import.
MODEL_ARCHIVE = "model.zip"
PATIENCE_SECONDS = 1.0
# Modules that nearly every family needs.
FOUNDATIONS = ("pandas", "sklearn.ensemble", "skops.io", "lightgbm")

Train = Callable[[TrainingJob, Callable[[int, float], bool]], TrainingResult]


class ParentChannel:
    """The child's end of the socket.

    Args:
        connection: Connected to the parent. When it closes, the parent is dead and this process ends.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r", encoding="utf-8")
        self._changed = threading.Condition()
        self._unanswered = 0
        self._is_late = False
        self._stop = False

    def read_job(self) -> TrainingJob | None:
        """Wait for the job; None when the parent has none and hung up."""
        line = self._lines.readline()
        if not line:
            return None
        threading.Thread(target=self._read_answers, name="tuner-parent", daemon=True).start()
        return TrainingJob.from_json(json.loads(line))

    def send(self, kind: str, **facts: Any) -> None:
        """Write one message."""
        self._connection.sendall((json.dumps({"type": kind, **facts}) + "\n").encode())

    def report(self, step: int, value: float) -> bool:
        """Report a step; whether the training must stop, as decided from the steps before this one."""
        self.send("report", step=step, value=value)
        with self._changed:
            self._unanswered += 1
            if not self._is_late:
                self._is_late = not self._changed.wait_for(self._may_go_on, PATIENCE_SECONDS)
            return self._stop

    def _may_go_on(self) -> bool:
        return self._stop or self._unanswered <= 1

    def _read_answers(self) -> None:
        with contextlib.suppress(ConnectionResetError):
            for line in self._lines:
                with self._changed:
                    self._unanswered -= 1
                    self._is_late = self._is_late and self._unanswered > 1
                    self._stop = self._stop or json.loads(line)["stop"]
                    self._changed.notify_all()
        # Nobody is left who could use the result: end at once, with whatever libraries have started.
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def train_and_pack(job: TrainingJob, report: Callable[[int, float], bool]) -> TrainingResult:
    """Train the candidate and put its saved model into one file."""
    result = train_candidate(job, report)
    pack(job.folder / MODEL_FOLDER, job.folder / MODEL_ARCHIVE)
    return result


def main(train: Train = train_and_pack, foundations: Sequence[str] = FOUNDATIONS) -> None:
    """Run the job that comes over the socket named on the command line, then end the process.

    Args:
        train: What to run.
        foundations: Modules to import first, while the job may still be on its way.
    """
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.set_inheritable(False)
    channel = ParentChannel(connection)
    _limit_resources(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    for module in foundations:
        importlib.import_module(module)
    job = channel.read_job()
    if job is not None:
        _run(train, job, channel)
    sys.stdout.flush()
    sys.stderr.flush()
    # Libraries take up to a second to tear down what the end of the process frees anyway.
    os._exit(0)


def _run(train: Train, job: TrainingJob, channel: ParentChannel) -> None:
    channel.send("started")
    try:
        result = train(job, channel.report)
    except TrainingFailed as error:
        _print_exception(error)
        channel.send("failed", reason=error.reason, message=error.message)
    except Exception as error:
        _print_exception(error)
        reason = "out_of_memory" if is_out_of_memory(error) else "error"
        channel.send("failed", reason=reason, message="".join(traceback.format_exception(error)))
    else:
        metrics = {name: float(value) for name, value in result.metrics.items() if math.isfinite(value)}
        channel.send("finished", value=result.value, metrics=metrics, stopped=result.stopped)


def _limit_resources(memory_bytes: int | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes is not None:
        # Not RLIMIT_AS: accelerator libraries reserve far more addresses than they use.
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _print_exception(error: BaseException) -> None:
    # Frames hold on to the arrays that filled the memory; the lines of the traceback do not need them.
    traceback.clear_frames(error.__traceback__)
    traceback.print_exception(error)


if __name__ == "__main__":
    main()
