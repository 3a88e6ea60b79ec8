"""One claimed trial, from its table to its result."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from tuner.client.backoff import PASSING_ERRORS, Backoff
from tuner.client.transport import Transport
from tuner.errors import Conflict, InvalidInput, NotFound, TooLarge, TunerError
from tuner.execution.artifact_cache import ArtifactCache
from tuner.execution.dataset_cache import DatasetCache
from tuner.execution.executor import Execution, Executor, Failed, Finished, Needed, Reported
from tuner.execution.lease_keeper import LeaseKeeper
from tuner.execution.live_checkpoint import UPLOAD_SECONDS as CHECKPOINT_SECONDS
from tuner.execution.live_checkpoint import LiveCheckpoint
from tuner.execution.live_log import UPLOAD_SECONDS, LiveLog
from tuner.execution.training_job import training_job
from tuner.records import CHECKPOINT, FailureReason, TrialState
from tuner.wire import ArtifactResource, ClaimedTrial, CompleteTrial, Directive, ReleaseTrial
from tuner.wire.artifacts import LOG, MODEL, PREDICTIONS

logger = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
_MAX_CHECKPOINT_TRIES = 5
_MAX_LOG_BYTES = 4 * 1024**2
_MAX_MESSAGE_CHARACTERS = 50_000

_T = TypeVar("_T")


class Interruption(StrEnum):
    """Why a training is ended from outside."""

    PRUNED = "pruned"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    OVERDUE = "overdue"
    SHUTDOWN = "shutdown"
    LEASE_LOST = "lease_lost"


@dataclass(frozen=True)
class RunLimits:
    """How long things may take.

    Args:
        cancel_seconds: From the order to cancel until the training is killed; in between it may keep its best step.
        trial_seconds: Wall time of one training, after which it fails as ``timeout``. None: no limit.
        heartbeat_seconds: Between two heartbeats at most, and so until a training that reports nothing hears that it
            is cancelled. A lease that needs it gets them more often.
        log_seconds: Between two uploads of the log of a running training.
        checkpoint_seconds: Between two uploads of its checkpoint.
    """

    cancel_seconds: float = 10.0
    trial_seconds: float | None = None
    heartbeat_seconds: float = 2.0
    log_seconds: float = UPLOAD_SECONDS
    checkpoint_seconds: float = CHECKPOINT_SECONDS


class TrialRun:
    """Trains one trial and delivers what came of it: a result, a failure, or the trial itself, handed back.

    Args:
        claim: The trial, its study and its table.
        transport: Where it came from.
        executor: Runs the training.
        cache: Keeps the table.
        artifacts: Keeps the files of other trials that this one is made from, and its own for those to come.
        limits: How long things may take.
        backend: What networks are trained on here, unless the study requires another one.
    """

    def __init__(
        self,
        claim: ClaimedTrial,
        transport: Transport,
        executor: Executor,
        cache: DatasetCache,
        artifacts: ArtifactCache,
        limits: RunLimits,
        backend: str | None = None,
    ) -> None:
        self._claim = claim
        self._claimed_at = time.monotonic()
        self._study = claim.study
        self._trial = claim.leased.trial
        self._transport = transport
        self._executor = executor
        self._cache = cache
        self._artifacts = artifacts
        self._limits = limits
        self._backend = backend
        self._lock = threading.Lock()
        self._execution: Execution | None = None
        self._interruption: Interruption | None = None
        self._kill_at: float | None = None
        cutoff = claim.cutoff_seconds
        self._overdue_at = math.inf if cutoff is None else self._claimed_at + cutoff
        self._abandoned = threading.Event()
        self._is_delivering = False

    def run(self) -> None:
        """Do it all; returns when the trial is off our hands. Errors of the training end up in the trial."""
        self._log("trial started")
        keeper = LeaseKeeper(
            self._transport,
            self._claim.leased,
            heartbeat_seconds=self._limits.heartbeat_seconds,
            on_reply=self._obey,
            on_lost=lambda error: self._lose(error.message),
        )
        try:
            with keeper:
                self._train_or_fail(keeper)
        except _Abandoned:
            if self._interruption is Interruption.SHUTDOWN:
                self._hand_back()
        except (Conflict, NotFound) as error:
            self._log("trial lost", logging.WARNING, reason=error.message)

    def release(self) -> None:
        """End the training now and hand the trial back; a result that is already there is still delivered."""
        self._interrupt(Interruption.SHUTDOWN)

    def abandon(self) -> None:
        """As ``release``, and wait for no server any more."""
        self._abandoned.set()
        self._interrupt(Interruption.SHUTDOWN)

    def _train_or_fail(self, keeper: LeaseKeeper) -> None:
        try:
            self._train_and_deliver(keeper)
        except (InvalidInput, TooLarge) as error:
            # The table, the model or a figure of this trial is refused, and would be refused again.
            self._complete(keeper, TrialState.FAILED, failure=FailureReason.ERROR, message=str(error))

    def _train_and_deliver(self, keeper: LeaseKeeper) -> None:
        dataset = self._insist(lambda: self._cache.fetch(self._transport, self._claim.dataset))
        checkpoint = self._earlier_checkpoint()
        waited = time.monotonic() - self._claimed_at
        job = training_job(
            self._claim, dataset, self._executor.threads, waited, backend=self._backend, checkpoint=checkpoint
        )
        with closing(self._executor.start(job)) as execution:
            checkpoints = LiveCheckpoint(
                lambda: execution.folder / CHECKPOINT, self._put, self._limits.checkpoint_seconds
            )
            with checkpoints, LiveLog(lambda: execution.folder / LOG, self._put, self._limits.log_seconds):
                end = self._watch(execution, keeper)
            if self._is_to_be_resumed(end):
                checkpoints.flush()
            if isinstance(end, Finished):
                self._deliver_result(end, execution.folder, keeper)
            elif self._interruption is not None:
                self._deliver_interrupted(self._interruption, execution.folder, keeper)
            elif end.was_killed:
                self._upload_log(execution.folder)
                self._hand_back_lost(end.message)
            else:
                self._upload_log(execution.folder)
                self._complete(keeper, TrialState.FAILED, failure=end.reason, message=end.message)

    def _watch(self, execution: Execution, keeper: LeaseKeeper) -> Finished | Failed:
        with self._lock:
            self._execution = execution
            self._apply_interruption()
        started_at = time.monotonic()
        while True:
            event = execution.next_event(max(0.0, min(_TICK_SECONDS, self._overdue_at - time.monotonic())))
            match event:
                case Reported(step, value):
                    if keeper.report(step, value):
                        execution.answer()
                case Needed(files):
                    execution.provide([self._fetch(number, name) for number, name in files])
                case Finished() | Failed():
                    with self._lock:
                        self._execution = None
                    return event
            if keeper.has_expired:
                self._lose("the server has been silent for a whole lease")
            if self._limits.trial_seconds is not None and time.monotonic() > started_at + self._limits.trial_seconds:
                self._interrupt(Interruption.TIMEOUT)
            if time.monotonic() >= self._overdue_at:
                self._overdue_at = math.inf
                self._interrupt(Interruption.OVERDUE)
            if self._kill_at is not None and time.monotonic() > self._kill_at:
                execution.kill()

    def _obey(self, directive: Directive, num_answered: int) -> None:
        if directive is Directive.PRUNE:
            self._interrupt(Interruption.PRUNED)
        elif directive is Directive.CANCEL:
            self._interrupt(Interruption.CANCELLED)
        with self._lock:
            if self._execution is not None:
                for _ in range(num_answered):
                    self._execution.answer()

    def _lose(self, why: str) -> None:
        # Whoever delivers hears by the answer whether the trial was still his; his own result ends the lease, too.
        if not self._is_delivering and not self._abandoned.is_set():
            self._log("lease lost", logging.WARNING, reason=why)
            self._abandoned.set()
            self._interrupt(Interruption.LEASE_LOST)

    def _interrupt(self, interruption: Interruption) -> None:
        """Have the training ended. The first reason stands, unless the trial is no longer ours to decide about."""
        with self._lock:
            overrides = interruption in (Interruption.LEASE_LOST, Interruption.SHUTDOWN)
            if self._interruption is None or (overrides and self._interruption is not Interruption.LEASE_LOST):
                self._interruption = interruption
                self._apply_interruption()

    def _apply_interruption(self) -> None:
        if self._execution is None or self._interruption is None:
            return
        if self._interruption is Interruption.CANCELLED:
            self._execution.stop()
            self._kill_at = time.monotonic() + self._limits.cancel_seconds
        else:
            # Nothing more is wanted of it, not even its next step.
            self._execution.kill()

    def _deliver_result(self, result: Finished, folder: Path, keeper: LeaseKeeper) -> None:
        predictions, model = folder / PREDICTIONS, folder / MODEL
        # Side by side: each waits for the server's disk.
        uploading = self._upload_meanwhile(predictions)
        self._artifacts.add(model, self._upload(model))
        self._artifacts.add(predictions, uploading.result())
        self._upload_log(folder)
        objective = next(iter(self._study.objectives))
        # A score on fewer rows than others were scored on says little beside theirs.
        state = TrialState.PRUNED if result.is_partial else TrialState.COMPLETED
        message = self._why_partial(result) if result.is_partial else None
        self._complete(keeper, state, values={objective: result.value}, message=message, metrics=dict(result.metrics))

    def _why_partial(self, result: Finished) -> str:
        assert self._study.validation is not None
        done, planned = round(result.metrics["folds"]), self._study.validation.scored_folds
        why = "it was cancelled" if self._interruption is Interruption.CANCELLED else "there was no time for the others"
        return f"It was scored on {done} of {planned} folds: {why}."

    def _deliver_interrupted(self, interruption: Interruption, folder: Path, keeper: LeaseKeeper) -> None:
        if interruption in (Interruption.LEASE_LOST, Interruption.SHUTDOWN):
            raise _Abandoned
        self._upload_log(folder)
        if interruption is Interruption.PRUNED:
            self._complete(keeper, TrialState.PRUNED)
        elif interruption is Interruption.OVERDUE:
            message = "It had no result when the study's time was nearly over."
            self._complete(keeper, TrialState.CANCELLED, message=message)
        elif interruption is Interruption.CANCELLED:
            self._complete(keeper, TrialState.CANCELLED, message="It was cancelled before its training had a result.")
        else:
            message = f"The training took more than the {self._limits.trial_seconds:g} seconds allowed."
            self._complete(keeper, TrialState.FAILED, failure=FailureReason.TIMEOUT, message=message)

    def _is_to_be_resumed(self, end: Finished | Failed) -> bool:
        """Whether another attempt is going to train what this one has not finished."""
        if isinstance(end, Finished) or self._abandoned.is_set():
            return False
        return self._interruption is Interruption.SHUTDOWN or (self._interruption is None and end.was_killed)

    def _hand_back_lost(self, why: str) -> None:
        """Say that this attempt was ended from outside: another one may do better, as long as there are any left."""
        body = ReleaseTrial(lease=self._claim.leased.lease, lost=_storable(why))
        self._insist(lambda: self._transport.release(self._study.id, self._trial.number, body))
        self._log("training was killed", logging.WARNING, reason=why)

    def _hand_back(self) -> None:
        """Release the trial. Without an answer the lease runs out and has the same effect, later."""
        body = ReleaseTrial(lease=self._claim.leased.lease)
        try:
            self._transport.release(self._study.id, self._trial.number, body)
        except TunerError as error:
            self._log("trial not released", logging.WARNING, reason=error.message)
        else:
            self._log("trial released")

    def _complete(
        self,
        keeper: LeaseKeeper,
        state: TrialState,
        *,
        values: dict[str, float] | None = None,
        failure: FailureReason | None = None,
        message: str | None = None,
        metrics: dict[str, float] | None = None,
    ) -> None:
        alone = CompleteTrial(
            lease=self._claim.leased.lease,
            state=state,
            values=values,
            failure=failure,
            message=None if message is None else _storable(message),
            metrics=metrics or {},
        )
        while (rest := keeper.take_rest(_TICK_SECONDS)) is None:
            self._check_ours()
        self._is_delivering = True
        body = alone.model_copy(update={"measurements": rest}) if rest else alone
        try:
            self._insist(lambda: self._transport.complete(self._study.id, self._trial.number, body))
        except (InvalidInput, TooLarge) as error:
            if not rest:
                raise
            # What came of the training matters more than its last second's curve.
            self._log("report refused", logging.WARNING, reason=error.message, num_reports=len(rest))
            self._insist(lambda: self._transport.complete(self._study.id, self._trial.number, alone))
        self._log("trial ended", state=state.value, failure=failure and failure.value)

    def _earlier_checkpoint(self) -> Path | None:
        """The newest checkpoint of the attempts before this one."""
        checkpoint = self._claim.checkpoint
        if checkpoint is None:
            return None
        backoff = Backoff()
        reason = ""
        for _ in range(_MAX_CHECKPOINT_TRIES):
            self._check_ours()
            try:
                found = self._artifacts.fetch_checkpoint(
                    self._transport, self._study.id, self._trial.number, checkpoint
                )
            except PASSING_ERRORS as error:
                reason = error.message
                self._abandoned.wait(backoff.next_seconds(error))
            except (InvalidInput, NotFound) as error:
                reason = error.message
                break
            else:
                self._log("training goes on", of_attempt=checkpoint.attempt)
                return found
        # It saves time, no more.
        self._log("training begins anew", logging.WARNING, reason=reason)
        return None

    def _fetch(self, number: int, name: str) -> Path:
        """A file of a trial that this one is made from."""
        member = next((member for member in self._claim.members if member.number == number), None)
        if member is None:
            raise InvalidInput(
                f"The training asks for {name!r} of trial {number}, from which it is not made.",
                hint="The worker and the server may be of different versions.",
            )
        try:
            return self._insist(lambda: self._artifacts.fetch(self._transport, self._study.id, member, name))
        except NotFound as error:
            raise InvalidInput(error.message, hint="A trial cannot be made from what is no longer stored.") from error

    def _upload(self, path: Path) -> ArtifactResource:
        return self._insist(lambda: self._put(path))

    def _upload_meanwhile(self, path: Path) -> Future[ArtifactResource]:
        stored: Future[ArtifactResource] = Future()

        def upload() -> None:
            try:
                stored.set_result(self._upload(path))
            except BaseException as error:
                stored.set_exception(error)

        # No thread of a pool: the interpreter waits for those when it ends, and a silent server holds them up.
        threading.Thread(target=upload, name="tuner-upload", daemon=True).start()
        return stored

    def _put(self, path: Path) -> ArtifactResource:
        lease = self._claim.leased.lease
        number, attempt = self._trial.number, self._trial.attempt
        return self._transport.put_artifact(self._study.id, number, attempt, path.name, path, lease=lease)

    def _upload_log(self, folder: Path) -> None:
        path = folder / LOG
        _shorten(path)
        if path.stat().st_size > 0:
            self._upload(path)

    def _insist(self, call: Callable[[], _T]) -> _T:
        """Make a request again and again while the server is away: what it carries has been paid for."""
        backoff = Backoff()
        while True:
            self._check_ours()
            try:
                return call()
            except PASSING_ERRORS as error:
                self._log("result waits for the server", logging.WARNING, reason=error.message)
                self._abandoned.wait(backoff.next_seconds(error))

    def _check_ours(self) -> None:
        if self._abandoned.is_set():
            raise _Abandoned

    def _log(self, message: str, level: int = logging.INFO, **facts: object) -> None:
        identity = {"study_id": self._study.id, "trial_number": self._trial.number, "attempt": self._trial.attempt}
        logger.log(level, message, extra={"action": "train", **identity, **facts})


class _Abandoned(Exception):
    """There is nothing to deliver: the worker stops, or the trial is no longer ours."""


def _storable(message: str) -> str:
    """``message`` as the service takes it: its end, where an error says what it is, without unprintable characters."""
    clean = message.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return clean if len(clean) <= _MAX_MESSAGE_CHARACTERS else "[...]\n" + clean[-_MAX_MESSAGE_CHARACTERS:]


def _shorten(path: Path) -> None:
    """Keep the end of a log that has grown out of proportion."""
    size = path.stat().st_size
    if size > _MAX_LOG_BYTES:
        with path.open("rb") as log:
            log.seek(size - _MAX_LOG_BYTES)
            end = log.read()
        path.write_bytes(b"[the beginning was cut off]\n" + end)
