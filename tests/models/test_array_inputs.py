"""Pictures and sequences as entries of a network."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from tuner.data.arrays.cells import cells_of
from tuner.data.profile import ColumnKind, ColumnProfile, ValueForm
from tuner.data.typed_rows import TypedRows
from tuner.models.networks.image_inputs import ImageInputs
from tuner.models.networks.sequence_inputs import SequenceInputs

RNG = np.random.default_rng(0)


def column(name: str, kind: ColumnKind, shape: tuple[int, ...]) -> ColumnProfile:
    return ColumnProfile(name, kind, "", ValueForm.WHOLE, 0, 2, minimum=0, maximum=255, shape=shape)


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(cells_of(cells, len(cells)), dtype=object) for name, cells in columns.items()})


def test_pictures_are_standardised_channel_by_channel() -> None:
    pictures = RNG.integers(0, 256, (50, 4, 3, 2)).astype(np.uint8)
    pictures[..., 1] = 7
    rows = frame(photo=list(pictures))
    inputs = ImageInputs.fit(rows, [column("photo", ColumnKind.IMAGE, (4, 3, 2))], {})
    array = inputs.transform(TypedRows.of(rows))["image_0"]
    assert array.dtype == np.float32
    assert array.shape == (50, 4, 3, 2)
    np.testing.assert_allclose([array[..., 0].mean(), array[..., 0].std()], [0, 1], atol=1e-5)
    assert not array[..., 1].any()


def test_entries_belong_to_their_columns_after_loading() -> None:
    rows = frame(front=list(RNG.random((5, 2, 2, 1))), back=list(RNG.random((5, 3, 3, 1)) + 9))
    columns = [column("front", ColumnKind.IMAGE, (2, 2, 1)), column("back", ColumnKind.IMAGE, (3, 3, 1))]
    inputs = ImageInputs.fit(rows, columns, {})
    loaded = ImageInputs.from_json(json.loads(json.dumps(inputs.to_json())))
    assert loaded.entries == {"front": "image_0", "back": "image_1"}
    for name, array in inputs.transform(TypedRows.of(rows)).items():
        np.testing.assert_array_equal(loaded.transform(TypedRows.of(rows))[name], array)


def test_no_pictures_are_an_empty_array() -> None:
    rows = frame(photo=list(RNG.random((5, 2, 3, 1))))
    inputs = ImageInputs.fit(rows, [column("photo", ColumnKind.IMAGE, (2, 3, 1))], {})
    assert inputs.transform(TypedRows.of(rows.head(0)))["image_0"].shape == (0, 2, 3, 1)


def test_shorter_sequences_end_with_the_others() -> None:
    rows = frame(signal=[np.array([[1.0], [3.0]], np.float32), np.array([[5.0]], np.float32), np.zeros((0, 1))])
    inputs = SequenceInputs.fit(rows, [column("signal", ColumnKind.SEQUENCE, (2, 1))], {})
    array = inputs.transform(TypedRows.of(rows))["sequence_0"]
    spread = np.std([1, 3, 5])
    np.testing.assert_allclose(array[..., 0], [[-2 / spread, 0], [0, 2 / spread], [0, 0]], atol=1e-6)


def test_longer_sequences_are_read_at_their_end_and_gaps_are_the_mean() -> None:
    rows = frame(signal=[np.array([[1.0], [3.0]], np.float32), np.array([[np.nan], [2.0]], np.float32)])
    inputs = SequenceInputs.fit(rows, [column("signal", ColumnKind.SEQUENCE, (2, 1))], {})
    longer = frame(signal=[np.array([[9.0], [2.0], [np.nan]], np.float32)])
    loaded = SequenceInputs.from_json(json.loads(json.dumps(inputs.to_json())))
    np.testing.assert_allclose(loaded.transform(TypedRows.of(longer))["sequence_0"][0, :, 0], [0, 0], atol=1e-6)
