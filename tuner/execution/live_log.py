"""A training's log, readable on the server while the training runs."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tuner.errors import TunerError
from tuner.wire.artifacts import LOG

logger = logging.getLogger(__name__)

UPLOAD_SECONDS = 5.0
_MAX_BYTES = 256 * 1024
_JOIN_SECONDS = 2.0


class LiveLog:
    """Uploads the end of a log every few seconds if it has grown, from a thread of its own.

    It is stored under the same name as the whole log, which takes its place when the training has ended.

    Args:
        path: Where the log is now.
        upload: Takes a file named as the log is.
        pause_seconds: Between two looks.
    """

    def __init__(
        self, path: Callable[[], Path], upload: Callable[[Path], object], pause_seconds: float = UPLOAD_SECONDS
    ) -> None:
        self._path = path
        self._upload = upload
        self._pause_seconds = pause_seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tuner-log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # An upload under way must not come after that of the whole log.
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        uploaded = 0
        while not self._closing.wait(self._pause_seconds):
            try:
                size = self._path().stat().st_size
                if size != uploaded:
                    self._upload_end(size)
                    uploaded = size
            except (OSError, TunerError) as error:
                # Whatever it is, the result of the training is told of it too, and more insistently.
                logger.debug("log not uploaded", extra={"action": "log", "reason": str(error)})

    def _upload_end(self, size: int) -> None:
        with tempfile.TemporaryDirectory(prefix="tuner-log-") as folder:
            copy = Path(folder) / LOG
            with self._path().open("rb") as log:
                log.seek(max(0, size - _MAX_BYTES))
                copy.write_bytes(log.read(_MAX_BYTES))
            if not self._closing.is_set():
                self._upload(copy)
