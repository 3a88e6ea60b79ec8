import base64
import gc
import hashlib
import os
import socket
import threading
import time
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

import tuner
from tests.client.scripted_server import Answer, ScriptedServer
from tuner.client.http_transport import HttpTransport
from tuner.errors import (
    ConnectionFailed,
    IncompatibleServer,
    InvalidInput,
    NotFound,
    ServerError,
    StudyClosed,
    TunerError,
    Unauthorized,
    Unavailable,
)
from tuner.testing.client import SPACE, new_study
from tuner.testing.server import ServerProcess
from tuner.wire import Problem, ReleaseTrial, Suggest

OURS = {"Tuner-Version": tuner.__version__, "Content-Type": "application/json"}
HEALTHY = Answer(body=b'{"version": "0.1.0", "ready": true}', headers=OURS)
EMPTY_REPLY = Answer(body=b'{"trials": [], "study_state": "running"}', headers=OURS)
BUSY = Answer(503, headers=OURS | {"Retry-After": "0"})


def problem(error: TunerError, status: int) -> Answer:
    body = Problem.of(error, status).model_dump_json().encode()
    return Answer(status, body, OURS | {"Content-Type": "application/problem+json"})


Connect = Callable[..., HttpTransport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens transports, and closes them in the end."""
    with ExitStack() as stack:

        def open_one(url: str, api_key: str | None = None, *, patience_seconds: float = 60.0) -> HttpTransport:
            return stack.enter_context(closing(HttpTransport(url, api_key, patience_seconds=patience_seconds)))

        yield open_one


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_server_that_is_not_there_is_told_soon_and_with_what_to_do(connect: Connect) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    with pytest.raises(ConnectionFailed, match="tuner serve") as caught:
        connect(url).health()
    assert url in str(caught.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("", "HOST:PORT"),
        ("ftp://somewhere", "http://somewhere"),
        ("http://", "HOST:PORT"),
        ("http://[::1", "HOST:PORT"),
    ],
)
def test_what_is_no_url_is_refused_at_once(url: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match="Hint") as caught:
        HttpTransport(url)
    assert hint in str(caught.value)


def test_somebody_elses_server_is_recognised(connect: Connect) -> None:
    page = Answer(body=b"<html>", headers={"Content-Type": "text/html"})
    with ScriptedServer(page) as server, pytest.raises(IncompatibleServer, match="not a tuner server"):
        connect(server.url).health()


def test_somebody_elses_missing_page_is_no_missing_study(connect: Connect) -> None:
    page = Answer(404, b"<html>", {"Content-Type": "text/html"})
    with ScriptedServer(page) as server, pytest.raises(IncompatibleServer):
        connect(server.url).study("some-id")


@pytest.mark.parametrize("version", ["1.0.0", "0.2.0"])
def test_server_of_another_version_is_refused(connect: Connect, version: str) -> None:
    answer = Answer(body=HEALTHY.body, headers=OURS | {"Tuner-Version": version})
    with ScriptedServer(answer) as server, pytest.raises(IncompatibleServer, match=f"tuner=={version}"):
        connect(server.url).health()


def test_server_with_another_patch_level_is_fine(connect: Connect) -> None:
    answer = Answer(body=HEALTHY.body, headers=OURS | {"Tuner-Version": "0.1.99"})
    with ScriptedServer(answer) as server:
        assert connect(server.url).health().ready


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel"])
def test_key_that_cannot_be_sent_is_refused_at_once(key: str) -> None:
    with pytest.raises(InvalidInput, match="API key"):
        HttpTransport("http://127.0.0.1:9", key)


def test_own_version_and_key_are_sent(connect: Connect) -> None:
    with ScriptedServer(HEALTHY) as server:
        connect(server.url, "secret-key").health()
        assert server.seen[0].headers["tuner-version"] == tuner.__version__
        assert server.seen[0].headers["authorization"] == "Bearer secret-key"


@pytest.mark.parametrize("failure", [BUSY, Answer(429, headers=OURS), Answer(502), Answer(504), Answer(hang_up=True)])
def test_passing_failure_is_tried_again_under_the_same_key(connect: Connect, failure: Answer) -> None:
    with ScriptedServer(HEALTHY, failure, EMPTY_REPLY) as server:
        transport = connect(server.url)
        transport.health()
        transport.suggest("some-id", Suggest(worker="w"), key="key-1")
        assert [seen.headers["idempotency-key"] for seen in server.seen[1:]] == ["key-1", "key-1"]
        assert server.seen[1].body == server.seen[2].body == b'{"worker":"w"}'


def test_retry_after_is_honoured(connect: Connect) -> None:
    with ScriptedServer(Answer(503, headers=OURS | {"Retry-After": "1"}), HEALTHY) as server:
        started = time.monotonic()
        connect(server.url).health()
        assert time.monotonic() - started >= 1


def test_patience_has_an_end(connect: Connect) -> None:
    with ScriptedServer(BUSY) as server, pytest.raises(Unavailable):
        connect(server.url, patience_seconds=0.5).health()


@pytest.mark.parametrize("error", [StudyClosed("It is paused.", hint="Resume it."), NotFound("trial", 3)])
def test_problem_becomes_the_error_it_was_and_is_not_repeated(connect: Connect, error: TunerError) -> None:
    with ScriptedServer(problem(error, 409)) as server:
        with pytest.raises(type(error)) as caught:
            connect(server.url).study("some-id")
        assert (caught.value.message, caught.value.hint) == (error.message, error.hint)
        assert len(server.seen) == 1


def test_failure_of_the_server_is_told_as_that(connect: Connect) -> None:
    with ScriptedServer(Answer(500, b"oops", OURS)) as server, pytest.raises(ServerError, match="500"):
        connect(server.url).study("some-id")


def test_answer_of_unknown_form_is_told_as_that(connect: Connect) -> None:
    with ScriptedServer(Answer(body=b"[1]", headers=OURS)) as server, pytest.raises(IncompatibleServer, match="form"):
        connect(server.url).study("some-id")


def test_deletion_whose_answer_was_lost_is_a_deletion(connect: Connect) -> None:
    with ScriptedServer(HEALTHY, Answer(hang_up=True), problem(NotFound("study", "x"), 404)) as server:
        transport = connect(server.url)
        transport.health()
        transport.delete_study("some-id")


def test_deletion_of_what_never_was_is_not_found(connect: Connect) -> None:
    with ScriptedServer(problem(NotFound("study", "x"), 404)) as server, pytest.raises(NotFound):
        connect(server.url).delete_study("some-id")


def test_names_cannot_leave_their_place_in_the_path(connect: Connect) -> None:
    with ScriptedServer(problem(NotFound("study", "x"), 404)) as server:
        with pytest.raises(NotFound):
            connect(server.url).study("../datasets?x#y")
        assert server.seen[0].path == "/v1/studies/..%2Fdatasets%3Fx%23y"


def test_upload_carries_length_and_digest(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"x" * 300_000)
    with ScriptedServer(problem(NotFound("trial", 0), 404)) as server:
        with pytest.raises(NotFound):
            connect(server.url).put_artifact("some-id", 0, 1, "model.zip", path, lease="token")
        headers = server.seen[0].headers
        assert headers["tuner-lease"] == "token"
        assert headers["content-length"] == "300000"
        assert headers["tuner-sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_upload_is_sent_whole_again_after_a_failure(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"x" * 300_000)
    with ScriptedServer(HEALTHY, BUSY, problem(NotFound("trial", 0), 404)) as server:
        transport = connect(server.url)
        transport.health()
        with pytest.raises(NotFound):
            transport.put_artifact("some-id", 0, 1, "model.zip", path, lease="token")
        assert [len(seen.body) for seen in server.seen[1:]] == [300_000, 300_000]


def test_damaged_download_is_not_taken_for_whole(connect: Connect) -> None:
    answer = Answer(body=b"abc", headers=OURS | {"Tuner-Sha256": "0" * 64})
    with ScriptedServer(answer) as server, pytest.raises(ConnectionFailed, match="damaged"):
        b"".join(connect(server.url).read_dataset("some-id"))


def test_download_that_breaks_off_is_told(connect: Connect) -> None:
    answer = Answer(body=b"abc", headers=OURS | {"Content-Length": "1000"})
    with ScriptedServer(answer) as server, pytest.raises(ConnectionFailed):
        b"".join(connect(server.url).read_dataset("some-id"))


def test_download_of_what_is_not_there_is_not_found(connect: Connect) -> None:
    with ScriptedServer(problem(NotFound("dataset", "x"), 404)) as server, pytest.raises(NotFound):
        b"".join(connect(server.url).read_dataset("some-id"))


def test_proxy_of_the_environment_is_not_asked_for_this_machine(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with ScriptedServer(HEALTHY) as server:
        assert connect(server.url).health().ready


def test_proxy_of_the_environment_is_asked_for_other_machines(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(HEALTHY) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert connect("http://tuner.example:8000").health().ready
        assert (proxy.seen[0].path, proxy.seen[0].headers["host"]) == (
            "http://tuner.example:8000/healthz",
            "tuner.example:8000",
        )
        monkeypatch.setenv("no_proxy", ".example")
        with pytest.raises(ConnectionFailed):
            connect("http://tuner.example:8000", patience_seconds=0.0).health()
        assert len(proxy.seen) == 1


def test_name_and_password_in_the_url_are_sent(connect: Connect) -> None:
    with ScriptedServer(HEALTHY) as server:
        connect(server.url.replace("//", "//ann:p%40ss@")).health()
        assert server.seen[0].headers["authorization"] == "Basic " + base64.b64encode(b"ann:p@ss").decode()


def test_waiting_that_was_asked_for_uses_up_no_patience(connect: Connect) -> None:
    with ScriptedServer(HEALTHY, Answer(hang_up=True, delay_seconds=1.0), EMPTY_REPLY) as server:
        transport = connect(server.url, patience_seconds=0.5)
        transport.health()
        assert transport.suggest("some-id", Suggest(worker="w", wait_seconds=10.0), key="one-key").trials == ()
        assert [seen.headers["idempotency-key"] for seen in server.seen[1:]] == ["one-key", "one-key"]
        assert server.seen[1].body == server.seen[2].body


def test_many_clients_return_spread_out_and_not_before_they_may(connect: Connect) -> None:
    num_clients = 64
    busy = [Answer(503, headers=OURS | {"Retry-After": "1"})] * num_clients
    with ScriptedServer(*busy, HEALTHY) as server:
        clients = [connect(server.url) for _ in range(num_clients)]
        threads = [threading.Thread(target=client.health) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused, returned = server.seen[:num_clients], server.seen[num_clients:]
        pauses = sorted(seen.at - refused[0].at for seen in returned)
        assert pauses[0] >= 1.0
        crowds = [bisect_right(pauses, pause + 0.1) - index for index, pause in enumerate(pauses)]
        assert max(crowds) < num_clients / 2


def test_closed_transport_says_so(connect: Connect, server: ServerProcess) -> None:
    transport = connect(server.url)
    transport.close()
    with pytest.raises(TunerError, match="has been closed"):
        transport.health()


def test_transport_closed_during_requests_leaves_no_socket_open(connect: Connect, server: ServerProcess) -> None:
    def ask(transport: HttpTransport) -> None:
        # Refused, or cut off, once it is closed.
        with suppress(TunerError):
            for _ in range(3):
                transport.health()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for number in range(100):
            transport = connect(server.url, patience_seconds=0.0)
            threads = [threading.Thread(target=ask, args=(transport,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(number / 10_000)
            transport.close()
            for thread in threads:
                thread.join()
        gc.collect()
    assert not [str(warning.message) for warning in told]


def test_forked_child_uses_connections_of_its_own(connect: Connect, server: ServerProcess) -> None:
    transport = connect(server.url)
    transport.health()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for _ in range(20):
                transport.health()
            status = 0
        finally:
            os._exit(status)
    for _ in range(20):
        transport.health()
    assert os.waitpid(child, 0)[1] == 0


def test_wrong_key_is_told(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"TUNER_API_KEY": "a-long-enough-secret-key"}) as server:
        with pytest.raises(Unauthorized), tuner.Client(server.url, "another-key") as stranger:
            stranger.list_studies()
        with tuner.Client(server.url, "a-long-enough-secret-key") as client:
            assert client.list_studies() == []


def test_killed_and_restarted_server_is_not_noticed(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, tuner.Client(server.url) as client:
        study = new_study(client, pruner="asha")
        trial = study.ask()
        server.kill()
        restart = threading.Timer(0.2, server.start)
        restart.start()
        assert trial.report(3, 0.5) is False
        restart.join()
        trial.tell(0.5)
        assert study.best_value == 0.5
        assert study.trial(0).attempt == 1


def test_release_whose_answer_was_lost_is_a_release(server: ServerProcess) -> None:
    with tuner.Client(server.url) as client:
        study = new_study(client)
        leased = client.transport.suggest(study.id, Suggest(worker="w"), key="release-lost").trials[0]
        body = ReleaseTrial(lease=leased.lease)
        assert client.transport.release(study.id, 0, body).state == "waiting"


def test_same_key_gets_the_same_trial(server: ServerProcess) -> None:
    with tuner.Client(server.url) as client:
        study = client.create_study("same-key", space=SPACE, objectives={"accuracy": "maximize"})
        replies = [client.transport.suggest(study.id, Suggest(worker="w"), key="one-key") for _ in range(2)]
        assert replies[0].trials[0].trial.number == replies[1].trials[0].trial.number
        assert study.num_trials == 1
