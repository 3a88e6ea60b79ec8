"""Telling that memory ran out, in Python or in a library that says so only in words."""

from __future__ import annotations

# The C++ runtime, LightGBM, XLA, the C library's error table, and Python itself when it dies of it.
_WORDS = ("bad_alloc", "bad allocation", "resource_exhausted", "cannot allocate memory", "memoryerror")


def tells_out_of_memory(text: str) -> bool:
    """Whether a message or the end of a log says that an allocation failed."""
    folded = text.casefold()
    return any(words in folded for words in _WORDS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, in the error itself or in what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) or tells_out_of_memory(str(cause)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
