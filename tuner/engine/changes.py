"""Word that something was committed, for those who wait for work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import TypeVar

from tuner.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

ANY = ""
"""Stands for all studies."""


class Changes:
    """Wakes those of this process who wait for work, when there may be some.

    What other processes do is found by looking again.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0
        self._listeners: dict[str, set[Callable[[], object]]] = {}

    @property
    def count(self) -> int:
        """Rises with every change; read it before looking for work, and pass it to ``wait``."""
        return self._count

    def wait(self, seen: int, seconds: float) -> None:
        """Return when something changed since ``seen`` was read, at the latest after ``seconds``."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, timeout=seconds)

    @contextmanager
    def heard(self, study: str, listener: Callable[[], object]) -> Iterator[None]:
        """Call ``listener``, in some thread, whenever one study (``ANY``: any study) may have work."""
        with self._condition:
            self._listeners.setdefault(study, set()).add(listener)
        try:
            yield
        finally:
            with self._condition:
                listeners = self._listeners[study]
                listeners.discard(listener)
                if not listeners:
                    del self._listeners[study]

    def notify(self, study: str = ANY) -> None:
        """A study may have work, or has ended."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()
            listeners = [*self._listeners.get(ANY, ()), *(self._listeners.get(study, ()) if study else ())]
        for listener in listeners:
            listener()

    def told(self, write: Future[T], study: str = ANY) -> Future[T]:
        """The same write; whoever waits for work is woken once it is committed."""

        def tell(done: Future[T]) -> None:
            if done.exception() is None:
                self.notify(study)

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

    def on_done(done: Future[T]) -> None:
        error = done.exception()
        if error is not None:
            result.set_exception(error)
        else:
            pass_on(result, lambda: function(done.result()), executor)

    first.add_done_callback(on_done)
    return result


def pass_on(result: Future[R], function: Callable[[], R], executor: Executor | None = None) -> None:
    """Resolve ``result`` with what ``function`` returns or raises, here or on an executor."""

    def run() -> None:
        try:
            result.set_result(function())
        except Exception as failure:
            # The edge of a thread's work: what is not passed on would vanish, and the caller wait for ever.
            result.set_exception(failure)

    if executor is None:
        run()
        return
    try:
        executor.submit(run)
    except RuntimeError:
        result.set_exception(Unavailable("The engine is closing.", hint="Try again once it is back."))
