"""Starts the worker process: ``python -P -m worker``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from tuner import __version__, logs
from tuner.client.http_transport import HttpTransport
from tuner.errors import InvalidInput, TunerError
from tuner.execution import LocalWorker, ProcessLimits, RunLimits
from tuner.execution.prediction_service import PredictionService
from worker.settings import WorkerSettings

logger = logging.getLogger("worker")

_LOOK_SECONDS = 0.2


def main() -> int:
    """Work until told to stop; the exit status."""
    options = _options()
    stops = StopSignals()
    try:
        settings = _settings(options)
        # It tells at INFO of every request, heartbeats included.
        logs.configure(settings.log_format, settings.log_level, quiet=("httpx",))
        work(settings, options.ready_file, stops)
    except TunerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def work(settings: WorkerSettings, ready_file: Path | None, stops: StopSignals) -> None:
    """Claim and train until the first stop signal, then end gracefully, or at once after the second.

    Raises:
        TunerError: A setting is wrong, or the server refuses this worker for good.
    """
    key = settings.api_key.get_secret_value() if settings.api_key else None
    # The claim loop repeats requests itself, and stops repeating when it is told to.
    transport = HttpTransport(settings.url, key, patience_seconds=0.0)
    worker = LocalWorker(
        transport,
        folder=settings.resolved_folder,
        slots=settings.slots,
        name=settings.name,
        processes=ProcessLimits(memory_bytes=settings.memory_bytes, disk_bytes=settings.disk_bytes),
        backends=settings.backends.split(",") if settings.backends else None,
        gpus=settings.gpus.split(",") if settings.gpus else None,
        start=settings.start,
        wait_seconds=2.0,
        lease_seconds=settings.lease_seconds,
        limits=RunLimits(cancel_seconds=settings.cancel_seconds, trial_seconds=settings.trial_seconds),
    )
    logger.info("started", extra={"url": settings.url, "version": __version__, "worker": worker.name})
    worker.start()
    predictions = PredictionService(transport, settings.resolved_folder, worker=worker.name)
    predictions.start()
    is_ready = False
    try:
        while not stops.first.is_set() and not worker.wait_ended(_LOOK_SECONDS):
            if not is_ready and worker.connected.is_set():
                is_ready = True
                if ready_file is not None:
                    _write_ready_file(ready_file, worker.name)
    finally:
        _stop(worker, predictions, settings.grace_seconds, stops)
        transport.close()
        logger.info("stopped")


class StopSignals:
    """Counts SIGTERM and SIGINT."""

    def __init__(self) -> None:
        self.first = threading.Event()
        self.second = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._count)

    def _count(self, number: int, frame: FrameType | None) -> None:
        (self.second if self.first.is_set() else self.first).set()


def _stop(worker: LocalWorker, predictions: PredictionService, grace_seconds: float, stops: StopSignals) -> None:
    logger.info("stopping", extra={"worker": worker.name, "grace_seconds": grace_seconds})

    def stop() -> None:
        predictions.stop()
        worker.stop(grace_seconds)

    stopping = threading.Thread(target=stop, daemon=True)
    stopping.start()
    while stopping.is_alive():
        stopping.join(_LOOK_SECONDS)
        if stops.second.is_set():
            logger.info("stopping at once", extra={"worker": worker.name})
            worker.stop_now()
            return


def _write_ready_file(path: Path, name: str) -> None:
    """Tell whoever started this process that the server has answered; the file appears complete or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"name": name, "pid": os.getpid()}))
    draft.replace(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -P -m worker", description="A tuner worker. Further settings come from TUNER_WORKER_* variables."
    )
    parser.add_argument("--url", help="the server to work for (TUNER_URL, default http://127.0.0.1:8000)")
    parser.add_argument("--slots", type=int, help="trainings at a time (TUNER_WORKER_SLOTS, default half the cores)")
    parser.add_argument("--name", help="shown with the trials (TUNER_WORKER_NAME, default host and process)")
    parser.add_argument("--ready-file", type=Path, help="file to write {name, pid} to once the server has answered")
    parser.add_argument("--version", action="version", version=f"tuner {__version__}")
    return parser.parse_args()


def _settings(options: argparse.Namespace) -> WorkerSettings:
    given = {name: value for name in ("url", "slots", "name") if (value := getattr(options, name)) is not None}
    try:
        return WorkerSettings(**given)
    except ValidationError as error:
        faults = "; ".join(f"{_variable(str(fault['loc'][0]))} {fault['msg']}" for fault in error.errors())
        raise InvalidInput(f"A setting is wrong: {faults}.", hint="Correct the option or the variable.") from None


def _variable(field: str) -> str:
    return field if field.startswith("TUNER_") else f"TUNER_WORKER_{field.upper()}"


if __name__ == "__main__":
    sys.exit(main())
