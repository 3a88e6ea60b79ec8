"""Sending requests to a server: connections, repetition, and what an answer means."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlencode
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import ValidationError

from tuner import __version__
from tuner.client.backoff import Backoff
from tuner.errors import (
    ConnectionFailed,
    IncompatibleServer,
    InvalidInput,
    ServerError,
    TunerError,
    Unavailable,
)
from tuner.wire import Problem

logger = logging.getLogger(__name__)

VERSION_HEADER = "Tuner-Version"
SHA256_HEADER = "Tuner-Sha256"

CONNECT_SECONDS = 5.0
# The server closes a connection that has been idle for five seconds; a request must not meet that.
KEEP_ALIVE_SECONDS = 4.0
# A wrong address should be told of soon; a server that has answered before is more likely restarting.
FIRST_PATIENCE_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
LONGEST_RETRY_AFTER_SECONDS = 120.0
_RETRIED = {429, 502, 503, 504, 507}
_CHUNK = 1 << 18
_RAW_VERSION_HEADER = VERSION_HEADER.lower().encode()


class Attempts:
    """How often a request has been sent, and how long to pause before the next time."""

    def __init__(self) -> None:
        self.count = 0
        self._backoff = Backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)

    def pause(self, failure: TunerError, left: float) -> float | None:
        """Full jitter over a doubling range, after what the server asks for; None when that is beyond what is left."""
        asked = failure.retry_after_seconds if isinstance(failure, Unavailable) else 0.0
        pause = self._backoff.next_seconds(failure)
        return min(pause, left) if left > asked else None


class HttpRequests:
    """Sends requests to one server. One object may be used by many threads, and by a forked child.

    It uses httpx one layer below its client, which would spend a third of each request on URLs, cookies, redirects and
    authentication that are not used here.

    Args:
        base_url: Where the server answers, e.g. ``http://127.0.0.1:8000``.
        api_key: The server's key, if it has one.
        timeout_seconds: How long one request may stay without an answer, beyond any waiting that was asked for.
        patience_seconds: How long a request is repeated before its failure is told. Until the server has answered
            once it is two seconds at most.

    Raises:
        InvalidInput: ``base_url`` is not an http or https URL, or the key cannot stand in a header.
    """

    def __init__(self, base_url: str, api_key: str | None, *, timeout_seconds: float, patience_seconds: float) -> None:
        self.url = _checked_url(base_url)
        self._headers = _common_headers(self.url, _checked_key(api_key))
        self._timeout_seconds = timeout_seconds
        self._timeouts = _timeouts(timeout_seconds)
        self._patience_seconds = patience_seconds
        self._has_answered = False
        self._version: str | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._connections = self._open()

    def close(self) -> None:
        """Close all connections; later requests fail."""
        self._is_closed = True
        self._connections.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        content: bytes | None = None,
        file: Path | None = None,
        headers: Sequence[tuple[str, str]] = (),
        wait_seconds: float = 0.0,
        timeout_seconds: float | None = None,
        patience_seconds: float | None = None,
        attempts: Attempts | None = None,
    ) -> bytes:
        """Send a request, again where that may help, and return the body of the good answer.

        Each repetition is the same, with the same headers and the same body.

        Args:
            method: The HTTP method.
            path: Path below the server's URL.
            query: Parameters; a list stands for several of one name, None for none.
            content: The body.
            file: Or a file whose content is the body.
            headers: Headers of this request.
            wait_seconds: How long the server was asked to wait before it answers.
            timeout_seconds: How long to wait for an answer at most, if that is shorter than usual.
            patience_seconds: How long to repeat the request at most, if that is shorter than usual.
            attempts: Counts how often it was sent.
        """
        attempts = attempts or Attempts()
        url = _parsed(self.url + path + _query(query))
        headers = [*self._headers, *headers]
        timeouts = self._timeouts
        if wait_seconds or timeout_seconds is not None:
            seconds = self._timeout_seconds + wait_seconds
            timeouts = _timeouts(seconds if timeout_seconds is None else min(seconds, timeout_seconds))
        started = time.monotonic()
        while True:
            attempts.count += 1
            try:
                with _opened(file) as stream:
                    request = httpx.Request(
                        method, url, headers=headers, content=stream or content, extensions={"timeout": timeouts}
                    )
                    response = self._http.handle_request(request)
                    body = self._body(response)
                failure = self._failure(response, body)
                if failure is None:
                    return body
                if response.status_code not in _RETRIED:
                    raise failure
            except httpx.RequestError as error:
                failure = self._unreachable(error)
            left = started + wait_seconds + self._patience(patience_seconds) - time.monotonic()
            pause = attempts.pause(failure, left)
            if pause is None:
                raise failure
            logger.info(
                "request repeated",
                extra={
                    "action": "request",
                    "method": method,
                    "path": path,
                    "attempts": attempts.count,
                    "pause_seconds": round(pause, 3),
                    "reason": failure.message,
                },
            )
            time.sleep(pause)

    def download(self, path: str) -> Iterator[bytes]:
        """The body of a resource, in pieces; the last one comes only if the SHA-256 of the whole is right."""
        digest = hashlib.sha256()
        request = httpx.Request(
            "GET", self.url + path, headers=self._headers, extensions={"timeout": _timeouts(self._timeout_seconds)}
        )
        try:
            response = self._http.handle_request(request)
            try:
                if not response.is_success:
                    response.read()
                failure = self._failure(response, b"" if response.is_success else response.content)
                if failure is not None:
                    raise failure
                held = b""
                for chunk in response.iter_bytes(_CHUNK):
                    digest.update(chunk)
                    if held:
                        yield held
                    held = chunk
                expected = response.headers.get(SHA256_HEADER)
                if expected and expected.lower() != digest.hexdigest():
                    raise ConnectionFailed(
                        f"What {self.url} sent for {path} is damaged: its SHA-256 is {digest.hexdigest()}, "
                        f"{expected} was announced.",
                        hint="Try again.",
                    )
                if held:
                    yield held
            finally:
                response.close()
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    @property
    def _http(self) -> httpx.HTTPTransport:
        if self._is_closed:
            raise TunerError("This client has been closed.", hint="Make a new tuner.Client().")
        if self._pid != os.getpid():
            # A forked child shares its parent's sockets; requests of both would mingle.
            with self._lock:
                if self._pid != os.getpid():
                    self._connections = self._open()
                    self._pid = os.getpid()
        return self._connections

    def _body(self, response: httpx.Response) -> bytes:
        # No compression is asked for, so that what comes is the body itself.
        try:
            assert isinstance(response.stream, httpx.SyncByteStream)
            return b"".join(response.stream)
        finally:
            response.close()
            if self._is_closed:
                # The connection was opened while another thread closed all that there were.
                response.extensions["network_stream"].close()

    def _open(self) -> httpx.HTTPTransport:
        return httpx.HTTPTransport(
            # Waiting asks hold a connection each; the number of the caller's threads is the limit.
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEP_ALIVE_SECONDS
            ),
            proxy=_proxy(httpx.URL(self.url)),
        )

    def _patience(self, most_seconds: float | None) -> float:
        patience = self._patience_seconds if most_seconds is None else min(self._patience_seconds, most_seconds)
        return patience if self._has_answered else min(FIRST_PATIENCE_SECONDS, patience)

    def _failure(self, response: httpx.Response, body: bytes) -> TunerError | None:
        """What a response tells of, None when it is good."""
        version = next((value for name, value in response.headers.raw if name.lower() == _RAW_VERSION_HEADER), None)
        if version is not None:
            self._has_answered = True
            self._check_version(version.decode("ascii", "replace"))
        if response.is_success:
            return None if version is not None else self._stranger(response)
        if response.headers.get("Content-Type", "").startswith("application/problem+json"):
            try:
                error = Problem.model_validate_json(body).to_error()
            except ValidationError:
                return self._stranger(response)
        elif response.status_code in _RETRIED:
            error = Unavailable(f"{self.url} answers with status {response.status_code}.", hint="Try again later.")
        elif version is not None:
            error = ServerError(
                f"{self.url} answers with status {response.status_code}.", hint="The server's log says why."
            )
        else:
            return self._stranger(response)
        if isinstance(error, Unavailable):
            error.retry_after_seconds = _retry_after(response)
        return error

    def _check_version(self, theirs: str) -> None:
        if theirs == self._version:
            return
        if _compatible_part(theirs) != _compatible_part(__version__):
            raise IncompatibleServer(
                f"The server at {self.url} has version {theirs}, this client {__version__}.",
                hint=f"Install the server's version here: pip install 'tuner=={theirs}'",
            )
        self._version = theirs

    def _stranger(self, response: httpx.Response) -> IncompatibleServer:
        kind = response.headers.get("Content-Type", "no content type")
        return IncompatibleServer(
            f"What answers at {self.url} is not a tuner server (status {response.status_code}, {kind}).",
            hint="Check the URL, its port, and whether a proxy stands between.",
        )

    def _unreachable(self, error: httpx.RequestError) -> ConnectionFailed:
        reason = str(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) or not self._has_answered:
            return ConnectionFailed(
                f"No tuner server answers at {self.url} ({reason}).",
                hint="Start one with `tuner serve`, or set TUNER_URL to where one runs. "
                "Without a URL, tuner works in this process.",
            )
        return ConnectionFailed(
            f"The server at {self.url} did not answer ({reason}).",
            hint="See whether it still runs; its log says more.",
        )


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


def _timeouts(seconds: float) -> dict[str, float | None]:
    return {"connect": min(seconds, CONNECT_SECONDS), "read": seconds, "write": seconds, "pool": None}


def _common_headers(url: str, api_key: str | None) -> list[tuple[str, str]]:
    parsed = httpx.URL(url)
    headers = [
        ("Host", parsed.netloc.decode("ascii")),
        (VERSION_HEADER, __version__),
        ("User-Agent", f"tuner/{__version__}"),
    ]
    if api_key:
        headers.append(("Authorization", f"Bearer {api_key}"))
    elif parsed.userinfo:
        # For the proxy that some put before the server.
        encoded = base64.b64encode(unquote(parsed.userinfo.decode()).encode()).decode()
        headers.append(("Authorization", f"Basic {encoded}"))
    return headers


def _compatible_part(version: str) -> list[str]:
    """The leading numbers that must be equal: the major version, and the minor one while the major is 0."""
    numbers = version.split(".")
    return numbers[: 2 if numbers[0] == "0" else 1]


def _checked_url(url: str) -> str:
    address = url.strip().rpartition("://")[2].strip("/")
    url = url.strip().rstrip("/")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidInput(f"{url!r} is not a URL: {error}.", hint="Write http://HOST:PORT.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InvalidInput(f"{url!r} is not the URL of a server.", hint=f"Write http://{address or 'HOST:PORT'}.")
    return url


def _checked_key(api_key: str | None) -> str | None:
    if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
        raise InvalidInput("The API key must consist of printable ASCII characters.", hint="Copy it again.")
    return api_key


def _proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for a URL."""
    if url.host in ("localhost", "::1") or url.host.startswith("127.") or proxy_bypass(url.host):
        # A proxy named in the environment cannot reach this machine's own address.
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _query(query: Mapping[str, object] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None and value != []}
    return f"?{urlencode(given, doseq=True)}" if given else ""


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    with path.open("rb") as file:
        yield file


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait; its other form, a date, is not used by ours."""
    try:
        seconds = float(response.headers.get("Retry-After", "0"))
    except ValueError:
        return 1.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)
