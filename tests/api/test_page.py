"""The dashboard's files: public, typed, kept by browsers as long as they may, and nothing but them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from api.page import Page
from tests.api.conftest import KEY, problem, served

INDEX = b"<!doctype html><title>dashboard</title>" + b"<!-- filler -->" * 100
SCRIPT = b"export const answer = 42;\n" * 100
VIEWS = ["/", "/studies", "/studies/01981c1e/trials/3", "/datasets/x", "/models/a.1", "/workers", "/create", "/compare"]

# As Chromium asks for what is typed into its address bar.
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}


def as_it_stands(client: httpx.Client, path: str) -> tuple[int, bytes]:
    """Status and body of a path that other clients would tidy up first."""
    connection = HTTPConnection(client.base_url.host, client.base_url.port)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build leaves."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "index.html").write_bytes(INDEX)
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / ".hidden").write_text("secret")
    (folder / "assets").mkdir()
    (folder / "assets" / "index-a1b2c3.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-a1b2c3.css").write_text("body{}")
    (folder.parent / "outside.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def page(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with a key, without that key."""
    with served(tmp_path_factory.mktemp("page"), page=Page(built), key=KEY) as client:
        yield client


@pytest.mark.parametrize("path", VIEWS)
def test_every_view_is_the_page_itself(page: httpx.Client, path: str) -> None:
    answer = page.get(path)
    assert (answer.status_code, answer.content) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_files_have_their_types(page: httpx.Client) -> None:
    types = {path: page.get(path).headers["content-type"] for path in ("/assets/index-a1b2c3.js", "/favicon.svg")}
    assert types == {"/assets/index-a1b2c3.js": "text/javascript; charset=utf-8", "/favicon.svg": "image/svg+xml"}
    assert page.get("/assets/index-a1b2c3.css").headers["content-type"] == "text/css; charset=utf-8"


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline(page: httpx.Client) -> None:
    for path in ("/", "/assets/index-a1b2c3.js"):
        headers = page.get(path).headers
        policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_assets_are_kept_for_ever_and_the_page_is_asked_for_again(page: httpx.Client) -> None:
    assert "immutable" in page.get("/assets/index-a1b2c3.js").headers["cache-control"]
    assert page.get("/favicon.svg").headers["cache-control"] == "no-cache"
    for path in ("/", "/studies/x", "/assets/index-a1b2c3.js"):
        first = page.get(path)
        again = page.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert page.get("/").headers["etag"] != page.get("/favicon.svg").headers["etag"]


def test_large_files_are_compressed_for_who_takes_it(page: httpx.Client) -> None:
    def raw(path: str, encoding: str) -> tuple[str | None, bytes]:
        with page.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
            assert answer.headers["vary"] == "Accept-Encoding"
            return answer.headers.get("content-encoding"), b"".join(answer.iter_raw())

    assert raw("/assets/index-a1b2c3.js", "identity") == (None, SCRIPT)
    encoding, content = raw("/assets/index-a1b2c3.js", "gzip, deflate, br")
    assert (encoding, gzip.decompress(content)) == ("gzip", SCRIPT)
    assert len(content) < len(SCRIPT) / 2
    assert raw("/assets/index-a1b2c3.css", "gzip") == (None, b"body{}")


def test_head_has_the_same_headers_and_no_body(page: httpx.Client) -> None:
    head, get = page.head("/"), page.get("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_no_part_of_it(page: httpx.Client, method: str) -> None:
    key = {"Authorization": f"Bearer {KEY}"}
    for path in ("/", "/studies/x", "/favicon.svg"):
        problem(page.request(method, path, headers=key), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/studiesx",
        "/assets/",
        "/assets/nothing.js",
        "/.hidden",
        "/outside.txt",
        "/assets/../../outside.txt",
        "/assets/%2e%2e/%2e%2e/outside.txt",
        "/assets/..%2f..%2foutside.txt",
        "//outside.txt",
        "/index.html%00.js",
    ],
)
def test_paths_that_are_none_of_its_files_are_not_found(page: httpx.Client, path: str) -> None:
    status, content = as_it_stands(page, path)
    assert status == 404
    assert b"/problems/not-found" in content
    assert b"secret" not in content


@pytest.mark.parametrize("path", ["/nonsense", "/studiesx/y", "/assets/nothing.js", "/.hidden", "/outside.txt"])
def test_a_browser_led_to_nowhere_gets_the_page_which_says_so(page: httpx.Client, path: str) -> None:
    answer = page.get(path, headers=BROWSER)
    assert (answer.status_code, answer.content) == (404, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["content-security-policy"] == page.get("/").headers["content-security-policy"]
    head = page.head(path, headers=BROWSER)
    assert (head.status_code, head.content) == (404, b"")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5"])
def test_a_program_led_to_nowhere_gets_a_problem(page: httpx.Client, accept: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Accept": accept}
    problem(page.get("/nonsense", headers=headers), 404, "not-found")


def test_what_is_wrong_with_the_api_is_told_in_json_to_browsers_as_well(page: httpx.Client) -> None:
    key = {"Authorization": f"Bearer {KEY}"}
    for path in ("/v1", "/v1/nothing", "/v1/studies/x", "/healthz/"):
        problem(page.get(path, headers=BROWSER | key), 404, "not-found")
    problem(page.post("/nonsense", headers=BROWSER | key), 404, "not-found")
    assert page.get("/openapi.json", headers=BROWSER | key).json()["info"]["title"] == "tuner"


@pytest.mark.parametrize("path", ["/studies/../../outside.txt", "/studies/%2e%2e/%2e%2e/outside.txt"])
def test_a_view_gives_nothing_but_the_page_whatever_its_path(page: httpx.Client, path: str) -> None:
    assert as_it_stands(page, path) == (200, INDEX)


def test_with_a_key_the_page_is_public_and_the_api_is_not(page: httpx.Client) -> None:
    assert page.get("/").status_code == page.get("/assets/index-a1b2c3.js").status_code == 200
    for path in ("/v1/studies", "/v1/studies/events", "/v1/workers", "/openapi.json", "/nothing"):
        problem(page.get(path), 401, "unauthorized")


def test_a_foreign_host_gets_no_page(page: httpx.Client) -> None:
    problem(page.get("/", headers={"Host": "evil.example"}), 403, "forbidden")


def test_a_page_that_was_not_built_says_what_to_do(tmp_path: Path) -> None:
    with served(tmp_path / "home", page=Page(tmp_path / "empty")) as client:
        for path in ("/", "/studies/x"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert "not installed" in answer.text
            assert "pip install" in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        lost = client.get("/nonsense", headers=BROWSER)
        assert lost.status_code == 404
        assert "not installed" in lost.text
        assert client.get("/healthz").json()["ready"] is True


def test_the_page_of_this_installation_holds_nothing_inline(client: httpx.Client) -> None:
    """Whether it was built or not."""
    text = client.get("/").text
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)
