import socket
from typing import Any

import httpx
import pytest

from api.security import check_exposure, is_loopback, url_of
from api.settings import ApiSettings
from tests.api.conftest import KEY, problem
from tuner.errors import InvalidInput

GOOD_KEY = {"Authorization": f"Bearer {KEY}"}


def every_route(client: httpx.Client) -> list[tuple[str, str]]:
    description = client.get("/openapi.json", headers=GOOD_KEY).json()
    values = {
        "study": "s",
        "number": "0",
        "attempt": "1",
        "name": "model.zip",
        "dataset": "d",
        "model": "s.0",
        "request_id": "r",
    }
    return [
        (method.upper(), path.format(**values))
        for path, operations in description["paths"].items()
        for method in operations
    ]


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8"], ids=["program", "browser"])
def test_every_route_but_health_and_the_session_wants_the_key(guarded: httpx.Client, accept: str) -> None:
    routes = every_route(guarded)
    assert len(routes) > 25
    for method, path in [*routes, ("GET", "/openapi.json")]:
        answer = guarded.request(method, path, headers={"Accept": accept})
        if path in ("/healthz", "/readyz"):
            assert answer.status_code == 200
        elif path != "/v1/session":
            problem(answer, 401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/v1/nothing", "/healthz/", "//healthz", "/HEALTHZ"])
def test_paths_that_are_no_health_route_want_the_key(guarded: httpx.Client, path: str) -> None:
    # As a whole URL: two slashes at the start of a path would be taken for a host.
    problem(guarded.get(str(guarded.base_url).rstrip("/") + path), 401, "unauthorized")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": f"Bearer {KEY[:-1]}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        [("Authorization", f"Bearer {KEY}"), ("Authorization", "Bearer wrong")],
    ],
)
def test_a_wrong_key_is_refused(guarded: httpx.Client, headers: Any) -> None:
    problem(guarded.get("/v1/studies", headers=headers), 401, "unauthorized")


def test_the_right_key_is_accepted(guarded: httpx.Client) -> None:
    assert guarded.get("/v1/studies", headers=GOOD_KEY).status_code == 200


def test_the_scheme_may_be_written_in_any_case(guarded: httpx.Client) -> None:
    assert guarded.get("/v1/studies", headers={"Authorization": f"bearer {KEY}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:80:80", "127.0.0.1@evil", "[::1"]
)
def test_a_foreign_host_is_refused_even_on_health_routes(client: httpx.Client, host: str) -> None:
    problem(client.get("/healthz", headers={"Host": host}), 403, "forbidden")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]", "[::1]:8000"])
def test_loopback_names_are_accepted_with_any_port(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_configured_host_is_accepted(guarded: httpx.Client) -> None:
    assert guarded.get("/healthz", headers={"Host": "tuner.example:443"}).status_code == 200


def test_a_second_host_header_is_refused(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100).startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://localhost.evil.example", "http://127.0.0.1:1", ""]
)
def test_a_foreign_origin_is_refused(client: httpx.Client, origin: str) -> None:
    problem(client.post("/v1/studies", json={}, headers={"Origin": origin}), 403, "forbidden")


def test_a_page_of_the_server_itself_is_accepted(client: httpx.Client) -> None:
    origin = str(client.base_url).rstrip("/")
    assert client.get("/v1/studies", headers={"Origin": origin}).status_code == 200


def test_no_answer_invites_other_origins(client: httpx.Client) -> None:
    answer = client.options("/v1/studies", headers={"Access-Control-Request-Method": "POST"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/healthz", "/v1/studies", "/v1/nothing"])
def test_every_answer_names_the_version_and_forbids_sniffing(client: httpx.Client, path: str) -> None:
    for headers in ({}, {"Host": "evil.example"}):
        answer = client.get(path, headers=headers)
        assert answer.headers["tuner-version"]
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "tuner.example"])
def test_a_server_for_other_machines_needs_a_key(host: str) -> None:
    with pytest.raises(InvalidInput, match="TUNER_API_KEY"):
        check_exposure(ApiSettings(host=host))


@pytest.mark.parametrize("key", ["short", "a" * 40, "abababababababababab"])
def test_a_key_that_can_be_guessed_is_refused_for_other_machines(key: str) -> None:
    with pytest.raises(InvalidInput, match="guessed"):
        check_exposure(ApiSettings(host="0.0.0.0", key=key))


def test_any_host_name_needs_a_key() -> None:
    with pytest.raises(InvalidInput, match="no key"):
        check_exposure(ApiSettings(allowed_hosts="*"))


@pytest.mark.parametrize(
    "settings", [{}, {"host": "localhost"}, {"host": "::1"}, {"key": "short"}, {"host": "::", "key": KEY}]
)
def test_harmless_settings_are_accepted(settings: dict[str, str]) -> None:
    check_exposure(ApiSettings(**settings))


def test_loopback_is_told_from_other_addresses() -> None:
    assert [is_loopback(host) for host in ("127.8.9.1", "::1", "LocalHost")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "example.org", "10.0.0.1")] == [False] * 4


def test_the_url_of_a_wildcard_address_can_be_connected_to() -> None:
    assert url_of("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert url_of("::", 8000) == "http://[::1]:8000"
