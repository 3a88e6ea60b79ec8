"""Settings of the API process, read once from the environment in ``__main__``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tuner.secret_files import API_KEY_FILE, DATABASE_PASSWORD_FILE, read_secret, with_password


class ApiSettings(BaseSettings):
    """What an operator may decide. Environment variables are ``TUNER_API_`` and the name in capitals.

    Some belong to all parts of tuner and keep their common names: ``TUNER_API_KEY``, ``TUNER_HOME`` and
    ``TUNER_DATABASE_URL``. An empty variable counts as unset.
    """

    model_config = SettingsConfigDict(
        env_prefix="TUNER_API_",
        env_ignore_empty=True,
        validate_by_name=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on. Change it, and set a key, to serve other machines.",
    )
    port: int = Field(default=8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    key: SecretStr | None = Field(
        default=None,
        description="Bearer key that every request must show. Needed as soon as other machines can connect.",
    )
    key_file: Path | None = Field(
        default=None,
        validation_alias=API_KEY_FILE,
        description="File that holds the key, where `TUNER_API_KEY` is not set. Use it where secrets come as files.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Names, separated by commas, under which clients reach the server, beside the loopback names and "
        "`host`. Add the public name when it stands behind a proxy or in a container; `*` allows any, with a key.",
    )
    home: Path = Field(
        default=Path("~/.tuner"),
        validation_alias="TUNER_HOME",
        description="Folder of datasets, artifacts and the SQLite database. Change it to keep several services apart.",
    )
    database_url: str | None = Field(
        default=None,
        validation_alias="TUNER_DATABASE_URL",
        description="SQLAlchemy URL. Set it to use PostgreSQL; by default `tuner.db` in the home folder.",
    )
    database_password_file: Path | None = Field(
        default=None,
        validation_alias=DATABASE_PASSWORD_FILE,
        description="File that holds the password, where `TUNER_DATABASE_URL` names a user without one. Use it where "
        "secrets come as files.",
    )
    max_body_bytes: int = Field(
        default=1_000_000,
        ge=1_000,
        description="Longest JSON body. Raise it when spaces or batches of points are huge.",
    )
    max_upload_bytes: int = Field(
        default=100_000_000, ge=1_000, description="Largest dataset, as sent. Raise it for larger tables."
    )
    max_artifact_bytes: int = Field(
        default=2_000_000_000, ge=1_000, description="Largest artifact of a trial. Raise it for larger models."
    )
    max_json_depth: int = Field(
        default=64, ge=8, le=500, description="Deepest nesting of a JSON body. No need to change it."
    )
    upload_silence_seconds: float = Field(
        default=60.0,
        gt=0,
        description="An upload that sends nothing for so long is ended. Raise it for very slow lines.",
    )
    max_readers: int = Field(
        default=8, ge=1, description="Threads that read from the database. Raise it with more cores and PostgreSQL."
    )
    max_askers: int = Field(
        default=32,
        ge=1,
        description="Threads that look for work for workers. Raise it with more cores and PostgreSQL.",
    )
    max_waiters: int = Field(
        default=64,
        ge=1,
        description="Asks that may wait for work at one time; more are answered at once. Raise for more workers.",
    )
    max_transfers: int = Field(
        default=8,
        ge=1,
        description="Uploads received at one time. Raise it when many workers finish large models together.",
    )
    max_queued_requests: int = Field(
        default=256,
        ge=0,
        description="Requests of a kind that may wait for a thread; more are answered 503. Raise it for many clients.",
    )
    max_predictions: int = Field(
        default=128,
        ge=1,
        description="Predictions that may wait for workers; more are answered 503. Raise it for many clients.",
    )
    prediction_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a prediction may take, its waiting included. Raise it where many rows are sent at once.",
    )
    shutdown_seconds: int = Field(
        default=10, ge=1, description="How long a stopping server lets requests finish. Raise it when uploads are long."
    )
    log_format: Literal["plain", "json"] = Field(
        default="plain", description="`json` where logs are collected by a machine."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious messages to log. `debug` while looking for a fault."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_key_file(cls, given: dict[str, Any]) -> dict[str, Any]:  # Any: before validation
        path = given.get("key_file") or given.get(API_KEY_FILE)
        if given.get("key") or not path:
            return given
        return given | {"key": read_secret(Path(path), API_KEY_FILE)}

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:  # Any: whatever the environment or a caller gives, before validation
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("key")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not all("!" <= character <= "~" for character in value.get_secret_value()):
            raise ValueError("must consist of visible ASCII characters, because it is sent in a header")
        return value

    @property
    def folder(self) -> Path:
        """The home folder, absolute."""
        return self.home.expanduser().absolute()

    @property
    def resolved_database_url(self) -> str:
        """The database to open, with its password."""
        url = self.database_url or f"sqlite:///{self.folder / 'tuner.db'}"
        return with_password(url, self.database_password_file)
