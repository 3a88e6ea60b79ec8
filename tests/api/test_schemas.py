"""The JSON Schemas that a service gives away."""

from __future__ import annotations

import httpx
from jsonschema import Draft202012Validator

from tests.api.conftest import KEY
from tuner import layers

PATH = "/v1/architecture-schema"
NETWORK = layers.Sequential([layers.Dense(16, activation="relu")])


def test_schema_of_architectures_knows_what_fits_and_what_does_not(client: httpx.Client) -> None:
    answer = client.get(PATH)
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == layers.json_schema()
    validator = Draft202012Validator(answer.json())
    document = NETWORK.to_json()
    assert validator.is_valid(document)
    document["layers"][0]["activaton"] = "relu"
    assert not validator.is_valid(document)


def test_who_has_the_schema_already_gets_no_body(client: httpx.Client) -> None:
    tag = client.get(PATH).headers["etag"]
    again = client.get(PATH, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_schema_wants_the_key_as_everything_else(guarded: httpx.Client) -> None:
    headers = {"Host": "tuner.example"}
    assert guarded.get(PATH, headers=headers).status_code == 401
    assert guarded.get(PATH, headers=headers | {"Authorization": f"Bearer {KEY}"}).status_code == 200
