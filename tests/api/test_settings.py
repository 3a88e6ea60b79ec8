from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import ApiSettings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUNER_API_KEY", "TUNER_HOME", "TUNER_DATABASE_URL", "TUNER_API_HOST", "TUNER_API_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_serve_this_machine_alone() -> None:
    settings = ApiSettings()
    assert (settings.host, settings.port, settings.key) == ("127.0.0.1", 8000, None)
    assert settings.resolved_database_url == f"sqlite:///{Path('~/.tuner/tuner.db').expanduser()}"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUNER_API_PORT", "9000")
    monkeypatch.setenv("TUNER_API_KEY", "secret")
    monkeypatch.setenv("TUNER_API_ALLOWED_HOSTS", "a.example, b.example")
    monkeypatch.setenv("TUNER_HOME", str(tmp_path))
    monkeypatch.setenv("TUNER_DATABASE_URL", "postgresql://db/tuner")
    settings = ApiSettings()
    assert settings.port == 9000
    assert settings.key is not None
    assert settings.key.get_secret_value() == "secret"
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.folder == tmp_path
    assert settings.resolved_database_url == "postgresql://db/tuner"


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_API_PORT", "9000")
    assert ApiSettings(port=9001).port == 9001


def test_a_blank_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_API_KEY", "")
    assert ApiSettings().key is None


def test_the_key_is_not_shown() -> None:
    assert "secret-key" not in repr(ApiSettings(key="secret-key"))


@pytest.mark.parametrize("key", ["with space", "line\nend", "ünïcode"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValidationError, match="visible ASCII") as caught:
        ApiSettings(key=key)
    assert key not in str(caught.value)


def test_every_setting_says_when_to_change_it() -> None:
    assert all(field.description for field in ApiSettings.model_fields.values())
