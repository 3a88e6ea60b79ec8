"""One process at a time owns an SQLite file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.errors import DatabaseInUse
from tuner.storage import Owner, Ownership
from tuner.storage.ownership import lock_path, read_owner

_OWN = """
import sys, time
from pathlib import Path
from tuner.storage import Ownership

ownership = Ownership(Path(sys.argv[1]))
print("owned", flush=True)
time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "tuner.db"


def test_a_second_owner_is_refused_and_told_who_the_first_is(database: Path) -> None:
    ownership = Ownership(database)
    with pytest.raises(DatabaseInUse, match=f"process {os.getpid()}") as caught:
        Ownership(database)
    assert "tuner serve" in (caught.value.hint or "")
    ownership.release()


def test_a_server_tells_its_address(database: Path) -> None:
    ownership = Ownership(database)
    ownership.announce("http://127.0.0.1:8000")
    assert read_owner(database) == Owner(os.getpid(), "http://127.0.0.1:8000")
    with pytest.raises(DatabaseInUse) as caught:
        Ownership(database)
    assert "http://127.0.0.1:8000" in (caught.value.hint or "")
    ownership.release()


def test_a_released_database_can_be_owned_again(database: Path) -> None:
    Ownership(database).release()
    assert read_owner(database) is None
    Ownership(database).release()


def test_the_database_file_itself_is_never_opened(database: Path) -> None:
    ownership = Ownership(database)
    assert lock_path(database).exists()
    assert not database.exists()
    ownership.release()


def test_the_lock_of_a_killed_process_is_free(database: Path) -> None:
    command = [sys.executable, "-P", "-c", _OWN, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"owned\n"
        with pytest.raises(DatabaseInUse, match=f"process {child.pid}"):
            Ownership(database)
        child.send_signal(signal.SIGKILL)
        child.wait()
    Ownership(database).release()


@pytest.mark.parametrize("words", ["", "{}", "[1]", '{"pid": "x", "url": null}', "\xff"])
def test_unreadable_words_beside_the_lock_tell_of_no_owner(database: Path, words: str) -> None:
    lock_path(database).write_text(words, encoding="latin-1")
    assert read_owner(database) is None
