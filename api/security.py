"""Who may talk to the service, and how much they may send. The rules hold before any route is looked up.

Source of the rules: DNS rebinding and cross-site requests reach services on loopback, so the Host must be one of ours
and a browser's Origin must be the service itself; everything but the health routes wants the key, once there is one.
"""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body_limits import too_long
from api.page import Page
from api.session import COOKIE, is_valid
from api.settings import ApiSettings
from tuner.errors import Forbidden, InvalidInput, Unauthorized

# The session takes the key in its body, and gives nothing away when it is ended.
PUBLIC_PATHS = frozenset({"/healthz", "/readyz", "/v1/session"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_LIMITS = "TUNER_API_MAX_ARTIFACT_BYTES or TUNER_API_MAX_UPLOAD_BYTES"
_MIN_KEY_LENGTH = 16
_MIN_KEY_CHARACTERS = 8


class GuardMiddleware:
    """Refuses foreign hosts and origins, wrong keys and endless bodies.

    Args:
        app: What answers the requests that pass.
        settings: Hosts, key and limits.
        page: The dashboard, which is public.
    """

    def __init__(self, app: ASGIApp, settings: ApiSettings, page: Page) -> None:
        self._app = app
        self._page = page
        self._hosts = LOOPBACK_NAMES | {name.lower() for name in settings.allowed_hosts} | {settings.host.lower()}
        self._key = settings.key.get_secret_value().encode() if settings.key else None
        # No route takes more than this; each has its own, lower limit.
        self._max_bytes = max(settings.max_body_bytes, settings.max_upload_bytes, settings.max_artifact_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or raise why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _SecurityHeaders(scope)
        self._check_host(headers)
        _check_origin(headers)
        if not self._is_public(scope):
            self._check_key(headers)
        self._check_length(headers)
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    raise too_long(self._max_bytes, _LIMITS)
            return message

        await self._app(scope, limited_receive, send)

    def _check_host(self, headers: _SecurityHeaders) -> None:
        name = _host_name(headers.host[0]) if len(headers.host) == 1 else None
        if name is None or (name not in self._hosts and "*" not in self._hosts):
            raise Forbidden(
                f"This server does not answer to the host name {name!r}.",
                hint="Use http://127.0.0.1 on the same machine, or add the name to TUNER_API_ALLOWED_HOSTS.",
            )

    def _check_key(self, headers: _SecurityHeaders) -> None:
        if self._key is None:
            return
        if not headers.authorization and any(is_valid(value, self._key) for value in headers.sessions()):
            return
        scheme, _, shown = headers.authorization[0].partition(b" ") if len(headers.authorization) == 1 else (b"",) * 3
        if scheme.lower() != b"bearer":
            raise Unauthorized(
                "The request shows no key.", hint="Set TUNER_API_KEY, or send the header Authorization: Bearer <key>."
            )
        check_key(shown.strip(), self._key)

    def _is_public(self, scope: Scope) -> bool:
        return scope["path"] in PUBLIC_PATHS or self._page.serves(scope)

    def _check_length(self, headers: _SecurityHeaders) -> None:
        announced = headers.content_length[0] if headers.content_length else b""
        if announced.isdigit() and int(announced[:20]) > self._max_bytes:
            raise too_long(self._max_bytes, _LIMITS)


class VersionMiddleware:
    """Adds the headers that every answer carries, refusals included.

    Args:
        app: What answers.
        version: Version of this server, compared by clients with their own.
    """

    def __init__(self, app: ASGIApp, version: str) -> None:
        self._app = app
        self._version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tuner-Version"] = self._version
                # No browser may guess that an artifact or a log is a page.
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, send_with_headers)


def check_key(shown: bytes, key: bytes) -> None:
    """Refuse a wrong key.

    Raises:
        Unauthorized: It is not the server's.
    """
    if not hmac.compare_digest(shown, key):
        raise Unauthorized("The key is wrong.", hint="Use the TUNER_API_KEY that the server was started with.")


def check_exposure(settings: ApiSettings) -> None:
    """Refuse to start a server that strangers could use.

    Raises:
        InvalidInput: Other machines can connect but there is no key, or one that can be guessed.
    """
    key = settings.key.get_secret_value() if settings.key else None
    if not is_loopback(settings.host):
        if key is None:
            raise InvalidInput(
                f"Listening on {settings.host} would let anybody on the network use this server without a key.",
                hint=f"Set TUNER_API_KEY, for example to the output of: {_MAKE_KEY}. Or listen on 127.0.0.1.",
            )
        if len(key) < _MIN_KEY_LENGTH or len(set(key)) < _MIN_KEY_CHARACTERS:
            raise InvalidInput(
                f"TUNER_API_KEY can be guessed: expected at least {_MIN_KEY_LENGTH} characters, "
                f"{_MIN_KEY_CHARACTERS} of them different.",
                hint=f"Set it to the output of: {_MAKE_KEY}.",
            )
    elif key is None and "*" in settings.allowed_hosts:
        raise InvalidInput(
            "Any host name is allowed but there is no key, so any web page could use this server.",
            hint="Name the hosts in TUNER_API_ALLOWED_HOSTS, or set TUNER_API_KEY.",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def url_of(host: str, port: int) -> str:
    """The URL under which this machine reaches a server that listens on ``host``."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


_MAKE_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


class _SecurityHeaders:
    """The headers that decide, all values of each: a second Host must not slip past behind the first."""

    def __init__(self, scope: Scope) -> None:
        self.host: list[bytes] = []
        self.origin: list[bytes] = []
        self.authorization: list[bytes] = []
        self.content_length: list[bytes] = []
        self.cookie: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"host":
                self.host.append(value)
            elif name == b"origin":
                self.origin.append(value)
            elif name == b"authorization":
                self.authorization.append(value)
            elif name == b"content-length":
                self.content_length.append(value)
            elif name == b"cookie":
                self.cookie.append(value)

    def sessions(self) -> list[str]:
        """The values of our cookie, if there are any."""
        pairs = (pair.strip().partition("=") for value in self.cookie for pair in value.decode("latin-1").split(";"))
        return [value for name, _, value in pairs if name == COOKIE]


def _check_origin(headers: _SecurityHeaders) -> None:
    for origin in headers.origin:
        # The Host has been checked, so an Origin that equals it is a page of this very server.
        if urlsplit(origin.decode("latin-1")).netloc.lower() != headers.host[0].decode("latin-1").lower():
            raise Forbidden(
                "Web pages of another origin may not use this server.",
                hint="Open the page from the server itself, or call it from a program.",
            )


def _host_name(value: bytes) -> str | None:
    """The name in a Host header, without port and brackets."""
    text = value.decode("latin-1").lower()
    name, bracket, rest = text.removeprefix("[").partition("]") if text.startswith("[") else ("", "", "")
    if not bracket:
        name, colon, port = text.partition(":")
        rest = colon + port
    if rest and not (rest.startswith(":") and rest[1:].isdigit()):
        return None
    return name or None
