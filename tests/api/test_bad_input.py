"""Every bad input is a 4xx problem that names the place, says what was expected and what to do."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPACE, problem, table

STUDY = {"name": "bad", "space": SPACE, "objectives": {"loss": "minimize"}}


def floats(**fields: Any) -> dict[str, Any]:
    return {"type": "float", "low": 0.0, "high": 1.0} | fields


def space(**parameters: Any) -> dict[str, Any]:
    return {"space": {"version": 1, "parameters": parameters}}


def create(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/v1/studies", json=STUDY | fields)


def pointers(body: dict[str, Any]) -> list[str]:
    return [place["pointer"] for place in body["errors"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b,y\n", "row"),
        (b"a,b,y\n1,2,yes\n", "row"),
        (b"a,b,a\n1,2,3\n4,5,6\n", "'a'"),
        ("a,b\nä,1\nö,2\n".encode("latin-1"), "UTF-8"),
        ("a,b\n1,2\n3,4\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\0\n2,3\n", "NUL"),
        (b"a,b\n1,2\n3,4,5\n", "line 3"),
        (b"PK\x03\x04 this is a zip file", ""),
        (gzip.compress(b"a,b\n1,2\n")[:-9], ""),
    ],
    ids=["empty", "header", "one-row", "duplicate", "latin-1", "utf-16", "nul", "ragged", "zip", "broken-gzip"],
)
def test_a_file_that_is_no_table_is_refused(client: httpx.Client, content: bytes, words: str) -> None:
    found = problem(client.post("/v1/datasets", params={"name": "bad"}, content=content), 422, "invalid-dataset")
    assert words.lower() in (found["detail"] + json.dumps(found.get("errors", []))).lower()


@pytest.mark.parametrize(
    ("content", "target", "words"),
    [
        (table(), "z", "'z'"),
        (b"a,y\n1,same\n2,same\n3,same\n", "y", "one"),
        (b"a,y\n1,\n2,\n3,\n", "y", "missing"),
    ],
    ids=["missing", "constant", "all-missing"],
)
def test_a_target_that_cannot_be_predicted_is_refused(
    client: httpx.Client, content: bytes, target: str, words: str
) -> None:
    answer = client.post("/v1/datasets", params={"name": "bad", "target": target}, content=content)
    found = problem(answer, 422, "invalid-dataset")
    assert pointers(found) == ["?target"]
    assert words in found["detail"] + found["errors"][0]["detail"]


def test_a_study_on_a_column_that_does_not_exist_is_refused(client: httpx.Client, dataset: dict[str, Any]) -> None:
    answer = client.post("/v1/studies", json={"name": "bad", "dataset": dataset["id"], "target": "yy"})
    found = problem(answer, 422, "invalid-dataset")
    assert pointers(found) == ["#/target"]


def test_a_misspelt_column_names_the_near_one(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/datasets", params={"name": "bad", "target": "survivd"}, content=b"a,survived\n1,0\n2,1\n3,0\n4,1\n"
    )
    found = problem(answer, 422, "invalid-dataset")
    assert "survived" in found["detail"] + found["hint"]


def test_a_dataset_that_does_not_exist_is_not_found(client: httpx.Client) -> None:
    found = problem(client.post("/v1/studies", json={"name": "bad", "dataset": "nowhere"}), 404, "not-found")
    assert "nowhere" in found["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"models": ["lightgbm", "perceptron"]}, "#/models/1"),
        ({"metric": "goodness"}, "#/metric"),
        ({"sampler": "oracle"}, "#/sampler"),
        ({"pruner": "shears"}, "#/pruner"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(
    client: httpx.Client, dataset: dict[str, Any], fields: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/v1/studies", json={"name": "bad", "dataset": dataset["id"], **fields})
    found = problem(answer, 422, "unknown-name")
    assert pointers(found) == [pointer]
    assert "Use one of" in found["hint"]


@pytest.mark.parametrize(
    ("pruner", "pointer", "words"),
    [
        ({"name": "asha", "grace": 3}, "#/pruner/grace", "grace_steps"),
        ({"name": "asha", "grace_steps": 0}, "#/pruner/grace_steps", "at least 1"),
        ({"grace_steps": 3}, "#/pruner/name", "missing"),
        ("threshold", "#/pruner", "at_most"),
        (3, "#/pruner", "must be a name"),
        (["asha"], "#/pruner", "must be a name"),
        ("a" * 201, "#/pruner", "200"),
    ],
)
def test_a_wrong_pruner_is_refused_at_its_place(client: httpx.Client, pruner: Any, pointer: str, words: str) -> None:
    body = {"name": "bad", "space": {"version": 1, "parameters": {"x": floats()}}, "objectives": {"loss": "minimize"}}
    found = problem(client.post("/v1/studies", json={**body, "pruner": pruner}), 422, "invalid-input")
    assert pointers(found) == [pointer]
    assert words in found["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("parameter", "place", "words"),
    [
        (floats(low=1.0, high=0.1), "/low", "not be above high"),
        (floats(low=0.0, log=True), "/low", "above 0"),
        (floats(low=-1.0, log=True), "/low", "above 0"),
        (floats(step=0.0), "/step", "above 0"),
        (floats(low="zero"), "/low", "number"),
        (floats(low=True), "/low", "number"),
        (floats(width=3), "/width", "expected"),
        ({"type": "real", "low": 0, "high": 1}, "/type", "float"),
        ({"type": "float", "low": 0}, "/high", "missing"),
        ({"type": "int", "low": 1.5, "high": 3}, "/low", "whole"),
        ({"type": "int", "low": 0, "high": 8, "log": True}, "/low", ""),
        ({"type": "categorical", "choices": []}, "/choices", ""),
        ({"type": "categorical", "choices": "abc"}, "/choices", "list"),
        ({"type": "categorical", "choices": ["a", "a"]}, "/choices", ""),
        (floats(when={"ghost": [1]}), "/when/ghost", "not a parameter"),
        (floats(when={"x": [1]}), "/when", ""),
        (floats(when={}), "/when", ""),
        ([], "", "object"),
        (None, "", "object"),
    ],
)
def test_a_parameter_that_contradicts_itself_is_refused(
    client: httpx.Client, parameter: Any, place: str, words: str
) -> None:
    found = problem(create(client, **space(x=parameter)), 422, "invalid-search-space")
    assert len(found["errors"]) == 1
    assert found["errors"][0]["pointer"].startswith(f"#/space/parameters/x{place}")
    assert words in found["errors"][0]["detail"]


def test_a_circle_of_conditions_is_refused(client: httpx.Client) -> None:
    choice = {"type": "categorical", "choices": ["on", "off"]}
    circle = space(a=choice | {"when": {"b": ["on"]}}, b=choice | {"when": {"a": ["on"]}})
    found = problem(create(client, **circle), 422, "invalid-search-space")
    assert found["errors"][0]["pointer"].startswith("#/space/parameters/")
    assert "circle" in found["errors"][0]["detail"]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(client: httpx.Client, literal: str) -> None:
    body = json.dumps(STUDY | space(x=floats(low="here"))).replace('"here"', literal)
    answer = client.post("/v1/studies", content=body, headers={"Content-Type": "application/json"})
    found = problem(answer, 422, "invalid-input")
    assert pointers(found) == ["#/space/parameters/x/low"]
    assert "finite" in found["detail"]


def test_a_result_that_is_not_finite_is_refused(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/studies/s/trials/0/complete",
        content='{"lease": "x", "state": "completed", "values": {"loss": NaN}}',
        headers={"Content-Type": "application/json"},
    )
    assert pointers(problem(answer, 422, "invalid-input")) == ["#/values/loss"]


def test_a_space_with_ten_thousand_parameters_is_refused(client: httpx.Client) -> None:
    found = problem(create(client, **space(**{f"x{i}": floats() for i in range(10_000)})), 413, "too-large")
    assert pointers(found) == ["#/space/parameters"]
    assert "10000" in found["detail"].replace(",", "")


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"name": 5}, "#/name", "string"),
        ({"name": ""}, "#/name", "1 character"),
        ({"name": " x"}, "#/name", "space"),
        ({"name": "x" * 201}, "#/name", "200"),
        ({"space": []}, "#/space", "dictionary"),
        ({"objectives": {"loss": "down"}}, "#/objectives/loss", "'minimize' or 'maximize'"),
        ({"objectives": {}}, "#/objectives", "1 item"),
        ({"objectives": {" loss": "minimize"}}, "#/objectives/ loss", "space"),
        ({"seed": -1}, "#/seed", "0"),
        ({"seed": 1.5}, "#/seed", "integer"),
        ({"seed": "1"}, "#/seed", "integer"),
        ({"seed": True}, "#/seed", "integer"),
        ({"budget": {"trials": 0}}, "#/budget/trials", "1"),
        ({"budget": {"trials": "ten"}}, "#/budget/trials", 'got "ten"'),
        ({"budget": {"seconds": 0}}, "#/budget/seconds", "0"),
        ({"budget": 100}, "#/budget", "dictionary"),
        ({"max_attempts": 0}, "#/max_attempts", "1"),
        ({"models": "lightgbm"}, "#/models", "list"),
    ],
)
def test_wrong_types_and_values_are_refused(
    client: httpx.Client, fields: dict[str, Any], pointer: str, words: str
) -> None:
    found = problem(create(client, **fields), 422, "invalid-input")
    assert pointers(found) == [pointer]
    assert words in found["errors"][0]["detail"]
    assert pointer in found["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer", "known"),
    [({"samplr": "tpe"}, "#/samplr", "sampler"), ({"budget": {"trial": 3}}, "#/budget/trial", "trials, seconds")],
)
def test_an_unknown_field_is_refused_and_the_known_ones_listed(
    client: httpx.Client, fields: dict[str, Any], pointer: str, known: str
) -> None:
    found = problem(create(client, **fields), 422, "invalid-input")
    assert pointers(found) == [pointer]
    assert known in found["errors"][0]["detail"]


def test_an_unknown_field_inside_a_list_is_told_with_its_position(client: httpx.Client) -> None:
    body = {"trials": [{"params": {"x": 0.1}}, {"parms": {"x": 0.1}}]}
    found = problem(client.post("/v1/studies/s/trials", json=body), 422, "invalid-input")
    assert sorted(pointers(found)) == ["#/trials/1/params", "#/trials/1/parms"]
    assert "expected one of params, values" in json.dumps(found["errors"])


def test_a_missing_field_is_named(client: httpx.Client) -> None:
    found = problem(client.post("/v1/studies", json={}), 422, "invalid-input")
    assert found["errors"] == [{"pointer": "#/name", "detail": "is missing"}]


def test_a_body_of_many_faults_tells_some_and_counts_all(client: httpx.Client) -> None:
    found = problem(create(client, **{f"field{i}": 1 for i in range(1_000)}), 422, "invalid-input")
    assert len(found["errors"]) == 20
    assert "1000" in found["detail"]


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ("", "#", "missing"),
        ("{", "#", "line 1"),
        ("nonsense", "#", "line 1"),
        ("[]", "#", "object"),
        ('"text"', "#", "object"),
        ("null", "#", ""),
        ('{"name": "a", "name": "b"}', "#/name", "twice"),
        ('{"name": "\\ud800"}', "#/name", "surrogate"),
        ('{"name": "a\\u0000"}', "#/name", "NUL"),
        ('{"seed": 9223372036854775808}', "#/seed", "64 bits"),
        ('{"name": ' + "[" * 65 + "]" * 65 + "}", "#/name" + "/0" * 63, "64 levels"),
    ],
)
def test_json_that_readers_take_differently_is_refused(
    client: httpx.Client, body: str, pointer: str, words: str
) -> None:
    answer = client.post("/v1/studies", content=body, headers={"Content-Type": "application/json"})
    found = problem(answer, 422, "invalid-input")
    assert pointers(found) == [pointer]
    assert words in found["errors"][0]["detail"]


def test_a_name_with_half_a_character_is_told_in_readable_json(client: httpx.Client) -> None:
    answer = client.post("/v1/studies", content=b'{"\\ud800": 1}', headers={"Content-Type": "application/json"})
    assert pointers(problem(answer, 422, "invalid-input")) == [r"#/\ud800"]


def test_a_body_that_is_not_announced_as_json_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/studies", content=json.dumps(STUDY), headers={"Content-Type": "text/plain"})
    found = problem(answer, 415, "unsupported-media-type")
    assert "application/json" in found["hint"]


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("/v1/studies", {"limit": 0}, "?limit"),
        ("/v1/studies", {"limit": 1001}, "?limit"),
        ("/v1/studies", {"limit": "many"}, "?limit"),
        ("/v1/studies", {"limit": "1" * 5000}, "?limit"),
        ("/v1/studies", {"state": "walking"}, "?state"),
        ("/v1/studies", {"states": "running"}, "?states"),
        ("/v1/studies", {"name": "a\0"}, "?name"),
        ("/v1/studies", {"cursor": "nonsense"}, "?cursor"),
        ("/v1/datasets", {"limit": -1}, "?limit"),
        ("/v1/datasets", {"cursor": "WyJzdHVkaWVzIiwxXQ"}, "?cursor"),
        ("/v1/studies/s/trials", {"order_by": "beauty"}, "?order_by"),
        ("/v1/studies/s/trials", {"state": ["running", "walking"]}, "?state.1"),
        ("/v1/families", {"data": "x"}, "?data"),
    ],
)
def test_a_wrong_query_is_refused(client: httpx.Client, path: str, query: dict[str, Any], pointer: str) -> None:
    assert pointers(problem(client.get(path, params=query), 422, "invalid-input")) == [pointer]


@pytest.mark.parametrize("number", ["-1", "1.5", "first", "9223372036854775808", "1" * 5000])
def test_a_trial_number_that_is_none_is_refused(client: httpx.Client, number: str) -> None:
    found = problem(client.get(f"/v1/studies/s/trials/{number}"), 422, "invalid-input")
    assert pointers(found) == ["{number}"]


@pytest.mark.parametrize("study", ["%00", "a%0Ab", "x" * 201])
def test_an_id_that_cannot_be_one_is_refused(client: httpx.Client, study: str) -> None:
    assert pointers(problem(client.get(f"/v1/studies/{study}"), 422, "invalid-input")) == ["{study}"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a b"])
def test_an_idempotency_key_that_cannot_be_one_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post("/v1/studies", json=STUDY, headers={"Idempotency-Key": key})
    assert pointers(problem(answer, 422, "invalid-input")) == ["header Idempotency-Key"]


@pytest.mark.parametrize(
    ("point", "pointer"),
    [
        ({"params": {"x": 2.0}}, "#/trials/0/params/x"),
        ({"params": {"x": "0.5"}}, "#/trials/0/params/x"),
        ({"params": {}, "values": {"loss": 1.0}}, "#/trials/0/params/x"),
        ({"params": {"x": 0.5, "y": 1}}, "#/trials/0/params/y"),
        ({"params": {"x": 0.5}, "values": {"los": 1.0}}, "#/trials/0/values/los"),
        ({"params": {"x": 0.5}, "values": {"loss": "low"}}, "#/trials/0/values/loss"),
    ],
)
def test_a_point_outside_the_space_is_refused(
    client: httpx.Client, new_study: Callable[..., dict[str, Any]], point: dict[str, Any], pointer: str
) -> None:
    answer = client.post(f"/v1/studies/{new_study()['id']}/trials", json={"trials": [point]})
    assert pointer in pointers(problem(answer, 422, "invalid-input"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "completed"}, "values"),
        ({"state": "failed"}, "failure"),
        ({"state": "running"}, "completed"),
        ({"state": "cancelled", "values": {"loss": 1.0}}, "values"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(client: httpx.Client, fields: dict[str, Any], words: str) -> None:
    answer = client.post("/v1/studies/s/trials/0/complete", json={"lease": "x"} | fields)
    found = problem(answer, 422, "invalid-input")
    assert pointers(found) == ["#"]
    assert words in found["errors"][0]["detail"]


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: httpx.Client) -> None:
    found = problem(create(client, name="x" * 1_000_000), 413, "too-large")
    assert "1,000,000" in found["detail"]
    assert "TUNER_API_MAX_BODY_BYTES" in found["hint"]


def test_a_body_over_the_limit_that_hides_its_length_is_refused(client: httpx.Client) -> None:
    chunks = (b" " * 100_000 for _ in range(20))
    answer = client.post("/v1/studies", content=chunks, headers={"Content-Type": "application/json"})
    problem(answer, 413, "too-large")


def test_an_upload_over_the_limit_is_refused(client: httpx.Client) -> None:
    found = problem(client.post("/v1/datasets", params={"name": "big"}, content=b"x" * 200_001), 413, "too-large")
    assert "200,000" in found["detail"]
    assert "TUNER_API_MAX_UPLOAD_BYTES" in found["hint"]


def test_an_upload_over_the_limit_that_hides_its_length_is_refused(client: httpx.Client) -> None:
    chunks = (b"x" * 10_000 for _ in range(1_000))
    problem(client.post("/v1/datasets", params={"name": "big"}, content=chunks), 413, "too-large")


def test_a_length_beyond_everything_is_refused(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.sendall(b"POST /v1/studies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999999\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_an_unknown_route_is_not_found(client: httpx.Client) -> None:
    found = problem(client.get("/v2/studies"), 404, "not-found")
    assert "/v2/studies" in found["detail"]


def test_a_wrong_method_names_the_right_ones(client: httpx.Client) -> None:
    answer = client.put("/v1/studies", json={})
    found = problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] in found["hint"]
