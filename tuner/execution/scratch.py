"""A folder for temporary files that is cleaned up even when its process was killed."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import uuid
from pathlib import Path

_LOCK = "lock"


class ScratchFolder:
    """A folder of this process's own inside ``parent``, removed on ``close``.

    A process that was killed leaves its folder behind. The next one finds it by its lock, which the kernel has let go,
    and removes it; a process number would not tell, since containers that share a volume count alike.

    Args:
        parent: Where such folders live; created if missing.
    """

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(parent)
        self.path = parent / uuid.uuid4().hex
        # Made under a name that no sweep looks at, so that it is locked before another process can find it.
        hidden = parent / f".{self.path.name}"
        hidden.mkdir(mode=0o700)
        self._lock = (hidden / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        hidden.rename(self.path)

    def new(self) -> Path:
        """An empty folder inside."""
        path = self.path / uuid.uuid4().hex
        path.mkdir()
        return path

    def close(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _remove_abandoned(parent: Path) -> None:
    for lock_path in parent.glob(f"[!.]*/{_LOCK}"):
        # Either its owner lives, or another process was faster to remove it.
        with contextlib.suppress(BlockingIOError, FileNotFoundError), lock_path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock_path.parent, ignore_errors=True)
