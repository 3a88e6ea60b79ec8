"""Examples of pictures and sequences on the card."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tuner.artifact.card.figures import examples_figure
from tuner.artifact.evaluate import evaluate
from tuner.artifact.evaluation import Evaluation
from tuner.data.arrays.cells import cells_of
from tuner.data.profile import target_profile
from tuner.data.profiling import profile_table
from tuner.data.table import Table, build_table
from tuner.errors import TunerError

N = 40


def table_of(cells: Any, answers: Any) -> Table:
    frame = pd.DataFrame({"x": pd.Series(cells_of(cells, N), dtype=object), "y": answers})
    profile = profile_table(frame)
    return build_table(frame, profile, target_profile(profile, "y"))


def half_right(table: Table) -> np.ndarray[Any, Any]:
    """Predictions that are sure, and wrong in the first three rows."""
    truth = table.target.astype(int)
    predicted = np.where(np.arange(N) < 3, 1 - truth, truth)
    return np.eye(2)[predicted] * 0.9 + 0.05


def test_examples_are_some_rows_and_the_worst_ones() -> None:
    images = np.random.default_rng(0).integers(0, 256, (N, 9, 7, 3), dtype=np.uint8)
    table = table_of(images, np.arange(N) % 2)

    examples = evaluate(table, half_right(table)).examples

    assert [example.is_among_worst for example in examples] == [False] * 6 + [True] * 6
    assert [example.truth != example.predicted for example in examples[6:]] == [True] * 3 + [False] * 3
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(examples[6].picture))))
    np.testing.assert_array_equal(shown, images[0])


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_pictures_of_any_scale_are_drawn_small(channels: int) -> None:
    table = table_of(np.random.default_rng(0).normal(size=(N, 100, 50, channels)), np.arange(N) % 2)

    picture = Image.open(io.BytesIO(base64.b64decode(evaluate(table, half_right(table)).examples[0].picture)))

    assert picture.size == (24, 48)
    assert picture.mode == ("RGB" if channels == 3 else "L")


def test_sequences_are_drawn_as_lines() -> None:
    rng = np.random.default_rng(0)
    cells = [rng.normal(size=(length, 4)) for length in rng.integers(0, 300, N)]
    cells[0] = np.array([[1.0, np.nan, 2.0, 3.0], [2.0, np.nan, 1.0, 0.0]])
    table = table_of(cells, rng.normal(size=N))

    evaluation = evaluate(table, np.where(np.arange(N) == 0, 9.0, table.target))

    worst = next(example for example in evaluation.examples if example.is_among_worst)
    assert worst.lines == ((1, 2), (None, None), (2, 1))
    assert worst.predicted == "9"
    assert max(len(line) for example in evaluation.examples for line in example.lines) == 100
    assert examples_figure(evaluation, are_worst=True).count("<polyline") >= 2


def test_examples_survive_being_saved() -> None:
    table = table_of(np.random.default_rng(0).random((N, 9, 7, 1)), np.arange(N) % 2)
    evaluation = evaluate(table, half_right(table))

    assert Evaluation.from_text(json.dumps(evaluation.to_json(), allow_nan=False)) == evaluation


def test_picture_that_would_break_out_of_the_page_is_refused() -> None:
    table = table_of(np.random.default_rng(0).random((N, 9, 7, 1)), np.arange(N) % 2)
    document = evaluate(table, half_right(table)).to_json()
    document["examples"][0]["picture"] = '"><script>'

    with pytest.raises(TunerError, match="damaged"):
        Evaluation.from_text(json.dumps(document))
