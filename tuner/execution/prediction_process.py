"""One child process that predicts, as its parent sees it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tuner.errors import Place, ServerError, TunerError, Unavailable, error_classes
from tuner.execution.child_environment import child_environment

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 18


class PredictionProcess:
    """A process that predicts rows with models from files. One request at a time.

    Args:
        folder: Its working directory, empty; removed on ``close``.
        timeout_seconds: How long one request may take before the process counts as stuck.
        max_bytes: Memory in use after a request beyond which ``is_usable`` turns false.
    """

    def __init__(self, folder: Path, *, timeout_seconds: float, max_bytes: int) -> None:
        self._folder = folder
        self._timeout_seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._is_broken = False
        self._connection, theirs = socket.socketpair()
        with theirs, (folder / "log.txt").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tuner.execution.prediction_child", str(theirs.fileno())],
                cwd=folder,
                env=child_environment(folder, 1),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        """Whether it can take another request: it lives, is not stuck, and has not grown too large."""
        return not self._is_broken and self._process.poll() is None and _resident_bytes(self.pid) <= self._max_bytes

    # Any: JSON.
    def predict(
        self, path: Path, rows: list[dict[str, Any]] | None, csv: str | None, horizon: int | None = None
    ) -> dict[str, Any]:
        """The prediction for rows, for the text of a CSV file, or for the times that come next.

        Returns:
            ``predictions``, ``classes`` and ``probabilities``, and the ``rows`` that were not given.

        Raises:
            TunerError: What is wrong with the rows or the model.
            Unavailable: The process took too long.
            ServerError: The process died.
        """
        asked = {"path": str(path), "rows": rows, "csv": csv, "horizon": horizon}
        request = json.dumps(asked, separators=(",", ":")).encode() + b"\n"
        deadline = time.monotonic() + self._timeout_seconds
        try:
            self._connection.settimeout(self._timeout_seconds)
            self._connection.sendall(request)
            reply: dict[str, Any] = json.loads(self._read_line(deadline))
        except TimeoutError:
            self._is_broken = True
            raise Unavailable(
                f"The prediction took longer than {self._timeout_seconds:g} seconds and was ended.",
                hint="Send fewer rows at a time.",
            ) from None
        except (OSError, EOFError):
            self._is_broken = True
            raise self._death() from None
        if "error" in reply:
            raise _restored(reply["error"])
        return reply

    def close(self) -> None:
        """End the process and all it started, and remove its folder."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read_line(self, deadline: float) -> bytes:
        chunks: list[bytes] = []
        while not chunks or not chunks[-1].endswith(b"\n"):
            self._connection.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = self._connection.recv(_CHUNK_BYTES)
            if not chunk:
                raise EOFError
            chunks.append(chunk)
        return b"".join(chunks)

    def _death(self) -> ServerError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        log = (self._folder / "log.txt").read_text(errors="replace")[-4_000:]
        logger.error(
            "prediction process died", extra={"action": "predict", "status": self._process.returncode, "log": log}
        )
        return ServerError(
            "The process that predicts has died.", hint="The worker's log says why. Send fewer rows at a time."
        )


def _restored(error: dict[str, Any]) -> TunerError:  # Any: JSON
    cls = error_classes().get(error["code"], TunerError)
    places = [Place(pointer, detail) for pointer, detail in error["places"]]
    return cls.restored(error["message"], error["hint"], places)


def _resident_bytes(pid: int) -> int:
    """Memory of a process; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
