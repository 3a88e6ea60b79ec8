from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.frames import plain_frame
from tuner.data.profile import ColumnKind, ColumnProfile, DatasetProfile, ValueForm
from tuner.data.profiling import profile_table


def profile_column(cells: Any, name: str = "a") -> ColumnProfile:
    return profile_table(plain_frame(pd.DataFrame({name: cells}))).columns[0]


@pytest.mark.parametrize(
    ("cells", "kind", "reason"),
    [
        ([0.5, 1.5, 2.5, 2.5], ColumnKind.NUMBER, "numbers with fractions"),
        ([0.5, 1.5, 2.5], ColumnKind.NUMBER, "numbers with fractions"),
        ([5, 9, 7, 7], ColumnKind.NUMBER, "3 distinct whole numbers"),
        ([0, 1, 1, 1], ColumnKind.BOOLEAN, "its values are 0 and 1"),
        ([0.0, 1.0, None, 1.0], ColumnKind.BOOLEAN, "its values are 0 and 1"),
        ([True, False, True], ColumnKind.BOOLEAN, "its values are False and True"),
        (["yes", "no", "no"], ColumnKind.BOOLEAN, "its values are no and yes"),
        (["Y", "N", None], ColumnKind.BOOLEAN, "its values are N and Y"),
        (["male", "female", "male"], ColumnKind.CATEGORY, "2 distinct texts"),
        ([1, 2, 3] * 20, ColumnKind.CATEGORY, "3 distinct whole numbers, none of them zero: taken as codes"),
        ([0, 1, 2] * 20, ColumnKind.NUMBER, "3 distinct whole numbers, zero among them: taken as counts"),
        ([1, 2, 3] * 19, ColumnKind.NUMBER, "3 distinct whole numbers"),
        (list(range(1, 12)) * 30, ColumnKind.NUMBER, "11 distinct whole numbers"),
        (["007", "008", "007"], ColumnKind.CATEGORY, "written with leading zeros"),
        (["1"] * 5 + ["2"] * 5 + ["x"], ColumnKind.CATEGORY, "3 distinct texts: numbers but for 1 cell, such as 'x'"),
        ([7, 7, 7], ColumnKind.CONSTANT, "every cell is '7'"),
        (["x", "x"], ColumnKind.CONSTANT, "every cell is 'x'"),
        ([None, None], ColumnKind.CONSTANT, "every cell is missing"),
        (["x", None, "x"], ColumnKind.CATEGORY, "every cell is 'x' or missing"),
        (range(5, 25), ColumnKind.IDENTIFIER, "whole numbers that rise by one from row to row"),
        (range(5, 24), ColumnKind.NUMBER, "19 distinct whole numbers"),
        (["a1", "b2", "c3"], ColumnKind.IDENTIFIER, "texts that all differ"),
        (["2020-01-01", "2020-01-02"] * 3, ColumnKind.CATEGORY, "2 distinct texts"),
        (["1/2/2020", "2/2/2020", "3/2/2020"], ColumnKind.DATE, "dates; whether day or month comes first is open"),
        (["one two three four five six", "a longer text of more words", None], ColumnKind.TEXT, "6.0 words on average"),
        (["x" * 1001, "y", "y"], ColumnKind.TEXT, "cells of up to 1,001 characters"),
    ],
)
def test_kind_of_column_and_its_reason(cells: Any, kind: ColumnKind, reason: str) -> None:
    column = profile_column(list(cells))

    assert column.kind is kind
    assert reason in column.reason


@pytest.mark.parametrize("name", ["id", "ID", "user_id", "userId", "Unnamed: 0", "row index", "order key"])
def test_distinct_whole_numbers_under_the_name_of_an_identifier_are_one(name: str) -> None:
    assert profile_column([5, 9, 2], name).kind is ColumnKind.IDENTIFIER


@pytest.mark.parametrize("name", ["width", "paid", "monkey", "humid"])
def test_name_that_merely_ends_like_an_identifier_is_none(name: str) -> None:
    assert profile_column([5, 9, 2], name).kind is ColumnKind.NUMBER


def test_numbers_are_summed_up() -> None:
    column = profile_column([1.5, None, 3.0, 3.0])

    assert (column.num_missing, column.num_unique) == (1, 2)
    assert (column.minimum, column.maximum, column.mean) == (1.5, 3.0, 2.5)


def test_mean_of_huge_numbers_is_finite() -> None:
    assert profile_column([1e308, 1e308, 1.5e308]).mean == pytest.approx(3.5 / 3 * 1e308)


def test_numbers_are_counted_in_twenty_equal_parts() -> None:
    column = profile_column([*range(100), None, 99])
    assert column.histogram == (5,) * 19 + (6,)
    assert sum(column.histogram) == 102 - column.num_missing
    assert profile_column([0.0, 1.0, 1.0, 10.0]).histogram == (1, 0, 2, *[0] * 16, 1)


def test_what_is_no_number_or_only_one_has_no_histogram() -> None:
    assert [profile_column(cells).histogram for cells in (["a", "b"], [3, 3], [3, None], [None, None])] == [()] * 4


def test_a_histogram_of_extreme_numbers_counts_each_of_them() -> None:
    assert profile_column([-1.7e308, 1.7e308, 0.0]).histogram == (1, *[0] * 9, 1, *[0] * 8, 1)
    assert sum(profile_column([1.0, np.nextafter(1.0, 2.0)]).histogram) in (0, 2)
    assert sum(profile_column([5e-324, 1e-323, 1.0]).histogram) == 3


def test_a_profile_that_was_stored_before_has_no_histogram() -> None:
    stored = profile_column([1, 2, 5]).to_json()
    del stored["histogram"]
    assert ColumnProfile.from_json(stored).histogram == ()


def test_integral_floats_are_whole_numbers_with_whole_labels() -> None:
    column = profile_column([1.0, None, 2.0, 2.0])

    assert column.form is ValueForm.WHOLE
    assert column.value_counts == (("2", 2), ("1", 1))


def test_all_values_of_a_possible_target_are_kept() -> None:
    column = profile_column([f"c{index % 1000}" for index in range(3000)])

    assert column.has_all_values
    assert len(column.top_values) == 20


def test_of_too_many_values_only_the_most_frequent_are_kept() -> None:
    column = profile_column([f"c{index % 1001}" for index in range(3000)])

    assert not column.has_all_values
    assert len(column.value_counts) == 20


def test_of_fractions_that_hardly_repeat_those_that_do_are_kept() -> None:
    fractions = [index / 7 for index in range(1, 100, 7)] + [index / 11 for index in range(1, 100, 3)]

    assert profile_column(fractions).value_counts == ((repr(1 / 7), 1),)
    assert profile_column([*fractions, 0.25, 0.25, 0.5, 0.5, 0.5]).value_counts == (("0.5", 3), ("0.25", 2))


def test_profile_of_a_wide_table_stays_small() -> None:
    frame = pd.DataFrame(np.arange(2_000_000).reshape(1000, 2000) % 977, columns=[f"c{i}" for i in range(2000)])

    assert len(json.dumps(profile_table(frame).to_json())) < 2_000_000


def test_profile_of_long_values_stays_small() -> None:
    column = profile_column([f"{index % 500}".rjust(900, "x") for index in range(2000)])

    assert column.kind is ColumnKind.CATEGORY
    assert sum(len(value) for value, _ in column.value_counts) < 50_000


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_infinity=False), TEXTS)


@given(st.lists(st.tuples(CELLS, st.integers(0, 3), st.sampled_from("aäb")), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_profile_survives_json(rows: list[tuple[Any, int, str]]) -> None:
    profile = profile_table(plain_frame(pd.DataFrame(rows, columns=["any", "whole", "täxt"])))

    assert DatasetProfile.from_json(json.loads(json.dumps(profile.to_json(), allow_nan=False))) == profile
