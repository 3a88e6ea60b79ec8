from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tuner.data.frames import plain_frame
from tuner.data.kinds import chosen_kinds, with_kinds
from tuner.data.profile import ColumnKind, DatasetProfile, target_profile
from tuner.data.profiling import profile_table
from tuner.data.table import build_table
from tuner.errors import InvalidDataset, UnknownName

FRAME = plain_frame(
    pd.DataFrame(
        {
            "zip": np.arange(100) % 40 + 1,
            "customer": np.arange(100),
            "half": np.arange(100) / 2,
            "color": ["red", "blue"] * 50,
            "flag": ["Yes", "no", None, "NO"] * 25,
            "one": ["yes", None] * 50,
            "day": ["2024-01-02", "2024-01-03"] * 50,
            "nothing": [None] * 100,
            "y": np.arange(100) % 2,
        }
    )
)


@pytest.fixture(scope="module")
def profile() -> DatasetProfile:
    return profile_table(FRAME)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("zip", "category"),
        ("customer", "number"),
        ("half", "category"),
        ("color", "identifier"),
        ("flag", "boolean"),
        ("one", ColumnKind.BOOLEAN),
        ("day", "date"),
        ("half", "text"),
    ],
)
def test_kind_can_be_chosen_and_given_back(name: str, kind: str, profile: DatasetProfile) -> None:
    changed = with_kinds(profile, {name: kind})
    column = changed.column(name)

    assert column.kind == kind
    assert column.reason.startswith("asked for")
    assert chosen_kinds(changed) == {name: kind}
    assert DatasetProfile.from_json(changed.to_json()) == changed
    assert with_kinds(changed, {name: kind}) == changed
    assert chosen_kinds(with_kinds(changed, {name: profile.column(name).kind})) == {}
    table = build_table(FRAME, changed, target_profile(changed, "y"))
    assert (name in table.features) == column.kind.is_feature


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("color", "number", "not all numbers"),
        ("color", "boolean", "not all yes or no"),
        ("zip", "boolean", "not all yes or no"),
        ("color", "date", "not dates"),
        ("zip", "date", "not dates"),
        ("nothing", "category", "every cell is missing"),
    ],
)
def test_kind_that_the_cells_do_not_allow_is_refused(name: str, kind: str, why: str, profile: DatasetProfile) -> None:
    with pytest.raises(InvalidDataset, match=why) as refusal:
        with_kinds(profile, {name: kind})
    assert refusal.value.places[0].pointer == f"#/columns/{name}"


@pytest.mark.parametrize("kind", ["constant", "Number", "float", ""])
def test_unknown_kind_is_refused(kind: Any, profile: DatasetProfile) -> None:
    with pytest.raises(UnknownName, match="column kind") as refusal:
        with_kinds(profile, {"zip": kind})
    assert refusal.value.places[0].pointer == "#/columns/zip"


def test_unknown_column_is_refused(profile: DatasetProfile) -> None:
    with pytest.raises(InvalidDataset, match="no column 'a/b'") as refusal:
        with_kinds(profile, {"a/b": "number"})
    assert refusal.value.places[0].pointer == "#/columns/a~1b"
