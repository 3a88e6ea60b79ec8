"""Predictions by a warm child process."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from tuner.errors import ServerError
from tuner.execution.prediction_models import ModelSource, PredictionModels
from tuner.execution.prediction_process import PredictionProcess
from tuner.execution.scratch import ScratchFolder
from tuner.wire.artifacts import MODEL
from tuner.wire.models import Prediction, PredictionWork

_IDLE_SECONDS = 900.0
_MAX_BYTES = 4 * 1024**3


class Predictor:
    """Predicts with models of the service, in one child process that keeps them loaded.

    The process is started by the first prediction, and again after it died, was stuck, or has grown too large. This
    process itself imports no training library. Safe to use from many threads, which take turns.

    Args:
        source: Where models come from.
        folder: Keeps downloaded models and the process's own files.
        timeout_seconds: How long a prediction may take before the process counts as stuck.
        max_bytes: Memory of the process beyond which it is replaced.
    """

    def __init__(
        self, source: ModelSource, folder: Path, *, timeout_seconds: float = 60.0, max_bytes: int = _MAX_BYTES
    ) -> None:
        self._source = source
        self._models = PredictionModels(folder / "models")
        self._scratch = ScratchFolder(folder / "predictions")
        self._timeout_seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._process: PredictionProcess | None = None
        self._used_at = 0.0

    @property
    def pid(self) -> int | None:
        """The number of the child process, if there is one."""
        process = self._process
        return process.pid if process is not None else None

    def predict(self, work: PredictionWork) -> Prediction:
        """The prediction for the rows of a request.

        Raises:
            TunerError: What is wrong with the rows or the model, or why it cannot be predicted now.
        """
        path = self._models.fetch(self._source, work.study, work.number, work.attempt, MODEL, work.sha256)
        with self._lock:
            is_old = self._process is not None
            try:
                reply = self._usable_process().predict(path, work.rows, work.csv, work.horizon)
            except ServerError:
                if not is_old:
                    raise
                # What killed it may have been the request before this one.
                reply = self._usable_process().predict(path, work.rows, work.csv, work.horizon)
            self._used_at = time.monotonic()
        return Prediction(
            model=work.model,
            predictions=tuple(reply["predictions"]),
            classes=tuple(reply["classes"]),
            probabilities=tuple(map(tuple, reply["probabilities"])),
            rows=tuple(reply["rows"]),
        )

    def rest(self) -> None:
        """End the process if nothing was predicted for a quarter of an hour."""
        with self._lock:
            if self._process is not None and time.monotonic() - self._used_at > _IDLE_SECONDS:
                self._end_process()

    def close(self) -> None:
        """End the process. Predictions after this fail."""
        with self._lock:
            self._end_process()
            self._scratch.close()

    def _usable_process(self) -> PredictionProcess:
        if self._process is not None and not self._process.is_usable:
            self._end_process()
        if self._process is None:
            self._process = PredictionProcess(
                self._scratch.new(), timeout_seconds=self._timeout_seconds, max_bytes=self._max_bytes
            )
        return self._process

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None
