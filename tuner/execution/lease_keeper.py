"""The right to run a trial, kept alive while the trial runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Self

from tuner.client.backoff import Backoff
from tuner.client.lease import HOLD_SECONDS, MAX_HELD
from tuner.client.transport import Transport
from tuner.errors import Conflict, InvalidInput, NotFound, TooLarge, TunerError
from tuner.wire import Directive, LeasedTrial, ReportTrial
from tuner.wire.trials import ReportedValue

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 2.0


class LeaseKeeper:
    """Carries a trial's reports to the server, with heartbeats between them, in a thread of its own.

    So neither a slow server nor an upload nor a long step can cost the lease, and whoever watches the training never
    waits for the network. Reports that the pruner does not wait for are held back for at most a second and sent
    together.

    Args:
        transport: Where the server is.
        leased: The trial and its lease, as just handed out.
        heartbeat_seconds: Between two heartbeats at most.
        on_reply: Called after each answered request, with what to do now and how many reports it has answered that the
            training waits for.
        on_lost: Called once when the server says that the trial is no longer ours.
    """

    def __init__(
        self,
        transport: Transport,
        leased: LeasedTrial,
        *,
        heartbeat_seconds: float,
        on_reply: Callable[[Directive, int], None],
        on_lost: Callable[[TunerError], None],
    ) -> None:
        self._transport = transport
        self._trial = leased.trial
        self._lease = leased.lease
        self._lease_seconds = leased.lease_seconds
        # Renew at a third of the lease at the latest: two lost heartbeats must not cost the trial.
        self._heartbeat_seconds = min(heartbeat_seconds, leased.lease_seconds / 3)
        self._on_reply = on_reply
        self._on_lost = on_lost
        self._changed = threading.Condition()
        self._outbox: list[ReportedValue] = []
        self._outbox_due = 0.0
        self._num_awaited = 0
        self._num_to_send_singly = 0
        self._next_decision_step = leased.next_decision_step
        self._is_sending = False
        self._is_closing = False
        # The server's clock and ours are never compared: both count the lease's length from the same answer.
        self._renewed_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"tuner-lease-{self._trial.number}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        # So that no request is under way any more when the transport is closed next.
        self._thread.join(_JOIN_SECONDS)

    @property
    def has_expired(self) -> bool:
        """Whether the server has been silent for a whole lease, so that another worker may have the trial."""
        return time.monotonic() > self._renewed_at + self._lease_seconds

    def report(self, step: int, value: float) -> bool:
        """Take a report; whether the training may go on at once. If not, ``on_reply`` says when."""
        with self._changed:
            decides = self._next_decision_step is not None and step >= self._next_decision_step
            is_awaited = decides or len(self._outbox) >= MAX_HELD
            if not self._outbox:
                self._outbox_due = time.monotonic() + HOLD_SECONDS
            self._outbox.append(ReportedValue(step=step, value=value))
            self._num_awaited += is_awaited
            self._changed.notify_all()
        return not is_awaited

    def take_rest(self, timeout: float) -> tuple[ReportedValue, ...] | None:
        """Take over the reports that have not been sent, to go with the result; None if that cannot be said in time."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: (not self._is_sending and len(self._outbox) <= MAX_HELD) or self._is_closing, timeout
            ):
                return None
            rest = tuple(self._outbox[:MAX_HELD])
            self._outbox.clear()
            self._num_awaited = 0
            return rest

    def _run(self) -> None:
        backoff = Backoff()
        pause = 0.0
        while True:
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()
                self._wait_until_due(pause)
                if self._is_closing:
                    return
                batch = self._outbox[: 1 if self._num_to_send_singly else MAX_HELD]
                num_awaited = self._num_awaited
                self._is_sending = True
            try:
                directive = self._send(batch)
            except (Conflict, NotFound) as error:
                self._close_lost(error)
                return
            except TunerError as error:
                if not (batch and isinstance(error, InvalidInput | TooLarge)):
                    # The server is away, or does not know us for the moment. The lease says how long that may last.
                    if not pause:
                        logger.warning("report waits for the server", extra=self._facts(reason=error.message))
                    pause = backoff.next_seconds(error)
                    continue
                if len(batch) > 1:
                    # One of them, or all together: sent one by one, to keep what is good.
                    self._num_to_send_singly = len(batch)
                    pause = 0.0
                    continue
                # Refused for what it is, e.g. one report too many. The trial itself goes on.
                logger.warning("report refused", extra=self._facts(reason=error.message, step=batch[0].step))
                directive = Directive.CONTINUE
            if pause:
                logger.info("server answers again", extra=self._facts())
            pause = 0.0
            backoff.reset()
            num_answered = self._delivered(batch, num_awaited)
            self._on_reply(directive, num_answered)

    def _wait_until_due(self, pause: float) -> None:
        if pause:
            self._changed.wait_for(lambda: self._is_closing, pause)
        while not self._is_closing:
            now = time.monotonic()
            due = self._renewed_at + self._heartbeat_seconds
            if self._outbox:
                due = min(due, now if self._num_awaited or self._num_to_send_singly else self._outbox_due)
            if pause or due <= now:
                return
            self._changed.wait(due - now)

    def _send(self, batch: list[ReportedValue]) -> Directive:
        asked_at = time.monotonic()
        body = ReportTrial(lease=self._lease, measurements=tuple(batch)) if batch else ReportTrial(lease=self._lease)
        reply = self._transport.report(self._trial.study, self._trial.number, body)
        self._renewed_at = asked_at
        self._next_decision_step = reply.next_decision_step
        return reply.directive

    def _delivered(self, batch: list[ReportedValue], num_awaited: int) -> int:
        """Forget what has arrived; how many of the awaited reports that has answered."""
        with self._changed:
            del self._outbox[: len(batch)]
            self._outbox_due = time.monotonic() + HOLD_SECONDS
            self._num_to_send_singly = max(0, self._num_to_send_singly - len(batch))
            if self._num_to_send_singly:
                return 0
            self._num_awaited -= num_awaited
            return num_awaited

    def _close_lost(self, error: TunerError) -> None:
        with self._changed:
            if self._is_closing:
                return
            self._is_closing = True
            self._changed.notify_all()
        self._on_lost(error)

    def _facts(self, **more: object) -> dict[str, object]:
        return {"action": "report", "study_id": self._trial.study, "trial_number": self._trial.number, **more}
