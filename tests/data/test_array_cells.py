"""Pictures and sequences to predict: every form of a cell becomes the one that models see, or is refused by its row."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tuner.data.arrays.cells import stacked
from tuner.data.pictures.resizing import resized
from tuner.data.profile import ColumnKind, ColumnProfile, ValueForm
from tuner.data.table import features_frame
from tuner.data.typed_rows import plain_rows
from tuner.errors import InvalidDataset


def image_column(shape: tuple[int, ...] = (4, 6, 3), **facts: Any) -> ColumnProfile:
    known = {"form": ValueForm.WHOLE, "minimum": 0.0, "maximum": 255.0} | facts
    return ColumnProfile("x", ColumnKind.IMAGE, "", num_missing=0, num_unique=9, shape=shape, **known)


def sequence_column(features: int = 2) -> ColumnProfile:
    return ColumnProfile(
        "x", ColumnKind.SEQUENCE, "", ValueForm.FRACTION, num_missing=0, num_unique=9, shape=(5, features)
    )


def typed(cell: Any, column: ColumnProfile) -> np.ndarray[Any, Any]:
    """The cell as a frame of rows and as a few plain rows, which must agree."""
    by_frame = features_frame(pd.DataFrame({"x": pd.Series([cell], dtype=object)}), [column])["x"][0]
    few = plain_rows([{"x": cell}], [column])
    assert few is not None
    assert few.columns["x"][0].dtype == by_frame.dtype
    np.testing.assert_array_equal(few.columns["x"][0], by_frame)
    return by_frame


PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3))


@pytest.mark.parametrize(
    "cell",
    [PIXELS, PIXELS.astype(np.uint8), PIXELS.astype(float), PIXELS.tolist(), PIXELS.astype(np.int16)[..., ::1]],
    ids=["int64", "uint8", "float64", "lists", "int16"],
)
def test_pictures_of_any_type_of_numbers_are_bytes(cell: Any) -> None:
    array = typed(cell, image_column())

    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, PIXELS)


def test_pictures_of_fractions_are_single_precision() -> None:
    array = typed((PIXELS / 255).tolist(), image_column(form=ValueForm.FRACTION, maximum=1.0))

    assert array.dtype == np.float32
    np.testing.assert_allclose(array, PIXELS / 255, rtol=1e-6)


def test_gray_pictures_become_colored_and_colored_ones_gray() -> None:
    gray = PIXELS[..., 0]
    assert (typed(gray, image_column())[..., 2] == gray).all()

    array = typed(PIXELS, image_column((4, 6, 1)))
    expected = np.asarray(Image.fromarray(PIXELS.astype(np.uint8)).convert("L"))
    assert np.abs(array[..., 0].astype(int) - expected).max() <= 1


def test_pictures_with_channels_first_are_turned() -> None:
    wide = np.random.default_rng(0).integers(0, 256, (5, 6, 3))

    np.testing.assert_array_equal(typed(np.moveaxis(wide, -1, 0), image_column((5, 6, 3))), wide)


def test_pictures_are_resized_as_pillow_does() -> None:
    image = np.random.default_rng(0).integers(0, 256, (31, 17, 3), dtype=np.uint8)
    for height, width in ((8, 9), (40, 50), (31, 5)):
        expected = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))

        array = typed(image, image_column((height, width, 3)))

        assert np.abs(array.astype(int) - expected).max() <= 2


def test_same_size_is_kept_exactly() -> None:
    np.testing.assert_array_equal(resized(PIXELS[None], 4, 6)[0], PIXELS)


@pytest.mark.parametrize(
    ("cell", "column", "message"),
    [
        (None, image_column(), "Row 0, column 'x': the picture is missing"),
        ("cat.png", image_column(), "'cat.png'; expected an array of numbers"),
        (7, image_column(), "an array of shape (); a picture has (height, width, channels)"),
        ([[1, 2], [3]], image_column(), "a list that is no array of numbers"),
        ([[[1, 2, None]]], image_column(), "a pixel that is not a finite number"),
        (np.full((4, 6, 3), np.inf), image_column(), "a pixel that is not a finite number"),
        (np.zeros((4, 6, 2)), image_column(), "the training pictures had 3 channels"),
        (np.zeros((0, 6, 3)), image_column(), "an array of shape (0, 6, 3)"),
        (PIXELS / 255, image_column(), "values with fractions; the training pictures held numbers from 0 to 255"),
        (PIXELS - 300, image_column(), "the training pictures held numbers from 0 to 255"),
        (
            PIXELS.astype(np.uint8),
            image_column(form=ValueForm.FRACTION, maximum=1.0),
            "the training pictures held numbers from 0 to 1",
        ),
        (np.zeros((5, 3)), sequence_column(), "an array of shape (5, 3); a sequence has (steps, 2)"),
        (np.zeros(5), sequence_column(), "an array of shape (5,); a sequence has (steps, 2)"),
        (np.full((5, 2), np.inf), sequence_column(), "a value that is infinite"),
        ([[1e300, 0]], sequence_column(), "a value that is infinite, or too large"),
        ("1 2", sequence_column(), "'1 2'; expected an array of numbers"),
    ],
)
def test_unfit_cells_are_refused_with_their_row(cell: Any, column: ColumnProfile, message: str) -> None:
    assert plain_rows([{"x": cell}], [column]) is None
    with pytest.raises(InvalidDataset, match=re.escape(message)) as refusal:
        features_frame(pd.DataFrame({"x": pd.Series([cell], dtype=object)}), [column])

    assert refusal.value.hint
    assert refusal.value.places[0].pointer == "#/rows"


def test_sequences_of_any_length_are_read() -> None:
    column = sequence_column()
    steps = np.random.default_rng(0).normal(size=(9, 2))

    assert typed(steps, column).dtype == np.float32
    assert typed(steps.tolist(), column).shape == (9, 2)
    assert typed(None, column).shape == (0, 2)
    assert typed([], column).shape == (0, 2)
    assert typed(np.r_[steps, np.full((3, 2), np.nan)], column).shape == (9, 2)
    assert np.isnan(typed([[1, None], [2, 3]], column)[0, 1])
    assert typed([1, 2, 3], sequence_column(1)).tolist() == [[1], [2], [3]]


def test_views_of_one_array_are_stacked_without_a_copy() -> None:
    block = np.arange(24).reshape(4, 3, 2)
    cells = np.empty(4, dtype=object)
    for row in range(4):
        cells[row] = block[row]

    assert np.shares_memory(stacked(cells), block)
    np.testing.assert_array_equal(stacked(cells), block)
    np.testing.assert_array_equal(stacked(cells[::-1]), block[::-1])
    np.testing.assert_array_equal(stacked(cells[1:]), block[1:])
