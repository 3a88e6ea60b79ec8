"""The whole deployment at work: PostgreSQL with a password, migrations, two replicas, the proxy and a worker."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

import tuner
from tests.deployment.image import Image
from tests.deployment.processes import Running
from tests.deployment.stack import Stack

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"


@pytest.fixture(scope="module")
def prepared(image: Image, files_of_image: set[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A database that nobody has migrated."""
    with Stack(image, tmp_path_factory.mktemp("stack"), {"TUNER_WORKER_SLOTS": "1"}) as stack:
        stack.start_db()
        yield stack


@pytest.fixture(scope="module")
def premature(prepared: Stack) -> list[Running]:
    """Two replicas that were started before the migration, at once."""
    replicas = [prepared.start_api(address) for address in (FIRST, SECOND)]
    for replica in replicas:
        replica.popen.wait(60)
    prepared.name_server.addresses.clear()
    return replicas


@pytest.fixture(scope="module")
def migrations(prepared: Stack, premature: list[Running]) -> list[Running]:
    """Three at once, and one more."""
    at_once = [prepared.start_migrate() for _ in range(3)]
    for migration in at_once:
        migration.popen.wait(60)
    once_more = prepared.start_migrate()
    once_more.popen.wait(60)
    return [*at_once, once_more]


@pytest.fixture(scope="module")
def stack(prepared: Stack, migrations: list[Running]) -> Stack:
    """All services, the worker started first."""
    prepared.start_worker()
    prepared.start_proxy()
    for address in (FIRST, SECOND):
        prepared.start_api(address)
    for address in (FIRST, SECOND):
        prepared.wait_for_api(address)
    return prepared


@pytest.fixture(scope="module")
def study_name(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study that was made and trained through the first replica."""
    x, noise = np.random.default_rng(7).normal(size=(2, 200))
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    pd.DataFrame({"x": x, "z": noise, "y": np.where(x > 0, "up", "down")}).to_csv(path, index=False)
    with tuner.Client(stack.url_of(FIRST), stack.secrets["api_key"]) as client:
        data = client.upload_dataset(path, target="y")
        study = client.create_study("tiny", dataset=data, models=["linear"], budget=tuner.Budget(trials=2))
        study.wait(timeout=120, progress=False)
    return "tiny"


def test_a_replica_that_comes_before_the_migration_says_what_to_do(premature: list[Running]) -> None:
    for replica in premature:
        assert replica.popen.returncode == 1
        assert "tuner upgrade" in replica.log
        assert "Traceback" not in replica.log


def test_migrations_at_the_same_time_and_again_do_no_harm(migrations: list[Running]) -> None:
    assert [migration.popen.returncode for migration in migrations] == [0, 0, 0, 0], migrations[0].log
    logs = [migration.log for migration in migrations]
    assert len([log for log in logs if "schema empty -> " in log]) == 1
    assert len([log for log in logs if "already" in log]) == 3


def test_the_password_is_what_opens_the_database(prepared: Stack, migrations: list[Running]) -> None:
    wrong = prepared.folder / "wrong"
    wrong.write_text("not-the-password\n")
    migration = prepared.start_migrate(TUNER_DATABASE_PASSWORD_FILE=str(wrong))
    assert migration.popen.wait(60) == 1
    assert "password authentication failed" in migration.log
    assert "Traceback" not in migration.log
    assert "not-the-password" not in migration.log


@pytest.mark.parametrize("address", [FIRST, SECOND])
def test_the_health_check_tells_a_ready_replica(stack: Stack, address: str) -> None:
    done = stack.check_api(address)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_health_check_tells_a_replica_that_is_not_there(stack: Stack) -> None:
    assert stack.check_api("127.0.0.99").returncode == 1


def test_what_one_replica_did_can_be_read_from_the_other(stack: Stack, study_name: str) -> None:
    boards = []
    for url in (stack.url_of(FIRST), stack.url_of(SECOND), stack.url):
        with tuner.Client(url, stack.secrets["api_key"]) as client:
            study = client.get_study(study_name)
            assert study.state == "completed"
            boards.append(study.leaderboard())
            # The artifact lies in the volume that they share.
            model = study.best_model(stack.folder / "model.zip")
            assert model.predict(pd.DataFrame({"x": [3.0, -3.0], "z": [0.0, 0.0]})).tolist() == ["up", "down"]
    assert list(boards[0]["model"]).count("linear") == 2
    assert all(board.equals(boards[0]) for board in boards)


def test_the_published_port_wants_the_key_and_a_known_name(stack: Stack) -> None:
    key = {"Authorization": f"Bearer {stack.secrets['api_key']}"}
    studies = f"{stack.url}/v1/studies"
    assert httpx.get(studies, trust_env=False).status_code == 401
    assert httpx.get(studies, headers=key, trust_env=False).status_code == 200
    assert httpx.get(studies, headers=key | {"Host": "evil.example"}, trust_env=False).status_code == 403
    # The name by which workers reach it.
    assert httpx.get(studies, headers=key | {"Host": "proxy:8000"}, trust_env=False).status_code == 200


def test_no_secret_is_in_a_log_a_command_line_or_an_environment(stack: Stack, study_name: str) -> None:
    for process in stack.processes:
        for secret in stack.secrets.values():
            assert secret not in process.log
            if process.popen.poll() is None:
                assert secret not in process.command_line
                assert secret not in process.initial_environment


def test_nothing_is_written_where_the_file_system_is_read_only(
    image: Image, files_of_image: set[Path], stack: Stack, study_name: str
) -> None:
    assert set(image.path("/opt/tuner").rglob("*")) == files_of_image
    assert list(image.path("/data").iterdir()) == []


def test_replicas_come_and_go_without_an_error_for_clients(stack: Stack, study_name: str) -> None:
    proxy = stack.proxy

    def num_found() -> int:
        return proxy.log.count(" is UP")

    proxy.wait_for(lambda: num_found() >= 2)
    before = num_found()
    third = stack.start_api(THIRD)
    stack.wait_for_api(THIRD)
    proxy.wait_for(lambda: num_found() > before)
    failures: list[Exception] = []
    is_over = threading.Event()

    def use() -> None:
        with tuner.Client(stack.url, stack.secrets["api_key"]) as client:
            while not is_over.wait(0.01):
                try:
                    assert client.get_study(study_name).state == "completed"
                except Exception as error:
                    failures.append(error)

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    is_over.wait(1)
    status = third.stop(stack.grace_seconds("api"))
    is_over.wait(2)
    stack.name_server.addresses.remove(THIRD)
    is_over.wait(1)
    is_over.set()
    for user in users:
        user.join()
    assert (status, failures) == (0, [])


def test_every_service_ends_well_on_sigterm(image: Image, stack: Stack) -> None:
    replica = stack.start_api(THIRD)
    worker = stack.start_worker()
    stack.wait_for_api(THIRD)
    worker.wait_for(lambda: "started" in worker.log)
    # The worker first, as Compose does: it depends on the proxy, and that one on the API.
    assert worker.stop(stack.grace_seconds("worker")) == 0, worker.log
    assert replica.stop(stack.grace_seconds("api")) == 0, replica.log
    stack.name_server.addresses.remove(THIRD)
    for process in (replica, worker):
        assert "Traceback" not in process.log


@pytest.mark.root
def test_the_server_obeys_sigterm_as_the_first_process_of_a_container(image: Image, stack: Stack) -> None:
    # The kernel keeps signals from a first process that has no handler for them.
    environment = image.environment() | {"TUNER_HOME": str(stack.folder / "alone"), "TUNER_API_HOST": "127.0.0.1"}
    command = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child", *image.command(["python", "-P", "-m", "api"])]
    with Running([*command, "--port=0"], stack.folder, environment, "alone") as outside:
        outside.wait_for(lambda: "serving" in outside.log)
        pid = outside.popen.pid
        (inside,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert Path(f"/proc/{inside}/status").read_text().partition("NSpid:")[2].split()[:2] == [inside, "1"]
        os.kill(int(inside), signal.SIGTERM)
        assert outside.popen.wait(30) == 0


def test_the_image_does_not_serve_other_machines_without_a_key(image: Image, tmp_path: Path) -> None:
    done = subprocess.run(
        image.command(["python", "-P", "-m", "api"]),
        env=image.environment(TUNER_HOME=str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "TUNER_API_KEY" in done.stderr
