from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tuner.data.encoding import TabularEncoder
from tuner.data.frames import plain_frame
from tuner.data.profile import target_profile
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import Table, build_table, features_frame


def table_of(columns: dict[str, Any]) -> Table:
    frame = plain_frame(pd.DataFrame(columns))
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, "y"))


def shops(num_rows: int, num_shops: int, effect: float) -> Table:
    rng = np.random.default_rng(0)
    shop = rng.integers(0, num_shops, num_rows)
    logit = effect * rng.normal(size=num_shops)[shop]
    return table_of({"shop": [f"s{number}" for number in shop], "y": (rng.random(num_rows) < 1 / (1 + np.exp(-logit)))})


def auc(table: Table) -> float:
    split = folds(table, 0, 4)[0]
    train, validation = table.take(split.train), table.take(split.validation)
    encoder, x = TabularEncoder.fit_to_target(train, scale=True)
    model = LogisticRegression().fit(x, train.target)
    return float(roc_auc_score(validation.target, model.predict_proba(encoder.transform(validation.features))[:, 1]))


def test_codes_carry_what_a_category_tells() -> None:
    assert auc(shops(3000, 300, effect=2.0)) > 0.75


def test_codes_of_the_training_rows_do_not_tell_their_own_target() -> None:
    table = shops(1000, 500, effect=0.0)
    encoder, learned = TabularEncoder.fit_to_target(table, scale=False)

    assert roc_auc_score(table.target, encoder.transform(table.features)[:, 0]) > 0.8
    assert roc_auc_score(table.target, learned[:, 0]) < 0.55


def test_few_values_are_one_hot_and_new_ones_have_the_mean() -> None:
    rows = 200
    table = table_of(
        {
            "few": ["a", "b"] * (rows // 2),
            "many": [f"m{row % 20}" if row % 50 else None for row in range(rows)],
            "y": [row % 20 / 10 for row in range(rows)],
        }
    )
    encoder, learned = TabularEncoder.fit_to_target(table, scale=False)
    encoder = TabularEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    new = features_frame(pd.DataFrame({"few": ["a", "b"], "many": ["never seen", None]}), table.columns)

    assert encoder.feature_names == ("few=a", "few=b", "many: target")
    assert encoder.categorical_indices == encoder.cardinalities == ()
    assert learned.shape == (rows, 3)
    encoded = encoder.transform(new)
    assert encoded[0].tolist() == [1, 0, pytest.approx(table.target.mean())]
    assert np.isfinite(encoded).all()


def test_several_classes_have_a_code_each_up_to_ten() -> None:
    for num_classes, num_codes in [(3, 3), (14, 10)]:
        labels = [f"c{row % num_classes:02d}" for row in range(420)]
        table = table_of({"many": [f"m{row % 42}" for row in range(420)], "y": labels})
        encoder, learned = TabularEncoder.fit_to_target(table, scale=True)

        assert len(encoder.feature_names) == num_codes
        assert abs(learned.mean(axis=0)).max() < 1e-4


def test_two_rows_are_enough() -> None:
    table = table_of({"many": ["a", "b", "a", "b"], "x": [0.1, 0.2, 0.3, 0.5], "y": [0.5, 1.5, 2.5, 3.5]}).take(
        np.array([0, 1])
    )
    encoder, learned = TabularEncoder.fit_to_target(table, scale=True, max_one_hot=1)

    assert np.isfinite(learned).all()
    assert np.isfinite(encoder.transform(table.features)).all()
