"""The profile of a column whose cells are arrays: pictures or sequences, and what numbers they hold."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.arrays.cells import stacked
from tuner.data.profile import ColumnKind, ColumnProfile, ValueForm

# Smaller squares may well be sequences with as many steps as features.
MIN_SQUARE_SIDE = 8

_LARGEST_BYTE = 255
_CELLS_AT_ONCE = 1_024
_NUMBERS_AT_ONCE = 16_000_000


def array_profile(name: str, column: pd.Series[Any]) -> ColumnProfile:
    """Profile an array column of a plain frame.

    The kinds, first rule that fits:

    - constant: every cell is the same.
    - image: three dimensions; or two, of one size, of the type uint8; or two, square, at least 8 x 8, and all values
      whole numbers from 0 to 255 or all from 0 to 1.
    - sequence: all others.

    Args:
        name: The column's name.
        column: Arrays of two dimensions, of which the first may differ in length, or of three.
    """
    cells = column.to_numpy()
    facts = _Facts(cells)
    shape = tuple(max(lengths) for lengths in zip(*(cell.shape for cell in cells), strict=True))
    kind, reason = _kind(cells, shape, facts)
    num_missing = sum(not len(cell) for cell in cells)
    num_unique = len({digest for digest in array_digests(column) if digest is not None})
    if num_unique <= 1 and not num_missing:
        kind, reason = ColumnKind.CONSTANT, f"every cell is the same array of shape {shape}"
    elif not num_unique:
        kind, reason = ColumnKind.CONSTANT, "every sequence is without a step"
    return ColumnProfile(
        name=name,
        kind=kind,
        reason=reason,
        form=ValueForm.WHOLE if facts.are_whole else ValueForm.FRACTION,
        num_missing=num_missing,
        num_unique=num_unique,
        minimum=facts.minimum,
        maximum=facts.maximum,
        mean=facts.mean,
        shape=image_shape(shape) if kind is ColumnKind.IMAGE else shape,
    )


def image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Height, width and channels; a gray picture may be without the last."""
    return shape if len(shape) == 3 else (*shape, 1)


def array_digests(column: pd.Series[Any]) -> list[bytes | None]:
    """A digest of each cell, equal for equal ones; None for those that hold nothing."""
    return [
        hashlib.blake2b(repr(cell.shape).encode() + cell.tobytes(), digest_size=16).digest() if len(cell) else None
        for cell in column.array
    ]


def num_blank(column: pd.Series[Any]) -> int:
    """Cells all of whose numbers are equal."""
    return sum(bool(len(cell) and (cell == cell.flat[0]).all()) for cell in column.array)


class _Facts:
    """What numbers the cells hold, found in one pass."""

    def __init__(self, cells: NDArray[Any]) -> None:
        self.minimum: float | None = None
        self.maximum: float | None = None
        self.are_whole = True
        self.has_gaps = False
        total, count = 0.0, 0
        for block in _blocks(cells):
            present = block if block.dtype == np.uint8 else block[~np.isnan(block)]
            self.has_gaps |= present.size < block.size
            if not present.size:
                continue
            low, high = float(present.min()), float(present.max())
            self.minimum = low if self.minimum is None else min(self.minimum, low)
            self.maximum = high if self.maximum is None else max(self.maximum, high)
            total += float(present.sum(dtype=np.float64))
            count += present.size
            if self.are_whole and present.dtype.kind == "f":
                self.are_whole = bool((present == np.rint(present)).all())
        self.mean = total / count if count and math.isfinite(total) else None


def _blocks(cells: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The cells' numbers, some cells at a time."""
    at_once = min(_CELLS_AT_ONCE, max(1, _NUMBERS_AT_ONCE // max(1, max(cell.size for cell in cells))))
    for start in range(0, len(cells), at_once):
        part = cells[start : start + at_once]
        if len({cell.shape for cell in part}) == 1:
            yield stacked(part)
        else:
            yield np.concatenate([cell.reshape(-1) for cell in part])


def _kind(cells: NDArray[Any], shape: tuple[int, ...], facts: _Facts) -> tuple[ColumnKind, str]:
    if len(shape) == 3:
        return ColumnKind.IMAGE, f"arrays of {_times(shape)}: pictures with {_channels(shape[2])}"
    has_one_size = all(len(cell) == shape[0] for cell in cells)
    chosen = "choose the kind 'sequence' if these are steps and features"
    if has_one_size and all(cell.dtype == np.uint8 for cell in cells):
        return ColumnKind.IMAGE, f"arrays of {_times(shape)} bytes, as gray pictures are; {chosen}"
    if has_one_size and shape[0] == shape[1] >= MIN_SQUARE_SIDE and _is_brightness(facts):
        found = f"{facts.minimum:g} to {facts.maximum:g}"
        return ColumnKind.IMAGE, f"square arrays of {_times(shape)} from {found}, as gray pictures are; {chosen}"
    steps = f"{shape[0]:,}" if has_one_size else f"up to {shape[0]:,}"
    features = "1 feature" if shape[1] == 1 else f"{shape[1]:,} features"
    chosen = "; choose the kind 'image' if these are gray pictures" if has_one_size and shape[1] > 1 else ""
    return ColumnKind.SEQUENCE, f"arrays of {steps} steps with {features}{chosen}"


def _is_brightness(facts: _Facts) -> bool:
    if facts.minimum is None or facts.maximum is None or facts.minimum < 0 or facts.has_gaps:
        return False
    return facts.maximum <= 1 or (facts.are_whole and facts.maximum <= _LARGEST_BYTE)


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{length:,}" for length in shape)


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
