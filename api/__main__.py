"""Starts the API process: ``python -P -m api``."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pydantic import ValidationError

from api.app import create_app
from api.security import check_exposure
from api.server import Server, bind, url_of_socket, write_ready_file
from api.settings import ApiSettings
from tuner import __version__, logs
from tuner.engine import Engine, Limits
from tuner.errors import InvalidInput, TunerError

logger = logging.getLogger("api")


def main() -> int:
    """Serve until told to stop; the exit status."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        settings = _settings(options)
        # Uvicorn tells at INFO what we log ourselves, and every migration names its context.
        logs.configure(settings.log_format, settings.log_level, quiet=("uvicorn.error", "alembic"))
        check_exposure(settings)
        serve(settings, options.ready_file)
    except TunerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def serve(settings: ApiSettings, ready_file: Path | None) -> None:
    """Open the engine and answer requests until a signal comes."""
    with bind(settings.host, settings.port) as bound:
        url = url_of_socket(settings.host, bound)
        limits = Limits(max_upload_bytes=settings.max_upload_bytes, max_artifact_bytes=settings.max_artifact_bytes)
        engine = Engine.open(settings.resolved_database_url, settings.folder, limits=limits)

        def announce() -> None:
            engine.announce(url)
            if ready_file is not None:
                write_ready_file(ready_file, url)
            logger.info("serving", extra={"url": url, "version": __version__, "home": str(settings.folder)})

        _spare_what_stays()
        try:
            Server(create_app(engine, settings), settings, announce).run([bound])
        finally:
            engine.close()
            logger.info("stopped")


def _spare_what_stays() -> None:
    """Let the garbage collector look neither at what was imported nor at every few requests.

    Under load it took a tenth of the server's time, a fifth of a second at once when it went through everything.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -P -m api", description="The tuner service. Further settings come from TUNER_API_* variables."
    )
    parser.add_argument("--host", help="address to listen on (TUNER_API_HOST, default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on, 0 for a free one (TUNER_API_PORT, default 8000)")
    parser.add_argument("--ready-file", type=Path, help="file to write {url, pid} to once requests are answered")
    parser.add_argument("--version", action="version", version=f"tuner {__version__}")
    return parser.parse_args()


def _settings(options: argparse.Namespace) -> ApiSettings:
    given = {name: value for name in ("host", "port") if (value := getattr(options, name)) is not None}
    try:
        return ApiSettings(**given)
    except ValidationError as error:
        wrong = "; ".join(f"{_variable(str(fault['loc'][0]))} {fault['msg']}" for fault in error.errors())
        raise InvalidInput(f"A setting is wrong: {wrong}.", hint="Correct it in the environment.") from None


def _variable(field: str) -> str:
    return field if field.startswith("TUNER_") else f"TUNER_API_{field.upper()}"


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    # Uvicorn drains first and then raises the signal again, for whoever was there before it: us.
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
