"""A trial that was asked for and is run by the caller."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Self, SupportsFloat, SupportsIndex

from tuner.client.bodies import as_number, as_whole
from tuner.client.lease import TrialLease
from tuner.client.outcome import named_values
from tuner.client.renewal import LeaseRenewer
from tuner.client.transport import Transport
from tuner.errors import TrainingFailed, TunerError
from tuner.space import Params
from tuner.wire import Directive, FailureReason, LeasedTrial, TrialState

logger = logging.getLogger(__name__)

MAX_MESSAGE = 100_000


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

    def __init__(
        self,
        leased: LeasedTrial,
        objectives: tuple[str, ...],
        transport: Transport,
        renewer: LeaseRenewer | None = None,
        constraints: tuple[str, ...] = (),
    ) -> None:
        self._leased = leased
        self._objectives = objectives
        self._constraints = constraints
        self._lease = TrialLease(leased, transport, renewer)
        self._failed_in_report = False

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
    def sampled_by(self) -> str | None:
        """The method that found the parameters, such as ``gp``; None if they were enqueued."""
        return self._leased.trial.sampled_by

    @property
    def should_stop(self) -> bool:
        """Whether going on is useless: the pruner has decided, the study ended, or the trial is not yours any more.

        As of the latest report or renewal of the lease; asks nobody.
        """
        return self._lease.directive is not Directive.CONTINUE or not self.is_held

    @property
    def is_held(self) -> bool:
        """Whether the trial is still yours: not told, not released, not lost.

        Nor is it when the service did not answer for a whole lease, since it may have been given to somebody else by
        now. Should an answer come later and say otherwise, it is yours again.
        """
        return not (self.has_ended or self._lease.is_lost or self._lease.is_silent)

    @property
    def has_ended(self) -> bool:
        """Whether its result was told, or it was released."""
        return self._lease.has_ended

    def report(self, step: SupportsIndex, value: SupportsFloat) -> bool:
        """Report how the first objective stands.

        The call costs a request only where the pruner may decide. Other reports are held back for at most a second and
        sent together, from the background or with the result, so report as often as you like. Should the process die,
        the reports of its last second are lost with it; its trial is tried again anyway. In this way you also hear
        within about a second that the study was cancelled.

        While the service does not answer, reports are kept and the training goes on, up to the next one the pruner has
        to see, or 1,000 of them; those wait. After a whole lease without an answer this returns True.

        Args:
            step: Resource spent so far, such as epochs: whole numbers from 0, rising. The pruner compares trials at
                equal steps.
            value: The objective now. If it is NaN or infinite the trial has failed.

        Returns:
            Whether to stop now. Then tell the last value, or just leave the ``with`` block.

        Raises:
            InvalidInput: ``step`` is not a whole number, or ``value`` not a number; or the service has refused this
                report or an earlier one.
            ConnectionFailed: The service does not answer. The report is kept, to be sent later.
        """
        at, number = as_whole(step, "step"), as_number(value, "value")
        if self.has_ended or self._lease.is_lost:
            return True
        if not math.isfinite(number):
            self._complete(TrialState.FAILED, failure=FailureReason.NAN, message=f"step {at} reported {number}")
            self._failed_in_report = True
            return True
        self._lease.report(at, number)
        return self.should_stop

    def tell(self, values: SupportsFloat | Mapping[str, SupportsFloat]) -> None:
        """Tell the result, which ends the trial.

        A trial that was told to stop by the pruner ends as pruned. A value that is NaN or infinite is a failure of the
        trial, not of the call. After such a value was reported, the trial has failed already and this does nothing.

        Args:
            values: The objective, or each objective and each constrained number by name.

        Raises:
            InvalidInput: An objective or a constrained number is missing, unknown or not a number. If it says that a
                report was refused, the result is stored all the same.
            LeaseLost: The trial was handed to somebody else in the meantime; the result is not kept.
            TrialFinished: It has ended already, with another result.
        """
        is_pruned = self._lease.directive is Directive.PRUNE
        named = named_values(values, self._objectives, self._constraints, call="trial.tell", is_complete=not is_pruned)
        if self._failed_in_report:
            return
        broken = ", ".join(f"{name} is {value}" for name, value in named.items() if not math.isfinite(value))
        if broken:
            self._complete(TrialState.FAILED, failure=FailureReason.NAN, message=broken)
        elif is_pruned:
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
        """Hand the trial back untried: it waits to be asked for again, and no attempt is lost.

        Reports that were held back are dropped, since whoever tries it again begins at the beginning.

        Raises:
            LeaseLost: The trial was handed to somebody else in the meantime.
        """
        self._lease.release()

    def renew(self) -> None:
        """Renew the lease, as the background thread does; useful only to learn at once whether to stop."""
        self._lease.renew()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.has_ended or self._lease.is_lost:
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
            logger.warning("failure not told", extra=self._facts("fail", reason=second.message))

    def _end_untold(self) -> None:
        if self._lease.directive is Directive.PRUNE:
            self._complete(TrialState.PRUNED)
        elif self._lease.directive is Directive.CANCEL:
            self._complete(TrialState.CANCELLED)
        elif self._lease.is_silent:
            try:
                self.release()
            except TunerError as error:
                # It is handed out again in any case: its lease has run out.
                logger.warning("trial not released", extra=self._facts("release", reason=error.message))
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

    def _complete(
        self,
        state: TrialState,
        *,
        values: dict[str, float] | None = None,
        failure: FailureReason | None = None,
        message: str | None = None,
    ) -> None:
        self._lease.complete(
            state=state, values=values, failure=failure, message=None if message is None else _storable(message)
        )

    def _facts(self, action: str, **more: object) -> dict[str, object]:
        trial = self._leased.trial
        return {"action": action, "study_id": trial.study, "trial_id": trial.id, "trial_number": trial.number, **more}


def _storable(text: str) -> str:
    """Text that every database can hold."""
    return text[-MAX_MESSAGE:].encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")[-MAX_MESSAGE:]
