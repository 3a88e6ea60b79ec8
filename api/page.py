"""The dashboard's files, as the build left them in ``api/static``.

A browser that is led to an address where nothing is gets the page, too, which says so; programs get a problem.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

# Paths of views: the page itself finds out which one it is to show.
_VIEWS = re.compile(r"/(?:(?:studies|datasets|models|workers|compare|create)(?:/.*)?)?")
# What programs ask for. Everything else that is asked for as a page is the dashboard's to answer.
_API = re.compile(r"/(?:v1|healthz|readyz|openapi\.json)(?:/.*)?", re.DOTALL)
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_MIN_COMPRESSED = 1024
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
# Everything comes from the server itself. Styles set by scripts on elements are not inline styles in the sense of this.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tuner</title>
<h1>The dashboard is not installed</h1>
<p>This server was installed with <code>TUNER_SKIP_DASHBOARD=1</code>, or from sources that were never built.
Its API is complete: see <a href="/openapi.json">/openapi.json</a>.</p>
<p>For the dashboard, install again without that variable: <code>pip install --force-reinstall .</code></p></html>"""


@dataclass(frozen=True)
class _File:
    """One file, read when it is first asked for."""

    path: Path
    # Names under assets/ hold a digest of their contents.
    is_immutable: bool

    @cached_property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def compressed(self) -> bytes | None:
        """The content in gzip, if that is worth it."""
        smaller = gzip.compress(self.content, 9, mtime=0)
        return smaller if len(self.content) >= _MIN_COMPRESSED and len(smaller) < len(self.content) else None

    @cached_property
    def tag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:20]}"'

    @property
    def media_type(self) -> str:
        guessed, _ = mimetypes.guess_type(self.path.name)
        return _TYPES.get(self.path.suffix) or guessed or "application/octet-stream"


class Page:
    """Answers for the paths of the dashboard: its files and its views.

    Args:
        folder: What the build left.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            f"/{path.relative_to(folder).as_posix()}": _File(path, path.parent.name == "assets")
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }

    def serves(self, scope: Scope) -> bool:
        """Whether a request is the dashboard's. All of it is public: it holds nothing of anybody's."""
        return self._has(scope["path"]) or _is_lost(scope)

    def answer(self, request: Request) -> Response:
        """The file at the request's path; for a view the page that shows it, and where nothing is, that says so."""
        path = request.scope["path"]
        file = self._files.get(path) or self._files.get("/index.html")
        if file is None or not self._has(path):
            content = _MISSING if file is None else file.content
            headers = _HEADERS | {"Cache-Control": _ASK_AGAIN, "Vary": "Accept"}
            return HTMLResponse(content, 200 if self._has(path) else 404, headers=headers)
        headers = _HEADERS | {
            "ETag": file.tag,
            "Cache-Control": _FOREVER if file.is_immutable else _ASK_AGAIN,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        compressed = file.compressed if "gzip" in request.headers.get("accept-encoding", "") else None
        if compressed is not None:
            headers["Content-Encoding"] = "gzip"
        return Response(compressed or file.content, media_type=file.media_type, headers=headers)

    def _has(self, path: str) -> bool:
        return path in self._files or _VIEWS.fullmatch(path) is not None


def _is_lost(scope: Scope) -> bool:
    """Whether a browser was led to where nothing is: programs ask for JSON or for anything."""
    if scope["method"] not in ("GET", "HEAD") or _API.fullmatch(scope["path"]) is not None:
        return False
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return b"text/html" in accepted and b"json" not in accepted


class PageRoute(BaseRoute):
    """Hands over what the dashboard serves, and nothing else: other paths keep their answers.

    Args:
        page: The dashboard.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_ours = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and self._page.serves(scope)
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._page.answer(Request(scope))(scope, receive, send)
