"""The right to run a trial, kept alive while the trial runs."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Self

from tuner.client.backoff import Backoff
from tuner.client.transport import Transport
from tuner.errors import Conflict, InvalidInput, NotFound, TooLarge, TunerError
from tuner.wire import Directive, LeasedTrial, ReportTrial

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 2.0


class LeaseKeeper:
    """Carries a trial's reports to the server, with heartbeats between them, in a thread of its own.

    So neither a slow server nor an upload nor a long step can cost the lease, and whoever watches the training never
    waits for the network.

    Args:
        transport: Where the server is.
        leased: The trial and its lease, as just handed out.
        heartbeat_seconds: Between two heartbeats at most.
        on_reply: Called after each answered report or heartbeat, with what to do now and whether a report was answered.
        on_lost: Called once when the server says that the trial is no longer ours.
    """

    def __init__(
        self,
        transport: Transport,
        leased: LeasedTrial,
        *,
        heartbeat_seconds: float,
        on_reply: Callable[[Directive, bool], None],
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
        self._outbox: deque[tuple[int, float]] = deque()
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

    def report(self, step: int, value: float) -> None:
        """Send a step on its way."""
        with self._changed:
            self._outbox.append((step, value))
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until all reports have arrived; whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._outbox or self._is_closing, timeout)

    def _run(self) -> None:
        backoff = Backoff()
        pause = 0.0
        while True:
            with self._changed:
                if pause:
                    self._changed.wait_for(lambda: self._is_closing, pause)
                else:
                    self._changed.wait_for(lambda: self._outbox or self._is_closing, self._seconds_to_heartbeat())
                if self._is_closing:
                    return
                report = self._outbox[0] if self._outbox else None
            try:
                directive = self._send(report)
            except (Conflict, NotFound) as error:
                self._close_lost(error)
                return
            except TunerError as error:
                if report is None or not isinstance(error, InvalidInput | TooLarge):
                    # The server is away, or does not know us for the moment. The lease says how long that may last.
                    logger.warning("report waits for the server", extra=self._facts(error=error.message))
                    pause = backoff.next_seconds()
                    continue
                # Refused for what it is, e.g. one report too many. The trial itself goes on.
                logger.warning("report refused", extra=self._facts(error=error.message))
                directive = Directive.CONTINUE
            pause = 0.0
            backoff.reset()
            if report is not None:
                self._delivered()
            self._on_reply(directive, report is not None)

    def _send(self, report: tuple[int, float] | None) -> Directive:
        asked_at = time.monotonic()
        if report is None:
            body = ReportTrial(lease=self._lease)
        else:
            body = ReportTrial(lease=self._lease, step=report[0], value=report[1])
        reply = self._transport.report(self._trial.study, self._trial.number, body)
        self._renewed_at = asked_at
        return reply.directive

    def _delivered(self) -> None:
        with self._changed:
            self._outbox.popleft()
            self._changed.notify_all()

    def _close_lost(self, error: TunerError) -> None:
        with self._changed:
            if self._is_closing:
                return
            self._is_closing = True
            self._changed.notify_all()
        self._on_lost(error)

    def _seconds_to_heartbeat(self) -> float:
        return max(0.0, self._renewed_at + self._heartbeat_seconds - time.monotonic())

    def _facts(self, **more: object) -> dict[str, object]:
        return {"action": "report", "study_id": self._trial.study, "trial_number": self._trial.number, **more}
