import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


class ServerProcess:
    """A server that can be killed and started again at the same address."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._environment = os.environ | {"TUNER_HOME": str(folder)} | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        ready = self._folder / "ready.json"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "api", "--port", str(self._port), "--ready-file", str(ready)]
        self._process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)
        while not ready.exists():
            assert self._process.poll() is None, "the server did not start"
            time.sleep(0.05)
        self._port = int(json.loads(ready.read_text())["url"].rsplit(":", 1)[1])

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
