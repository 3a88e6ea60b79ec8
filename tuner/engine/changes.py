"""Word that something was committed, for those who wait for work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

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

    def after(self, write: Future[T], present: Callable[[T], R]) -> Future[R]:
        """A future for what ``present`` makes of a write's result, once it is committed and told."""
        result: Future[R] = Future()

        def finish(done: Future[T]) -> None:
            error = done.exception()
            if error is not None:
                result.set_exception(error)
                return
            self.notify()
            try:
                result.set_result(present(done.result()))
            except Exception as failure:
                # The edge of a callback: what is not passed on would vanish, and the caller wait for ever.
                result.set_exception(failure)

        write.add_done_callback(finish)
        return result
