"""Tables that were downloaded once, for all trials and all processes on this machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuner.client.transport import Transport
from tuner.errors import InvalidDataset
from tuner.wire import DatasetResource

_MAX_IDLE_SECONDS = 7 * 86_400


class DatasetCache:
    """A folder of tables, each under the SHA-256 of its bytes.

    A file appears there whole or not at all, and only with the right sum. Tables that nobody has used for a week are
    removed when another is added.

    Args:
        folder: Where to keep them; several processes may share it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def fetch(self, transport: Transport, dataset: DatasetResource) -> Path:
        """The path of the table, after downloading it if it is not here.

        Raises:
            ConnectionFailed: The download broke off; try again.
            InvalidDataset: The server's copy is damaged.
            NotFound: The server no longer has it.
        """
        path = self._folder / dataset.sha256
        if not _is_present(path):
            with _only_one(self._folder / f"{dataset.sha256}.lock"):
                if not _is_present(path):
                    self._remove_idle()
                    self._download(transport, dataset, path)
        return path

    def _download(self, transport: Transport, dataset: DatasetResource, path: Path) -> None:
        part = self._folder / f"{uuid.uuid4().hex}.part"
        digest = hashlib.sha256()
        try:
            with part.open("wb") as file:
                for chunk in transport.read_dataset(dataset.id):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != dataset.sha256:
                raise InvalidDataset(
                    f"Dataset {dataset.name!r} is not what was uploaded: its SHA-256 is {digest.hexdigest()}, "
                    f"not {dataset.sha256}.",
                    hint="Look for a fault of the server's disk, and upload the dataset again.",
                )
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)

    def _remove_idle(self) -> None:
        oldest = time.time() - _MAX_IDLE_SECONDS
        for path in self._folder.iterdir():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue


def _is_present(path: Path) -> bool:
    """Whether the file is there; if so, marks it as used."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _only_one(lock_path: Path) -> Iterator[None]:
    """Let one thread of one process on this machine in at a time."""
    with lock_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
