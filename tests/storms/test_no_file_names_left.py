"""The disk has room, but not for the names of more files."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.storms.caller import PASSING, Caller
from tests.storms.conftest import StartServer
from tests.storms.crowd import create_study


@pytest.mark.root
def test_a_disk_with_room_for_one_more_file_refuses_an_artifact(start_server: StartServer, small_disk: Path) -> None:
    server = start_server(home=small_disk / "home")
    with Caller([server.url]) as caller:
        study = create_study(caller, "full")
        (leased,) = caller.json("POST", f"/v1/studies/{study}/suggest", {"worker": "w"}, key="ask")["trials"]
        path = f"/v1/studies/{study}/trials/0/attempts/1/artifacts/model.bin"
        headers = {"Tuner-Lease": leased["lease"]}
        fillers = take_all_names(small_disk)
        fillers.pop().unlink()
        # The file itself can be received, but not the folders on the way to its place be made.
        answer = caller.once("PUT", path, headers=headers, content=b"1")
        assert answer is not None
        assert answer.status_code in PASSING, answer.text
        for filler in fillers:
            filler.unlink()
        assert caller.insist("PUT", path, headers=headers, content=b"1").status_code == 201
        assert caller.insist("GET", path).content == b"1"
    assert list((small_disk / "home" / "incoming").iterdir()) == []


def take_all_names(folder: Path) -> list[Path]:
    """Make empty files until there is no room for another; the files."""
    made: list[Path] = []
    for index in itertools.count():
        path = folder / f"filler-{index}"
        try:
            path.touch()
        except OSError:
            return made
        made.append(path)
    return made
