"""Labels as they were given."""

from __future__ import annotations

import pandas as pd
import pytest

from tuner.data.written_labels import written_labels


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        (["5", "0", "5", None], {5: "5", 0: "0"}),
        (["1.0", "2.5", "?"], {1.0: "1.0", 2.5: "2.5"}),
        (["True", "False"], {True: "True", False: "False"}),
        (["007", "008"], {}),
        (["a", "1"], {}),
        ([1, 0], {}),
        (["1", 0], {}),
        ([True, False], {}),
        ([], {}),
    ],
)
def test_only_text_that_is_held_in_another_way_is_told(labels: list[object], written: dict[object, str]) -> None:
    assert written_labels(pd.Series(labels, dtype=object)) == written


def test_categories_are_read_as_their_labels() -> None:
    assert written_labels(pd.Series(["3", "8", "3"], dtype="category")) == {3: "3", 8: "8"}
