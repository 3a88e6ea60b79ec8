"""Packed models that were downloaded once, for all predictions on this machine."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tuner.errors import ConnectionFailed

_MAX_IDLE_SECONDS = 86_400


class ModelSource(Protocol):
    """Where models come from."""

    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]: ...


class PredictionModels:
    """A folder of packed models, each under the SHA-256 of its bytes.

    A file appears there whole or not at all, and only with the right sum. Models that nobody has used for a day are
    removed when another is added.

    Args:
        folder: Where to keep them; several processes may share it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def fetch(self, source: ModelSource, study: str, number: int, attempt: int, name: str, sha256: str) -> Path:
        """The path of a model, after downloading it if it is not here.

        Raises:
            ConnectionFailed: The download broke off or is damaged; try again.
            NotFound: The server no longer has it.
        """
        path = self._folder / f"{sha256}.zip"
        try:
            os.utime(path)
        except FileNotFoundError:
            self._remove_idle()
            self._download(source.read_artifact(study, number, attempt, name), path, sha256)
        return path

    def _download(self, chunks: Iterator[bytes], path: Path, sha256: str) -> None:
        part = self._folder / f"{uuid.uuid4().hex}.part"
        digest = hashlib.sha256()
        try:
            with part.open("wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != sha256:
                raise ConnectionFailed("The model that arrived is damaged: its SHA-256 is wrong.", hint="Try again.")
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
