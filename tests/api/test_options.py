"""What the service says that studies may choose from is what it takes."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPACE, problem

_names = itertools.count()
ROWS = "".join(f"{i / 7:.3f},{i % 13},{'yes' if i % 3 else 'no'},{'abc'[i % 3]}\n" for i in range(60))
MONTHS = "".join(f"{1990 + i // 12}-{i % 12 + 1:02},{100 + i % 12 * 7 + i / 4}\n" for i in range(72))
TARGETS = {"binary": "answer", "multiclass": "letter", "regression": "amount"}


@pytest.fixture(scope="module")
def options(client: httpx.Client) -> dict[str, Any]:
    return client.get("/v1/options").json()


def upload(client: httpx.Client, content: str, name: str, **query: str) -> str:
    answer = client.post("/v1/datasets", params={"name": name, **query}, content=content.encode())
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["id"]


@pytest.fixture(scope="module")
def dataset(client: httpx.Client) -> str:
    return upload(client, f"amount,count,answer,letter\n{ROWS}", "optional")


@pytest.fixture(scope="module")
def series(client: httpx.Client) -> str:
    return upload(client, f"month,passengers\n{MONTHS}", "monthly", target="passengers")


def create(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/v1/studies", json={"name": f"options-{next(_names)}", "budget": {"trials": 1}} | fields)


def study(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = create(client, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_every_sampler_is_taken(client: httpx.Client, options: dict[str, Any]) -> None:
    own = {"space": SPACE, "objectives": {"loss": "minimize"}}
    names = [each["name"] for each in options["samplers"]]
    assert [study(client, **own, sampler=name)["sampler"] for name in names] == names
    assert study(client, **own)["sampler"] == options["defaults"]["sampler"]


def test_every_pruner_is_taken_with_the_options_that_it_names(client: httpx.Client, options: dict[str, Any]) -> None:
    own = {"space": SPACE, "objectives": {"loss": "minimize"}}
    for pruner in options["pruners"]:
        defaults = {name: value for name, value in pruner["options"].items() if value is not None}
        # One that has limits to be given is not taken without any.
        given = defaults | {name: 1.0 for name in pruner["options"] if name == "at_most"}
        assert create(client, **own, pruner={"name": pruner["name"], **given}).status_code == 201, pruner


def test_what_is_told_as_default_is_what_a_silent_study_gets(
    client: httpx.Client, options: dict[str, Any], dataset: str
) -> None:
    defaults = options["defaults"]
    own = study(client, space=SPACE, objectives={"loss": "minimize"})
    assert (own["sampler"], own["pruner"]) == (defaults["sampler"], defaults["pruner"])
    assert own["max_attempts"] == defaults["max_attempts"]
    assert study(client, dataset=dataset, target="answer", folds=3)["pruner"] == defaults["fold_pruner"]


@pytest.mark.parametrize("task", TARGETS)
def test_metrics_fit_the_tasks_that_they_name(
    client: httpx.Client, options: dict[str, Any], dataset: str, task: str
) -> None:
    asked = {"dataset": dataset, "target": TARGETS[task]}
    for metric in options["metrics"]:
        answer = create(client, **asked, models=["linear"], metric=metric["name"])
        assert answer.status_code == (201 if task in metric["tasks"] else 422), metric
        if answer.status_code == 201:
            assert answer.json()["objectives"] == {metric["name"]: metric["direction"]}
    [default] = [metric["name"] for metric in options["metrics"] if task in metric["default_for"]]
    assert study(client, **asked)["metric"] == default


def test_options_are_not_sent_twice(client: httpx.Client) -> None:
    tag = client.get("/v1/options").headers["etag"]
    assert client.get("/v1/options", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("task", TARGETS)
def test_default_families_are_those_of_a_study_that_names_none(client: httpx.Client, dataset: str, task: str) -> None:
    page = client.get("/v1/families", params={"dataset": dataset, "target": TARGETS[task]}).json()
    made = study(client, dataset=dataset, target=TARGETS[task])
    assert {each["name"] for each in page["items"] if each["default"]} == set(made["models"])
    assert page["target"] == made["target"]
    assert page["metric"] == made["metric"]
    assert all(each["space"] is not None for each in page["items"] if each["default"])


def test_the_task_can_be_overruled(client: httpx.Client, dataset: str) -> None:
    asked = {"dataset": dataset, "target": "count"}
    found = client.get("/v1/families", params=asked).json()["target"]["task"]
    other = "regression" if found == "multiclass" else "multiclass"
    assert client.get("/v1/families", params=asked | {"task": other}).json()["target"]["task"] == other


def test_a_forecast_has_families_of_its_own(client: httpx.Client, series: str) -> None:
    page = client.get("/v1/families", params={"dataset": series, "horizon": 6}).json()
    made = study(client, dataset=series, forecast={"horizon": 6})
    assert {each["name"] for each in page["items"] if each["default"]} == set(made["models"])
    assert page["target"] == made["target"]
    assert page["target"]["forecast"]["time"] == "month"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"target": "nothing"}, "?target"),
        ({"target": "count", "horizon": "3"}, "?time"),
        ({"target": "count", "horizon": "3", "time": "nothing"}, "?time"),
        ({"target": "count", "horizon": "3", "task": "regression"}, "?task"),
    ],
)
def test_what_cannot_be_predicted_is_told_at_its_part_of_the_query(
    client: httpx.Client, dataset: str, query: dict[str, str], pointer: str
) -> None:
    answer = client.get("/v1/families", params={"dataset": dataset, **query})
    assert answer.status_code == 422
    assert pointer in [place["pointer"] for place in answer.json()["errors"]]


def test_parts_of_a_forecast_need_one(client: httpx.Client, dataset: str) -> None:
    for query, pointer in (({"target": "count"}, "?target"), ({"dataset": dataset, "time": "count"}, "?time")):
        found = problem(client.get("/v1/families", params=query), 422, "invalid-input")
        assert [place["pointer"] for place in found["errors"]] == [pointer]


def test_without_a_target_nothing_is_default(client: httpx.Client, dataset: str) -> None:
    page = client.get("/v1/families", params={"dataset": dataset}).json()
    assert page["target"] is None
    assert {(each["default"], each["space"]) for each in page["items"]} == {(None, None)}
