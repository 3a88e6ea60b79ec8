"""A few pictures or sequences with what was predicted for them, for people to look at."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.artifact.evaluation import Example
from tuner.data.pictures.resizing import resized
from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.data.table import Table

MAX_EXAMPLES = 6
MAX_SIDE = 48
MAX_STEPS = 100
MAX_FEATURES = 3
_SMALLEST_PROBABILITY = 1e-9


def examples_of(table: Table, prediction: NDArray[np.float64], rng: np.random.Generator) -> tuple[Example, ...]:
    """Some rows drawn at random, then those that were predicted worst; nothing for a table without arrays.

    Args:
        table: The rows that were predicted.
        prediction: Probabilities, shape (n, classes), or values, shape (n,).
        rng: Draws the rows.
    """
    column = next((column for column in table.columns if column.kind.is_array), None)
    if column is None:
        return ()
    classes = table.target_profile.classes
    if classes:
        chances = prediction[np.arange(table.num_rows), table.target.astype(np.int64)]
        losses = -np.log(np.maximum(chances, _SMALLEST_PROBABILITY))
    else:
        losses = np.abs(prediction - table.target)
    worst = np.argsort(-losses, kind="stable")[:MAX_EXAMPLES].tolist()
    drawn = [row for row in rng.permutation(table.num_rows).tolist() if row not in worst][:MAX_EXAMPLES]
    cells = table.features[column.name]
    return tuple(_example(cells[row], row, column, table, prediction, row in worst) for row in [*drawn, *worst])


def _example(
    cell: NDArray[Any],
    row: int,
    column: ColumnProfile,
    table: Table,
    prediction: NDArray[np.float64],
    is_among_worst: bool,
) -> Example:
    classes = table.target_profile.classes
    if classes:
        truth, predicted = classes[int(table.target[row])], classes[int(prediction[row].argmax())]
    else:
        truth, predicted = f"{float(table.target[row]):.4g}", f"{float(prediction[row]):.4g}"
    is_image = column.kind is ColumnKind.IMAGE
    return Example(
        column=column.name,
        truth=truth,
        predicted=predicted,
        is_among_worst=is_among_worst,
        picture=_picture(cell, column) if is_image else "",
        lines=() if is_image else _lines(cell),
    )


def _picture(cell: NDArray[Any], column: ColumnProfile) -> str:
    """A PNG picture in base64, gray or in colour."""
    height, width, channels = cell.shape
    factor = min(1.0, MAX_SIDE / max(height, width))
    pixels = resized(cell[None], max(1, round(height * factor)), max(1, round(width * factor)))[0]
    low, high = column.minimum or 0.0, column.maximum or 0.0
    if low >= 0 and 16 < high <= 255:
        low, high = 0.0, 255.0
    values = np.rint(np.clip((pixels - low) / ((high - low) or 1.0), 0, 1) * 255).astype(np.uint8)
    values = values if channels in (1, 3) else values[..., :1]
    # A picture of lines, each after a byte that says it is stored as it is: PNG (third edition), sections 7 and 9.
    lines = b"".join(b"\0" + line.tobytes() for line in values)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 8, 2 if values.shape[2] == 3 else 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in chunks
    )
    return base64.b64encode(content).decode()


def _lines(cell: NDArray[Any]) -> tuple[tuple[float | None, ...], ...]:
    """The first features of a sequence, long ones thinned out; None where there is no value."""
    steps = np.linspace(0, len(cell) - 1, min(MAX_STEPS, len(cell))).astype(int)
    return tuple(
        tuple(None if np.isnan(value) else float(f"{value:.4g}") for value in cell[steps, feature].tolist())
        for feature in range(min(MAX_FEATURES, cell.shape[1]))
    )
