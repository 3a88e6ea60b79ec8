from collections.abc import Iterator
from pathlib import Path

import pytest

from tuner import Client
from tuner.testing.client import ClientContract, ModelPromises
from tuner.testing.server import ServerProcess, WorkerProcess


class TestHttpClient(ClientContract):
    @pytest.fixture
    def client(self, server: ServerProcess) -> Iterator[Client]:
        with Client(server.url) as client:
            yield client


class TestHttpModels(ModelPromises):
    @pytest.fixture(scope="class")
    @classmethod
    def client(cls, server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
        with pytest.MonkeyPatch.context() as patch, Client(server.url) as client:
            patch.setenv("TUNER_HOME", str(tmp_path_factory.mktemp("home")))
            with WorkerProcess(server.url, Path(tmp_path_factory.mktemp("worker"))):
                yield client
