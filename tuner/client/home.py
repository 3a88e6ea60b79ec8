"""Where this user's data lives, and who serves it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tuner.errors import InvalidInput

_SQLITE = "sqlite:///"


def home_folder() -> Path:
    """The folder with the database and the files: ``TUNER_HOME``, by default ``~/.tuner``."""
    return Path(os.environ.get("TUNER_HOME") or "~/.tuner").expanduser().absolute()


def database_url(home: Path) -> str:
    """The database: ``TUNER_DATABASE_URL``, by default an SQLite file in ``home``."""
    return os.environ.get("TUNER_DATABASE_URL") or f"{_SQLITE}{home / 'tuner.db'}"


def cache_folder() -> Path:
    """Where downloaded models are kept; safe to delete."""
    return home_folder() / "cache"


def running_server(database: str) -> str | None:
    """URL of the server that owns the SQLite file ``database``, or None when no living process claims to be one.

    The owner of the file keeps a lock on a file beside it and writes ``{"pid": ..., "url": ...}`` there; ``url`` is
    null while the owner is no server. After a crash the words stay behind, hence the look at the process.
    """
    if not database.startswith(_SQLITE):
        return None
    path = Path(database.removeprefix(_SQLITE)).expanduser()
    try:
        owner = json.loads(path.with_name(path.name + ".lock").read_text())
        pid, url = int(owner["pid"]), owner["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(url, str) or not _is_alive(pid):
        return None
    return url


def from_environment(name: str) -> str | None:
    """An environment variable, None when it is unset or blank.

    Raises:
        InvalidInput: It holds characters that cannot stand in a URL or a header, such as a line end.
    """
    value = os.environ.get(name, "").strip()
    if not value.isprintable():
        raise InvalidInput(f"{name} holds unprintable characters.", hint="Remove line ends and control characters.")
    return value or None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
