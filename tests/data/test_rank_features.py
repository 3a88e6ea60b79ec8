from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from tuner.data.encoding import TabularEncoder
from tuner.data.frames import plain_frame
from tuner.data.profile import target_profile
from tuner.data.profiling import profile_table
from tuner.data.table import Table, build_table, features_frame

RNG = np.random.default_rng(0)
HEAVY = np.exp(2.5 * RNG.normal(size=1000))


def table_of(x: Any, y: Any) -> Table:
    frame = plain_frame(pd.DataFrame({"x": x, "y": y}))
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, "y"))


def encoder_of(table: Table, *, scale: bool = True, impute: bool = True) -> TabularEncoder:
    encoder = TabularEncoder.fit(table.features, table.columns, categories="one_hot", scale=scale, impute=impute)
    return TabularEncoder.from_json(json.loads(json.dumps(encoder.to_json())))


def test_column_with_a_heavy_tail_is_there_by_its_rank_too() -> None:
    table = table_of(HEAVY, HEAVY > 1)
    encoded = encoder_of(table).transform(table.features)

    assert encoder_of(table).feature_names == ("x", "x: rank")
    assert abs(encoded[:, 1]).max() < 3
    assert np.corrcoef(encoded[:, 1], np.log(HEAVY))[0, 1] > 0.99
    assert LogisticRegression().fit(encoded, table.target).score(encoded, table.target) > 0.98
    assert LogisticRegression().fit(encoded[:, :1], table.target).score(encoded[:, :1], table.target) < 0.9


@pytest.mark.parametrize(
    "x", [RNG.normal(size=1000), RNG.uniform(size=1000), np.append(np.zeros(999), 0.5), HEAVY[:40]]
)
def test_other_columns_are_not(x: Any) -> None:
    assert encoder_of(table_of(x, np.arange(len(x)) % 2)).feature_names == ("x",)


def test_trees_need_no_ranks() -> None:
    assert encoder_of(table_of(HEAVY, HEAVY > 1), scale=False).feature_names == ("x",)


def test_gaps_and_new_extremes_have_a_rank() -> None:
    table = table_of(np.where(np.arange(1000) % 9, HEAVY, np.nan), np.arange(1000) % 2)
    rows = features_frame(pd.DataFrame({"x": [None, 1e300, -1e300]}), table.columns)

    assert encoder_of(table).transform(rows)[:, 2].tolist() == pytest.approx([0.0, 2.807, -2.807], abs=1e-3)
    assert np.isnan(encoder_of(table, impute=False).transform(rows)[0]).all()


def test_numbers_of_any_size_have_a_rank() -> None:
    huge = np.where(np.arange(1000) % 200 == 0, 1.7e308, RNG.normal(size=1000))
    table = table_of(huge, np.arange(1000) % 2)

    assert np.isfinite(encoder_of(table).transform(table.features)).all()
