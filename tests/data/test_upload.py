from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

from tuner.data.frames import plain_frame, write_table
from tuner.data.profiling import profile_table
from tuner.data.upload import examine_file
from tuner.errors import InvalidDataset, TooLarge


def test_profile_made_in_a_child_is_the_one_made_here(tmp_path: Path) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    path = tmp_path / "table.csv.gz"
    write_table(frame, path)

    assert examine_file(path).profile == profile_table(plain_frame(frame))


def test_refusal_in_the_child_becomes_the_same_error_here(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3\n")

    with pytest.raises(InvalidDataset, match="Line 3 has 1 cells; the header has 2") as refusal:
        examine_file(path)
    assert refusal.value.hint


def test_class_of_the_error_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(",".join(f"c{index}" for index in range(10_001)) + "\n")

    with pytest.raises(TooLarge, match="10,001 columns"):
        examine_file(path)


def test_file_named_like_an_option_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("--seconds").write_text("a,b\n1,2\n3,4\n")

    assert examine_file(Path("--seconds")).profile.num_rows == 2


def test_table_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "".join(f"{'x' * 1000}{index},y\n" for index in range(200_000)))

    with pytest.raises(InvalidDataset, match="memory") as refusal:
        examine_file(path, memory_bytes=256 * 1024**2)
    assert "sample" in (refusal.value.hint or "")


def test_table_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "1.5,2.5\n" * 10_000_000)

    with pytest.raises(InvalidDataset, match="more than 1 seconds"):
        examine_file(path, seconds=1)


def test_child_without_room_to_start_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")

    with pytest.raises(InvalidDataset, match="memory"):
        examine_file(path, memory_bytes=100 * 1024**2)


def test_names_of_the_package_load_no_heavy_library() -> None:
    code = "import json, sys, tuner.data, tuner.data.upload; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)

    assert not {"numpy", "pandas", "sklearn"} & set(loaded)
