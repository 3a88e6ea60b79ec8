import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPACE, problem, served

NewStudy = Callable[..., dict[str, Any]]
Ask = Callable[..., dict[str, Any]]


def test_a_trial_goes_from_ask_over_report_to_result(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    leased = ask(study)
    path = f"/v1/studies/{study['id']}/trials/{leased['trial']['number']}"
    assert 0.0 <= leased["trial"]["params"]["x"] <= 1.0
    report = client.post(f"{path}/report", json={"lease": leased["lease"], "step": 0, "value": 0.7}).json()
    assert report["directive"] == "continue"
    result = {"lease": leased["lease"], "state": "completed", "values": {"loss": 0.5}}
    assert client.post(f"{path}/complete", json=result).json()["state"] == "completed"
    assert client.get(path).json()["values"] == {"loss": 0.5}
    assert client.get(f"{path}/measurements").json()["items"] == [{"attempt": 1, "step": 0, "value": 0.7}]


def test_the_same_result_twice_is_fine_and_another_is_refused(
    client: httpx.Client, new_study: NewStudy, ask: Ask
) -> None:
    study = new_study()
    leased = ask(study)
    path = f"/v1/studies/{study['id']}/trials/0/complete"
    result = {"lease": leased["lease"], "state": "completed", "values": {"loss": 0.5}}
    assert client.post(path, json=result).json() == client.post(path, json=result).json()
    problem(client.post(path, json=result | {"values": {"loss": 0.6}}), 409, "trial-finished")


def test_another_lease_is_refused(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    ask(study)
    path = f"/v1/studies/{study['id']}/trials/0"
    wrong = "0" * 32
    problem(client.post(f"{path}/report", json={"lease": wrong}), 409, "lease-lost")
    problem(client.post(f"{path}/release", json={"lease": wrong}), 409, "lease-lost")
    ended = {"lease": wrong, "state": "failed", "failure": "error"}
    problem(client.post(f"{path}/complete", json=ended), 409, "lease-lost")


def test_a_released_trial_is_handed_out_again(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    leased = ask(study)
    path = f"/v1/studies/{study['id']}/trials/0"
    assert client.post(f"{path}/release", json={"lease": leased["lease"]}).json()["state"] == "waiting"
    assert ask(study)["trial"]["params"] == leased["trial"]["params"]


def test_a_stopped_trial_hears_it_with_its_next_report(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    leased = ask(study)
    path = f"/v1/studies/{study['id']}/trials/0"
    client.post(f"{path}/stop")
    assert client.post(f"{path}/report", json={"lease": leased["lease"]}).json()["directive"] == "cancel"


def test_the_leaderboard_ranks_completed_trials(client: httpx.Client, new_study: NewStudy) -> None:
    study = new_study()
    path = f"/v1/studies/{study['id']}/trials"
    points = [{"params": {"x": x}, "values": {"loss": loss}} for x, loss in ((0.1, 3.0), (0.2, 1.0), (0.3, 2.0))]
    made = client.post(path, json={"trials": points})
    assert made.status_code == 201
    first = client.get(path, params={"order_by": "rank", "limit": 2}).json()
    second = client.get(path, params={"order_by": "rank", "cursor": first["next_cursor"]}).json()
    ranked = first["items"] + second["items"]
    assert [(trial["rank"], trial["values"]["loss"]) for trial in ranked] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_trials_can_be_chosen_by_several_states(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study()
    path = f"/v1/studies/{study['id']}/trials"
    client.post(path, json={"trials": [{"params": {"x": 0.1}, "values": {"loss": 1.0}}, {"params": {"x": 0.2}}]})
    leased = ask(study)
    client.post(path, json={"trials": [{"params": {"x": 0.3}}]})
    assert leased["trial"]["number"] == 1
    found = client.get(path, params={"state": ["waiting", "completed"]}).json()["items"]
    assert [trial["number"] for trial in found] == [0, 2]


def test_enqueuing_under_a_key_has_its_effect_once(client: httpx.Client, new_study: NewStudy) -> None:
    path = f"/v1/studies/{new_study()['id']}/trials"
    for _ in range(2):
        client.post(path, json={"trials": [{"params": {"x": 0.1}}]}, headers={"Idempotency-Key": "enqueue-once"})
    assert len(client.get(path).json()["items"]) == 1


def test_asking_under_a_key_hands_out_one_trial(client: httpx.Client, new_study: NewStudy) -> None:
    path = f"/v1/studies/{new_study()['id']}/suggest"
    headers = {"Idempotency-Key": "ask-once"}
    first = client.post(path, json={"worker": "w", "wait_seconds": 3}, headers=headers)
    assert client.post(path, json={"worker": "w", "wait_seconds": 1}, headers=headers).json() == first.json()


def test_no_trial_now_answers_202_and_when_to_come_back(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study(budget={"trials": 1})
    ask(study)
    answer = client.post(f"/v1/studies/{study['id']}/suggest", json={"worker": "w"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["trials"]) == (202, "1", [])


def test_a_paused_study_hands_out_nothing(client: httpx.Client, new_study: NewStudy) -> None:
    path = f"/v1/studies/{new_study()['id']}"
    client.post(f"{path}/pause")
    problem(client.post(f"{path}/suggest", json={"worker": "w"}), 409, "study-closed")


def test_no_work_for_a_worker_answers_202(client: httpx.Client) -> None:
    answer = client.post("/v1/claims", json={"worker": "w", "capabilities": {"families": []}})
    assert (answer.status_code, answer.json()) == (202, {"claims": []})


def test_a_waiting_ask_gets_the_trial_that_comes_free(client: httpx.Client, new_study: NewStudy, ask: Ask) -> None:
    study = new_study(budget={"trials": 1})
    leased = ask(study)
    path = f"/v1/studies/{study['id']}"
    release = threading.Timer(0.5, lambda: client.post(f"{path}/trials/0/release", json={"lease": leased["lease"]}))
    release.start()
    started = time.monotonic()
    answer = client.post(f"{path}/suggest", json={"worker": "w", "wait_seconds": 20})
    release.join()
    assert answer.status_code == 200
    assert time.monotonic() - started < 15


@pytest.mark.slow
def test_waiting_asks_leave_room_for_everything_else(tmp_path: Path) -> None:
    with served(tmp_path, max_waiters=2, max_askers=1, max_readers=1) as client:
        body = {"name": "s", "space": SPACE, "objectives": {"loss": "minimize"}, "budget": {"trials": 1}}
        path = f"/v1/studies/{client.post('/v1/studies', json=body).json()['id']}"
        leased = client.post(f"{path}/suggest", json={"worker": "w"}).json()["trials"][0]
        waits = [
            threading.Thread(
                target=client.post, args=(f"{path}/suggest",), kwargs={"json": {"worker": "w", "wait_seconds": 10}}
            )
            for _ in range(8)
        ]
        for wait in waits:
            wait.start()
        time.sleep(0.5)
        started = time.monotonic()
        for step in range(5):
            assert client.post(
                f"{path}/trials/0/report", json={"lease": leased["lease"], "step": step, "value": 1.0}
            ).is_success
        assert client.get(path).is_success
        assert client.post(f"{path}/suggest", json={"worker": "w"}).status_code == 202
        assert time.monotonic() - started < 8
        for wait in waits:
            wait.join()


def test_a_crowd_of_readers_is_told_to_come_back_and_results_still_arrive(tmp_path: Path) -> None:
    with served(tmp_path, max_readers=1, max_queued_requests=2) as client:
        body = {"name": "s", "space": SPACE, "objectives": {"loss": "minimize"}}
        path = f"/v1/studies/{client.post('/v1/studies', json=body).json()['id']}"
        points = [{"params": {"x": 0.5}, "values": {"loss": 1.0}}] * 1_000
        for _ in range(3):
            assert client.post(f"{path}/trials", json={"trials": points}, timeout=60).is_success
        leased = client.post(f"{path}/suggest", json={"worker": "w"}).json()["trials"][0]
        with ThreadPoolExecutor(16) as pool:
            pages = [pool.submit(client.get, f"{path}/trials", params={"limit": 1_000}) for _ in range(48)]
            result = {"lease": leased["lease"], "state": "completed", "values": {"loss": 1.0}}
            told = client.post(f"{path}/trials/{leased['trial']['number']}/complete", json=result)
            answers = [page.result() for page in pages]
        assert told.status_code == 200
        refused = [answer for answer in answers if answer.status_code != 200]
        assert 0 < len(refused) < len(answers)
        for answer in refused:
            problem(answer, 503, "unavailable")
            assert answer.headers["retry-after"] == "1"


def test_a_stopping_server_answers_waiting_asks_first(tmp_path: Path) -> None:
    answers: list[httpx.Response] = []
    with served(tmp_path) as client:
        body = {"name": "s", "space": SPACE, "objectives": {"loss": "minimize"}, "budget": {"trials": 1}}
        path = f"/v1/studies/{client.post('/v1/studies', json=body).json()['id']}/suggest"
        client.post(path, json={"worker": "w"})
        wait = threading.Thread(
            target=lambda: answers.append(client.post(path, json={"worker": "w", "wait_seconds": 30}))
        )
        wait.start()
        time.sleep(0.5)
        started = time.monotonic()
    # The server is down now, and it went down without waiting for the thirty seconds to pass.
    wait.join()
    assert time.monotonic() - started < 8
    assert answers[0].status_code == 202


@pytest.mark.parametrize("number", ["9", "9223372036854775807"])
def test_a_trial_that_does_not_exist_is_not_found(client: httpx.Client, new_study: NewStudy, number: str) -> None:
    problem(client.get(f"/v1/studies/{new_study()['id']}/trials/{number}"), 404, "not-found")
