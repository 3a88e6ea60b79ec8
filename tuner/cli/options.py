"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

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
        help="The server's key. Better set in the environment: others on this machine can read a command line.",
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
