from collections.abc import Iterator
from pathlib import Path

import pytest

from tuner import Client
from tuner.testing.client import ClientContract


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("home"))


class TestLocalClient(ClientContract):
    @pytest.fixture
    def client(self, shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
        monkeypatch.setenv("TUNER_HOME", str(shared_home))
        with Client() as client:
            yield client
