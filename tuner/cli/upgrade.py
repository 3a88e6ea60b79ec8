"""``tuner upgrade``: the database's schema."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tuner.cli import console
from tuner.cli.options import DatabasePasswordFile, DatabaseUrl
from tuner.client.home import database_url as database_of
from tuner.client.home import home_folder
from tuner.errors import MissingExtra
from tuner.secret_files import with_password


def upgrade(database_url: DatabaseUrl = None, database_password_file: DatabasePasswordFile = None) -> None:
    """Bring a database to the schema of this version. Stop the service and make a backup before."""
    try:
        from tuner.storage import Ownership
        from tuner.storage.database import parse_url
        from tuner.storage.schema import upgrade as upgrade_schema
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "tuner":
            raise
        raise MissingExtra("local", "tuner upgrade") from error
    url = with_password(database_url or database_of(home_folder()), database_password_file)
    parsed = parse_url(url)
    shown = parsed.render_as_string(hide_password=True)
    with ExitStack() as stack:
        if parsed.get_backend_name() == "sqlite":
            # A server that runs on the file meanwhile would meet a schema it does not know.
            stack.callback(Ownership(Path(parsed.database or "").expanduser()).release)
        before, after = upgrade_schema(url)
    output = console.output()
    if before == after:
        output.print(f"{shown} has schema {after} already.", markup=False)
    else:
        output.print(f"{shown}: schema {before or 'empty'} -> {after}.", markup=False)
