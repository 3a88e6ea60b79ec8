"""Numbers that classic models derive from pictures and sequences."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tuner.data.arrays.cells import cells_of
from tuner.data.arrays.sequence_features import SequenceFeatures
from tuner.data.arrays.widths import MAX_NUMBERS, num_derived
from tuner.data.encoding import TabularEncoder
from tuner.data.pictures.features import ImageFeatures
from tuner.data.profile import ColumnProfile
from tuner.data.profiling import profile_table
from tuner.data.table import features_frame


def typed(**arrays: Any) -> tuple[pd.DataFrame, tuple[ColumnProfile, ...]]:
    plain = pd.DataFrame({name: pd.Series(cells_of(cells, len(cells)), dtype=object) for name, cells in arrays.items()})
    columns = profile_table(plain).columns
    return features_frame(plain, columns), columns


def numbers_of(cells: list[np.ndarray[Any, Any]]) -> dict[str, list[float]]:
    """The numbers of sequences with one feature, by name."""
    column = cells_of(cells, len(cells))
    features = SequenceFeatures.fit(column, "x", scale=False, impute=False)
    encoded = np.empty((len(cells), features.width(False)))
    features.encode(column, False, encoded)
    names = [name.removeprefix("x[0] ").removeprefix("x ") for name in features.names(False)]
    return dict(zip(names, encoded.T.tolist(), strict=True))


def test_small_pictures_are_their_pixels() -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 5, 4, 3), dtype=np.uint8)
    frame, columns = typed(x=images)

    encoder = TabularEncoder.fit(frame, columns, categories="ordinal", scale=False, impute=False)

    np.testing.assert_array_equal(encoder.transform(frame), images.reshape(9, -1))
    assert encoder.feature_names[:2] == ("x[0, 0, 0]", "x[0, 0, 1]")
    assert len(encoder.feature_names) == 60 == num_derived(columns[0], 9)


def test_large_pictures_are_taken_smaller() -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 90, 60, 3), dtype=np.uint8)
    frame, columns = typed(x=images)

    encoded = TabularEncoder.fit(frame, columns, categories="ordinal", scale=False).transform(frame)

    assert MAX_NUMBERS / 2 < encoded.shape[1] <= MAX_NUMBERS
    assert encoded.shape[1] == num_derived(columns[0], 9)
    np.testing.assert_allclose(encoded.mean(axis=1), images.mean(axis=(1, 2, 3)), rtol=0.02)


def test_pixels_share_one_scale() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1), dtype=np.uint8)
    images[:, 0, 0] = 0
    images[0, 0, 0] = 1
    frame, columns = typed(x=images)

    encoded = TabularEncoder.fit(frame, columns, categories="one_hot", scale=True).transform(frame)

    assert encoded.mean() == pytest.approx(0, abs=1e-5)
    assert encoded.std() == pytest.approx(1, abs=1e-5)
    assert np.ptp(encoded[:, 0]) < 0.02


def test_statistics_of_a_sequence_are_right() -> None:
    steps = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    numbers = {name: values[0] for name, values in numbers_of([steps[:, None], steps[:3, None]]).items()}

    assert numbers["length"] == 6
    assert numbers["mean"] == pytest.approx(steps.mean())
    assert numbers["std"] == pytest.approx(steps.std())
    assert numbers["slope"] == pytest.approx(np.polyfit(np.arange(6), steps, 1)[0])
    assert (numbers["first"], numbers["last"], numbers["min"], numbers["max"]) == (3, 9, 1, 9)
    for name, share in (("quarter", 0.25), ("median", 0.5), ("three quarters", 0.75)):
        assert numbers[name] == pytest.approx(np.quantile(steps, share))
    assert numbers["change"] == pytest.approx(np.abs(np.diff(steps)).mean())
    centered = steps - steps.mean()
    assert numbers["echo"] == pytest.approx((centered[1:] * centered[:-1]).sum() / (centered**2).sum())
    assert [numbers[f"part {index}"] for index in range(6)] == steps.tolist()


def test_shorter_sequences_have_as_many_parts() -> None:
    numbers = numbers_of([np.arange(4.0)[:, None], np.array([[1.0], [2.0]])])

    assert [numbers[f"part {index}"][1] for index in range(4)] == [1, 1, 2, 2]


def test_gaps_are_passed_over() -> None:
    with_gaps = np.array([np.nan, 2.0, np.nan, 4.0, 3.0])[:, None]
    numbers = {name: values[0] for name, values in numbers_of([with_gaps, with_gaps[:4]]).items()}

    assert (numbers["mean"], numbers["first"], numbers["last"], numbers["median"]) == (3, 2, 3, 3)
    assert numbers["slope"] == pytest.approx(np.polyfit([1, 3, 4], [2, 4, 3], 1)[0])
    assert numbers["change"] == 1
    assert np.isnan(numbers["part 0"])


@pytest.mark.parametrize("impute", [False, True])
def test_sequences_without_a_value_are_gaps_or_filled(impute: bool) -> None:
    frame, columns = typed(x=[np.zeros((0, 2)), np.full((1, 2), 7.0), np.array([[1.0, np.nan], [2.0, np.nan]])])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoded = TabularEncoder.fit(frame, columns, categories="ordinal", scale=impute, impute=impute).transform(frame)

    assert np.isnan(encoded[0, 1:]).all() != impute
    assert np.isfinite(encoded).all() == impute


def test_many_features_leave_out_what_tells_least() -> None:
    frame, columns = typed(x=np.random.default_rng(0).normal(size=(20, 6, 300)))

    encoder = TabularEncoder.fit(frame, columns, categories="ordinal", scale=False)

    assert encoder.transform(frame).shape[1] == 900 == num_derived(columns[0], 20) - 1
    assert {name.rpartition(" ")[2] for name in encoder.feature_names} == {"mean", "std", "slope"}


def test_encoder_of_arrays_survives_json() -> None:
    rng = np.random.default_rng(0)
    frame, columns = typed(
        x=rng.random((20, 9, 9, 1)), s=[rng.normal(size=(length, 2)) for length in rng.integers(1, 9, 20)]
    )
    encoder = TabularEncoder.fit(frame, columns, categories="one_hot", scale=True)

    again = TabularEncoder.from_json(json.loads(json.dumps(encoder.to_json(), allow_nan=False)))

    assert again == encoder
    assert hash(again) == hash(encoder)
    np.testing.assert_array_equal(again.transform(frame), encoder.transform(frame))


def test_equal_pixels_do_not_divide_by_zero() -> None:
    cells = cells_of(np.full((4, 3, 3, 1), 200, np.uint8), 4)

    features = ImageFeatures.fit(cells, "x", scale=True)

    encoded = np.empty((4, 9))
    features.encode(cells, True, encoded)
    assert (encoded == 0).all()
