"""How the worker process logs: fixed phrases, with the facts beside them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from worker.settings import WorkerSettings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(settings: WorkerSettings) -> None:
    """Send all logs of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else PlainFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    # It tells at INFO of every request, heartbeats included.
    logging.getLogger("httpx").setLevel(max(logging.WARNING, logging.getLogger().level))


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
