"""A failure as it crosses the wire: RFC 9457 problem details."""

from __future__ import annotations

from tuner.errors import Place, TunerError, error_classes
from tuner.wire.base import Resource

PREFIX = "/problems/"


class ProblemPlace(Resource):
    """One spot in the request that is at fault."""

    pointer: str
    detail: str


class Problem(Resource):
    """Body of every 4xx and 5xx answer, media type ``application/problem+json``."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    errors: tuple[ProblemPlace, ...] = ()

    @classmethod
    def of(cls, error: TunerError, status: int) -> Problem:
        """The problem that tells of ``error``."""
        return cls(
            type=PREFIX + error.code,
            title=error.code.replace("-", " ").capitalize(),
            status=status,
            detail=error.message,
            hint=error.hint,
            errors=tuple(ProblemPlace(pointer=place.pointer, detail=place.detail) for place in error.places),
        )

    def to_error(self) -> TunerError:
        """The error that the problem tells of, as its own class."""
        cls = error_classes().get(self.type.removeprefix(PREFIX), TunerError)
        return cls.restored(self.detail, self.hint, [Place(place.pointer, place.detail) for place in self.errors])
