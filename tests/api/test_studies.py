from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPACE, problem

NewStudy = Callable[..., dict[str, Any]]
Ask = Callable[..., dict[str, Any]]
NOBODY = "01981c1e-7a70-7c3e-9c60-2f8b3d5a1e77"


def test_a_new_study_answers_201_with_its_location(client: httpx.Client) -> None:
    body = {"name": "located", "space": SPACE, "objectives": {"loss": "minimize"}}
    answer = client.post("/v1/studies", json=body)
    assert answer.status_code == 201
    assert client.get(answer.headers["location"]).json()["id"] == answer.json()["id"]


def test_the_same_study_again_answers_200(client: httpx.Client, new_study: NewStudy) -> None:
    study = new_study(name="twice")
    body = {"name": "twice", "space": SPACE, "objectives": {"loss": "minimize"}, "sampler": "random"}
    answer = client.post("/v1/studies", json=body)
    assert answer.status_code == 200
    assert answer.json()["id"] == study["id"]


def test_another_study_of_the_same_name_names_what_differs(client: httpx.Client, new_study: NewStudy) -> None:
    new_study(name="taken")
    body = {"name": "taken", "space": SPACE, "objectives": {"loss": "maximize"}, "sampler": "random"}
    found = problem(client.post("/v1/studies", json=body), 409, "study-exists")
    assert [place["pointer"] for place in found["errors"]] == ["#/objectives"]


def test_an_idempotency_key_makes_one_study(client: httpx.Client) -> None:
    body = {"name": "keyed", "space": SPACE, "objectives": {"loss": "minimize"}}
    first = client.post("/v1/studies", json=body, headers={"Idempotency-Key": "k-1"})
    again = client.post("/v1/studies", json=body, headers={"Idempotency-Key": "k-1"})
    assert first.json() == again.json()
    other = client.post("/v1/studies", json=body | {"name": "other"}, headers={"Idempotency-Key": "k-1"})
    problem(other, 409, "idempotency-conflict")


def test_studies_are_listed_in_pages(client: httpx.Client, new_study: NewStudy) -> None:
    made = [new_study()["id"] for _ in range(3)]
    first = client.get("/v1/studies", params={"limit": 2}).json()
    second = client.get("/v1/studies", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [study["id"] for study in first["items"] + second["items"]] == made[::-1]


def test_a_study_is_found_by_name(client: httpx.Client, new_study: NewStudy) -> None:
    study = new_study(name="by name/ü?")
    assert [item["id"] for item in client.get("/v1/studies", params={"name": "by name/ü?"}).json()["items"]] == [
        study["id"]
    ]


def test_control_changes_the_state(client: httpx.Client, new_study: NewStudy) -> None:
    path = f"/v1/studies/{new_study()['id']}"
    for action, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert client.post(f"{path}/{action}").json()["state"] == state
        assert client.get(path).json()["state"] == state


def test_a_budget_can_be_changed(client: httpx.Client, new_study: NewStudy) -> None:
    path = f"/v1/studies/{new_study()['id']}"
    assert client.patch(path, json={"budget": {"trials": 7}}).json()["budget"] == {"trials": 7, "seconds": None}


def test_an_ended_study_can_be_deleted_and_is_gone(client: httpx.Client, new_study: NewStudy) -> None:
    path = f"/v1/studies/{new_study()['id']}"
    problem(client.delete(path), 409, "conflict")
    client.post(f"{path}/cancel")
    answer = client.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize("study", [NOBODY, "nonsense", "..%2F..", "%F0%9F%98%80"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("GET", "/trials"),
        ("GET", "/trials/0"),
        ("POST", "/trials/0/stop"),
        ("GET", "/trials/0/measurements"),
        ("GET", "/trials/0/artifacts"),
        ("GET", "/trials/0/logs"),
        ("GET", "/trials/0/attempts/1/artifacts/model.zip"),
        ("GET", "/importances"),
        ("GET", "/pareto"),
        ("GET", "/recommendation"),
    ],
)
def test_a_study_that_does_not_exist_is_not_found(client: httpx.Client, study: str, method: str, path: str) -> None:
    problem(client.request(method, f"/v1/studies/{study}{path}"), 404, "not-found")


def test_polling_an_unchanged_study_costs_no_body(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    path = f"/v1/studies/{study['id']}"
    client.post(f"{path}/pause")
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    client.post(f"{path}/resume")
    ask(study)
    assert client.get(path, headers={"If-None-Match": f'"x", {first.headers["etag"]}'}).status_code == 200


def test_a_page_of_trials_changes_its_tag_with_a_report(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    leased = ask(study)
    path = f"/v1/studies/{study['id']}/trials"
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    client.post(f"{path}/0/report", json={"lease": leased["lease"], "step": 0, "value": 0.5})
    assert client.get(path, headers={"If-None-Match": tag}).json()["items"][0]["last_value"] == 0.5


def test_importances_are_shares_by_parameter(client: httpx.Client, new_study: NewStudy) -> None:
    study = new_study()
    path = f"/v1/studies/{study['id']}"
    points = [{"params": {"x": i / 20}, "values": {"loss": (i / 20) ** 2}} for i in range(21)]
    assert client.post(f"{path}/trials", json={"trials": points}).status_code == 201
    assert client.get(f"{path}/importances").json() == {"importances": {"x": pytest.approx(1.0)}}


def test_a_recommendation_says_what_speaks_for_it(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    path = f"/v1/studies/{study['id']}"
    ask(study)
    assert client.get(f"{path}/recommendation").json() == {"trial": None, "by": None}
    points = [{"params": {"x": x}, "values": {"loss": x}} for x in (0.5, 0.25)]
    client.post(f"{path}/trials", json={"trials": points})
    found = client.get(f"{path}/recommendation").json()
    assert (found["trial"], found["by"]) == (client.get(f"{path}/trials/2").json(), "observed")


def test_the_pareto_front_comes_with_its_hypervolume(client: httpx.Client, new_study: NewStudy) -> None:
    study = new_study(objectives={"loss": "minimize", "a:b": "maximize"})
    path = f"/v1/studies/{study['id']}"
    values = [{"loss": 0.5, "a:b": 0.5}, {"loss": 0.2, "a:b": 0.1}, {"loss": 0.9, "a:b": 0.4}]
    points = [{"params": {"x": 0.5}, "values": each} for each in values]
    assert client.post(f"{path}/trials", json={"trials": points}).status_code == 201
    answer = client.get(f"{path}/pareto", params={"reference": ["loss:1.0", "a:b:0.0"]})
    front = answer.json()
    assert [trial["number"] for trial in front["items"]] == [0, 1]
    assert front["reference"] == {"loss": 1.0, "a:b": 0.0}
    assert front["hypervolume"] == pytest.approx(0.5 * 0.5 + 0.3 * 0.1)
    again = client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("reference", ["loss", "loss:", "loss:nan", "loss:1e999", "loss:x", "size:1.0", ":1"])
def test_a_reference_point_that_makes_no_sense_is_refused(
    client: httpx.Client, new_study: NewStudy, reference: str
) -> None:
    study = new_study()
    problem(client.get(f"/v1/studies/{study['id']}/pareto", params={"reference": reference}), 422, "invalid-input")


def test_importances_of_an_unknown_objective_are_refused(client: httpx.Client, new_study: NewStudy) -> None:
    study = new_study()
    found = problem(client.get(f"/v1/studies/{study['id']}/importances?objective=size"), 422, "invalid-input")
    assert found["errors"][0]["pointer"] == "?objective"
