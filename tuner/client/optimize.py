"""The loop that asks, runs and tells for the user."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import SupportsFloat, TypeAlias

from tuner.client.bodies import as_whole
from tuner.client.trial import Trial
from tuner.errors import InvalidInput, LeaseLost, Place, StudyClosed, TunerError, WaitTimeout

logger = logging.getLogger(__name__)

Function: TypeAlias = "Callable[[Trial], SupportsFloat | Mapping[str, SupportsFloat] | None]"

# Other threads may stop the loop; an ask that waits looks whether they have this often.
ASK_SECONDS = 2.0


def optimize(
    ask: Callable[..., Trial],
    function: Function,
    *,
    trials: int | None,
    workers: int,
    catch: tuple[type[Exception], ...],
) -> None:
    """See ``Study.optimize``; ``ask`` takes ``timeout`` in seconds."""
    if trials is not None and as_whole(trials, "trials") < 0:
        raise InvalidInput(f"trials must not be negative, got {trials}.", places=[Place("#/trials", "is negative")])
    if as_whole(workers, "workers") < 1:
        raise InvalidInput(f"workers must be at least 1, got {workers}.", places=[Place("#/workers", "is below 1")])
    loop = _Loop(ask, function, trials, catch)
    if workers == 1:
        # In the caller's own thread, which plotting and signal handlers may insist on.
        loop.work()
    else:
        loop.work_in_threads(workers)


class _Loop:
    def __init__(
        self,
        ask: Callable[..., Trial],
        function: Function,
        trials: int | None,
        catch: tuple[type[Exception], ...],
    ) -> None:
        self._ask = ask
        self._function = function
        self._left = trials
        self._catch = catch
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._running: set[Trial] = set()
        self._error: Exception | None = None

    def work(self) -> None:
        """Run trials until there are none left."""
        while self._take():
            trial = self._next_trial()
            if trial is None:
                return
            with self._lock:
                self._running.add(trial)
            try:
                self._run(trial)
            except self._catch:
                logger.warning(
                    "trial failed", exc_info=True, extra={"action": "optimize", "trial_number": trial.number}
                )
            except LeaseLost:
                logger.warning("trial lost", extra={"action": "optimize", "trial_number": trial.number})
            finally:
                with self._lock:
                    self._running.discard(trial)

    def work_in_threads(self, workers: int) -> None:
        # Daemons, because Ctrl-C must end a program whose training code cannot be interrupted.
        threads = [
            threading.Thread(target=self._work_and_note, name=f"tuner-optimize-{index}", daemon=True)
            for index in range(workers)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            self._is_stopped.set()
            self._release_all()
            raise
        if self._error is not None:
            raise self._error

    def _work_and_note(self) -> None:
        try:
            self.work()
        except Exception as error:
            # Told by the calling thread; after Ctrl-C nobody is left to tell.
            self._is_stopped.set()
            with self._lock:
                self._error = self._error or error

    def _take(self) -> bool:
        with self._lock:
            if self._is_stopped.is_set() or self._left == 0:
                return False
            if self._left is not None:
                self._left -= 1
            return True

    def _next_trial(self) -> Trial | None:
        while not self._is_stopped.is_set():
            try:
                return self._ask(timeout=ASK_SECONDS)
            except WaitTimeout:
                continue
            except StudyClosed:
                return None
        return None

    def _run(self, trial: Trial) -> None:
        with trial:
            result = self._function(trial)
            if trial.has_ended or (result is None and trial.should_stop):
                return
            if result is None:
                raise InvalidInput(
                    "The function returned None and did not tell a result.",
                    hint="Return the objective, a dict of objectives, or call trial.tell().",
                )
            trial.tell(result)

    def _release_all(self) -> None:
        with self._lock:
            running = list(self._running)
        for trial in running:
            if trial.has_ended:
                continue
            try:
                trial.release()
            except TunerError as error:
                # Its lease runs out and has the same effect, later; the others must not wait for that.
                logger.warning(
                    "trial not released",
                    extra={"action": "optimize", "trial_number": trial.number, "reason": error.message},
                )
