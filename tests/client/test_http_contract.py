from collections.abc import Iterator

import pytest

from tuner import Client
from tuner.testing.client import ClientContract
from tuner.testing.server import ServerProcess


class TestHttpClient(ClientContract):
    @pytest.fixture
    def client(self, server: ServerProcess) -> Iterator[Client]:
        with Client(server.url) as client:
            yield client
