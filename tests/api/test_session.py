"""Sessions of browsers: a cookie that stands for the key, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from api.session import COOKIE, SESSION_SECONDS, is_valid, new_session
from tests.api.conftest import KEY, SPACE, problem, served
from tests.api.event_source import EventSource

NOW = 1_900_000_000.0


def cookie_of(answer: httpx.Response) -> str:
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE].value


def opened(client: httpx.Client) -> dict[str, str]:
    """The header that a browser sends once it has a session. The client itself keeps no cookies."""
    answer = client.post("/v1/session", json={"key": KEY})
    client.cookies.clear()
    assert answer.status_code == 204, answer.text
    return {"Cookie": f"{COOKIE}={cookie_of(answer)}"}


def test_the_cookie_is_accepted_wherever_the_key_is(guarded: httpx.Client) -> None:
    session = opened(guarded)
    body = {"name": "by-cookie", "space": SPACE, "objectives": {"loss": "minimize"}}
    study = guarded.post("/v1/studies", json=body, headers=session).json()
    for path in ("/v1/studies", "/v1/workers", f"/v1/studies/{study['id']}/columns", "/openapi.json"):
        problem(guarded.get(path), 401, "unauthorized")
        assert guarded.get(path, headers=session).status_code == 200
    assert guarded.post(f"/v1/studies/{study['id']}/cancel", headers=session).status_code == 200


def test_a_stream_is_opened_by_the_cookie(guarded: httpx.Client) -> None:
    url = f"{str(guarded.base_url).rstrip('/')}/v1/studies/events"
    with EventSource(url, headers=opened(guarded)) as stream:
        assert stream.response.status == 200
    with EventSource(url) as stranger:
        assert stranger.response.status == 401


def test_scripts_and_other_sites_do_not_get_the_cookie(guarded: httpx.Client) -> None:
    cookie = SimpleCookie(guarded.post("/v1/session", json={"key": KEY}).headers["set-cookie"])[COOKIE]
    guarded.cookies.clear()
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == SESSION_SECONDS
    # It came over plain HTTP, where the browser would not send it back otherwise.
    assert not cookie["secure"]
    assert KEY not in cookie.value


@pytest.mark.parametrize("key", ["", "wrong", KEY[:-1], KEY + "x"])
def test_a_wrong_key_opens_no_session(guarded: httpx.Client, key: str) -> None:
    answer = guarded.post("/v1/session", json={"key": key})
    problem(answer, 401, "unauthorized")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"key": 1}, {"key": "x" * 1_001}, {"key": KEY, "more": 1}])
def test_a_wrong_form_is_told_and_opens_no_session(guarded: httpx.Client, body: dict[str, object]) -> None:
    answer = guarded.post("/v1/session", json=body)
    problem(answer, 422, "invalid-input")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_foreign_page_opens_no_session(guarded: httpx.Client, origin: str) -> None:
    problem(guarded.post("/v1/session", json={"key": KEY}, headers={"Origin": origin}), 403, "forbidden")


def test_a_foreign_page_that_has_the_cookie_is_refused_all_the_same(guarded: httpx.Client) -> None:
    headers = opened(guarded) | {"Origin": "http://evil.example"}
    problem(guarded.post("/v1/studies", json={}, headers=headers), 403, "forbidden")


@pytest.mark.parametrize(
    "tamper",
    [
        lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"),
        lambda value: f"{int(value.partition('.')[0]) + 1}.{value.partition('.')[2]}",
        lambda value: value.partition(".")[0],
        lambda value: f".{value.partition('.')[2]}",
        lambda value: "",
        lambda value: "\xb2.\xb2",
    ],
)
def test_a_cookie_that_was_tampered_with_is_refused(guarded: httpx.Client, tamper: Callable[[str], str]) -> None:
    value = opened(guarded)["Cookie"].partition("=")[2]
    headers = {"Cookie": f"{COOKIE}={tamper(value)}".encode("latin-1")}
    problem(guarded.get("/v1/studies", headers=headers), 401, "unauthorized")


def test_a_wrong_key_is_not_saved_by_a_cookie(guarded: httpx.Client) -> None:
    headers = opened(guarded) | {"Authorization": "Bearer wrong"}
    problem(guarded.get("/v1/studies", headers=headers), 401, "unauthorized")


def test_the_cookie_is_found_among_others(guarded: httpx.Client) -> None:
    headers = {"Cookie": f"a=b; {opened(guarded)['Cookie']}; c=d"}
    assert guarded.get("/v1/studies", headers=headers).status_code == 200


def test_a_session_ends_after_its_time() -> None:
    value = new_session(KEY.encode(), NOW)
    assert is_valid(value, KEY.encode(), NOW + SESSION_SECONDS - 1)
    assert not is_valid(value, KEY.encode(), NOW + SESSION_SECONDS)


def test_another_key_ends_all_sessions(tmp_path: Path) -> None:
    with served(tmp_path, key=KEY) as client:
        session = opened(client)
        assert client.get("/v1/studies", headers=session).status_code == 200
    with served(tmp_path, key=KEY) as client:
        # A restart, or another replica, does not.
        assert client.get("/v1/studies", headers=session).status_code == 200
    with served(tmp_path, key="another-key-of-16-characters") as client:
        problem(client.get("/v1/studies", headers=session), 401, "unauthorized")


def test_a_session_can_be_ended(guarded: httpx.Client) -> None:
    answer = guarded.delete("/v1/session", headers=opened(guarded))
    assert answer.status_code == 204
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/")
    # Without one there is nothing to end, and that is no failure.
    assert guarded.delete("/v1/session").status_code == 204


def test_a_server_without_a_key_has_no_sessions(client: httpx.Client) -> None:
    answer = client.post("/v1/session", json={"key": "anything"})
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
