"""The quick reader gives what the exact one gives, or nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner.data import reading
from tuner.data.reading import ReadLimits
from tuner.errors import TunerError

# Cells at the edge of one rule or another.
PLAIN = ["1", "2", "0", "15", "-3", "1.5", "0.25", "-0.5", "a", "red", "", "NA", "yes", "no", "3", "1e3"]
ODD = [
    "007", "-007", "0.0", "-0", "-0.0", "+5", "00.5", "1_000", "٣", "9007199254740992", "9007199254740993", "1e16",
    "12345678901234567890", "0x1F", "1e400", "1e-400", "inf", "-inf", "Infinity", "nan", "-nan", "NaN", "null", "None",
    "?", " ", " 1", "2 ", " a", "\t1", "1.", ".5", "1e", "e5", "1,5", '"', '""', '"x"', '"1"', '" 2"', '"a b"',
    '"a\nb"', '"a,b"', '"a""b"', 'a"b', '"a"b', ' "a"', "é", "🎈", "\u00a0", "\u2028", "x\ry", "\ufeff", "2024-01-02",
    "1-2", "#", "\\", "0e5", "1.0", "'", "5,", "a;b",
]  # fmt: skip


def assert_quick_is_exact(path: Path) -> bool:
    """Compare both readers; whether the quick one gave an answer."""
    limits = ReadLimits()
    try:
        delimiter = reading._sniff_delimiter(path, limits)
    except TunerError:
        return False
    quick = reading._read_quickly(path, limits, delimiter)
    if quick is None:
        return False
    exact = reading._read_exactly(path, limits, delimiter)
    pd.testing.assert_frame_equal(quick, exact, check_exact=True)
    for name in exact.columns:
        if exact[name].dtype == np.float64:
            assert np.signbit(quick[name].to_numpy()).tolist() == np.signbit(exact[name].to_numpy()).tolist()
    return True


@st.composite
def files(draw: st.DrawFn) -> bytes:
    width = draw(st.integers(2, 4))
    kinds = [draw(st.lists(st.sampled_from(PLAIN + ODD), min_size=1, max_size=4)) for _ in range(width)]
    newline = draw(st.sampled_from(["\n", "\r\n", "\n", "\n\n", "\r"]))
    delimiter = draw(st.sampled_from([",", ",", ";", "\t"]))
    header = delimiter.join(draw(st.sampled_from([f"c{place}", f'"c{place}"', f" c{place}"])) for place in range(width))
    rows = draw(st.lists(st.tuples(*map(st.sampled_from, kinds)), min_size=2, max_size=12))
    text = newline.join([header, *(delimiter.join(row) for row in rows)]) + draw(st.sampled_from(["", newline]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


@given(content=files(), cells_per_batch=st.sampled_from([4, 9, 100_000]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_alike(content: bytes, cells_per_batch: int, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_CELLS_PER_BATCH", cells_per_batch)
        assert_quick_is_exact(path)


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_cell_among_plain_ones_is_read_alike(odd: str, tmp_path: Path) -> None:
    for place, others in enumerate((["1", "2"], ["0.5", "1.25"], ["a", "b"], ["", "7"])):
        path = tmp_path / f"{place}.csv"
        path.write_bytes("\n".join(["x,y", *(f"{cell},1" for cell in [*others * 3, odd, *others])]).encode())
        assert_quick_is_exact(path)


@pytest.mark.parametrize(
    "content",
    [
        "x,y\n1,2\n3,4\n",
        "x,y\r\n1.5,a\r\n,NA\r\n",
        '"x","y"\n1,"a b"\n2,"c, d"\n3,"e\nf"\n',
        "x;y\n1;007\n2;008\n",
        "\ufeffx,y\n1,ä\n2,🎈\n",
    ],
)
def test_common_files_are_read_quickly(content: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode())
    packed = tmp_path / "table.csv.gz"
    packed.write_bytes(gzip.compress(content.encode()))

    assert assert_quick_is_exact(path)
    assert assert_quick_is_exact(packed)


def test_numbers_of_every_size_keep_their_last_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000) * 10.0 ** rng.integers(-300, 15, size=2000)
    path = tmp_path / "table.csv"
    pd.DataFrame({"x": values, "y": values.round(3), "z": np.arange(2000)}).to_csv(path, index=False)

    assert assert_quick_is_exact(path)


def test_numbers_that_turn_into_text_late_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("x,y\n" + "1.0,1\n" * 60_000 + "007,2\n" * 50_000 + "a,3\n", encoding="utf-8")

    assert assert_quick_is_exact(path)
