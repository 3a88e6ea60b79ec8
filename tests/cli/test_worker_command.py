from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.cli.conftest import background


def test_worker_takes_the_place_of_the_command(tmp_path: Path, served: str) -> None:
    with background(tmp_path, "worker", "--url", served, "--slots", "1", "--name", "extra") as command:
        deadline = time.monotonic() + 30
        while "started" not in command.errors:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert "extra" in command.errors
        assert b"\0-m\0worker\0" in Path(f"/proc/{command.process.pid}/cmdline").read_bytes()
        command.signal(signal.SIGTERM)
        assert command.wait() == 0
