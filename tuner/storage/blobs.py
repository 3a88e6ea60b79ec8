"""Files too large for SQL: uploaded tables and the artifacts of trials, in a folder."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import InvalidInput, StorageFull, TooLarge, Unavailable

# An upload that has not grown for so long is over: its server was killed. Another replica's may be under way.
_ABANDONED_SECONDS = 3600.0
# Folders that are remembered not to be new.
_MAX_DURABLE = 10_000


@dataclass(frozen=True)
class Received:
    """A stream that has been stored in a temporary file."""

    path: Path
    size: int
    sha256: str


class Blobs:
    """A folder of files under names of our own making; nothing a client sends ever becomes a path.

    Args:
        folder: Where the files lie; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._durable: set[Path] = set()
        self._remove_abandoned()

    def receive(self, chunks: Iterator[bytes], *, max_bytes: int, sha256: str | None = None) -> Received:
        """Store a stream in a temporary file, flushed to the disk.

        Raises:
            TooLarge: More than ``max_bytes``.
            InvalidInput: The content does not have the hash that was announced.
            StorageFull: The disk is full.
            Unavailable: The disk fails otherwise.
        """
        path = self._incoming / uuid.uuid4().hex
        digest = hashlib.sha256()
        size = 0
        try:
            with path.open("wb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > max_bytes:
                        raise TooLarge(
                            f"The upload is larger than {max_bytes:,} bytes.",
                            hint="Send less, or raise the server's limit.",
                        )
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if sha256 is not None and sha256.lower() != digest.hexdigest():
                raise InvalidInput(
                    f"The content has SHA-256 {digest.hexdigest()}, but {sha256} was announced.", hint="Send it again."
                )
        except OSError as error:
            path.unlink(missing_ok=True)
            raise _not_stored(error) from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Received(path, size, digest.hexdigest())

    def keep(self, received: Received, name: str) -> Path:
        """Move a received file to its place; safe to repeat, and durable when it returns.

        Raises:
            StorageFull: There is no room for its folders.
            Unavailable: The disk fails otherwise.
        """
        target = self._folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            received.path.replace(target)
            self._flush_names(target)
        except OSError as error:
            raise _not_stored(error) from error
        return target

    def discard(self, received: Received) -> None:
        """Forget a received file."""
        received.path.unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Where the file of that name lies."""
        return self._folder / name

    def remove(self, name: str) -> None:
        """Delete a file or a folder of files, if it is there."""
        path = self._folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def _flush_names(self, target: Path) -> None:
        """Have the disk remember the file's name, and those of the folders on the way that may be new.

        A name is kept in the folder above. Each flush is a wait for the disk, so a folder's is made once: nobody makes
        it again, because its name is the id of what was removed with it.
        """
        _flush_folder(target.parent)
        fresh = []
        for folder in target.parents:
            if folder == self._folder or folder in self._durable:
                break
            _flush_folder(folder.parent)
            fresh.append(folder)
        if len(self._durable) > _MAX_DURABLE:
            self._durable.clear()
        self._durable.update(fresh)

    def _remove_abandoned(self) -> None:
        for path in self._incoming.iterdir():
            # Another replica may be doing the same.
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    path.unlink()


def artifact_name(study_id: str, number: int, attempt: int, sha256: str) -> str:
    """Name of an artifact's blob: by attempt, so that a zombie cannot overwrite its heir's file, and by content."""
    return f"artifacts/{study_id}/{number}/{attempt}/{sha256}"


def study_folder(study_id: str) -> str:
    """Name of the folder with all artifacts of a study."""
    return f"artifacts/{study_id}"


def dataset_name(dataset_id: str) -> str:
    """Name of a dataset's blob."""
    return f"datasets/{dataset_id}"


def _not_stored(error: OSError) -> Unavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(
            f"The server's disk is full ({error.strerror}), so the upload was not stored.",
            hint="Free some space, then send it again; the server goes on by itself.",
        )
    return Unavailable(f"The upload could not be stored: {error.strerror}.", hint="Look at the server's disk.")


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
