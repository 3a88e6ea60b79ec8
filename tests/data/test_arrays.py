"""NPZ files: arrays by name as a table."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tuner.data import prepared_table
from tuner.data.frames import plain_frame, write_table
from tuner.data.kinds import with_kinds
from tuner.data.profile import ColumnKind, DatasetProfile, ValueForm, target_profile
from tuner.data.profiling import profile_table
from tuner.data.reading import ReadLimits, read_table
from tuner.data.table import load_table
from tuner.data.upload import examine_file
from tuner.errors import InvalidDataset, TooLarge

N = 24


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.npz"


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=shape)


def profile_of(path: Path, **arrays: Any) -> DatasetProfile:
    np.savez(path, **arrays)
    return profile_table(read_table(path))


def test_arrays_become_columns_by_their_dimensions(path: Path) -> None:
    profile = profile_of(
        path,
        y=np.arange(N) % 3,
        single=numbers(N, 1),
        pair=numbers(N, 2),
        words=np.array(["red", "green"] * (N // 2)),
        raw=np.array([b"rot", "grün".encode()] * (N // 2)),
        flags=np.arange(N) % 2 == 0,
        days=np.datetime64("2024-01-01") + np.arange(N),
        steps=numbers(N, 7, 3),
        gray=np.random.default_rng(0).integers(0, 256, (N, 9, 5), dtype=np.uint8),
        color=np.random.default_rng(0).random((N, 4, 6, 3)),
    )

    kinds = {column.name: column.kind for column in profile.columns}
    assert kinds == {
        "y": ColumnKind.NUMBER,
        "single": ColumnKind.NUMBER,
        "pair_0": ColumnKind.NUMBER,
        "pair_1": ColumnKind.NUMBER,
        "words": ColumnKind.CATEGORY,
        "raw": ColumnKind.CATEGORY,
        "flags": ColumnKind.BOOLEAN,
        "days": ColumnKind.DATE,
        "steps": ColumnKind.SEQUENCE,
        "gray": ColumnKind.IMAGE,
        "color": ColumnKind.IMAGE,
    }
    assert profile.column("raw").value_counts == (("rot", N // 2), ("grün", N // 2))
    assert profile.column("steps").shape == (7, 3)
    assert profile.column("gray").shape == (9, 5, 1)
    assert profile.column("color").shape == (4, 6, 3)


def test_profile_tells_the_range_of_the_numbers(path: Path) -> None:
    x = np.full((N, 2, 2, 1), 4, np.int64)
    x[0, 0, 0, 0], x[1, 0, 0, 0] = 0, 200

    column = profile_of(path, x=x, y=np.arange(N) % 2).column("x")

    assert (column.minimum, column.maximum, column.form) == (0, 200, ValueForm.WHOLE)
    assert column.mean == pytest.approx(x.mean())
    assert column.num_unique == 3


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (np.random.default_rng(0).integers(0, 17, (N, 8, 8)).astype(float), ColumnKind.IMAGE),
        (np.random.default_rng(0).random((N, 8, 8)), ColumnKind.IMAGE),
        (np.random.default_rng(0).random((N, 8, 9)), ColumnKind.SEQUENCE),
        (np.random.default_rng(0).random((N, 4, 4)), ColumnKind.SEQUENCE),
        (np.random.default_rng(0).normal(size=(N, 8, 8)), ColumnKind.SEQUENCE),
        (np.random.default_rng(0).integers(0, 300, (N, 8, 8)), ColumnKind.SEQUENCE),
    ],
    ids=["whole squares", "squares from 0 to 1", "no square", "small square", "below zero", "beyond 255"],
)
def test_three_dimensions_are_pictures_if_they_look_so(path: Path, x: np.ndarray[Any, Any], kind: ColumnKind) -> None:
    column = profile_of(path, x=x, y=np.arange(N) % 2).column("x")

    assert column.kind is kind
    assert f"choose the kind '{'sequence' if kind is ColumnKind.IMAGE else 'image'}'" in column.reason


def test_kind_of_three_dimensions_can_be_chosen(path: Path) -> None:
    np.savez(path, x=numbers(N, 5, 3), y=np.arange(N) % 2)

    profile = examine_file(path, target="y", kinds={"x": "image"}).profile
    table = load_table(path, profile, target_profile(profile, "y"))

    assert profile.column("x").shape == (5, 3, 1)
    assert table.features["x"][0].shape == (5, 3, 1)
    assert with_kinds(profile, {"x": "sequence"}).column("x").shape == (5, 3)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("x", "sequence", "three dimensions"),
        ("x", "number", "its cells are arrays"),
        ("y", "image", "its cells are not arrays"),
    ],
)
def test_kind_that_does_not_fit_arrays_is_refused(path: Path, name: str, kind: str, message: str) -> None:
    profile = profile_of(path, x=np.random.default_rng(0).random((N, 5, 5, 3)), y=np.arange(N) % 2)

    with pytest.raises(InvalidDataset, match=message):
        with_kinds(profile, {name: kind})


def test_pictures_with_channels_first_are_turned(path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (N, 3, 12, 10), dtype=np.uint8)
    np.savez(path, x=x, y=np.arange(N) % 2)

    frame = read_table(path)

    np.testing.assert_array_equal(frame["x"][1], np.moveaxis(x[1], 0, -1))


@pytest.mark.parametrize("name", ["mask", "x_mask"])
def test_mask_takes_out_padding_at_either_end(path: Path, name: str) -> None:
    x = numbers(3, 4, 2)
    mask = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]], dtype=bool)
    np.savez(path, x=x, y=[0, 1, 0], **{name: mask})

    frame = read_table(path)

    assert list(frame.columns) == ["x", "y"]
    for row, steps in enumerate((x[0, :2], x[1, 2:], x[2])):
        np.testing.assert_allclose(frame["x"][row], steps, rtol=1e-6)


def test_steps_of_nan_at_the_end_are_padding_and_gaps_within_are_not(path: Path) -> None:
    x = numbers(N, 4, 2)
    x[0, 2:] = np.nan
    x[1, 1, 0] = np.nan
    x[2] = np.nan
    profile = profile_of(path, x=x, y=np.arange(N) % 2)
    table = load_table(path, profile, target_profile(profile, "y"))

    assert [len(cell) for cell in table.features["x"][:4]] == [2, 4, 0, 4]
    assert np.isnan(table.features["x"][1][1, 0])
    assert profile.column("x").num_missing == 1
    assert "up to 4 steps" in profile.column("x").reason


def test_mask_of_another_shape_is_refused(path: Path) -> None:
    np.savez(path, x=numbers(3, 4, 2), y=[0, 1, 0], mask=np.ones((3, 5), bool))

    with pytest.raises(InvalidDataset, match=r"mask 'mask' has the shape \(3, 5\).* must have \(3, 4\)"):
        read_table(path)


def test_typed_cells_are_bytes_or_single_precision(path: Path) -> None:
    profile = profile_of(
        path,
        pixels=np.random.default_rng(0).integers(0, 17, (N, 8, 8)).astype(float),
        fractions=np.random.default_rng(0).random((N, 8, 8, 1)),
        steps=np.random.default_rng(0).integers(-9, 9, (N, 5, 2)),
        y=np.arange(N) % 2,
    )
    features = load_table(path, profile, target_profile(profile, "y")).features

    assert features["pixels"][0].dtype == np.uint8
    assert features["fractions"][0].dtype == np.float32
    assert features["steps"][0].dtype == np.float32


@pytest.mark.parametrize("ragged", [False, True])
def test_prepared_arrays_load_as_they_were_read(path: Path, ragged: bool) -> None:
    x = numbers(N, 6, 2)
    if ragged:
        x[::2, 3:] = np.nan
    profile = profile_of(path, x=x, p=np.arange(N * 16, dtype=np.uint8).reshape(N, 4, 4), y=np.arange(N) % 2)
    target = target_profile(profile, "y")

    first = load_table(path, profile, target).features
    assert prepared_table.load(path, profile) is not None
    again = load_table(path, profile, target).features

    for name in ("x", "p"):
        for one, other in zip(first[name], again[name], strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_frame_with_arrays_is_written_and_read(path: Path) -> None:
    ragged = [numbers(length, 2) for length in (3, 1, 4)]
    frame = pd.DataFrame(
        {
            "steps": pd.Series(ragged, dtype=object),
            "lists": pd.Series([[[0, 1], [2, 3]]] * 3, dtype=object),
            "text": ["grün", None, "007"],
            "x: y/z": [1.5, None, 3],
        }
    )

    write_table(frame, path)
    read = read_table(path)

    assert list(read.columns) == list(frame.columns)
    for one, other in zip(read["steps"], ragged, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_array_equal(read["lists"][2], [[0, 1], [2, 3]])
    assert read["text"].tolist() == ["grün", None, "007"]
    assert read["x: y/z"].tolist()[::2] == [1.5, 3]


def test_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": pd.Series(list(numbers(5, 3, 2)), dtype=object), "y": range(5)})
    for name in ("a.npz", "b.npz"):
        write_table(frame, tmp_path / name)

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([np.zeros((2, 3)), np.zeros((2, 4))], "do not fit each other"),
        ([np.zeros((2, 3)), np.zeros((2, 3, 1))], "do not fit each other"),
        ([np.zeros((2, 3, 1)), np.zeros((4, 3, 1))], "have 2 sizes"),
        ([np.zeros((2, 3, 1)), None], "Row 1, column 'x': the picture is missing"),
        ([np.zeros((2, 3)), "text"], "Row 1, column 'x' holds no array of numbers"),
        ([[[1, 2], [3]], [[1, 2], [3, 4]]], "Row 0, column 'x' holds no array of numbers"),
        ([np.zeros((2, 3, 1, 1)), np.zeros((2, 3, 1, 1))], "two or three dimensions"),
    ],
)
def test_cells_that_do_not_fit_each_other_are_refused(cells: list[Any], message: str) -> None:
    with pytest.raises(InvalidDataset, match=re.escape(message)):
        plain_frame(pd.DataFrame({"x": pd.Series(cells, dtype=object), "y": [0, 1]}))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.array([{"a": 1}, None], dtype=object)}, "The array 'x' holds Python objects, which are never loaded"),
        ({"x": np.array([numbers(2, 2), numbers(3, 2)], dtype=object)}, "fill them up with NaN"),
        ({"x": numbers(3, 2), "y": np.arange(4)}, "different numbers of rows: 'x' 3, 'y' 4"),
        ({"x_train": numbers(3, 2), "x_test": numbers(2, 2)}, "Put what is for testing into a file of its own"),
        ({"x": np.array(1.0), "y": np.arange(4)}, "The array 'x' is a single value"),
        ({"x": numbers(3) * 1j}, "'x' holds values of the type complex128"),
        ({"x": np.zeros(3, [("a", int), ("b", float)])}, "'x' holds named fields"),
        ({"x": np.zeros(3, "m8[s]")}, "'x' holds values of the type timedelta64[s]"),
        ({"x": numbers(3, 2, 2, 2, 2)}, "from three dimensions on"),
        ({"x": np.full((3, 2, 2), "a")}, "from three dimensions on"),
        ({"x": numbers(3, 0, 2)}, "from three dimensions on"),
        ({"x": numbers(3, 40, 40, 40)}, "40 channels"),
        ({"x": np.full((3, 2, 2), np.inf)}, "Row 0, array 'x': inf at (0, 0) is infinite"),
        ({"x": np.full((3, 2, 2), 1e300)}, "is infinite, or too large"),
        ({"x": np.full((3, 2, 2, 1), np.nan)}, "Row 0, array 'x' holds NaN"),
        ({"x": np.array([1.0, np.inf, 2.0])}, "is not a finite number"),
        ({"x": np.array([b"\xff", b"a", b"b"])}, "no text in UTF-8"),
        ({"x": numbers(3, 2), "x_0": numbers(3)}, "Two columns of the NPZ file come to be called 'x_0'"),
        ({"x": numbers(1, 2)}, "have 1 row; at least 2"),
        ({"x": numbers(0, 2)}, "0 rows"),
    ],
)
def test_unfit_arrays_are_refused_with_a_hint(path: Path, arrays: dict[str, Any], message: str) -> None:
    np.savez(path, allow_pickle=True, **arrays)

    with pytest.raises(InvalidDataset) as refusal:
        read_table(path)

    assert message in f"{refusal.value.message} {refusal.value.hint}"
    assert refusal.value.hint


def test_file_with_too_many_columns_is_refused(path: Path) -> None:
    np.savez(path, x=np.zeros((3, 10_001)))

    with pytest.raises(TooLarge, match="more than 10,000 columns"):
        read_table(path)


def array_bytes(array: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense", "The array 'x' is damaged"),
        (b"", "The array 'x' is damaged"),
        (array_bytes(np.arange(10))[:-8], "its size is not that of (10,)"),
        (array_bytes(np.arange(10)).replace(b"(10,)", b"(99,)"), "its size is not that of (99,)"),
        (array_bytes(np.arange(10)).replace(b"'<i8'", b"'<Q9'"), "The array 'x' is damaged"),
        (array_bytes(np.arange(10)).replace(b"(10,)", b"(-5,)"), "its size is not that of"),
    ],
)
def test_damaged_array_is_refused_by_name(path: Path, content: bytes, message: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)

    with pytest.raises(InvalidDataset, match=re.escape(message)):
        read_table(path)


def test_bomb_is_refused_before_it_is_unpacked(path: Path) -> None:
    np.savez_compressed(path, x=np.zeros((10, 1_000_000)))

    with pytest.raises(TooLarge, match=r"unpacks to .* too much for a file of its size"):
        read_table(path, ReadLimits(harmless_bytes=1024))
    with pytest.raises(TooLarge, match=r"unpacks to .* at most 1,000 are allowed"):
        read_table(path, ReadLimits(max_bytes=1_000))


def test_encrypted_or_oddly_compressed_zip_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", array_bytes(np.arange(10)))
    with pytest.raises(InvalidDataset, match="compressed in a way that is not read"):
        read_table(path)

    np.savez(path, x=np.arange(10))
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InvalidDataset, match="is encrypted"):
        read_table(path)


def test_truncated_zip_is_refused(path: Path) -> None:
    np.savez(path, x=np.arange(1000))
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(InvalidDataset, match="The zip file is damaged or cut short"):
        examine_file(path)


def test_array_cannot_be_the_target(path: Path) -> None:
    profile = profile_of(path, x=numbers(N, 5, 3), y=np.arange(N) % 2)

    with pytest.raises(InvalidDataset, match="'x' cannot be the target: it holds arrays"):
        target_profile(profile, "x")


def test_warnings_tell_of_repeated_and_blank_cells(path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (200, 4, 4), dtype=np.uint8)
    x[:10] = x[10:20]
    x[30:33] = 7
    np.savez(path, x=x, copy=x, y=np.r_[np.arange(10), np.arange(190)] % 2)

    profile = examine_file(path, target="y").profile

    messages = {(warning.code, warning.column): warning.message for warning in profile.warnings}
    assert "11 of 200 rows" in messages["duplicate_rows", None]
    assert "3 of 200 pictures of column 'x' hold one value throughout" in messages["blank_cells", "x"]
    assert "'copy' equals column 'x'" in messages["duplicate_column", "copy"]


def test_equal_pictures_in_every_row_are_constant(path: Path) -> None:
    profile = profile_of(path, x=np.ones((N, 5, 5, 1)), z=numbers(N), y=np.arange(N) % 2)

    assert profile.column("x").kind is ColumnKind.CONSTANT
    assert [column.name for column in profile.features("y")] == ["z"]
