"""Everything that can go wrong, as one tree.

    TunerError
    ├── InvalidInput                 a value from outside breaks a rule; ``places`` says where
    │   ├── InvalidSearchSpace
    │   ├── InvalidArchitecture      a network as data that breaks a rule
    │   ├── InvalidDataset           the table itself, or a column named in a request
    │   └── UnknownName              no such family, metric, sampler, pruner
    ├── TooLarge                     a body, upload or space over its limit
    ├── NotFound                     no such study, trial, dataset, artifact
    ├── Conflict                     the request is fine, the present state is not
    │   ├── StudyExists              the name is taken by a study with another specification
    │   ├── StudyClosed              the study hands out no trials: paused, completed, cancelled
    │   ├── LeaseLost                another worker holds the trial, or nobody does any more
    │   ├── TrialFinished            the trial has ended already, with another result
    │   ├── DatasetInUse
    │   ├── IdempotencyConflict      one key, two different requests
    │   └── StaleCursor              the ranking changed under a page
    ├── Unauthorized                 no key, or a wrong one
    ├── Forbidden                    foreign host or origin
    ├── Unavailable                  try again later: overload, database away
    │   └── StorageFull              the server's disk is full
    ├── ConnectionFailed             no answer from the server
    ├── IncompatibleServer           client and server do not understand each other
    ├── ServerError                  the server failed; its log says why
    ├── TrainingFailed               a candidate could not be trained; becomes the trial's failure
    ├── WaitTimeout                  what was waited for has not happened yet
    ├── DatabaseInUse                another process owns the SQLite file
    ├── DatabaseOutdated             the schema is not the one this version needs
    ├── ForkedEngine                 a forked copy of an engine was used
    └── MissingExtra                 an optional dependency is not installed

Every error can carry a hint (what to do now) and places (JSON pointers into the request). ``code`` is the stable name
that crosses the wire as the problem's type; the client turns it back into the class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True)
class Place:
    """One spot in a request that breaks a rule: a JSON pointer (``#/space/lr/low``) and what is wrong there."""

    pointer: str
    detail: str


class TunerError(Exception):
    """Root of the tree.

    Args:
        message: What happened and what was expected, in one sentence.
        hint: What to do now.
        places: The spots in the request that are at fault.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None, places: Iterable[Place] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.places = tuple(places)

    @classmethod
    def restored(cls, message: str, hint: str | None, places: Iterable[Place]) -> Self:
        """Build the error from its public parts, as a client does that read them from a problem."""
        error = cls.__new__(cls)
        TunerError.__init__(error, message, hint=hint, places=places)
        return error

    def __str__(self) -> str:
        lines = [self.message]
        lines += [f"  {place.pointer}: {place.detail}" for place in self.places]
        if self.hint:
            lines.append(f"Hint: {self.hint}")
        return "\n".join(lines)


class InvalidInput(TunerError):
    """A value from outside breaks a rule."""

    code = "invalid-input"


class InvalidSearchSpace(InvalidInput):
    """The search space contradicts itself or uses an unknown form."""

    code = "invalid-search-space"


class InvalidArchitecture(InvalidInput):
    """A network given as data contradicts itself, uses what is not allowed, or would grow too large."""

    code = "invalid-architecture"


class InvalidDataset(InvalidInput):
    """The table cannot be used: unreadable, empty, or without the column that was named."""

    code = "invalid-dataset"


class UnknownName(InvalidInput):
    """A name that should come from a closed list does not.

    Args:
        kind: What was named: ``family``, ``metric``, ``sampler``, ``pruner``.
        name: The name that was given.
        known: The names that would have been right.
        pointer: Where the name stood in the request.
    """

    code = "unknown-name"

    def __init__(self, kind: str, name: str, known: Iterable[str], pointer: str = "#") -> None:
        choices = ", ".join(sorted(known))
        super().__init__(
            f"There is no {kind} called {name!r}.",
            hint=f"Use one of: {choices}.",
            places=[Place(pointer, f"unknown {kind}")],
        )


class TooLarge(TunerError):
    """A body, an upload or a space is over its limit."""

    code = "too-large"


class NotFound(TunerError):
    """No such thing, or not yours.

    Args:
        kind: ``study``, ``trial``, ``dataset``, ``artifact``, ``model``.
        name: How it was asked for.
    """

    code = "not-found"

    def __init__(self, kind: str, name: str | int, *, hint: str | None = None) -> None:
        super().__init__(
            f"There is no {kind} {str(name)!r}.", hint=hint or f"List what exists, or check the {kind}'s id."
        )


class Conflict(TunerError):
    """The request is well formed, but the present state does not allow it."""

    code = "conflict"


class StudyExists(Conflict):
    """The name is taken by a study with another specification; ``places`` lists the fields that differ."""

    code = "study-exists"


class StudyClosed(Conflict):
    """The study hands out no trials now, because it is paused or has ended."""

    code = "study-closed"


class LeaseLost(Conflict):
    """The trial is no longer leased to this worker."""

    code = "lease-lost"

    def __init__(self, trial: str, why: str) -> None:
        super().__init__(
            f"Trial {trial} is no longer leased to this worker: {why}.",
            hint="Stop the run and ask again; raise lease_seconds if this recurs.",
        )


class TrialFinished(Conflict):
    """The trial has ended already, with another result."""

    code = "trial-finished"


class DatasetInUse(Conflict):
    """The dataset cannot be deleted while studies use it."""

    code = "dataset-in-use"


class IdempotencyConflict(Conflict):
    """The idempotency key was used before, for a different request."""

    code = "idempotency-conflict"


class StaleCursor(Conflict):
    """The ranking changed between two pages."""

    code = "stale-cursor"


class Unauthorized(TunerError):
    """The key is missing or wrong."""

    code = "unauthorized"


class Forbidden(TunerError):
    """The request comes from a host or an origin that is not allowed."""

    code = "forbidden"


class Unavailable(TunerError):
    """The service cannot answer now; ``retry_after_seconds`` says when to try again."""

    code = "unavailable"
    retry_after_seconds: float = 1.0


class StorageFull(Unavailable):
    """The disk of the server or of its database is full. What was acknowledged is safe; nothing new can be stored."""

    code = "storage-full"
    retry_after_seconds = 10.0


class ConnectionFailed(TunerError):
    """The server did not answer."""

    code = "connection-failed"


class IncompatibleServer(TunerError):
    """Client and server do not understand each other."""

    code = "incompatible-server"


class ServerError(TunerError):
    """The server failed while it handled the request."""

    code = "server-error"


class TrainingFailed(TunerError):
    """A candidate could not be trained.

    Args:
        reason: One of the failure reasons of a trial, e.g. ``error``, ``nan``, ``timeout``, ``out_of_memory``.
        message: What happened; for an exception, its traceback.
    """

    code = "training-failed"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class WaitTimeout(TunerError):
    """What was waited for has not happened yet."""

    code = "wait-timeout"


class DatabaseInUse(TunerError):
    """Another process owns the SQLite file."""

    code = "database-in-use"


class DatabaseOutdated(TunerError):
    """The database's schema is not the one this version of tuner needs."""

    code = "database-outdated"


class ForkedEngine(TunerError):
    """An engine was used in a process that was forked from the one that opened it."""

    code = "forked-engine"


class MissingExtra(TunerError):
    """An optional dependency is not installed.

    Args:
        extra: The extra of this distribution that brings it.
        purpose: What needs it, as the subject of a sentence.
    """

    code = "missing-extra"

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs packages that are not installed.",
            hint=f"Install them with: pip install 'tuner[{extra}]'",
        )
        self.extra = extra


def error_classes() -> dict[str, type[TunerError]]:
    """All classes of the tree by their code."""
    return {cls.code: cls for cls in _descendants(TunerError)}


def _descendants(cls: type[TunerError]) -> Iterator[type[TunerError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _descendants(child)
