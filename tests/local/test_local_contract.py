from collections.abc import Iterator
from pathlib import Path

import pytest

from tuner import Client
from tuner.testing.client import ClientContract, ModelPromises


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("home"))


class TestLocalClient(ClientContract):
    @pytest.fixture
    def client(self, shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
        monkeypatch.setenv("TUNER_HOME", str(shared_home))
        with Client() as client:
            yield client


class TestLocalModels(ModelPromises):
    @pytest.fixture(scope="class")
    @classmethod
    def client(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TUNER_HOME", str(tmp_path_factory.mktemp("models")))
            with Client() as client:
                yield client
