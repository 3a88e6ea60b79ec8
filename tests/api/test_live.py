"""Whole studies over HTTP: columns and curves, as pages fetch them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.conftest import problem
from tuner import __version__

Make = Callable[..., dict[str, Any]]


def complete(client: httpx.Client, study: dict[str, Any], leased: dict[str, Any], loss: float = 0.5) -> None:
    path = f"/v1/studies/{study['id']}/trials/{leased['trial']['number']}/complete"
    body = {"lease": leased["lease"], "state": "completed", "values": {"loss": loss}}
    assert client.post(path, json=body).status_code == 200


def report(client: httpx.Client, study: dict[str, Any], leased: dict[str, Any], step: int, value: float) -> None:
    path = f"/v1/studies/{study['id']}/trials/{leased['trial']['number']}/report"
    assert client.post(path, json={"lease": leased["lease"], "step": step, "value": value}).status_code == 200


def test_columns_hold_all_trials_with_six_digits(client: httpx.Client, new_study: Make, ask: Make) -> None:
    study = new_study()
    for number in range(3):
        complete(client, study, ask(study), number + 1 / 3)
    ask(study)
    shown = client.get(f"/v1/studies/{study['id']}/columns").json()
    assert shown["numbers"] == [0, 1, 2, 3]
    assert [shown["state_names"][place] for place in shown["states"]] == [*["completed"] * 3, "running"]
    assert shown["values"] == {"loss": [0.333333, 1.33333, 2.33333, None]}
    assert all(len(repr(x).removeprefix("0.").lstrip("0")) <= 6 for x in shown["params"]["x"] if x > 1e-4)
    arrays = [shown[name] for name in ("states", "created", "started", "finished", "attempts", "rank_class")]
    assert {len(array) for array in arrays} == {4}
    assert shown["seq"] == client.get(f"/v1/studies/{study['id']}").json()["seq"]
    assert (shown["since"], shown["notes"]) == (None, {})


def test_columns_since_hold_what_has_changed(client: httpx.Client, new_study: Make, ask: Make) -> None:
    study = new_study()
    first, _ = ask(study), ask(study)
    path = f"/v1/studies/{study['id']}/columns"
    seq = client.get(path).json()["seq"]
    complete(client, study, first)
    changed = client.get(path, params={"since": seq}).json()
    assert (changed["since"], changed["numbers"]) == (seq, [0])
    assert client.get(path, params={"since": changed["seq"]}).json()["numbers"] == []
    assert client.get(path, params={"since": -1}).json()["numbers"] == [0, 1]


@pytest.mark.parametrize("since", ["-2", "x", str(2**63)])
def test_a_wrong_since_is_told(client: httpx.Client, new_study: Make, since: str) -> None:
    path = f"/v1/studies/{new_study()['id']}/columns"
    assert problem(client.get(path, params={"since": since}), 422, "invalid-input")["errors"][0]["pointer"] == "?since"


def test_columns_are_not_sent_again_while_nothing_has_changed(client: httpx.Client, new_study: Make, ask: Make) -> None:
    study = new_study()
    leased = ask(study)
    path = f"/v1/studies/{study['id']}/columns"
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    # What another version has made is not taken for this one's.
    assert __version__ in first.headers["etag"]
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    complete(client, study, leased)
    changed = client.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def raw(client: httpx.Client, path: str, encoding: str) -> tuple[httpx.Response, bytes]:
    with client.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("what", ["columns", "columns?since=-1", "curves"])
def test_large_bodies_are_compressed_for_who_takes_it(
    client: httpx.Client, new_study: Make, ask: Make, what: str
) -> None:
    study = new_study()
    for number in range(30):
        leased = ask(study)
        for step in range(5):
            report(client, study, leased, step, number + step / 7)
        complete(client, study, leased)
    path = f"/v1/studies/{study['id']}/{what}"
    plain, text = raw(client, path, "identity")
    packed, content = raw(client, path, "gzip, br")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert len(content) == int(packed.headers["content-length"]) < len(text) / 2
    assert gzip.decompress(content) == text
    assert json.loads(text)["numbers"] == list(range(30))


def test_curves_are_told_of_all_trials_or_of_some(client: httpx.Client, new_study: Make, ask: Make) -> None:
    study = new_study()
    for number in range(3):
        leased = ask(study)
        for step in (1, 3):
            report(client, study, leased, step, number / 3)
    path = f"/v1/studies/{study['id']}/curves"
    shown = client.get(path).json()
    assert (shown["numbers"], shown["steps"]) == ([0, 1, 2], [[1, 3]] * 3)
    assert shown["values"] == [[0.0, 0.0], [0.333333, 0.333333], [0.666667, 0.666667]]
    assert client.get(path, params={"numbers": [2, 0, 99]}).json()["numbers"] == [0, 2]


@pytest.mark.parametrize("what", ["columns", "columns?since=0", "curves", "events"])
def test_a_study_that_does_not_exist_is_not_found(client: httpx.Client, what: str) -> None:
    problem(client.get(f"/v1/studies/nothing/{what}"), 404, "not-found")
