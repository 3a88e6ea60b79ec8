"""Tables that were downloaded once."""

from __future__ import annotations

from pathlib import Path

from tuner.client.transport import Transport
from tuner.errors import InvalidDataset
from tuner.execution.file_cache import FileCache
from tuner.wire import DatasetResource

_MAX_IDLE_SECONDS = 7 * 86_400


class DatasetCache:
    """Tables on this machine. Those that nobody has used for a week are removed when another is added.

    Args:
        folder: Where to keep them; several processes may share it.
    """

    def __init__(self, folder: Path) -> None:
        self._files = FileCache(folder, max_idle_seconds=_MAX_IDLE_SECONDS)

    def fetch(self, transport: Transport, dataset: DatasetResource) -> Path:
        """The path of the table, after downloading it if it is not here.

        Raises:
            ConnectionFailed: The download broke off; try again.
            InvalidDataset: The server's copy is damaged.
            NotFound: The server no longer has it.
        """

        def damaged(sha256: str) -> InvalidDataset:
            return InvalidDataset(
                f"Dataset {dataset.name!r} is not what was uploaded: its SHA-256 is {sha256}, not {dataset.sha256}.",
                hint="Look for a fault of the server's disk, and upload the dataset again.",
            )

        return self._files.get(dataset.sha256, lambda: transport.read_dataset(dataset.id), damaged)
