"""The training process's end of the line to its worker."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuner.training import TrainingJob

PATIENCE_SECONDS = 1.0


class ParentChannel:
    """One JSON document per line each way. See ``tuner.training.channel.Channel``.

    First comes the job, with variables of the environment that go with it. The child then writes ``started``, any
    number of ``report`` and ``needed``, and at last ``finished`` or ``failed``. The parent writes an ``answer`` to each
    report, ``stop`` when the training is to end at the next step, and the ``files`` that were needed.

    Reports are answered one step late. The child trains on while the report of a step is on its way to the server and
    reads the answer when the next step is done, so a decision about a step always takes effect one step later, the
    network costs nothing where a step takes longer than a request, and a training with tiny steps cannot run ahead of
    its pruner. A server that is away holds it up for a second, once.

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
        self._files: list[Path] | None = None

    def read_job(self) -> TrainingJob | None:
        """Wait for the job and take over its environment; None when the parent has none and hung up."""
        try:
            line = self._lines.readline()
        except ConnectionResetError:
            return None
        if not line:
            return None
        threading.Thread(target=self._read_messages, name="tuner-parent", daemon=True).start()
        message = json.loads(line)
        os.environ.update(message["environment"])
        return TrainingJob.from_json(message["job"])

    def send(self, kind: str, **facts: Any) -> None:
        """Write one message."""
        self._connection.sendall((json.dumps({"type": kind, **facts}) + "\n").encode())

    def report(self, step: int, value: float) -> bool:
        self.send("report", step=step, value=value)
        with self._changed:
            self._unanswered += 1
            if not self._is_late:
                self._is_late = not self._changed.wait_for(self._may_go_on, PATIENCE_SECONDS)
            return self._stop

    def should_stop(self) -> bool:
        return self._stop

    def fetch(self, files: Sequence[tuple[int, str]]) -> list[Path]:
        if not files:
            return []
        self.send("needed", files=list(files))
        with self._changed:
            self._changed.wait_for(lambda: self._files is not None)
            found, self._files = self._files, None
        assert found is not None
        return found

    def _may_go_on(self) -> bool:
        return self._stop or self._unanswered <= 1

    def _read_messages(self) -> None:
        with contextlib.suppress(ConnectionResetError):
            for line in self._lines:
                with self._changed:
                    self._take(json.loads(line))
                    self._changed.notify_all()
        # Nobody is left who could use the result: end at once, with whatever libraries have started.
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "answer":
                self._unanswered -= 1
                self._is_late = self._is_late and self._unanswered > 1
            case "stop":
                self._stop = True
            case "files":
                self._files = [Path(name).absolute() for name in message["names"]]
            case other:
                raise ValueError(f"a worker sent a message of unknown type {other!r}")
