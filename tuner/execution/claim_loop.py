"""A worker's heart: claims trials while there are free slots, and runs each in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Sequence

from tuner import __version__
from tuner.client.backoff import PASSING_ERRORS, Backoff
from tuner.client.transport import Transport
from tuner.errors import TunerError
from tuner.execution.artifact_cache import ArtifactCache
from tuner.execution.dataset_cache import DatasetCache
from tuner.execution.executor import Executor
from tuner.execution.trial_run import RunLimits, TrialRun
from tuner.jitter import JITTER
from tuner.wire import Capabilities, ClaimedTrial, ClaimReply, ClaimTrials, ReleaseTrial

logger = logging.getLogger(__name__)

_RELEASE_SECONDS = 5.0
_BROKEN_PAUSE_SECONDS = 1.0
_EMPTY_PAUSE_SECONDS = 0.5


class ClaimLoop:
    """Claims trials that the service trains itself and runs them, at most ``slots`` at a time.

    A server that is away is waited for. What the loop runs is safe against the loss of anything: of the server, the
    network, a training, or this process.

    Args:
        transport: Where to claim.
        executor: Runs the trainings.
        cache: Keeps their tables.
        artifacts: Keeps the files of trials from which others are made.
        worker: This worker's name, for people.
        slots: Trainings at a time.
        families: Model families that can be trained here.
        backends: What the networks among them can be trained on, the preferred one first.
        wait_seconds: How long the server may hold a claim while there is no work; also how long ``stop`` may have to
            wait for the answer, since a trial in it must be handed back.
        lease_seconds: How long the server waits for a silent worker before it gives a trial to another one.
        limits: How long parts of a run may take.
    """

    def __init__(
        self,
        transport: Transport,
        executor: Executor,
        cache: DatasetCache,
        artifacts: ArtifactCache,
        *,
        worker: str,
        slots: int,
        families: Sequence[str],
        backends: Sequence[str] = (),
        wait_seconds: float = 2.0,
        lease_seconds: float = 60.0,
        limits: RunLimits | None = None,
    ) -> None:
        self._transport = transport
        self._executor = executor
        self._cache = cache
        self._artifacts = artifacts
        self._worker = worker
        self._slots = slots
        self._capabilities = Capabilities(
            families=list(families), backends=list(backends), slots=slots, version=__version__
        )
        self._wait_seconds = wait_seconds
        self._lease_seconds = lease_seconds
        self._limits = limits or RunLimits()
        self._changed = threading.Condition()
        self._runs: dict[TrialRun, threading.Thread] = {}
        self._is_stopping = False
        self._is_idle = False
        self._error: TunerError | None = None
        self._thread = threading.Thread(target=self._claim_until_stopped, name="tuner-claims", daemon=True)
        self.connected = threading.Event()
        """Set once the server has answered."""

    def start(self) -> None:
        """Begin to claim, in the background."""
        self._thread.start()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs here and a claim has found no more work; whether that came true in time.

        Raises:
            TunerError: The server refuses this worker for good, e.g. for want of a key.
        """
        with self._changed:
            self._is_idle = False
            self._changed.wait_for(lambda: self._is_idle or self._is_stopping or self._error is not None, timeout)
            if self._error is not None:
                raise self._error
            return self._is_idle

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until the loop claims no more; whether that came true in time.

        Raises:
            TunerError: The server refuses this worker for good, e.g. for want of a key.
        """
        self._thread.join(timeout)
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def stop(self, grace_seconds: float = 0.0) -> None:
        """Claim no more, let running trials end within ``grace_seconds``, and hand back the others."""
        self._claim_no_more()
        if not self._wait_for_runs(grace_seconds):
            for run in self._running():
                run.release()
            self._wait_for_runs(_RELEASE_SECONDS)
        self.stop_now()
        # A claim that is under way may still bring a trial, which must be handed back.
        if self._thread.is_alive():
            self._thread.join(self._wait_seconds + _RELEASE_SECONDS)

    def stop_now(self) -> None:
        """Claim no more, kill running trainings, and give the server a few seconds to take their trials back."""
        deadline = time.monotonic() + _RELEASE_SECONDS
        self._claim_no_more()
        for run in self._running():
            run.abandon()
        self._wait_for_runs(_RELEASE_SECONDS)
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _claim_until_stopped(self) -> None:
        backoff = Backoff()
        while (count := self._wait_for_slot()) > 0:
            try:
                self._claim_and_begin(count)
            except TunerError as error:
                logger.error("no more claims", extra=self._facts(reason=error.message))
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            except Exception:
                # A fault of ours in one claim must not end the worker.
                logger.exception("claim broke", extra=self._facts())
                self._pause(backoff.next_seconds())

    def _claim_no_more(self) -> None:
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def _claim_and_begin(self, count: int) -> None:
        is_unoccupied = not self._running()
        reply = self._claim(count)
        if reply is None:
            return
        for claim in reply.claims:
            self._begin(claim)
        with self._changed:
            self._is_idle = is_unoccupied and not reply.claims
            self._changed.notify_all()

    def _wait_for_slot(self) -> int:
        """The number of free slots, once there is one; 0 when it is time to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping or len(self._runs) < self._slots)
            return 0 if self._is_stopping else self._slots - len(self._runs)

    def _claim(self, count: int) -> ClaimReply | None:
        """Ask for work, again under the same key while no answer comes: it may hold trials that are leased already."""
        body = ClaimTrials(
            worker=self._worker,
            capabilities=self._capabilities,
            count=count,
            wait_seconds=self._wait_seconds,
            lease_seconds=self._lease_seconds,
        )
        key = uuid.uuid4().hex
        backoff = Backoff()
        is_away = False
        while not self._is_stopping:
            asked_at = time.monotonic()
            try:
                reply = self._transport.claim(body, key=key)
            except PASSING_ERRORS as error:
                if not is_away:
                    logger.warning("waiting for the server", extra=self._facts(reason=error.message))
                is_away = True
                self._pause(backoff.next_seconds(error))
                continue
            if is_away or not self.connected.is_set():
                logger.info("connected", extra=self._facts(server=self._transport.address))
            self.connected.set()
            if not reply.claims and time.monotonic() - asked_at < _EMPTY_PAUSE_SECONDS:
                # A busy server may answer without waiting.
                self._pause(JITTER.uniform(0, 2 * _EMPTY_PAUSE_SECONDS))
            return reply
        return None

    def _begin(self, claim: ClaimedTrial) -> None:
        backend = next(iter(self._capabilities.backends), None)
        run = TrialRun(claim, self._transport, self._executor, self._cache, self._artifacts, self._limits, backend)
        name = f"tuner-trial-{claim.leased.trial.number}"
        thread = threading.Thread(target=self._work, args=(run,), name=name, daemon=True)
        with self._changed:
            is_stopping = self._is_stopping
            if not is_stopping:
                self._runs[run] = thread
        if is_stopping:
            self._hand_back(claim)
        else:
            thread.start()

    def _work(self, run: TrialRun) -> None:
        try:
            run.run()
        except Exception:
            # The trial goes to another attempt when its lease runs out; this worker must live on for the others.
            logger.exception("trial run broke", extra=self._facts())
            # What is wrong here, such as a disk that is full, would break the next one too.
            self._pause(_BROKEN_PAUSE_SECONDS)
        finally:
            with self._changed:
                del self._runs[run]
                self._changed.notify_all()

    def _hand_back(self, claim: ClaimedTrial) -> None:
        trial = claim.leased.trial
        try:
            self._transport.release(trial.study, trial.number, ReleaseTrial(lease=claim.leased.lease))
        except TunerError as error:
            logger.warning("trial not released", extra=self._facts(trial_number=trial.number, reason=error.message))

    def _running(self) -> list[TrialRun]:
        with self._changed:
            return list(self._runs)

    def _wait_for_runs(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._runs, timeout)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping, seconds)

    def _facts(self, **more: object) -> dict[str, object]:
        return {"action": "claim", "worker": self._worker, **more}
