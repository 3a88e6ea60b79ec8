"""Names for things: UUIDv7 ids outside, random tokens for leases, hashes of bodies."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from datetime import datetime

from pydantic import BaseModel


def new_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562): sorts by time, unique without asking anybody."""
    milliseconds = int(now.timestamp() * 1_000)
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def new_token() -> str:
    """A lease's token: 128 random bits in hex."""
    return secrets.token_hex(16)


def body_hash(scope: str, body: BaseModel, *, without: frozenset[str] = frozenset()) -> str:
    """Hash of a request: equal for equal bodies to the same scope."""
    form = body.model_dump(mode="json", exclude=set(without))
    text = json.dumps([scope, form], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
