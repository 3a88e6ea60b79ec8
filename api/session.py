"""Sessions of browsers: a signed cookie instead of the key, because a stream of events cannot send headers.

The cookie holds the instant at which it ends, signed with the key. So every replica knows it, nothing is stored, and a
new key ends all sessions.
"""

from __future__ import annotations

import hashlib
import hmac
import time

COOKIE = "tuner_session"
SESSION_SECONDS = 30 * 24 * 3600


def new_session(key: bytes, now: float | None = None) -> str:
    """The value of a cookie that shows that its bearer has had the key."""
    ends_at = str(int((time.time() if now is None else now) + SESSION_SECONDS))
    return f"{ends_at}.{_signature(key, ends_at)}"


def is_valid(cookie: str, key: bytes, now: float | None = None) -> bool:
    """Whether a cookie's value was made with this key and has not ended."""
    ends_at, _, signature = cookie.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, ends_at).encode()):
        return False
    return ends_at.isdigit() and int(ends_at) > (time.time() if now is None else now)


def _signature(key: bytes, ends_at: str) -> str:
    return hmac.new(key, f"tuner session until {ends_at}".encode(), hashlib.sha256).hexdigest()
