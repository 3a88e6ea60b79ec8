"""How the services' processes log: fixed phrases, with the facts beside them. Only a ``__main__`` calls this."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def configure(log_format: Literal["plain", "json"], level: str, *, quiet: Sequence[str] = ()) -> None:
    """Send all logs of this process to standard error.

    Args:
        log_format: One line for people, or one JSON object, per record.
        level: Lowest level that is shown.
        quiet: Loggers that are heard from ``warning`` on only.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else PlainFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in quiet:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class PlainFormatter(logging.Formatter):
    """One line for people; text from outside is quoted, so that it cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={json.dumps(value, default=str)}" for name, value in _facts(record).items())
        line = f"{_instant(record)} {record.levelname.lower():7} {record.name}: {record.getMessage()}"
        line = f"{line} {facts}" if facts else line
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in _facts(record).items() if name not in entry}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
