"""A fork server as its worker sees it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tuner.execution.child_environment import backend_environment, server_environment
from tuner.execution.forked_process import ForkedProcess
from tuner.execution.training_process import TrainingProcess
from tuner.wire.artifacts import LOG

_SEND_SECONDS = 60.0
_LOG_CHARACTERS = 2000


class ForkClient:
    """Starts a fork server and asks it for training processes; see ``tuner.execution.fork_server``.

    The server loads its modules while the first requests wait.

    Args:
        folder: An empty folder for it.
        train: What its children run, ``module:function``.
        memory_bytes: Memory each may allocate; 0 for no limit.
        threads: Processor threads each may use.
        modules: What it loads.
        backend: What Keras runs on in it and its children; None: it does not load Keras.
    """

    def __init__(
        self,
        folder: Path,
        train: str,
        memory_bytes: int,
        threads: int,
        modules: Sequence[str],
        backend: str | None = None,
    ) -> None:
        self._log_path = folder / LOG
        # A request and its descriptors are one message, which arrives whole or not at all.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_SEND_SECONDS)
        command = [sys.executable, "-P", "-m", "tuner.execution.fork_server", str(theirs.fileno()), train]
        with theirs, self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(memory_bytes), str(threads), *modules],
                cwd=folder,
                env=server_environment(folder, threads) | backend_environment(backend),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def complaint(self) -> str:
        """The end of what it has written."""
        return self._log_path.read_text(errors="replace").strip()[-_LOG_CHARACTERS:]

    def fork(self, folder: Path) -> TrainingProcess:
        """Ask for a process that works in ``folder``; the process tells when it is there.

        Raises:
            OSError: The server is gone.
        """
        ours, theirs = socket.socketpair()
        status, told = socket.socketpair()
        try:
            with theirs, told, (folder / LOG).open("wb") as log:
                socket.send_fds(self._control, [str(folder).encode()], [theirs.fileno(), log.fileno(), told.fileno()])
        except BaseException:
            ours.close()
            status.close()
            raise
        return TrainingProcess(ForkedProcess(status), ours, folder, is_forked=True)

    def close(self) -> None:
        """End it. It holds nothing that could be lost; its children go on until their own sockets close."""
        self._control.close()
        self._process.kill()
        self._process.wait()
