"""The commands that the documentation gives for backups, run as they stand but for Docker."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.deployment.image import ROOT, Image
from tests.deployment.stack import Stack

pytestmark = pytest.mark.slow


def documented(service: str, program: str) -> list[str]:
    text = (ROOT / "docs" / "how-to" / "deploy.md").read_text()
    pattern = rf"^docker compose (?:exec|run)(?: --?[\w-]+)* {service} ({program} [^<>\n]*)"
    (command,) = re.findall(pattern, text, re.MULTILINE)
    return shlex.split(command)


def test_a_dump_brings_the_database_back(image: Image, tmp_path: Path) -> None:
    with Stack(image, tmp_path) as stack:
        server = stack.start_db()
        assert stack.start_migrate().popen.wait(60) == 0
        # Within the container the server trusts its own user.
        environment = server.environment | {"PGHOST": "127.0.0.1", "PGPASSWORD": stack.secrets["database_password"]}

        def run(program: str, *, given: bytes = b"") -> bytes:
            command = documented("db", program)
            done = subprocess.run(command, env=environment, cwd=tmp_path, input=given, capture_output=True, check=True)
            return done.stdout

        dump = run("pg_dump")
        address = psycopg.conninfo.make_conninfo(user="tuner", dbname="tuner", port=environment["PGPORT"])
        login = {"host": "127.0.0.1", "password": environment["PGPASSWORD"]}
        with psycopg.connect(address, autocommit=True, **login) as connection:
            connection.execute("drop table alembic_version")
        run("pg_restore", given=dump)
        migration = stack.start_migrate()
        assert migration.popen.wait(60) == 0
        assert "already" in migration.log


def test_the_files_come_back(tmp_path: Path) -> None:
    (tmp_path / "data" / "artifacts").mkdir(parents=True)
    (tmp_path / "data" / "artifacts" / "model").write_bytes(b"weights")

    def run(verb: str, folder: str, given: bytes = b"") -> bytes:
        command = [word.replace("/data", str(tmp_path / folder)) for word in documented("api", f"tar --{verb}")]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout

    archive = run("create", "data")
    (tmp_path / "restored").mkdir()
    run("extract", "restored", archive)
    assert (tmp_path / "restored" / "artifacts" / "model").read_bytes() == b"weights"
