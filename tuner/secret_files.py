"""Secrets in files, as container platforms hand them over.

A file is neither inherited by child processes, nor shown by ``docker inspect``, nor read by who may look at a
process's environment. ``TUNER_API_KEY_FILE`` holds what ``TUNER_API_KEY`` would; ``TUNER_DATABASE_PASSWORD_FILE`` holds
the password that ``TUNER_DATABASE_URL`` leaves out.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from tuner.errors import InvalidInput

API_KEY_FILE = "TUNER_API_KEY_FILE"
DATABASE_PASSWORD_FILE = "TUNER_DATABASE_PASSWORD_FILE"


def read_secret(path: Path, variable: str) -> str:
    """The text of a file, without the line end that editors and ``echo`` put behind it.

    Args:
        path: The file.
        variable: What named the file, for messages.

    Raises:
        InvalidInput: The file cannot be read, or there is nothing in it.
    """
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise InvalidInput(
            f"{variable} names {path}, which cannot be read: {error.strerror}.",
            hint="Correct the path, or let the user that this process runs as read the file.",
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{variable} names {path}, which is not a text file.", hint="Correct the path.") from None
    if not secret:
        raise InvalidInput(f"{variable} names {path}, which is empty.", hint="Write the secret into it.")
    return secret


def with_password(database_url: str, path: Path | None) -> str:
    """The URL of a database with the password from a file, unless it has one already.

    Args:
        database_url: ``postgresql://user@host/database``.
        path: The file, if there is one.

    Raises:
        InvalidInput: The file cannot be read; or there is one but no user, so a URL must have been forgotten.
    """
    if path is None:
        return database_url
    parts = urlsplit(database_url)
    user, at, address = parts.netloc.rpartition("@")
    if not at or not user:
        raise InvalidInput(
            f"{DATABASE_PASSWORD_FILE} is set, but the database that is to be opened has no user.",
            hint="Set TUNER_DATABASE_URL to postgresql://USER@HOST/DATABASE, or unset the file.",
        )
    if ":" in user:
        return database_url
    password = quote(read_secret(path, DATABASE_PASSWORD_FILE), safe="")
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{address}"))
