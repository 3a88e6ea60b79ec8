"""Settings of the worker process, read once from the environment in ``__main__``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tuner.execution.process_source import DEFAULT_START, ProcessStart
from tuner.secret_files import API_KEY_FILE, read_secret


class WorkerSettings(BaseSettings):
    """What an operator may decide. Environment variables are ``TUNER_WORKER_`` and the name in capitals.

    Some belong to all parts of tuner and keep their common names: ``TUNER_URL``, ``TUNER_API_KEY`` and ``TUNER_HOME``.
    An empty variable counts as unset.
    """

    model_config = SettingsConfigDict(
        env_prefix="TUNER_WORKER_",
        env_ignore_empty=True,
        validate_by_name=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    url: str = Field(
        default="http://127.0.0.1:8000",
        validation_alias="TUNER_URL",
        description="The server to work for. Change it when the server runs elsewhere.",
    )
    api_key: SecretStr | None = Field(
        default=None, validation_alias="TUNER_API_KEY", description="The server's key. Set it if the server has one."
    )
    api_key_file: Path | None = Field(
        default=None,
        validation_alias=API_KEY_FILE,
        description="File that holds the key, where `TUNER_API_KEY` is not set. Use it where secrets come as files.",
    )
    home: Path = Field(
        default=Path("~/.tuner"),
        validation_alias="TUNER_HOME",
        description="Its `cache` folder keeps tables and running trainings, unless `folder` says otherwise.",
    )
    folder: Path | None = Field(
        default=None,
        description="Keeps downloaded tables and, while they run, the trainings' files. Set it to a fast, local disk.",
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Shown with the trials. By default host and process; set it where these say nothing.",
    )
    slots: int | None = Field(
        default=None,
        ge=1,
        le=1_000,
        description="Trainings at a time; the processor is shared out among them. By default one for each core, up to "
        "8; set 1 where single trainings need all the memory.",
    )
    memory_bytes: int | None = Field(
        default=None,
        ge=256 * 1024**2,
        description="Memory each training may take; one that wants more fails as out_of_memory. By default "
        "unlimited; set it to the machine's memory divided by the slots where trainings are large.",
    )
    disk_bytes: int | None = Field(
        default=None,
        ge=1024**2,
        description="Size of the temporary files of each training; one that writes more fails. By default unlimited; "
        "set it where trainings share a small disk.",
    )
    backends: str | None = Field(
        default=None,
        pattern=r"^[^,\s]+(,[^,\s]+)*$",
        description="What networks are trained on, such as `torch,jax`: the first, unless a study requires another. By "
        "default all that are installed, JAX first; set it to prefer or to leave out one.",
    )
    gpus: str | None = Field(
        default=None,
        pattern=r"^[^,\s]+(,[^,\s]+)*$",
        description="GPUs for the trainings, such as `0,1`: each training sees one, by turns. By default all "
        "that there are, or those that `CUDA_VISIBLE_DEVICES` names.",
    )
    start: ProcessStart = Field(
        default=DEFAULT_START,
        description="`fork` begins a training in milliseconds, from a process that has the libraries loaded; `fresh` "
        "in a second or more, by a new interpreter. Set `fresh` where a library does not bear forking.",
    )
    trial_seconds: float | None = Field(
        default=None,
        gt=0,
        description="Wall time of one training, after which it fails as timeout. By default unlimited; set it where a "
        "single slow point must not hold a slot.",
    )
    cancel_seconds: float = Field(
        default=10.0,
        ge=0,
        description="How long a cancelled training may go on to finish its step and keep the best one, before it is "
        "killed. Raise it where steps are long.",
    )
    lease_seconds: float = Field(
        default=60.0,
        ge=1,
        le=86_400,
        description="Silence after which the server gives a trial to another worker. Raise it where networks fail for "
        "longer.",
    )
    grace_seconds: float = Field(
        default=8.0,
        ge=0,
        description="How long a worker that was told to stop lets trainings finish, before it hands their trials back. "
        "Containers are commonly given ten seconds; raise both together.",
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
        path = given.get("api_key_file") or given.get(API_KEY_FILE)
        if given.get("api_key") or given.get("TUNER_API_KEY") or not path:
            return given
        return given | {"api_key": read_secret(Path(path), API_KEY_FILE)}

    @property
    def resolved_folder(self) -> Path:
        """Where tables and running trainings are kept."""
        return (self.folder or self.home / "cache").expanduser().absolute()
