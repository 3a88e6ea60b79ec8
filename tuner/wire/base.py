"""The two kinds of body, and the field types they are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MAX_PAGE = 1_000


class Request(BaseModel):
    """A body from outside: unknown fields are refused, numbers are finite, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Resource(BaseModel):
    """A body we send. Unknown fields are ignored on reading, so that an older client can talk to a newer server."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _storable(text: str) -> str:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain a NUL or an unpaired surrogate")
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("must consist of printable characters, without space at its ends")
    return text


MAX_NOTE = 2_000

Text = Annotated[str, StringConstraints(strict=True, max_length=100_000), AfterValidator(_storable)]
Name = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=200),
    AfterValidator(_storable),
    AfterValidator(_printable),
]
Note = Annotated[str, StringConstraints(strict=True, max_length=MAX_NOTE), AfterValidator(_storable)]
Token = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64), AfterValidator(_storable)]
Whole = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
WaitSeconds = Annotated[float, Field(strict=True, ge=0, le=60)]
# Up to a week, for people who train by hand between two curl calls.
LeaseSeconds = Annotated[float, Field(strict=True, ge=1, le=7 * 86_400)]
