"""A training's newest checkpoint, brought to the server while the training runs."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tuner.errors import TooLarge, TunerError
from tuner.execution.file_cache import link
from tuner.records import CHECKPOINT

logger = logging.getLogger(__name__)

UPLOAD_SECONDS = 2.0
# Uploading may take a tenth of the time, so that many large networks leave the server time for other things.
_PAUSES_PER_UPLOAD = 10.0
_JOIN_SECONDS = 2.0


class LiveCheckpoint:
    """Uploads a training's checkpoint when there is a new one, from a thread of its own.

    Args:
        path: Where the checkpoint is now, or is going to be.
        upload: Takes a file named as a checkpoint is.
        pause_seconds: Between two looks at least.
    """

    def __init__(
        self, path: Callable[[], Path], upload: Callable[[Path], object], pause_seconds: float = UPLOAD_SECONDS
    ) -> None:
        self._path = path
        self._upload = upload
        self._pause_seconds = pause_seconds
        self._uploaded: tuple[int, int] | None = None
        self._uploading = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tuner-checkpoint", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(_JOIN_SECONDS)

    def flush(self) -> None:
        """Upload what is newer than what was uploaded last, once, after the training has ended without a result."""
        self._upload_newest()

    def _run(self) -> None:
        pause = self._pause_seconds
        while not self._closing.wait(pause):
            started = time.monotonic()
            self._upload_newest()
            pause = max(self._pause_seconds, _PAUSES_PER_UPLOAD * (time.monotonic() - started))

    def _upload_newest(self) -> None:
        try:
            with self._uploading:
                status = self._path().stat()
                version = (status.st_ino, status.st_mtime_ns)
                if version != self._uploaded:
                    self._upload_copy()
                    self._uploaded = version
        except FileNotFoundError:
            # There is none yet, or the training's folder is being removed.
            pass
        except (OSError, TunerError) as error:
            if isinstance(error, TooLarge):
                self._closing.set()
            # A training without a checkpoint is as good as one with it, as long as nothing happens to it.
            logger.warning("checkpoint not uploaded", extra={"action": "checkpoint", "reason": str(error)})

    def _upload_copy(self) -> None:
        """Upload under a second name: the training puts another file in the place of the first at any moment."""
        path = self._path()
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="uploading-") as folder:
            copy = Path(folder) / CHECKPOINT
            link(path, copy)
            self._upload(copy)
