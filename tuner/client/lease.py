"""The right to run a trial, and all that is said to the service about it while it runs."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from tuner.client.backoff import PASSING_ERRORS, Backoff
from tuner.client.bodies import request
from tuner.client.renewal import LeaseRenewer
from tuner.client.transport import Transport
from tuner.errors import Conflict, InvalidInput, NotFound, TooLarge, TunerError
from tuner.wire import CompleteTrial, Directive, LeasedTrial, ReleaseTrial, ReportTrial
from tuner.wire.trials import ReportedValue

logger = logging.getLogger(__name__)

# So dashboards stay live, and a trial that reports hears of a cancellation as soon.
HOLD_SECONDS = 1.0
MAX_HELD = 1_000
# Renew at a third of the lease: two lost renewals must not cost the trial.
RENEWALS_PER_LEASE = 3


class TrialLease:
    """Carries the reports, heartbeats and the result of one trial. May be used from many threads.

    A report that the pruner may answer with ``prune`` is sent at once. Any other is held back, for at most a second,
    and sent together with those around it, or with the result. The order of the reports is kept, and each stays here
    until it was answered for.

    Nobody's code waits for a lock that is held over a request, except to send something itself that cannot wait.

    Args:
        leased: The trial as it was handed out.
        transport: Where it came from.
        renewer: Renews the lease and sends what was held back. Without one every report is sent at once, and the lease
            lasts as long as reports come in.
    """

    def __init__(self, leased: LeasedTrial, transport: Transport, renewer: LeaseRenewer | None) -> None:
        self._leased = leased
        self._transport = transport
        self._renewer = renewer
        self._pid = os.getpid()
        # Held over requests: reports go out one request after the other, so that their order is kept.
        self._sending = threading.Lock()
        # Held for a moment, around what follows.
        self._state = threading.Lock()
        self._directive = Directive.CONTINUE
        self._has_ended = False
        self._is_lost = False
        self._held: list[ReportedValue] = []
        self._held_until = 0.0
        self._num_taken = 0
        self._num_delivered = 0
        self._num_to_send_singly = 0
        self._final: tuple[ReportedValue, ...] = ()
        self._refusal: TunerError | None = None
        self._next_decision_step = leased.next_decision_step
        self._backoff = Backoff()
        self._is_server_away = False
        self._is_silence_told = False
        # The server's clock and ours are never compared: both count the lease's length from the same answer.
        self._renewed_at = self._tried_at = time.monotonic()
        self._renewal_due = self._renewed_at + leased.lease_seconds / RENEWALS_PER_LEASE
        if renewer is not None:
            renewer.add(self)

    @property
    def directive(self) -> Directive:
        """What the service has said to do, as of its latest answer."""
        return self._directive

    @property
    def has_ended(self) -> bool:
        """Whether the result was told, or the trial handed back."""
        return self._has_ended

    @property
    def is_lost(self) -> bool:
        """Whether the service has said that the trial is somebody else's, or nobody's."""
        return self._is_lost

    @property
    def is_silent(self) -> bool:
        """Whether there was no answer for a whole lease, so that somebody else may have the trial."""
        return time.monotonic() > self._renewed_at + self._leased.lease_seconds

    @property
    def renewal_due(self) -> float | None:
        """When to renew or to send what is held back, on the monotonic clock; None when there is no need any more."""
        if self._has_ended or self._is_lost:
            return None
        if self._is_server_away or not self._held:
            return self._renewal_due
        return min(self._renewal_due, self._held_until)

    def report(self, step: int, value: float) -> None:
        """Take a report: send it, or hold it back.

        Raises:
            InvalidInput: It breaks a rule, or the service has refused this or an earlier one.
            ConnectionFailed: It could not be held back, and the service does not answer.
        """
        self._notice_fork()
        self._raise_refusal()
        reported = request(ReportedValue, {"step": step, "value": value})
        with self._state:
            is_first = not self._held
            self._held.append(reported)
            self._num_taken += 1
            mark = self._num_taken
            if is_first:
                self._held_until = time.monotonic() + HOLD_SECONDS
            is_full = len(self._held) >= MAX_HELD
        decides = self._next_decision_step is not None and step >= self._next_decision_step
        if is_full or ((decides or self._renewer is None) and not self.is_silent):
            self._insist(mark)
        elif time.monotonic() - self._tried_at >= HOLD_SECONDS and self._sending.acquire(blocking=False):
            try:
                self._send(mark, self._seconds_left, patience_seconds=0.0)
            except PASSING_ERRORS as error:
                self._note_failure(error)
            finally:
                self._sending.release()
        elif is_first and self._renewer is not None:
            self._renewer.wake(self._held_until)
        if self.is_silent and not self._is_silence_told:
            self._is_silence_told = True
            logger.warning("no answer for a whole lease", extra=self._facts("report"))
        self._raise_refusal()

    def renew(self) -> None:
        """Renew the lease, with what is held back. A failure is no error here: it is tried again a little later."""
        with self._sending:
            if self._has_ended or self._is_lost:
                return
            timeout = max(self._leased.lease_seconds / RENEWALS_PER_LEASE, HOLD_SECONDS)
            try:
                if self._num_delivered == self._num_taken:
                    self._exchange(timeout, patience_seconds=0.0)
                else:
                    self._send(self._num_taken, timeout, patience_seconds=0.0)
            except TunerError as error:
                # The lease may well outlive a server's restart; only the server knows, so keep trying.
                self._note_failure(error)

    def complete(self, **fields: Any) -> None:
        """End the trial. What was held back goes along; if it is refused, the result is stored without it.

        Args:
            fields: Those of ``CompleteTrial``, but for ``lease`` and ``measurements``. Any: its model checks them.

        Raises:
            InvalidInput: The result, or an earlier report, is refused. In the latter case the result is stored.
            LeaseLost: Somebody else has the trial.
            TrialFinished: It has ended with another result.
        """
        self._notice_fork()
        with self._sending:
            self._send(self._num_taken - MAX_HELD + len(self._final), self._seconds_left)
            try:
                self._send_result(fields)
            except (InvalidInput, TooLarge):
                if not self._final:
                    raise
                # The result or the reports with it: to know which, and to keep the others, each goes by itself.
                self._take_back_final()
                self._send(self._num_taken, self._seconds_left)
                self._send_result(fields)
        self._raise_refusal()

    def release(self) -> None:
        """Hand the trial back. What is held back is dropped: the trial starts anew, and its curve with it.

        Raises:
            LeaseLost: Somebody else has the trial.
        """
        try:
            self._transport.release(self._study, self._number, ReleaseTrial(lease=self._leased.lease))
        except (Conflict, NotFound):
            self._is_lost = True
            raise
        self._has_ended = True

    def _insist(self, mark: int) -> None:
        """Send all up to ``mark``, and repeat it while the lease lasts."""
        with self._sending:
            try:
                self._send(mark, self._seconds_left)
            except PASSING_ERRORS:
                # After a whole lease it is for the caller to stop, which `is_silent` says.
                if not self.is_silent:
                    raise

    def _send(self, mark: int, timeout_seconds: float, *, patience_seconds: float | None = None) -> None:
        while not self._is_lost and self._num_delivered < mark:
            self._exchange(timeout_seconds, patience_seconds=patience_seconds)

    def _exchange(self, timeout_seconds: float, *, patience_seconds: float | None) -> None:
        """One request with the oldest reports, or a heartbeat, and what follows from its answer."""
        with self._state:
            batch = self._held[: 1 if self._num_to_send_singly else MAX_HELD]
        asked_at = time.monotonic()
        try:
            reply = self._transport.report(
                self._study,
                self._number,
                self._report_body(batch),
                timeout_seconds=timeout_seconds,
                patience_seconds=timeout_seconds if patience_seconds is None else patience_seconds,
            )
        except (Conflict, NotFound) as error:
            self._lose(error)
            return
        except (InvalidInput, TooLarge) as error:
            if not batch:
                raise
            self._note_refusal(batch, error)
            return
        finally:
            self._tried_at = time.monotonic()
        if self._is_server_away:
            logger.info("server answers again", extra=self._facts("renew"))
        if reply.directive is not Directive.CONTINUE:
            self._directive = reply.directive
        self._next_decision_step = reply.next_decision_step
        self._renewed_at = asked_at
        self._renewal_due = asked_at + self._leased.lease_seconds / RENEWALS_PER_LEASE
        self._is_server_away = self._is_silence_told = False
        self._backoff.reset()
        self._drop(len(batch))

    def _note_failure(self, error: TunerError) -> None:
        if not self._is_server_away:
            logger.warning("lease not renewed", extra=self._facts("renew", reason=error.message))
        self._is_server_away = True
        self._renewal_due = time.monotonic() + self._backoff.next_seconds(error)
        if self._renewer is not None:
            self._renewer.wake(self._renewal_due)

    @property
    def _seconds_left(self) -> float:
        """Until the lease may be somebody else's, but enough for one request."""
        return max(self._renewed_at + self._leased.lease_seconds - time.monotonic(), HOLD_SECONDS)

    def _report_body(self, batch: list[ReportedValue]) -> ReportTrial:
        if len(batch) == 1:
            return ReportTrial(lease=self._leased.lease, step=batch[0].step, value=batch[0].value)
        if not batch:
            return ReportTrial(lease=self._leased.lease)
        return ReportTrial(lease=self._leased.lease, measurements=tuple(batch))

    def _drop(self, count: int) -> None:
        with self._state:
            del self._held[:count]
            self._num_delivered += count
            self._num_to_send_singly = max(0, self._num_to_send_singly - count)
            self._held_until = time.monotonic() + HOLD_SECONDS

    def _note_refusal(self, batch: list[ReportedValue], error: TunerError) -> None:
        """A refused batch is sent again one by one, to keep what is good; a refused report is dropped and told."""
        if len(batch) > 1:
            self._num_to_send_singly = len(batch)
            return
        logger.warning("report refused", extra=self._facts("report", step=batch[0].step, reason=error.message))
        self._refusal = self._refusal or error
        self._drop(1)

    def _raise_refusal(self) -> None:
        with self._state:
            refusal, self._refusal = self._refusal, None
        if refusal is not None:
            raise refusal

    def _send_result(self, fields: dict[str, Any]) -> None:
        with self._state:
            # Kept for good: the same result told again must have the same body, to be known as a repetition.
            measurements = (*self._final, *self._held[: MAX_HELD - len(self._final)])
        given = {"lease": self._leased.lease, **fields, "measurements": measurements or None}
        body = request(CompleteTrial, given)
        self._drop(len(measurements) - len(self._final))
        self._final = measurements
        try:
            self._transport.complete(self._study, self._number, body)
        except (Conflict, NotFound):
            self._is_lost = not self._has_ended
            raise
        self._has_ended = True

    def _take_back_final(self) -> None:
        with self._state:
            self._held[:0] = self._final
            self._num_delivered -= len(self._final)
            self._num_to_send_singly = len(self._final)
            self._final = ()

    def _lose(self, error: TunerError) -> None:
        if not (self._is_lost or self._has_ended):
            logger.warning("trial lost", extra=self._facts("renew", reason=error.message))
        self._is_lost = True

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():
            # A forked child has no renewing thread, locks in an unknown state, and its parent's reports.
            self._pid = os.getpid()
            self._sending, self._state = threading.Lock(), threading.Lock()
            self._renewer = None
            self._num_delivered = self._num_taken
            self._held.clear()

    @property
    def _study(self) -> str:
        return self._leased.trial.study

    @property
    def _number(self) -> int:
        return self._leased.trial.number

    def _facts(self, action: str, **more: object) -> dict[str, object]:
        trial = self._leased.trial
        identity = {"study_id": trial.study, "trial_id": trial.id, "trial_number": trial.number}
        return {"action": action, **identity, **more}
