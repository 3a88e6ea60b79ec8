"""What is computed from a study's facts: made again only when the study has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class _Entry(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    seq: int = -1
    value: T | None = None


class OncePerSeq(Generic[T]):
    """Values by key, each made once for a state of its study, also when many ask at the same time.

    Args:
        limit: How many keys to remember, the least recently used forgotten first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, seq: int, make: Callable[[], T]) -> T:
        """The value for the state ``seq`` or a later one; made by ``make`` if there is none yet.

        Who asks while it is being made waits for it.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            if len(self._entries) > self._limit:
                self._entries.popitem(last=False)
        with entry.lock:
            if entry.value is None or entry.seq < seq:
                entry.value, entry.seq = make(), seq
            return entry.value
