import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

COMMITTED = Path(__file__).parents[2] / "api" / "openapi.json"
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def description(client: httpx.Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in description["paths"].items()
        for method, operation in item.items()
    }


def test_the_committed_description_is_that_of_the_app(description: dict[str, Any]) -> None:
    assert json.loads(COMMITTED.read_text()) == description, "run: python -m api.openapi > api/openapi.json"


def test_the_description_is_valid_openapi(description: dict[str, Any]) -> None:
    validate(description)


def test_operation_ids_are_plain_and_unique(operations: dict[str, dict[str, Any]]) -> None:
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)
    assert all(name.isidentifier() and name.islower() for name in ids)


def test_every_operation_says_what_it_does(operations: dict[str, dict[str, Any]]) -> None:
    assert [name for name, o in operations.items() if not (o["summary"] and o["description"] and o["tags"])] == []


def test_every_operation_declares_its_problems(operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        is_open = operation.get("security") == []
        expected = {"403", "500", "503"} if is_open else {"401", "403", "422", "500", "503"}
        assert expected <= set(operation["responses"]), name
        for status, response in operation["responses"].items():
            if "$ref" in response:
                assert response["$ref"] == f"#/components/responses/Problem{status}"
            elif status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (name, status)


def test_every_operation_on_a_thing_can_answer_404(operations: dict[str, dict[str, Any]]) -> None:
    assert [name for name, o in operations.items() if "{" in name and "404" not in o["responses"]] == []


def test_json_bodies_have_examples(description: dict[str, Any], operations: dict[str, dict[str, Any]]) -> None:
    for name, operation in operations.items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            assert "examples" in content or "examples" in content["schema"], name


def test_only_health_and_the_session_are_open(
    operations: dict[str, dict[str, Any]], description: dict[str, Any]
) -> None:
    schemes = description["components"]["securitySchemes"]
    assert (schemes["key"]["scheme"], schemes["session"]["in"]) == ("bearer", "cookie")
    assert description["security"] == [{"key": []}, {"session": []}, {}]
    opened = {name for name, o in operations.items() if o.get("security") == []}
    assert opened == {"GET /healthz", "GET /readyz", "POST /v1/session", "DELETE /v1/session"}
    assert {"401", "422"} <= operations["POST /v1/session"]["responses"].keys()
