"""Key and password from files, wherever they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from api.settings import ApiSettings
from tests.cli.conftest import TUNER
from tests.deployment.processes import finished
from tuner.errors import InvalidInput
from tuner.secret_files import read_secret, with_password
from worker.settings import WorkerSettings

KEY = "a-key-of-more-than-16-characters"
PASSWORD = "p@ss:w/rd?#%"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "api_key"
    path.write_text(f"{KEY}\n")
    return path


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "database_password"
    path.write_text(f"{PASSWORD}\n")
    return path


def key_of(settings: ApiSettings | WorkerSettings) -> str | None:
    key = settings.key if isinstance(settings, ApiSettings) else settings.api_key
    return key.get_secret_value() if key else None


@pytest.mark.parametrize("kind", [ApiSettings, WorkerSettings])
class TestKeyOfBothServices:
    def test_it_comes_from_the_file(
        self, kind: type[ApiSettings | WorkerSettings], key_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TUNER_API_KEY_FILE", str(key_file))
        settings = kind()
        assert key_of(settings) == KEY
        assert KEY not in repr(settings)

    def test_the_variable_wins_over_the_file(
        self, kind: type[ApiSettings | WorkerSettings], key_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TUNER_API_KEY_FILE", str(key_file))
        monkeypatch.setenv("TUNER_API_KEY", "another-key-of-16-characters")
        assert key_of(kind()) == "another-key-of-16-characters"

    def test_blank_variables_count_as_unset(
        self, kind: type[ApiSettings | WorkerSettings], key_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TUNER_API_KEY_FILE", "")
        assert key_of(kind()) is None
        monkeypatch.setenv("TUNER_API_KEY_FILE", str(key_file))
        monkeypatch.setenv("TUNER_API_KEY", "")
        assert key_of(kind()) == KEY

    def test_a_missing_file_is_told(
        self, kind: type[ApiSettings | WorkerSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TUNER_API_KEY_FILE", str(tmp_path / "none"))
        with pytest.raises(InvalidInput, match=r"TUNER_API_KEY_FILE names .*none, which cannot be read: No such file"):
            kind()


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(InvalidInput, match="which is empty"):
        read_secret(tmp_path / "secret", "TUNER_API_KEY_FILE")


def test_a_secret_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="not a text file"):
        read_secret(tmp_path / "secret", "TUNER_API_KEY_FILE")


@pytest.mark.parametrize(
    "url",
    ["postgresql://anna@db:5432/tuner?sslmode=require", "postgresql+psycopg://anna@/tuner?host=/run/postgresql"],
)
def test_any_password_arrives_at_the_database(url: str, password_file: Path) -> None:
    assert make_url(with_password(url, password_file)) == make_url(url).set(password=PASSWORD)


def test_the_password_in_a_url_wins_over_the_file(password_file: Path) -> None:
    url = "postgresql://anna:own@db/tuner"
    assert with_password(url, password_file) == url


def test_without_a_file_the_url_stays_as_it_is() -> None:
    assert with_password("sqlite:////data/tuner.db", None) == "sqlite:////data/tuner.db"


def test_the_server_opens_the_database_with_the_password(password_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_DATABASE_URL", "postgresql://anna@db/tuner")
    monkeypatch.setenv("TUNER_DATABASE_PASSWORD_FILE", str(password_file))
    settings = ApiSettings()
    assert make_url(settings.resolved_database_url).password == PASSWORD
    assert PASSWORD not in repr(settings)


@pytest.mark.parametrize("url", [{}, {"TUNER_DATABASE_URL": "postgresql://db/tuner"}])
@pytest.mark.parametrize("command", [["-P", "-m", "api"], ["-m", "tuner.cli", "upgrade"]])
def test_a_password_without_a_user_is_a_forgotten_url(
    command: list[str], url: dict[str, str], password_file: Path, tmp_path: Path
) -> None:
    done = finished(command, tmp_path, TUNER_DATABASE_PASSWORD_FILE=str(password_file), TUNER_API_PORT="0", **url)
    assert done.returncode == 1
    assert "Set TUNER_DATABASE_URL" in done.stderr
    assert PASSWORD not in done.stderr
    assert not (tmp_path / "home" / "tuner.db").exists()


@pytest.mark.parametrize("command", ["studies", "leaderboard", "fit"])
def test_commands_for_users_read_the_key_from_its_file(command: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x,y\n1,2\n")
    arguments = {"studies": [], "leaderboard": ["any"], "fit": ["table.csv", "--target", "y"]}[command]
    variables = {"TUNER_URL": "http://127.0.0.1:9", "TUNER_API_KEY_FILE": str(tmp_path / "none")}
    done = finished([TUNER, command, *arguments], tmp_path, **variables)
    assert done.returncode == 1
    assert "TUNER_API_KEY_FILE names" in done.stderr
    assert "Traceback" not in done.stderr
