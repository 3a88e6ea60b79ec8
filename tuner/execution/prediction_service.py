"""Answers predictions that clients ask a server for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tuner.client.backoff import PASSING_ERRORS, Backoff
from tuner.errors import Conflict, NotFound, ServerError, TunerError
from tuner.execution.predictor import Predictor
from tuner.jitter import JITTER
from tuner.wire.models import ClaimPredictions, Prediction, PredictionClaim, PredictionWork

logger = logging.getLogger(__name__)

# With several servers behind one address, several questions wait at several of them, and the next go to others.
_NUM_CLAIMERS = 3
_WAIT_SECONDS = 1.0
# Among several servers, the answer has to find the one that asked.
_ANSWER_TRIES = 60
_ANSWER_PAUSE_SECONDS = 0.02


class PredictionDesk(Protocol):
    """A server whose clients ask for predictions."""

    def claim_predictions(self, body: ClaimPredictions) -> PredictionClaim:
        """Rows that wait to be predicted."""

    def answer_prediction(self, request: str, answer: Prediction | TunerError) -> None:
        """Answer a claimed request."""

    def read_artifact(self, study: str, number: int, attempt: int, name: str) -> Iterator[bytes]:
        """The file of a model."""


class PredictionService:
    """Claims rows from a server and predicts them in a child process, from threads in the background.

    Args:
        desk: Where rows wait.
        folder: Keeps downloaded models.
        worker: This worker's name, for people.
    """

    def __init__(self, desk: PredictionDesk, folder: Path, *, worker: str) -> None:
        self._desk = desk
        self._worker = worker
        self._predictor = Predictor(desk, folder)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, name=f"tuner-predictions-{index}", daemon=True)
            for index in range(_NUM_CLAIMERS)
        ]

    @property
    def predictor(self) -> Predictor:
        """Predicts."""
        return self._predictor

    def start(self) -> None:
        """Begin to claim."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Claim no more, and end the child process. A prediction that is under way is lost; its client asks again."""
        self._stopping.set()
        self._predictor.close()
        deadline = time.monotonic() + _WAIT_SECONDS + 2.0
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self) -> None:
        backoff = Backoff()
        body = ClaimPredictions(worker=self._worker, wait_seconds=_WAIT_SECONDS)
        while not self._stopping.is_set():
            try:
                began = time.monotonic()
                claim = self._desk.claim_predictions(body)
                for work in claim.work:
                    self._answer(work)
                self._predictor.rest()
                backoff = Backoff()
                if not claim.work and time.monotonic() - began < _WAIT_SECONDS / 2:
                    # The server did not wait as asked, so it is busy or stopping.
                    self._stopping.wait(JITTER.uniform(0.5, 1.0) * _WAIT_SECONDS)
            except PASSING_ERRORS as error:
                self._stopping.wait(backoff.next_seconds(error))
            except TunerError as error:
                # An older server has no such route; a wrong key is told by the claims of trials.
                logger.warning("no predictions", extra={"worker": self._worker, "reason": error.message})
                self._stopping.wait(30.0)
            except Exception:
                if self._stopping.is_set():
                    return
                # A fault of ours in one prediction must not end the worker.
                logger.exception("prediction broke", extra={"worker": self._worker})
                self._stopping.wait(backoff.next_seconds())

    def _answer(self, work: PredictionWork) -> None:
        try:
            answer: Prediction | TunerError = self._predictor.predict(work)
        except TunerError as error:
            answer = error
        except Exception:
            if self._stopping.is_set():
                return
            logger.exception("prediction broke", extra={"worker": self._worker, "model": work.model})
            answer = ServerError("The worker failed while it predicted.", hint="Its log says why.")
        for _ in range(_ANSWER_TRIES):
            try:
                self._desk.answer_prediction(work.id, answer)
                return
            except NotFound:
                self._stopping.wait(_ANSWER_PAUSE_SECONDS)
            except Conflict:
                return
