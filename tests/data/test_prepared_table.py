from __future__ import annotations

import gzip
import multiprocessing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data import prepared_table
from tuner.data.profile import DatasetProfile, TargetProfile, target_profile
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.data.table import Table, build_table, load_table

CELLS = "whole,fraction,gaps,text,flag,y\n" + "".join(
    f"{row},{row / 7},{'' if row % 3 else row},{'Ünï 🎈' if row % 4 else 'NA'},{'no' if row % 2 else 'yes'},{row % 2}\n"
    for row in range(200)
)


def profiled(path: Path) -> tuple[Path, DatasetProfile, TargetProfile]:
    profile = profile_table(read_table(path))
    return path, profile, target_profile(profile, "y")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(CELLS, encoding="utf-8")
    return path


def prepared_files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{prepared_table.SUFFIX}"))


def assert_same(first: Table, second: Table) -> None:
    pd.testing.assert_frame_equal(first.features, second.features)
    np.testing.assert_array_equal(first.target, second.target)
    np.testing.assert_array_equal(first.row_ids, second.row_ids)
    assert first.target.dtype == second.target.dtype


def test_prepared_form_gives_the_same_frame(path: Path) -> None:
    frame = read_table(path)
    profile = profile_table(frame)
    prepared_table.prepare(path, profile, frame)
    loaded = prepared_table.load(path, profile)

    assert loaded is not None
    pd.testing.assert_frame_equal(loaded, frame)


def test_second_load_takes_the_prepared_form(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = profiled(path)
    first = load_table(*arguments)
    assert len(prepared_files(path.parent)) == 1

    def refuse(*_: object) -> None:
        raise AssertionError("the file was parsed again")

    monkeypatch.setattr("tuner.data.table.read_table", refuse)
    assert_same(load_table(*arguments), first)
    assert_same(first, build_table(read_table(path), *arguments[1:]))


def test_column_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("self,y\n" + "".join(f"2024-01-{day:02},{day % 2}\n" for day in range(1, 29)))
    arguments = profiled(path)

    assert_same(load_table(*arguments), load_table(*arguments))


def test_another_folder_can_hold_it(path: Path, tmp_path: Path) -> None:
    frame = read_table(path)
    profile = profile_table(frame)
    folder = tmp_path / "cache"
    folder.mkdir()
    prepared_table.prepare(path, profile, frame, folder)

    assert prepared_table.load(path, profile) is None
    assert prepared_table.load(path, profile, folder) is not None


def test_changed_file_is_read_anew(path: Path) -> None:
    arguments = profiled(path)
    load_table(*arguments)
    path.write_text(CELLS.replace("yes", "no!"), encoding="utf-8")

    assert prepared_table.load(*arguments[:2]) is None


def test_other_profile_is_read_anew(path: Path) -> None:
    frame = read_table(path)
    prepared_table.prepare(path, profile_table(frame), frame)

    assert prepared_table.load(path, profile_table(frame.iloc[:100])) is None


@pytest.mark.parametrize("damage", [b"", b"no json\n", b"\0" * 5000, b'{"file": 1}\n'])
def test_damaged_prepared_form_does_not_matter(path: Path, damage: bytes) -> None:
    arguments = profiled(path)
    first = load_table(*arguments)
    prepared_files(path.parent)[0].write_bytes(damage)

    assert_same(load_table(*arguments), first)
    assert prepared_table.load(*arguments[:2]) is not None


def test_cut_short_prepared_form_does_not_matter(path: Path) -> None:
    arguments = profiled(path)
    first = load_table(*arguments)
    kept = prepared_files(path.parent)[0]
    kept.write_bytes(kept.read_bytes()[:-1000])

    assert_same(load_table(*arguments), first)


def test_folder_that_cannot_be_written_is_left_alone(path: Path, tmp_path: Path) -> None:
    frame = read_table(path)
    profile = profile_table(frame)
    prepared_table.prepare(path, profile, frame, tmp_path / "missing")

    assert prepared_table.load(path, profile, tmp_path / "missing") is None


def _load_many(path: Path, start: multiprocessing.synchronize.Barrier) -> None:
    arguments = profiled(path)
    start.wait()
    for _ in range(5):
        assert load_table(*arguments).num_rows == 200
        for file in prepared_files(path.parent):
            file.unlink(missing_ok=True)


def test_processes_may_write_at_the_same_time(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(3)
    processes = [context.Process(target=_load_many, args=(path, start)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert not list(path.parent.glob("*.part"))


def test_gzip_files_are_prepared_too(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(CELLS.encode()))
    arguments = profiled(path)

    assert_same(load_table(*arguments), load_table(*arguments))
