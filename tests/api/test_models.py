"""Models over REST: what they are, their cards, and their predictions, made by a worker."""

from __future__ import annotations

import hashlib
import os
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import KEY, problem, served
from tests.api.published import Published, publish
from tuner.artifact import load_model
from tuner.client.http_transport import HttpTransport
from tuner.execution.prediction_service import PredictionService

ROWS = [{"x": 0.05, "color": "rot"}, {"x": 0.95, "color": "gelb"}, {"x": None, "color": None}]


@pytest.fixture(scope="module")
def model(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(client, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def worker(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PredictionService]:
    """Predicts for the server."""
    transport = HttpTransport(str(client.base_url), patience_seconds=0)
    service = PredictionService(transport, tmp_path_factory.mktemp("cache"), worker="w")
    service.start()
    yield service
    service.stop()
    transport.close()


def predict(client: httpx.Client, model: str, rows: object = None) -> httpx.Response:
    return client.post(f"/v1/models/{model}/predictions", json={"rows": ROWS if rows is None else rows})


PATHS = ["", "/card", "/file"]


@pytest.mark.parametrize("path", PATHS)
def test_strangers_see_no_model(guarded: httpx.Client, path: str) -> None:
    problem(guarded.get(f"/v1/models/x.1{path}"), 401, "unauthorized")
    problem(guarded.get(f"/v1/models/x.1{path}", headers={"Authorization": "Bearer wrong"}), 401, "unauthorized")
    problem(guarded.get(f"/v1/models/x.1{path}", headers={"Authorization": f"Bearer {KEY}"}), 404, "not-found")


@pytest.mark.parametrize("path", ["models/x.1/predictions", "predictions/claims", "predictions/5.1"])
def test_strangers_neither_predict_nor_answer(guarded: httpx.Client, path: str) -> None:
    problem(guarded.post(f"/v1/{path}", json={"rows": ROWS}), 401, "unauthorized")


@pytest.mark.parametrize("name", ["nothing", "a.b", "0198.", ".1", "0198.99999999999999999999", "0198.-1", "0198.1.2"])
def test_what_is_no_id_of_a_model_is_not_found(client: httpx.Client, name: str) -> None:
    for path in PATHS:
        problem(client.get(f"/v1/models/{name}{path}"), 404, "not-found")
    problem(predict(client, name), 404, "not-found")


def test_trial_without_a_model_is_not_found(client: httpx.Client, new_study, ask) -> None:
    study = new_study()
    ask(study)
    body = problem(client.get(f"/v1/models/{study['id']}.0"), 404, "not-found")
    assert "trained model" in body["hint"]
    problem(predict(client, f"{study['id']}.0"), 404, "not-found")


def test_model_says_what_it_is(client: httpx.Client, model: Published) -> None:
    body = client.get(f"/v1/models/{model.id}").json()
    assert (body["id"], body["family"], body["task"], body["target"]) == (model.id, "linear", "multiclass", "target")
    assert body["classes"] == ["ja", "nein", "vielleicht"]
    assert [column["name"] for column in body["columns"]] == ["x", "color"]
    assert (body["parts"], body["folds"], body["standard_error"]) == (2, 2, 0.05)
    assert body["metrics"]["fit_seconds"] == 1.5


def test_model_can_be_downloaded_from_where_it_says(client: httpx.Client, model: Published) -> None:
    body = client.get(f"/v1/models/{model.id}").json()
    answer = client.get(body["download"])
    assert hashlib.sha256(answer.content).hexdigest() == body["file"]["sha256"] == answer.headers["Tuner-Sha256"]


def test_card_is_a_page_that_runs_nothing(client: httpx.Client, model: Published) -> None:
    answer = client.get(client.get(f"/v1/models/{model.id}").json()["card"])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Confusion matrix" in answer.text
    assert "<script" not in answer.text


def test_predictions_are_those_of_the_downloaded_model(
    client: httpx.Client, model: Published, worker: PredictionService
) -> None:
    answer = predict(client, model.id)
    assert answer.status_code == 200, answer.text
    body, loaded = answer.json(), load_model(model.path)
    assert body["model"] == model.id
    assert body["predictions"] == loaded.predict(ROWS).tolist()
    assert body["classes"] == loaded.classes
    assert body["probabilities"] == loaded.predict_proba(ROWS).to_numpy().tolist()


def test_rows_may_come_as_csv(client: httpx.Client, model: Published, worker: PredictionService) -> None:
    answer = client.post(
        f"/v1/models/{model.id}/predictions",
        content="color,x\nrot,0.05\n,0.95\n",
        headers={"Content-Type": "text/csv; charset=utf-8"},
    )
    assert answer.json()["predictions"] == ["ja", "vielleicht"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"x": 0.5}], "'color'"),
        ([{"x": "much", "color": "rot"}], "not a number"),
        ([{"x": [1], "color": "rot"}], "a list"),
        ([{"x": {"a": 1}, "color": "rot"}], "a dict"),
    ],
)
def test_bad_rows_are_told_by_the_worker(
    client: httpx.Client, model: Published, worker: PredictionService, rows: object, words: str
) -> None:
    body = problem(predict(client, model.id, rows), 422, "invalid-dataset")
    assert words in body["detail"]


@pytest.mark.parametrize("rows", [[], {}, 3, [3], "x", [{"x": 1}] * 10_001])
def test_bodies_that_hold_no_rows_are_refused_at_once(client: httpx.Client, model: Published, rows: object) -> None:
    body = problem(predict(client, model.id, rows), 422, "invalid-input")
    assert body["errors"][0]["pointer"].startswith("#/rows")


def test_bodies_without_end_are_refused(client: httpx.Client, model: Published) -> None:
    problem(predict(client, model.id, [{"x": "1" * 1_100_000}]), 413, "too-large")
    csv = client.post(
        f"/v1/models/{model.id}/predictions", content=b"x" * 1_100_000, headers={"Content-Type": "text/csv"}
    )
    problem(csv, 413, "too-large")


def test_csv_must_be_utf8(client: httpx.Client, model: Published) -> None:
    answer = client.post(f"/v1/models/{model.id}/predictions", content=b"x\n\xff", headers={"Content-Type": "text/csv"})
    problem(answer, 422, "invalid-input")


def test_model_is_predicted_again_after_its_process_was_killed(
    client: httpx.Client, model: Published, worker: PredictionService
) -> None:
    first = predict(client, model.id).json()
    pid = worker.predictor.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert predict(client, model.id).json() == first
    assert worker.predictor.pid != pid


def test_many_at_once_are_all_answered(client: httpx.Client, model: Published, worker: PredictionService) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(predict(client, model.id))) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_single_row_is_fast_once_warm(client: httpx.Client, model: Published, worker: PredictionService) -> None:
    predict(client, model.id)
    times = []
    for _ in range(40):
        began = time.perf_counter()
        predict(client, model.id, ROWS[:1])
        times.append(time.perf_counter() - began)
    # The figure to reach is 15 ms; a machine that runs other tests meanwhile is slower.
    assert statistics.median(times) < 0.1


def test_without_a_worker_the_answer_says_so(tmp_path: Path) -> None:
    with served(tmp_path, prediction_seconds=0.5) as client:
        model = publish(client, tmp_path)
        body = problem(predict(client, model.id), 503, "unavailable")
        assert "tuner worker" in body["hint"]
        assert predict(client, model.id).headers["Retry-After"]


def test_worker_that_never_answers_costs_a_bounded_time(tmp_path: Path) -> None:
    with served(tmp_path, prediction_seconds=1.0) as client:
        model = publish(client, tmp_path)
        client.post("/v1/predictions/claims", json={"worker": "lazy"})
        body = problem(predict(client, model.id), 503, "unavailable")
        assert "within 1 seconds" in body["detail"]


def test_requests_beyond_the_limit_are_refused_at_once(tmp_path: Path) -> None:
    with served(tmp_path, prediction_seconds=2.0, max_predictions=1) as client:
        model = publish(client, tmp_path)
        waiting = threading.Thread(target=predict, args=(client, model.id))
        waiting.start()
        claim = client.post("/v1/predictions/claims", json={"worker": "lazy", "wait_seconds": 10})
        assert claim.json()["work"]
        assert "Too many" in problem(predict(client, model.id), 503, "unavailable")["detail"]
        waiting.join()


def test_claim_waits_for_rows_and_gets_them(client: httpx.Client, tmp_path: Path) -> None:
    with served(tmp_path) as client:
        model = publish(client, tmp_path)
        assert client.post("/v1/predictions/claims", json={"worker": "w"}).status_code == 202
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(predict(client, model.id, ROWS[:1])))
        asking.start()
        claim = client.post("/v1/predictions/claims", json={"worker": "w", "wait_seconds": 10})
        (work,) = claim.json()["work"]
        assert (work["model"], work["rows"], work["csv"]) == (model.id, ROWS[:1], None)
        answer = client.post(f"/v1/predictions/{work['id']}", json={"model": model.id, "predictions": ["ja"]})
        assert answer.status_code == 204
        asking.join()
        assert answers[0].json()["predictions"] == ["ja"]
        again = client.post(f"/v1/predictions/{work['id']}", json={"model": model.id, "predictions": ["ja"]})
        problem(again, 409, "conflict")


def test_request_of_another_server_is_not_found(client: httpx.Client) -> None:
    problem(client.post("/v1/predictions/12345678.0", json={}), 404, "not-found")


def test_problem_without_its_form_is_refused(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/predictions/12345678.0", content=b"{}", headers={"Content-Type": "application/problem+json"}
    )
    problem(answer, 422, "invalid-input")


def test_model_of_rows_tells_no_values_to_come(
    client: httpx.Client, model: Published, worker: PredictionService
) -> None:
    for asked in ({}, {"horizon": 3}):
        body = problem(client.post(f"/v1/models/{model.id}/predictions", json=asked), 422, "invalid-input")
        assert "no forecast" in body["detail"]
        assert body["errors"][0]["pointer"] == "#/rows"
    both = client.post(f"/v1/models/{model.id}/predictions", json={"rows": ROWS, "horizon": 3})
    assert "not both" in both.text
    assert both.status_code == 422
