"""Downloaded files, each under the SHA-256 of its bytes, for all trials and all processes on this machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tuner.errors import TunerError

_SWEEP_SECONDS = 60.0


class FileCache:
    """A folder of files. One appears there whole or not at all, and only with the right sum.

    Args:
        folder: Where to keep them; several processes may share it.
        max_idle_seconds: A file that nobody has used for so long is removed when another is added.
        max_bytes: Size of all of them, above which those that were used longest ago are removed. None: no limit.
    """

    def __init__(self, folder: Path, *, max_idle_seconds: float, max_bytes: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._max_idle_seconds = max_idle_seconds
        self._max_bytes = max_bytes
        self._swept_at = -_SWEEP_SECONDS

    def get(self, sha256: str, download: Callable[[], Iterator[bytes]], damaged: Callable[[str], TunerError]) -> Path:
        """The path of a file, after downloading it if it is not here.

        Args:
            sha256: The sum of its bytes.
            download: Where its bytes come from.
            damaged: The error to raise when they have another sum, which it is given.
        """
        path = self._folder / sha256
        if not _is_present(path):
            with _only_one(self._folder / f"{sha256}.lock"):
                if not _is_present(path):
                    self._sweep()
                    self._download(path, download, damaged)
        return path

    def add(self, file: Path, sha256: str) -> None:
        """Keep a file that is here already, by a second name of it; it must not change any more."""
        path = self._folder / sha256
        if _is_present(path):
            return
        self._sweep()
        part = self._new_part()
        try:
            link(file, part)
            part.replace(path)
            os.utime(path)
        finally:
            part.unlink(missing_ok=True)

    def _download(
        self, path: Path, download: Callable[[], Iterator[bytes]], damaged: Callable[[str], TunerError]
    ) -> None:
        part = self._new_part()
        digest = hashlib.sha256()
        try:
            with part.open("wb") as file:
                for chunk in download():
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != path.name:
                raise damaged(digest.hexdigest())
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)

    def _new_part(self) -> Path:
        return self._folder / f"{uuid.uuid4().hex}.part"

    def _sweep(self) -> None:
        """Remove what is too old or too much; once in a while, since it looks at every file."""
        if time.monotonic() < self._swept_at + _SWEEP_SECONDS:
            return
        self._swept_at = time.monotonic()
        oldest = time.time() - self._max_idle_seconds
        total = 0
        for used_at, size, path in sorted(self._entries(), reverse=True):
            total += size
            if used_at < oldest or (self._max_bytes is not None and total > self._max_bytes):
                path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                yield status.st_mtime, status.st_size, path


def link(path: Path, place: Path) -> None:
    """Give a file a second name, or copy it where that cannot be."""
    try:
        os.link(path, place)
    except OSError:
        # On another disk, or a file system without links.
        shutil.copyfile(path, place)


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
