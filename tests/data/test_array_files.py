"""Arrays in files that NumPy reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tuner.data.arrays.writing import write_npz


def test_arrays_are_read_by_numpy_and_take_little_room(tmp_path: Path) -> None:
    arrays = {"zeros": np.zeros((100, 1000)), "words": np.array(["höhe", "東京"]), "number": np.array(0.5)}
    write_npz(tmp_path / "all.npz", arrays.items())
    with np.load(tmp_path / "all.npz", allow_pickle=False) as found:
        assert list(found) == list(arrays)
        assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    assert (tmp_path / "all.npz").stat().st_size < 20_000


def test_equal_arrays_give_equal_files(tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        write_npz(tmp_path / name, [("rows", np.arange(5))])
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
