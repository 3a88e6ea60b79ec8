from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_wine

from tuner.data.encoding import TabularEncoder
from tuner.data.frames import plain_frame
from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.data.profiling import profile_table
from tuner.data.table import features_frame
from tuner.errors import InvalidDataset

Categories = Literal["one_hot", "ordinal"]


def typed(**cells: Any) -> tuple[pd.DataFrame, tuple[ColumnProfile, ...]]:
    """Columns as models see them."""
    frame = plain_frame(pd.DataFrame({name: pd.Series(list(values)) for name, values in cells.items()}))
    columns = profile_table(frame).columns
    return features_frame(frame, columns), columns


def again(encoder: TabularEncoder) -> TabularEncoder:
    return TabularEncoder.from_json(json.loads(json.dumps(encoder.to_json(), allow_nan=False)))


def test_numbers_are_standardised_on_the_training_rows() -> None:
    wine = load_wine(as_frame=True).data
    frame, columns = typed(**{name: wine[name] for name in wine.columns})
    encoder = TabularEncoder.fit(frame.iloc[:100], columns, categories="one_hot", scale=True)
    x = encoder.transform(frame)

    assert x.dtype == np.float32
    assert x.shape == (178, 13)
    np.testing.assert_allclose(x[:100].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(x[:100].std(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(
        x[100, 0], (wine.iloc[100, 0] - wine.iloc[:100, 0].mean()) / wine.iloc[:100, 0].std(ddof=0), rtol=1e-5
    )


def test_numbers_stay_exact_without_scaling() -> None:
    frame, columns = typed(a=[2**53, 1, 1], b=[0.1, 0.2, 0.3])
    x = TabularEncoder.fit(frame, columns, categories="one_hot", scale=False).transform(frame)

    assert x.dtype == np.float64
    assert x[:, 0].tolist() == [2**53, 1, 1]


def test_gap_becomes_the_median_and_is_flagged() -> None:
    frame, columns = typed(a=[1.5, None, 2.5, 9.5])
    encoder = TabularEncoder.fit(frame, columns, categories="one_hot", scale=False)

    assert encoder.feature_names == ("a", "a is missing")
    assert encoder.transform(frame).tolist() == [[1.5, 0], [2.5, 1], [2.5, 0], [9.5, 0]]


def test_gap_that_training_rows_did_not_have_becomes_the_median() -> None:
    frame, columns = typed(a=[1.5, None, 2.5, 9.5])
    encoder = TabularEncoder.fit(frame.iloc[2:], columns, categories="one_hot", scale=False)

    assert encoder.feature_names == ("a",)
    assert encoder.transform(frame)[1].tolist() == [6.0]


def test_gap_stays_without_imputation() -> None:
    frame, columns = typed(a=[1.5, None, 2.5], b=[True, None, False])
    encoder = TabularEncoder.fit(frame, columns, categories="ordinal", scale=False, impute=False)
    x = encoder.transform(frame)

    assert encoder.feature_names == ("a", "b")
    assert np.isnan(x[1]).all()
    assert not np.isnan(x[[0, 2]]).any()


def test_gap_in_a_boolean_becomes_the_commoner_value() -> None:
    frame, columns = typed(a=[True, True, False, None])
    encoder = TabularEncoder.fit(frame, columns, categories="one_hot", scale=True)

    assert encoder.transform(frame).tolist() == [[1, 0], [1, 0], [0, 0], [1, 1]]


def test_column_without_a_value_in_training_rows_is_encoded() -> None:
    frame, columns = typed(a=[None, None, 2.5, 3.5, 3.5], b=[None, None, "x", "y", "y"])
    encoder = TabularEncoder.fit(frame.iloc[:2], columns, categories="one_hot", scale=True)

    assert encoder.feature_names == ("a", "a is missing", "b is missing")
    assert encoder.transform(frame).tolist() == [[0, 1, 1], [0, 1, 1], [2.5, 0, 0], [3.5, 0, 0], [3.5, 0, 0]]


def test_column_that_is_constant_in_training_rows_is_only_centred() -> None:
    frame, columns = typed(a=[0.1, 0.1, 0.1, 1.1])
    x = TabularEncoder.fit(frame.iloc[:3], columns, categories="one_hot", scale=True).transform(frame)

    np.testing.assert_allclose(x[:, 0], [0, 0, 0, 1], atol=1e-6)


@pytest.mark.parametrize("values", [[1e308, -1e308, 5e307], [1e-320, 2e-320, 3e-320], [1e300, 1.0, 2.0]])
def test_extreme_numbers_stay_finite(values: list[float]) -> None:
    frame, columns = typed(a=[value * 0.999 for value in values])
    x = TabularEncoder.fit(frame, columns, categories="one_hot", scale=True).transform(frame)

    assert np.isfinite(x).all()


def test_value_far_outside_the_training_range_is_cut_off() -> None:
    frame, columns = typed(a=[0.1, 0.2, 1.7e308])
    x = TabularEncoder.fit(frame.iloc[:2], columns, categories="one_hot", scale=True).transform(frame)

    assert x[2, 0] == 4


def test_one_hot_has_a_column_for_each_value_and_for_gaps() -> None:
    frame, columns = typed(a=["b", "a", None, "b"])
    encoder = TabularEncoder.fit(frame, columns, categories="one_hot", scale=False)

    assert encoder.feature_names == ("a=a", "a=b", "a is missing")
    assert encoder.transform(frame).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_value_never_seen_is_all_zeros_in_one_hot_without_rare_values() -> None:
    frame, columns = typed(a=["b", "a", "a", "new", None, "new"])
    encoder = TabularEncoder.fit(frame.iloc[:3], columns, categories="one_hot", scale=False)

    assert encoder.transform(frame.iloc[3:]).tolist() == [[0, 0], [0, 0], [0, 0]]


def test_rare_values_share_a_column_with_those_never_seen() -> None:
    frame, columns = typed(a=["a", "a", "b", "b", "rare", "new", "new"])
    encoder = TabularEncoder.fit(frame.iloc[:5], columns, categories="one_hot", scale=False, max_categories=2)

    assert encoder.feature_names == ("a=a", "a=b", "a is rare")
    assert encoder.transform(frame.iloc[4:]).tolist() == [[0, 0, 1]] * 3


def test_ordinal_codes_are_0_for_gaps_1_for_unknown_then_values_in_order() -> None:
    frame, columns = typed(n=[0.5, 1.5, 2.5, 3.5, 3.5], a=["b", "a", None, "new", "new"])
    encoder = TabularEncoder.fit(frame.iloc[:3], columns, categories="ordinal", scale=False)

    assert encoder.transform(frame)[:, 1].tolist() == [3, 2, 0, 1, 1]
    assert encoder.categorical_indices == (1,)
    assert encoder.cardinalities == (4,)


def test_ordinal_codes_of_numbers_are_in_their_order() -> None:
    frame, columns = typed(a=[10, 9, 2] * 20)
    encoder = TabularEncoder.fit(frame, columns, categories="ordinal", scale=False)

    assert columns[0].kind is ColumnKind.CATEGORY
    assert encoder.transform(frame.iloc[:3]).tolist() == [[4], [3], [2]]


def test_indices_count_the_flags_of_numbers() -> None:
    frame, columns = typed(n=[0.5, None, 2.5], a=["b", "a", "a"], b=["b", "a", "a"])
    encoder = TabularEncoder.fit(frame, columns, categories="ordinal", scale=False)

    assert [encoder.feature_names[index] for index in encoder.categorical_indices] == ["a", "b"]


@pytest.mark.parametrize("categories", ["one_hot", "ordinal"])
def test_ten_thousand_categories_are_encoded(categories: Categories) -> None:
    frame, columns = typed(a=[f"città {index % 10_000}" for index in range(20_001)])
    encoder = TabularEncoder.fit(frame, columns, categories=categories, scale=False, max_categories=50)
    x = again(encoder).transform(frame)

    assert x.shape == (20_001, 51 if categories == "one_hot" else 1)
    assert len(np.unique(x, axis=0)) == 51


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(InvalidDataset, match="version 9"):
        TabularEncoder.from_json({"version": 9})


NUMBERS = st.one_of(st.none(), st.floats(-1e9, 1e9))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
# Alone in its column, "inf" would be a number, and refused.
LABELS = st.one_of(st.none(), TEXTS.filter(lambda text: "inf" not in text.lower()))


@given(
    rows=st.lists(st.tuples(NUMBERS, LABELS, st.sampled_from([True, False, None])), min_size=2, max_size=20),
    categories=st.sampled_from(["one_hot", "ordinal"]),
    scale=st.booleans(),
    impute=st.booleans(),
    max_categories=st.integers(1, 5),
)
@settings(max_examples=100, deadline=None)
def test_encoder_restored_from_json_encodes_the_same(
    rows: list[tuple[Any, ...]], categories: Categories, scale: bool, impute: bool, max_categories: int
) -> None:
    frame = plain_frame(pd.DataFrame(rows, columns=["number", "lábel", "flag"]))
    columns = [column for column in profile_table(frame).columns if column.kind.is_feature]
    features = features_frame(frame, columns)
    encoder = TabularEncoder.fit(
        features.iloc[: len(rows) // 2 + 1],
        columns,
        categories=categories,
        scale=scale,
        impute=impute,
        max_categories=max_categories,
    )
    x = encoder.transform(features)

    assert again(encoder) == encoder
    np.testing.assert_array_equal(again(encoder).transform(features), x)
    assert x.shape == (len(rows), len(encoder.feature_names))
    assert not np.isinf(x).any()
    assert not (impute and np.isnan(x).any())
