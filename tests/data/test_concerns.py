from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from tuner.data.concerns import table_warnings, target_warnings
from tuner.data.frames import plain_frame
from tuner.data.profile import target_profile
from tuner.data.profiling import profile_table

RNG = np.random.default_rng(0)
CLASS = RNG.integers(0, 2, 600)
SORTS = RNG.integers(0, 3, 600)
QUANTITY = RNG.normal(size=600)


def warned(columns: dict[str, Any], target: str = "y") -> list[tuple[str, str | None]]:
    frame = plain_frame(pd.DataFrame(columns))
    profile = profile_table(frame)
    found = (*table_warnings(frame, profile), *target_warnings(frame, profile, target_profile(profile, target)))
    return [(warning.code, warning.column) for warning in found]


@pytest.mark.parametrize(
    ("leak", "target"),
    [
        (CLASS, CLASS),
        (np.where(CLASS, "bad", "good"), CLASS),
        (1 - CLASS, CLASS),
        (CLASS * 10 + QUANTITY, CLASS),
        (np.where(CLASS, np.nan, 1.5), CLASS),
        (RNG.integers(0, 9, 600) * 2 + CLASS + 1, CLASS),
        (np.array(["a", "b", "c"])[SORTS], SORTS),
        (SORTS * 7 % 5 + 0.5, SORTS),
        (QUANTITY, QUANTITY),
        (np.exp(-QUANTITY), QUANTITY),
        (QUANTITY.round(1).astype(str).astype(object) + "x", QUANTITY.round(1)),
    ],
)
def test_column_that_alone_tells_the_target_is_suspect(leak: Any, target: Any) -> None:
    assert ("leakage", "leak") in warned({"x": RNG.normal(size=600), "leak": leak, "y": target})


@pytest.mark.parametrize(
    ("honest", "target"),
    [
        (CLASS * 2 + QUANTITY, CLASS),
        ([f"n{row}" if row % 2 else f"m{row // 4}" for row in range(600)], CLASS),
        (np.zeros(600) + (np.arange(600) < 3), (np.arange(600) >= 594).astype(int)),
        (QUANTITY + RNG.normal(size=600) / 5, QUANTITY),
        (RNG.normal(size=600), QUANTITY),
    ],
)
def test_column_that_is_merely_good_is_not(honest: Any, target: Any) -> None:
    assert "leakage" not in dict(warned({"x": RNG.normal(size=600), "honest": honest, "y": target}))


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_diabetes])
def test_well_known_tables_hold_no_suspects(load: Any) -> None:
    frame = load(as_frame=True).frame
    assert "leakage" not in dict(warned({name: frame[name] for name in frame.columns}, "target"))


def test_few_rows_are_not_judged() -> None:
    assert warned({"x": range(40), "copy": [0.5, 1.5] * 20, "y": [0, 1] * 20}) == [("tiny_table", None)]


def test_other_concerns_are_told() -> None:
    half = RNG.normal(size=300)
    columns = {
        "x": np.concatenate([half, half]),
        "twin": np.concatenate([half, half]),
        "gaps": np.where(np.arange(600) % 300 < 250, np.nan, 1.5 + np.arange(600) % 300),
        "y": ["common"] * 296 + ["rare"] * 4 + ["common"] * 296 + ["rare"] * 4,
    }
    assert warned(columns) == [
        ("many_missing", "gaps"),
        ("duplicate_rows", None),
        ("duplicate_column", "twin"),
        ("imbalance", "y"),
    ]


def test_rows_without_a_target_are_told() -> None:
    assert warned({"x": RNG.normal(size=600), "y": [0.5, 1.5, None] * 200}) == [("many_missing", "y")]
