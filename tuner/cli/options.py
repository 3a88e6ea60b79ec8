"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tuner.secret_files import API_KEY_FILE, DATABASE_PASSWORD_FILE, read_secret

Url = Annotated[
    str | None,
    typer.Option(
        envvar="TUNER_URL",
        help="The server, e.g. http://127.0.0.1:8000. Without it: the server that owns the home folder, else the "
        "database of the home folder itself.",
        show_default=False,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar="TUNER_API_KEY",
        help="The server's key. Better set in the environment, or in the file that TUNER_API_KEY_FILE names: others on "
        "this machine can read a command line.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="TUNER_DATABASE_URL",
        help="The database; by default the SQLite file tuner.db in the home folder.",
        show_default=False,
    ),
]
DatabasePasswordFile = Annotated[
    Path | None,
    typer.Option(
        envvar=DATABASE_PASSWORD_FILE,
        help="File that holds the database's password, where its URL names a user without one.",
        show_default=False,
    ),
]


def resolved_key(given: str | None) -> str | None:
    """The server's key: what option or variable say, else what the file holds."""
    path = os.environ.get(API_KEY_FILE)
    return given or (read_secret(Path(path), API_KEY_FILE) if path else None)
