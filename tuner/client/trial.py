"""A trial that was asked for and is run by the caller."""

from __future__ import annotations

import logging
import math
import time
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, SupportsFloat, SupportsIndex

from tuner.client.bodies import as_number, as_whole, request
from tuner.client.transport import Transport
from tuner.errors import Conflict, InvalidInput, NotFound, Place, TrainingFailed, TunerError
from tuner.space import Params
from tuner.wire import CompleteTrial, Directive, FailureReason, LeasedTrial, ReleaseTrial, ReportTrial, TrialState

logger = logging.getLogger(__name__)

MAX_MESSAGE = 100_000
# Renew at a third of the lease: two lost renewals must not cost the trial.
RENEWALS_PER_LEASE = 3
RENEWAL_RETRY_SECONDS = 1.0


class Trial:
    """One point of the search space, to be tried by you: report while it runs, then tell what came of it.

    Its lease is renewed in the background until then, so the code between may take as long as it likes. As a context
    manager it tells for you what a raised exception means: the trial failed. Made by ``Study.ask``.

    Example:
        >>> with study.ask() as trial:
        ...     for epoch in range(30):
        ...         if trial.report(epoch, train_one_epoch(**trial.params)):
        ...             break
        ...     trial.tell(validate())
    """

    def __init__(self, leased: LeasedTrial, objectives: tuple[str, ...], transport: Transport) -> None:
        self._leased = leased
        self._objectives = objectives
        self._transport = transport
        self._directive = Directive.CONTINUE
        self._is_held = True
        self._failed_in_report = False
        self._note_renewal()

    def __repr__(self) -> str:
        return f"Trial(number={self.number}, params={self.params!r})"

    @property
    def number(self) -> int:
        """Its place in the study, from 0."""
        return self._leased.trial.number

    @property
    def params(self) -> Params:
        """Values of the active parameters, by name."""
        return dict(self._leased.trial.params)

    @property
    def should_stop(self) -> bool:
        """Whether going on is useless: the pruner has decided, the study ended, or the trial is not yours any more.

        As of the latest report or renewal of the lease; asks nobody.
        """
        return self._directive is not Directive.CONTINUE or not self._is_held

    @property
    def is_held(self) -> bool:
        """Whether the trial is still yours: not told, not released, not lost."""
        return self._is_held

    def report(self, step: SupportsIndex, value: SupportsFloat) -> bool:
        """Report how the first objective stands.

        Args:
            step: Resource spent so far, such as epochs: whole numbers from 0, rising. The pruner compares trials at
                equal steps.
            value: The objective now. If it is NaN or infinite the trial has failed.

        Returns:
            Whether to stop now. Then tell the last value, or just leave the ``with`` block.

        Raises:
            InvalidInput: ``step`` is not a whole number, or ``value`` not a number.
        """
        at, number = as_whole(step, "step"), as_number(value, "value")
        if not self._is_held:
            return True
        if not math.isfinite(number):
            self._complete(TrialState.FAILED, failure=FailureReason.NAN, message=f"step {at} reported {number}")
            self._failed_in_report = True
            return True
        self._renew(request(ReportTrial, {"lease": self._leased.lease, "step": at, "value": number}))
        return self.should_stop

    def tell(self, values: SupportsFloat | Mapping[str, SupportsFloat]) -> None:
        """Tell the result, which ends the trial.

        A trial that was told to stop by the pruner ends as pruned. A value that is NaN or infinite is a failure of the
        trial, not of the call. After such a value was reported, the trial has failed already and this does nothing.

        Args:
            values: The objective, or each objective by name.

        Raises:
            InvalidInput: An objective is missing, unknown or not a number.
            LeaseLost: The trial was handed to somebody else in the meantime; the result is not kept.
            TrialFinished: It has ended already, with another result.
        """
        named = self._named(values)
        if self._failed_in_report:
            return
        broken = ", ".join(f"{name} is {value}" for name, value in named.items() if not math.isfinite(value))
        if broken:
            self._complete(TrialState.FAILED, failure=FailureReason.NAN, message=broken)
        elif self._directive is Directive.PRUNE:
            self._complete(TrialState.PRUNED, values=named)
        else:
            self._complete(TrialState.COMPLETED, values=named)

    def fail(self, reason: str = "error", message: str | None = None) -> None:
        """Tell that the trial failed, which ends it.

        Args:
            reason: One of ``error``, ``infeasible``, ``nan``, ``timeout``, ``out_of_memory``; any other text is
                taken as the message of an ``error``.
            message: What happened.

        Raises:
            LeaseLost: The trial was handed to somebody else in the meantime.
            TrialFinished: It has ended already.
        """
        if reason in list(FailureReason):
            self._complete(TrialState.FAILED, failure=FailureReason(reason), message=message)
        else:
            text = reason if message is None else f"{reason}: {message}"
            self._complete(TrialState.FAILED, failure=FailureReason.ERROR, message=text)

    def release(self) -> None:
        """Hand the trial back untried: it waits to be asked for again, and no attempt is lost."""
        body = ReleaseTrial(lease=self._leased.lease)
        self._transport.release(self._leased.trial.study, self.number, body)
        self._is_held = False

    @property
    def renewal_due(self) -> float | None:
        """When the background thread renews the lease next, on the monotonic clock; None when it need not."""
        return self._renewal_due if self._is_held else None

    def renew(self) -> None:
        """Renew the lease, as the background thread does; useful only to learn at once whether to stop."""
        try:
            self._renew(ReportTrial(lease=self._leased.lease))
        except TunerError as error:
            # The lease may well outlive a server's restart; only the server knows, so keep trying.
            logger.warning(
                "lease not renewed",
                extra={"trial_id": self._leased.trial.id, "action": "renew", "reason": error.message},
            )
            self._renewal_due = time.monotonic() + RENEWAL_RETRY_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_held:
            return
        if error is None:
            self._end_untold()
            return
        try:
            if isinstance(error, Exception):
                self._fail_with(error)
            else:
                # Ctrl-C and the like say nothing about these parameters.
                self.release()
        except TunerError as second:
            # The user's exception matters more than that it could not be told.
            logger.warning(
                "failure not told",
                extra={"trial_id": self._leased.trial.id, "action": "fail", "reason": second.message},
            )

    def _end_untold(self) -> None:
        if self._directive is Directive.PRUNE:
            self._complete(TrialState.PRUNED)
        elif self._directive is Directive.CANCEL:
            self._complete(TrialState.CANCELLED)
        else:
            self.fail("error", "The with block ended without tell().")

    def _fail_with(self, error: Exception) -> None:
        text = "".join(traceback.format_exception(error))[-MAX_MESSAGE:]
        reason = "error"
        if isinstance(error, TrainingFailed):
            reason = error.reason
        elif isinstance(error, MemoryError):
            reason = FailureReason.OUT_OF_MEMORY
        self.fail(reason, text)

    def _named(self, values: SupportsFloat | Mapping[str, SupportsFloat]) -> dict[str, float]:
        if not isinstance(values, Mapping):
            if len(self._objectives) > 1:
                names = ", ".join(repr(name) for name in self._objectives)
                raise InvalidInput(
                    f"The study has {len(self._objectives)} objectives ({names}), but one value was told.",
                    hint=f"Write trial.tell({{{', '.join(f'{name!r}: ...' for name in self._objectives)}}}).",
                )
            return {self._objectives[0]: as_number(values, self._objectives[0])}
        missing = [Place(f"#/values/{name}", "is missing") for name in self._objectives if name not in values]
        unknown = [Place(f"#/values/{name}", "is not an objective") for name in values if name not in self._objectives]
        if missing or unknown:
            raise InvalidInput(
                "The values told do not fit the objectives of the study.",
                hint=f"Tell {', '.join(repr(name) for name in self._objectives)}, and nothing else.",
                places=missing + unknown,
            )
        return {name: as_number(values[name], name) for name in self._objectives}

    def _complete(
        self,
        state: TrialState,
        *,
        values: dict[str, float] | None = None,
        failure: FailureReason | None = None,
        message: str | None = None,
    ) -> None:
        fields: dict[str, Any] = {"lease": self._leased.lease, "state": state, "values": values, "failure": failure}
        body = request(CompleteTrial, fields | {"message": message and _storable(message)})
        try:
            self._transport.complete(self._leased.trial.study, self.number, body)
        except (Conflict, NotFound):
            self._is_held = False
            raise
        self._is_held = False

    def _renew(self, body: ReportTrial) -> None:
        """Send a report or a heartbeat. A trial that is not ours any more is no error: there is just nothing to do."""
        try:
            reply = self._transport.report(self._leased.trial.study, self.number, body)
        except (Conflict, NotFound) as error:
            if self._is_held:
                logger.warning(
                    "trial lost", extra={"trial_id": self._leased.trial.id, "action": "renew", "reason": error.message}
                )
            self._is_held = False
            return
        if reply.directive is not Directive.CONTINUE:
            self._directive = reply.directive
        self._note_renewal()

    def _note_renewal(self) -> None:
        self._renewal_due = time.monotonic() + self._leased.lease_seconds / RENEWALS_PER_LEASE


def _storable(text: str) -> str:
    """Text that every database can hold."""
    return text[-MAX_MESSAGE:].encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")[-MAX_MESSAGE:]
