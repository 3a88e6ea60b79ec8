import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuner.errors import InvalidInput
from tuner.execution.file_cache import FileCache

CONTENT = b"a model of a thousand trees"


def sum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def damaged(sha256: str) -> InvalidInput:
    return InvalidInput(f"It came as {sha256}.")


def download() -> Iterator[bytes]:
    yield CONTENT[:5]
    yield CONTENT[5:]


def no_download() -> Iterator[bytes]:
    raise AssertionError("It was downloaded.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    path = tmp_path / "model.zip"
    path.write_bytes(CONTENT)
    return path


def test_file_is_downloaded_once(folder: Path) -> None:
    cache = FileCache(folder, max_idle_seconds=60)
    path = cache.get(sum_of(CONTENT), download, damaged)
    assert path.read_bytes() == CONTENT
    assert cache.get(sum_of(CONTENT), no_download, damaged) == path


def test_own_file_is_not_downloaded(folder: Path, own_file: Path) -> None:
    cache = FileCache(folder, max_idle_seconds=60)
    cache.add(own_file, sum_of(CONTENT))
    own_file.unlink()
    assert cache.get(sum_of(CONTENT), no_download, damaged).read_bytes() == CONTENT


def test_own_file_takes_no_place_twice(folder: Path, own_file: Path) -> None:
    FileCache(folder, max_idle_seconds=60).add(own_file, sum_of(CONTENT))
    assert own_file.samefile(folder / sum_of(CONTENT))


def test_damaged_file_is_refused_and_not_kept(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="came as"):
        FileCache(folder, max_idle_seconds=60).get(sum_of(b"another model"), download, damaged)
    assert [path for path in folder.iterdir() if path.suffix != ".lock"] == []


def test_files_used_longest_ago_make_room(folder: Path, own_file: Path) -> None:
    folder.mkdir()
    names = ["first", "second", "third"]
    for age, name in enumerate(names):
        path = folder / name
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - age, time.time() - age))
    FileCache(folder, max_idle_seconds=60, max_bytes=2000).add(own_file, sum_of(CONTENT))
    assert sorted(path.name for path in folder.iterdir()) == sorted(["first", "second", sum_of(CONTENT)])


def test_idle_files_are_removed(folder: Path, own_file: Path) -> None:
    folder.mkdir()
    (folder / "old").write_bytes(bytes(1000))
    os.utime(folder / "old", (time.time() - 61, time.time() - 61))
    FileCache(folder, max_idle_seconds=60).add(own_file, sum_of(CONTENT))
    assert not (folder / "old").exists()
