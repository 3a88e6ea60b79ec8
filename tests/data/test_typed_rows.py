"""The fast way to typed features says what the full rules say, or nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.encoding import TabularEncoder
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.table import features_frame
from tuner.data.typed_rows import MAX_PLAIN_ROWS, TypedRows, plain_rows
from tuner.errors import InvalidDataset

TRAINING = plain_frame(
    pd.DataFrame(
        {
            "size": [0.5, 1.25, None, 4.0] * 10,
            "count": list(range(40)),
            "color": ["rot", "grün", None, "blau"] * 10,
            "code": [3, 7] * 20,
            "is_new": [True, False, None, True] * 10,
            "answer": ["yes", "no", "yes", None] * 10,
            "remark": [f"remark {row} about what was there to be seen" for row in range(40)],
            "seen": [f"{day:02}.03.2024 12:30" for day in range(1, 29)] + [None] * 12,
        }
    )
)
COLUMNS = tuple(column for column in profile_table(TRAINING).columns if column.kind.is_feature)
NAMES = [column.name for column in COLUMNS]

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 50),
    st.integers(),
    st.floats(),
    st.floats(-10, 10),
    st.text(max_size=6),
    st.from_regex(r"[+-]?[0-9]{1,3}(\.[0-9]{0,3})?(e[0-9])?", fullmatch=True),
    st.sampled_from(
        [
            *(
                "",
                " rot",
                "rot ",
                "NA",
                "n/a",
                "None",
                "True",
                "yes",
                "NO",
                "1",
                "0",
                "1.0",
                "007",
                "1_000",
                "3",
                "3.0",
            ),
            *("7.", "inf", "nan", "-nan", "Infinity", "1e5", "9007199254740993", "99999999999999999999", "a\0b"),
            *("\ud800", "\u0663", "2024-05-06", "2024-05-06T07:08:09Z", "03.04.2024", "5 May 2024", "31.31.2024"),
        ]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELLS)), min_size=1, max_size=4))
def test_plain_rows_are_those_of_the_full_rules(rows):
    typed = plain_rows(rows, COLUMNS)
    if typed is None:
        return
    expected = features_frame(pd.DataFrame(rows), COLUMNS)
    for name in NAMES:
        assert typed.columns[name].dtype == expected[name].dtype
        assert list(map(_comparable, typed.columns[name])) == list(map(_comparable, expected[name])), name


def _comparable(cell):
    return None if cell is None or (isinstance(cell, float) and math.isnan(cell)) else cell


GOOD = {
    "size": 1.5,
    "count": 3,
    "color": "rot",
    "code": "7",
    "is_new": "yes",
    "answer": "no",
    "remark": " quite 好 😀 ",
    "seen": "25.12.2023",
}


def test_usual_rows_take_the_fast_way():
    rows = [GOOD, {**GOOD, "size": "2.75", "color": None, "code": 11, "is_new": False, "count": ""}]
    typed = plain_rows(rows, COLUMNS)
    pd.testing.assert_frame_equal(typed.frame, features_frame(pd.DataFrame(rows), COLUMNS))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [GOOD] * (MAX_PLAIN_ROWS + 1),
        [{name: cell for name, cell in GOOD.items() if name != "size"}],
        [{**GOOD, " size": 3}],
        [{**GOOD, 5: 3}],
        [{**GOOD, "size": math.inf}],
        [{**GOOD, "size": "much"}],
        [{**GOOD, "color": ["rot"]}],
        [{**GOOD, "size": np.float32(1.5)}],
    ],
)
def test_what_is_unclear_is_left_to_the_full_rules(rows):
    assert plain_rows(rows, COLUMNS) is None


@pytest.mark.parametrize("categories", ["one_hot", "ordinal"])
@pytest.mark.parametrize("scale", [True, False])
def test_few_rows_are_encoded_like_many(categories, scale):
    features = features_frame(TRAINING, COLUMNS)
    encoder = TabularEncoder.fit(features, COLUMNS, categories=categories, scale=scale, max_categories=2)
    strange = pd.DataFrame([GOOD, {**GOOD, "color": "lila", "size": 1e30, "count": None}, dict.fromkeys(NAMES)])
    rows = pd.concat([features, features_frame(strange, COLUMNS)], ignore_index=True)
    together = encoder.transform(rows)
    apart = np.concatenate([encoder.transform(rows.iloc[[index]]) for index in range(len(rows))])
    np.testing.assert_array_equal(together, apart)


def test_rows_are_encoded_once_for_each_encoder():
    class Counting:
        calls = 0

        def transform(self, rows):
            self.calls += 1
            return np.zeros((rows.num_rows, 1))

    rows, encoder = TypedRows.of(features_frame(TRAINING, COLUMNS)), Counting()
    assert rows.encoded(encoder) is rows.encoded(encoder)
    assert encoder.calls == 1


def test_bad_cell_in_a_small_frame_is_told_with_its_row():
    with pytest.raises(InvalidDataset, match="Row 1, column 'size'"):
        features_frame(pd.DataFrame([GOOD, {**GOOD, "size": "much"}]), COLUMNS)
