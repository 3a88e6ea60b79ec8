import gzip
import hashlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import problem, served, table

NewStudy = Callable[..., dict[str, Any]]
Ask = Callable[..., dict[str, Any]]
CONTENT = bytes(range(256)) * 1_000


@pytest.fixture
def leased(new_study: NewStudy, ask: Ask) -> dict[str, Any]:
    return ask(new_study())


def artifact_path(leased: dict[str, Any], name: str = "model.zip", attempt: int = 1) -> str:
    trial = leased["trial"]
    return f"/v1/studies/{trial['study']}/trials/{trial['number']}/attempts/{attempt}/artifacts/{name}"


def test_an_artifact_comes_back_as_it_was_sent(client: httpx.Client, leased: dict[str, Any]) -> None:
    path = artifact_path(leased)
    sent = client.put(path, content=CONTENT, headers={"Tuner-Lease": leased["lease"]})
    assert sent.status_code == 201
    assert sent.json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    answer = client.get(path)
    assert answer.content == CONTENT
    assert answer.headers["tuner-sha256"] == sent.json()["sha256"]
    assert answer.headers["content-disposition"] == 'attachment; filename="model.zip"'
    assert answer.headers["content-type"] == "application/octet-stream"
    listed = client.get(f"/v1/studies/{leased['trial']['study']}/trials/0/artifacts").json()["items"]
    assert listed == [sent.json()]


def test_an_artifact_can_arrive_in_pieces_without_a_length(client: httpx.Client, leased: dict[str, Any]) -> None:
    pieces = (CONTENT[i : i + 1_000] for i in range(0, len(CONTENT), 1_000))
    headers = {"Tuner-Lease": leased["lease"], "Tuner-Sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert client.put(artifact_path(leased), content=pieces, headers=headers).json()["size"] == len(CONTENT)


def test_a_part_of_an_artifact_can_be_fetched(client: httpx.Client, leased: dict[str, Any]) -> None:
    client.put(artifact_path(leased), content=CONTENT, headers={"Tuner-Lease": leased["lease"]})
    answer = client.get(artifact_path(leased), headers={"Range": "bytes=256-511"})
    assert (answer.status_code, answer.content) == (206, CONTENT[256:512])


def test_a_damaged_upload_is_refused(client: httpx.Client, leased: dict[str, Any]) -> None:
    headers = {"Tuner-Lease": leased["lease"], "Tuner-Sha256": "0" * 64}
    problem(client.put(artifact_path(leased), content=CONTENT, headers=headers), 422, "invalid-input")
    problem(client.get(artifact_path(leased)), 404, "not-found")


def test_only_the_holder_of_the_lease_may_upload(client: httpx.Client, leased: dict[str, Any]) -> None:
    path = artifact_path(leased)
    problem(client.put(path, content=b"x", headers={"Tuner-Lease": "0" * 32}), 409, "lease-lost")
    problem(
        client.put(artifact_path(leased, attempt=2), content=b"x", headers={"Tuner-Lease": leased["lease"]}),
        409,
        "lease-lost",
    )
    found = problem(client.put(path, content=b"x"), 422, "invalid-input")
    assert found["errors"] == [{"pointer": "header Tuner-Lease", "detail": "is missing"}]


@pytest.mark.parametrize("name", ["..", ".hidden", "a%20b", "a%2F..%2Fb", "ü", "x" * 101, "a%0A"])
def test_a_name_that_could_be_a_path_is_refused(client: httpx.Client, leased: dict[str, Any], name: str) -> None:
    answer = client.put(artifact_path(leased, name), content=b"x", headers={"Tuner-Lease": leased["lease"]})
    assert answer.status_code in (404, 405, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_artifact_over_the_limit_is_refused(client: httpx.Client, leased: dict[str, Any]) -> None:
    answer = client.put(artifact_path(leased), content=b"x" * 2_000_001, headers={"Tuner-Lease": leased["lease"]})
    found = problem(answer, 413, "too-large")
    assert "TUNER_API_MAX_ARTIFACT_BYTES" in found["hint"]


def test_the_log_is_plain_text(client: httpx.Client, leased: dict[str, Any]) -> None:
    path = f"/v1/studies/{leased['trial']['study']}/trials/0/logs"
    problem(client.get(path), 404, "not-found")
    text = "<script>épôque</script>\n".encode()
    client.put(artifact_path(leased, "log.txt"), content=text, headers={"Tuner-Lease": leased["lease"]})
    answer = client.get(path)
    assert answer.content == text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_table_is_profiled_and_comes_back_as_it_was_sent(client: httpx.Client) -> None:
    content = gzip.compress(table())
    headers = {"Tuner-Sha256": hashlib.sha256(content).hexdigest()}
    answer = client.post("/v1/datasets", params={"name": "zipped", "target": "y"}, content=content, headers=headers)
    assert answer.status_code == 201
    dataset = answer.json()
    assert (dataset["num_rows"], dataset["num_columns"], dataset["target"]) == (60, 3, "y")
    assert client.get(answer.headers["location"]).json() == dataset
    download = client.get(f"/v1/datasets/{dataset['id']}/content")
    assert download.content == content
    assert download.headers["tuner-sha256"] == dataset["sha256"]


def test_the_same_table_again_answers_200(client: httpx.Client, dataset: dict[str, Any]) -> None:
    again = client.post("/v1/datasets", params={"name": "tiny", "target": "y"}, content=table())
    assert again.status_code == 200
    assert again.json()["id"] == dataset["id"]


def test_a_dataset_can_be_renamed_found_and_deleted(client: httpx.Client) -> None:
    made = client.post("/v1/datasets", params={"name": "before"}, content=table(20)).json()
    path = f"/v1/datasets/{made['id']}"
    assert client.patch(path, json={"name": "after", "target": "y"}).json()["target"] == "y"
    assert [item["id"] for item in client.get("/v1/datasets", params={"name": "after"}).json()["items"]] == [made["id"]]
    assert client.delete(path).status_code == 204
    problem(client.get(path), 404, "not-found")
    problem(client.get(f"{path}/content"), 404, "not-found")


def test_a_dataset_in_use_stays(client: httpx.Client, dataset: dict[str, Any]) -> None:
    made = client.post("/v1/studies", json={"name": "uses tiny", "dataset": dataset["id"], "models": ["linear"]})
    assert made.status_code == 201, made.text
    found = problem(client.delete(f"/v1/datasets/{dataset['id']}"), 409, "dataset-in-use")
    assert "uses tiny" in found["detail"]


def test_a_worker_claims_a_trial_with_all_it_needs(client: httpx.Client, dataset: dict[str, Any]) -> None:
    body = {"name": "claimed", "dataset": dataset["id"], "models": ["linear"], "budget": {"trials": 1}}
    study = client.post("/v1/studies", json=body).json()
    claims: list[dict[str, Any]] = []
    while not any(claim["study"]["id"] == study["id"] for claim in claims):
        answer = client.post(
            "/v1/claims", json={"worker": "w", "capabilities": {"families": ["linear"]}, "wait_seconds": 5}
        )
        assert answer.status_code == 200, answer.text
        claims = answer.json()["claims"]
    assert claims[0]["dataset"]["id"] == dataset["id"]
    client.post(f"/v1/studies/{study['id']}/cancel")


def test_families_show_their_space_for_a_dataset(client: httpx.Client, dataset: dict[str, Any]) -> None:
    plain = {item["name"]: item for item in client.get("/v1/families").json()["items"]}
    fitted = client.get("/v1/families", params={"dataset": dataset["id"]}).json()["items"]
    assert "lightgbm" in plain
    assert plain["lightgbm"]["space"] is None
    assert {item["name"]: item for item in fitted}["lightgbm"]["space"]["version"] == 1


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address) as connection:
            connection.sendall(
                b"POST /v1/datasets?name=broken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na,b\n1,2\n"
            )
            wait_for(lambda: any((tmp_path / "incoming").iterdir()))
        wait_for(lambda: not any((tmp_path / "incoming").iterdir()))
        assert client.get("/v1/datasets").json()["items"] == []


def test_a_silent_upload_is_ended(tmp_path: Path) -> None:
    def stalling() -> Iterator[bytes]:
        yield b"a,b\n"
        time.sleep(1.5)
        yield b"1,2\n"

    with served(tmp_path, upload_silence_seconds=0.3) as client:
        found = problem(client.post("/v1/datasets", params={"name": "slow"}, content=stalling()), 503, "unavailable")
        assert "silent" in found["detail"]


def test_slow_uploads_leave_room_for_everything_else(tmp_path: Path) -> None:
    with served(tmp_path, max_transfers=1) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address) as connection:
            connection.sendall(
                b"POST /v1/datasets?name=slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\na,b\n"
            )
            time.sleep(0.2)
            assert client.get("/v1/studies", timeout=5).status_code == 200
