import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tuner
from tuner.client.home import database_url, home_folder, running_server
from tuner.errors import InvalidInput
from tuner.testing.server import ServerProcess


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUNER_HOME", str(tmp_path))
    return tmp_path


def test_given_url_comes_first(server: ServerProcess, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_URL", "http://127.0.0.1:9")
    with tuner.Client(server.url) as client:
        assert client.address == server.url


def test_url_of_the_environment_comes_second(
    server: ServerProcess, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNER_URL", f" {server.url}/ ")
    with tuner.Client() as client:
        assert client.address == server.url


def test_key_of_the_environment_is_used(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_API_KEY", "a-long-enough-secret-key")
    with (
        ServerProcess(tmp_path / "server", {"TUNER_API_KEY": "a-long-enough-secret-key"}) as server,
        tuner.Client(server.url) as client,
    ):
        assert client.list_studies() == []


def test_broken_variable_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_URL", "http://127.0.0.1:9\nX: y")
    with pytest.raises(InvalidInput, match="TUNER_URL"):
        tuner.Client()


def test_server_that_owns_the_home_comes_third(home: Path) -> None:
    with ServerProcess(home) as server, tuner.Client() as client:
        assert client.address == server.url


def test_this_process_comes_last(home: Path) -> None:
    with tuner.Client() as client:
        assert client.address == f"sqlite:///{home / 'tuner.db'}"


def test_what_a_killed_server_left_behind_is_not_believed(home: Path) -> None:
    with ServerProcess(home) as server:
        server.kill()
        with tuner.Client() as client:
            assert client.address.startswith("sqlite")


def test_server_that_does_not_answer_is_passed_over(home: Path) -> None:
    (home / "tuner.db.lock").write_text(json.dumps({"pid": os.getpid(), "url": "http://127.0.0.1:9"}))
    assert running_server(database_url(home)) == "http://127.0.0.1:9"
    with tuner.Client() as client:
        assert client.address.startswith("sqlite")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "url": "u"}', '{"pid": 1, "url": null}'])
def test_unreadable_owner_is_no_server(home: Path, text: str) -> None:
    (home / "tuner.db.lock").write_text(text)
    assert running_server(database_url(home)) is None


def test_owner_of_a_served_database_has_no_file(home: Path) -> None:
    assert running_server("postgresql://u:p@h/d") is None


def test_home_defaults_to_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUNER_HOME")
    assert home_folder() == Path("~/.tuner").expanduser()


def test_database_of_the_environment_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_DATABASE_URL", f"sqlite:///{home / 'other.db'}")
    with tuner.Client() as client:
        assert client.address.endswith("other.db")


def test_base_install_names_the_extra_that_is_missing(home: Path) -> None:
    script = """
import sys
for name in ("sqlalchemy", "alembic", "numpy", "pandas", "sklearn", "lightgbm", "optuna"):
    sys.modules[name] = None
import tuner
try:
    tuner.Client()
except tuner.errors.MissingExtra as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'tuner[local]'" in done.stdout
