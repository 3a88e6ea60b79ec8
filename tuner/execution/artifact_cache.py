"""Artifacts of trials, for the trials that are made from them."""

from __future__ import annotations

from pathlib import Path

from tuner.client.transport import Transport
from tuner.errors import InvalidInput
from tuner.execution.file_cache import FileCache
from tuner.records import CHECKPOINT
from tuner.wire import ArtifactResource, CheckpointFile, MemberFiles

_MAX_IDLE_SECONDS = 86_400
_MAX_BYTES = 4 * 1024**3


class ArtifactCache:
    """Artifacts on this machine: those that were made here, and those that were downloaded.

    What nobody has used for a day is removed when another is added, and so is what was used longest ago when all
    together are too large.

    Args:
        folder: Where to keep them; several processes may share it.
        max_bytes: Size of all of them.
    """

    def __init__(self, folder: Path, max_bytes: int = _MAX_BYTES) -> None:
        self._files = FileCache(folder, max_idle_seconds=_MAX_IDLE_SECONDS, max_bytes=max_bytes)

    def add(self, path: Path, stored: ArtifactResource) -> None:
        """Keep a file that has just been delivered, so that it need not be downloaded; it must not change any more."""
        self._files.add(path, stored.sha256)

    def fetch(self, transport: Transport, study: str, member: MemberFiles, name: str) -> Path:
        """The path of a member's file, after downloading it if it is not here.

        Raises:
            ConnectionFailed: The download broke off; try again.
            InvalidInput: The server's copy is damaged, or the member has no such file.
            NotFound: The server no longer has it.
        """
        if name not in member.files:
            raise InvalidInput(
                f"Trial {member.number} has no file {name!r} to be made from; it has {', '.join(member.files)}.",
                hint="The worker and the server may be of different versions.",
            )
        return self._get(transport, study, member.number, member.attempt, name, member.files[name])

    def fetch_checkpoint(self, transport: Transport, study: str, number: int, checkpoint: CheckpointFile) -> Path:
        """The path of a trial's checkpoint, after downloading it if it is not here.

        Raises:
            ConnectionFailed: The download broke off; try again.
            InvalidInput: The server's copy is damaged.
            NotFound: The server no longer has it.
        """
        return self._get(transport, study, number, checkpoint.attempt, CHECKPOINT, checkpoint.sha256)

    def _get(self, transport: Transport, study: str, number: int, attempt: int, name: str, wanted: str) -> Path:
        def damaged(sha256: str) -> InvalidInput:
            return InvalidInput(
                f"File {name!r} of trial {number} is not what was stored: its SHA-256 is {sha256}, not {wanted}.",
                hint="Look for a fault of the server's disk.",
            )

        return self._files.get(wanted, lambda: transport.read_artifact(study, number, attempt, name), damaged)
