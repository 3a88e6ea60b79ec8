"""Word that something was committed, for those who wait for work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar

from tuner.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


class Changes:
    """Wakes waiting threads of this process after each commit; what other processes do is found by looking again."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """Rises with every commit; read it before looking for work, and pass it to ``wait``."""
        return self._count

    def wait(self, seen: int, seconds: float) -> None:
        """Return when something was committed since ``seen`` was read, at the latest after ``seconds``."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, timeout=seconds)

    def notify(self) -> None:
        """Something was committed."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def told(self, write: Future[T]) -> Future[T]:
        """The same write; whoever waits for work is woken once it is committed."""

        def tell(done: Future[T]) -> None:
            if done.exception() is None:
                self.notify()

        write.add_done_callback(tell)
        return write


def then(first: Future[T], function: Callable[[T], R], executor: Executor | None = None) -> Future[R]:
    """A future of what ``function`` makes of another future's result.

    Args:
        first: What has to be done before.
        function: Must be quick if there is no executor: it then runs in the thread that resolved ``first``.
        executor: Where to run the function.
    """
    result: Future[R] = Future()
    result.set_running_or_notify_cancel()

    def follow(value: T) -> None:
        try:
            result.set_result(function(value))
        except Exception as failure:
            # The edge of a thread's work: what is not passed on would vanish, and the caller wait for ever.
            result.set_exception(failure)

    def on_done(done: Future[T]) -> None:
        error = done.exception()
        if error is not None:
            result.set_exception(error)
        elif executor is None:
            follow(done.result())
        else:
            try:
                executor.submit(follow, done.result())
            except RuntimeError:
                result.set_exception(Unavailable("The engine is closing.", hint="Try again once it is back."))

    first.add_done_callback(on_done)
    return result
