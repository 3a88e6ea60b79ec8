from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data.dates import date_column, parse_date
from tuner.data.encoding import TabularEncoder
from tuner.data.frames import plain_frame
from tuner.data.profile import ColumnKind, target_profile
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.data.table import build_table, features_frame, load_table
from tuner.errors import InvalidDataset


def utc(*fields: int) -> datetime.datetime:
    return datetime.datetime(*fields, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", utc(2024, 2, 29)),
        ("2024/2/9", utc(2024, 2, 9)),
        ("2024-02-29 13:05", utc(2024, 2, 29, 13, 5)),
        ("2024-02-29T13:05:06.5Z", utc(2024, 2, 29, 13, 5, 6, 500_000)),
        ("2024-02-29T13:05:06+02:00", utc(2024, 2, 29, 11, 5, 6)),
        ("2024-02-29T13:05-0730", utc(2024, 2, 29, 20, 35)),
        ("31.12.1999", utc(1999, 12, 31)),
        ("31/12/99", utc(1999, 12, 31)),
        ("31.12.24 08:00", utc(2024, 12, 31, 8)),
        ("5 Jan 2024", utc(2024, 1, 5)),
        ("January 5th, 2024", utc(2024, 1, 5)),
        ("Fri, 5-Sep-2024", utc(2024, 9, 5)),
        ("1/2/2024 12:30 AM", utc(2024, 2, 1, 0, 30)),
        ("1/2/2024 1:30 pm", utc(2024, 2, 1, 13, 30)),
        ("2024-02-30", None),
        ("2024-13-01", None),
        ("1.2.3", None),
        ("12:30", None),
        ("May", None),
        ("2024", None),
        ("0000-01-01", None),
        ("2024-01-01 25:00", None),
        ("2024-W01-001", None),
    ],
)
def test_common_forms_are_dates_and_others_are_not(text: str, expected: datetime.datetime | None) -> None:
    assert parse_date(text, day_first=True) == expected


@pytest.mark.parametrize(
    ("texts", "day_first", "reason"),
    [
        (["03/04/2024", "05/06/2024", "25/12/2024"], True, "the day comes first, as only then they are dates"),
        (["03/04/2024", "05/06/2024", "12/25/2024"], False, "the month comes first, as only then they are dates"),
        (["03/04/2024", "05/06/2024", "07/08/2024"], False, "is open, taken as month first"),
        (["03.04.2024", "05.06.2024", "07.08.2024"], True, "is open, taken as day first"),
        (["2024-01-02", "3/4/2024", "Jan 5, 2024", "13/4/2024"], True, "the day comes first"),
        (["2024-01-02", "2024-01-03T10:00", "2024-01-04"], False, "dates with times"),
    ],
)
def test_order_is_decided_over_the_whole_column(texts: list[str], day_first: bool, reason: str) -> None:
    found = date_column(texts)

    assert found is not None
    assert found.day_first is day_first
    assert reason in found.reason


def test_few_other_texts_are_missing_and_many_make_it_text() -> None:
    texts = [f"2024-01-{day:02d}" for day in range(1, 32)]
    found = date_column([*texts, "unknown"])

    assert found is not None
    assert "1 other texts such as 'unknown' are taken as missing" in found.reason
    assert date_column([*texts, *(f"unknown {row}" for row in range(5))]) is None


def days(num_rows: int) -> pd.DataFrame:
    dates = pd.date_range("2020-01-01", periods=num_rows, freq="D")
    return pd.DataFrame({"when": dates.strftime("%d.%m.%Y"), "y": dates.month / 1.5})


def test_dates_are_features_of_a_table_and_of_new_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    days(400).to_csv(path, index=False)
    profile = profile_table(read_table(path))
    target = target_profile(profile, "y")
    parsed, prepared = load_table(path, profile, target), load_table(path, profile, target)

    assert profile.column("when").kind is ColumnKind.DATE
    pd.testing.assert_frame_equal(parsed.features, prepared.features)
    assert parsed.features["when"].tolist()[:2] == [1577836800.0, 1577923200.0]
    rows = pd.DataFrame(
        {"when": ["02.01.2020", None, "no date", pd.Timestamp("2020-01-01"), datetime.date(2020, 1, 1)]}
    )
    assert features_frame(rows, parsed.columns)["when"].tolist()[::3] == [1577923200.0, 1577836800.0]
    assert features_frame(rows, parsed.columns)["when"].isna().tolist() == [False, True, True, False, False]


def test_trees_see_the_parts_that_differ(tmp_path: Path) -> None:
    frame = plain_frame(days(400))
    profile = profile_table(frame)
    table = build_table(frame, profile, target_profile(profile, "y"))
    encoder = TabularEncoder.fit(table.features, table.columns, categories="ordinal", scale=False, impute=False)

    assert encoder.feature_names == tuple(f"when: {part}" for part in ("days", "year", "month", "day", "weekday"))
    last = encoder.transform(features_frame(pd.DataFrame({"when": ["29.02.2024 12:00", None]}), table.columns))
    assert last[0].tolist() == [19782.5, 2024.0, 2.0, 29.0, 3.0]
    assert np.isnan(last[1]).all()


def test_sums_see_places_in_a_circle() -> None:
    frame = plain_frame(days(800))
    profile = profile_table(frame)
    table = build_table(frame, profile, target_profile(profile, "y"))
    encoder = TabularEncoder.fit(table.features, table.columns, categories="one_hot", scale=True)
    rows = pd.DataFrame({"when": ["31.12.2020", "01.01.2021", "01.07.2021", None]})
    encoded = TabularEncoder.from_json(encoder.to_json()).transform(features_frame(rows, table.columns))

    assert encoder.feature_names == tuple(
        f"when: {part}" for part in ("days", "year sin", "year cos", "week sin", "week cos")
    )
    year = encoded[:, 1:3]
    assert np.linalg.norm(year[0] - year[1]) < 0.1 < np.linalg.norm(year[1] - year[2])
    assert np.isfinite(encoded).all()
    assert abs(encoded[:, 0]).max() < 3


def test_dates_cannot_be_predicted() -> None:
    frame = plain_frame(days(400))
    with pytest.raises(InvalidDataset, match="it holds dates"):
        target_profile(profile_table(frame), "when")
