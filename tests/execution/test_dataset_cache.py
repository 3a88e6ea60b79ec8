import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import served
from tuner.client.http_transport import HttpTransport
from tuner.errors import InvalidDataset, NotFound
from tuner.execution.dataset_cache import DatasetCache
from tuner.wire import DatasetResource


@pytest.fixture(scope="module")
def transport(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpTransport]:
    with served(tmp_path_factory.mktemp("server")) as client:
        transport = HttpTransport(str(client.base_url), patience_seconds=0.0)
        yield transport
        transport.close()


@pytest.fixture(scope="module")
def dataset(transport: HttpTransport, table: Path) -> DatasetResource:
    return transport.upload_dataset(table, name="sides", target="side")


def test_table_arrives_as_it_was_uploaded(
    tmp_path: Path, transport: HttpTransport, dataset: DatasetResource, table: Path
) -> None:
    assert DatasetCache(tmp_path).fetch(transport, dataset).read_bytes() == table.read_bytes()


def test_second_fetch_needs_no_server(tmp_path: Path, transport: HttpTransport, dataset: DatasetResource) -> None:
    path = DatasetCache(tmp_path).fetch(transport, dataset)
    nowhere = HttpTransport("http://127.0.0.1:9", patience_seconds=0.0)
    assert DatasetCache(tmp_path).fetch(nowhere, dataset) == path
    nowhere.close()


def test_damaged_table_is_refused_and_not_kept(
    tmp_path: Path, transport: HttpTransport, dataset: DatasetResource
) -> None:
    other = dataset.model_copy(update={"sha256": hashlib.sha256(b"another table").hexdigest()})
    with pytest.raises(InvalidDataset, match="not what was uploaded"):
        DatasetCache(tmp_path).fetch(transport, other)
    assert [path for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_table_that_is_gone_is_not_found(tmp_path: Path, transport: HttpTransport, dataset: DatasetResource) -> None:
    gone = dataset.model_copy(update={"id": "01a2078b-6066-7884-8a9c-236d8d8ca050", "sha256": "0" * 64})
    with pytest.raises(NotFound):
        DatasetCache(tmp_path).fetch(transport, gone)


def test_many_fetch_one_table_at_once(tmp_path: Path, transport: HttpTransport, dataset: DatasetResource) -> None:
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(DatasetCache(tmp_path).fetch(transport, dataset)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [tmp_path / dataset.sha256] * 8
    assert list(tmp_path.glob("*.part")) == []


def test_tables_that_nobody_used_for_a_week_are_removed(
    tmp_path: Path, transport: HttpTransport, dataset: DatasetResource
) -> None:
    old, recent = tmp_path / "old", tmp_path / "recent"
    for path, age_days in ((old, 8), (recent, 6)):
        path.write_text("a table")
        used_at = time.time() - age_days * 86_400
        os.utime(path, (used_at, used_at))
    DatasetCache(tmp_path).fetch(transport, dataset)
    assert not old.exists()
    assert recent.exists()
