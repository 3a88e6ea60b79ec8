"""Files are received whole or not at all, and kept under names of our own."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuner.errors import InvalidInput, TooLarge
from tuner.storage import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "files")


def files(tmp_path: Path) -> list[str]:
    folder = tmp_path / "files"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_stream_is_kept_under_the_name_it_is_given(blobs: Blobs, tmp_path: Path) -> None:
    received = blobs.receive(iter([b"ab", b"", b"c"]), max_bytes=3)
    assert (received.size, received.sha256) == (3, hashlib.sha256(b"abc").hexdigest())
    assert blobs.keep(received, "a/b/c").read_bytes() == b"abc"
    assert files(tmp_path) == ["a/b/c"]


def test_keeping_replaces_what_was_there(blobs: Blobs) -> None:
    for content in (b"one", b"two"):
        path = blobs.keep(blobs.receive(iter([content]), max_bytes=3), "name")
    assert path.read_bytes() == b"two"


def test_new_folders_are_flushed_once_and_the_file_s_own_each_time(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    fsync = os.fsync

    def noting_fsync(descriptor: int) -> None:
        flushed.append(os.path.relpath(os.readlink(f"/proc/self/fd/{descriptor}"), tmp_path / "files"))
        fsync(descriptor)

    def flushed_for(name: str) -> list[str]:
        received = blobs.receive(iter([b"x"]), max_bytes=1)
        flushed.clear()
        blobs.keep(received, name)
        return flushed

    monkeypatch.setattr(os, "fsync", noting_fsync)
    assert sorted(flushed_for("a/b/one")) == [".", "a", "a/b"]
    assert flushed_for("a/b/two") == ["a/b"]
    assert sorted(flushed_for("a/c/one")) == ["a", "a/c"]


def test_a_stream_over_the_limit_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        blobs.receive(iter([b"ab", b"cd"]), max_bytes=3)
    assert files(tmp_path) == []


def test_a_stream_with_another_hash_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        blobs.receive(iter([b"ab"]), max_bytes=3, sha256="0" * 64)
    assert files(tmp_path) == []


def test_a_stream_that_breaks_off_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise EOFError

    with pytest.raises(EOFError):
        blobs.receive(broken(), max_bytes=3)
    assert files(tmp_path) == []


def test_a_discarded_file_is_gone_and_a_kept_one_stays(blobs: Blobs, tmp_path: Path) -> None:
    blobs.discard(blobs.receive(iter([b"a"]), max_bytes=3))
    received = blobs.receive(iter([b"b"]), max_bytes=3)
    blobs.keep(received, "b")
    blobs.discard(received)
    assert files(tmp_path) == ["b"]


def test_files_and_folders_can_be_removed(blobs: Blobs, tmp_path: Path) -> None:
    for name in ("one", "folder/two", "folder/deep/three", "four"):
        blobs.keep(blobs.receive(iter([b"a"]), max_bytes=3), name)
    for name in ("one", "folder", "nothing"):
        blobs.remove(name)
    assert files(tmp_path) == ["four"]


def test_what_a_killed_server_was_receiving_is_removed_once_it_is_old(blobs: Blobs, tmp_path: Path) -> None:
    old, new = (blobs.receive(iter([b"x"]), max_bytes=1).path for _ in range(2))
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    Blobs(tmp_path / "files")
    assert not old.exists()
    assert new.exists()
