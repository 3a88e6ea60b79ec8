"""Notes on trials and first rows of tables, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.conftest import problem, table
from tuner.wire.base import MAX_NOTE

Make = Callable[..., dict[str, Any]]


def test_a_note_is_put_on_a_trial_and_removed(client: httpx.Client, new_study: Make, ask: Make) -> None:
    study = new_study()
    ask(study)
    path = f"/v1/studies/{study['id']}/trials/0"
    noted = client.patch(path, json={"note": "try more dropout"})
    assert (noted.status_code, noted.json()["note"]) == (200, "try more dropout")
    assert client.get(path).json() == noted.json()
    assert client.get(f"/v1/studies/{study['id']}/columns").json()["notes"] == {"0": "try more dropout"}
    assert client.patch(path, json={"note": ""}).json()["note"] is None
    assert client.get(f"/v1/studies/{study['id']}/columns").json()["notes"] == {}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/note"),
        ({"note": None}, "#/note"),
        ({"note": 1}, "#/note"),
        ({"note": "x" * (MAX_NOTE + 1)}, "#/note"),
        ({"note": "a\0"}, "#/note"),
        ({"note": "x", "params": {}}, "#/params"),
    ],
)
def test_a_wrong_note_is_told_and_not_stored(
    client: httpx.Client, new_study: Make, ask: Make, body: dict[str, Any], pointer: str
) -> None:
    study = new_study()
    ask(study)
    path = f"/v1/studies/{study['id']}/trials/0"
    assert problem(client.patch(path, json=body), 422, "invalid-input")["errors"][0]["pointer"] == pointer
    assert client.get(path).json()["note"] is None


def test_only_trials_that_there_are_take_notes(client: httpx.Client, new_study: Make) -> None:
    problem(client.patch(f"/v1/studies/{new_study()['id']}/trials/0", json={"note": "x"}), 404, "not-found")
    problem(client.patch("/v1/studies/nothing/trials/0", json={"note": "x"}), 404, "not-found")


def test_the_first_rows_of_a_table_are_shown(client: httpx.Client) -> None:
    dataset = client.post("/v1/datasets", params={"name": "shown"}, content=table(50)).json()
    path = f"/v1/datasets/{dataset['id']}/preview"
    shown = client.get(path)
    assert (shown.json()["columns"], shown.json()["num_rows"], len(shown.json()["rows"])) == (["a", "b", "y"], 50, 20)
    assert shown.json()["rows"][:2] == [[0, "blue", "no"], [0.37, "red", "yes"]]
    assert len(client.get(path, params={"rows": 100}).json()["rows"]) == 50
    assert client.get(path, headers={"If-None-Match": shown.headers["etag"]}).status_code == 304
    column = client.get(f"/v1/datasets/{dataset['id']}").json()["profile"]["columns"][0]
    assert (len(column["histogram"]), sum(column["histogram"])) == (20, 50)


@pytest.mark.parametrize("rows", ["0", "101", "x"])
def test_a_wrong_number_of_rows_is_told(client: httpx.Client, dataset: dict[str, Any], rows: str) -> None:
    answer = client.get(f"/v1/datasets/{dataset['id']}/preview", params={"rows": rows})
    assert problem(answer, 422, "invalid-input")["errors"][0]["pointer"] == "?rows"


def test_a_dataset_that_does_not_exist_has_no_rows(client: httpx.Client) -> None:
    problem(client.get("/v1/datasets/nothing/preview"), 404, "not-found")
