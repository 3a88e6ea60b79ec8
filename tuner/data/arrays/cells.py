"""Cells that are arrays: pictures and sequences, in the one form that models see, for training and prediction alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.pictures.resizing import resized
from tuner.data.profile import ColumnKind, ColumnProfile, ValueForm
from tuner.errors import InvalidDataset, Place

# The numbers of channels that pictures usually have: gray, colour, colour with transparency.
_USUAL_CHANNELS = (1, 3, 4)
# The shares of red, green and blue in brightness: ITU-R BT.601.
_BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)
_LARGEST_BYTE = 255


# Any, here and below: a cell may be any object that a user has, and arrays hold whatever numbers it holds.
def cells_of(arrays: Iterable[NDArray[Any]], count: int) -> NDArray[Any]:
    """Arrays as the cells of one column, shape (count,). An array of arrays gives views of it, and copies nothing."""
    cells = np.empty(count, dtype=object)
    for row, array in enumerate(arrays):
        cells[row] = array
    return cells


def holds_arrays(column: pd.Series[Any]) -> bool:
    """Whether the first cell that is there is an array, or lists in a list, of two dimensions or more."""
    if column.dtype != object:
        return False
    first = next((cell for cell in column.array if cell is not None), None)
    if isinstance(first, np.ndarray):
        return first.ndim >= 2
    return isinstance(first, list | tuple) and len(first) > 0 and isinstance(first[0], list | tuple | np.ndarray)


def with_channels_last(images: NDArray[Any]) -> NDArray[Any]:
    """Pictures of shape (..., height, width, channels), from that or from (..., channels, height, width).

    The latter is seen from a last axis that is too long for channels and a first one that suits them.
    """
    if images.shape[-1] > max(_USUAL_CHANNELS) and images.shape[-3] in _USUAL_CHANNELS:
        return np.moveaxis(images, -3, -1)
    return images


def is_bytes(column: ColumnProfile) -> bool:
    """Whether a picture column's cells are uint8: all its values were whole numbers from 0 to 255. Else float32."""
    return (
        column.form is ValueForm.WHOLE
        and column.minimum is not None
        and column.maximum is not None
        and column.minimum >= 0
        and column.maximum <= _LARGEST_BYTE
    )


def typed_arrays(cells: Iterable[Any], column: ColumnProfile) -> pd.Series[Any]:
    """The cells of one column as models see them; those that have the form already are taken as they are.

    A picture becomes an array of shape (height, width, channels), resized to the size of the training pictures. A
    sequence becomes an array of shape (steps, features), without steps at its end that hold no value at all; a missing
    one has no steps.

    Args:
        cells: Arrays, nested lists, tensors or None.
        column: The profile of an image or sequence column.

    Raises:
        InvalidDataset: A cell cannot be read as what the column holds; the error names its row.
    """
    typed = [typed_array(cell, column, row) for row, cell in enumerate(cells)]
    return pd.Series(cells_of(typed, len(typed)), dtype=object)


def typed_array(cell: Any, column: ColumnProfile, row: int) -> NDArray[Any]:
    """One cell of ``typed_arrays``; ``row`` is for errors."""
    return _image(cell, column, row) if column.kind is ColumnKind.IMAGE else _sequence(cell, column, row)


def stacked(cells: NDArray[Any]) -> NDArray[Any]:
    """Arrays of one shape as one array; read-only and without a copy where they lie in memory evenly, one by one."""
    first = cells[0]
    begins = [cell.__array_interface__["data"][0] for cell in cells]
    distance = begins[1] - begins[0] if len(begins) > 1 else 0
    if distance > 0 and all(
        cell.base is first.base is not None
        and cell.strides == first.strides
        and cell.dtype == first.dtype
        and begin == begins[0] + row * distance
        for row, (cell, begin) in enumerate(zip(cells, begins, strict=True))
    ):
        shape, strides = (len(cells), *first.shape), (distance, *first.strides)
        return np.lib.stride_tricks.as_strided(first, shape, strides, writeable=False)
    return np.stack(list(cells))


def _image(cell: Any, column: ColumnProfile, row: int) -> NDArray[Any]:
    assert column.shape is not None, "an image column knows its shape"
    wanted = np.dtype(np.uint8 if is_bytes(column) else np.float32)
    if isinstance(cell, np.ndarray) and cell.shape == column.shape and cell.dtype == wanted and wanted == np.uint8:
        return cell
    height, width, channels = column.shape
    if cell is None:
        raise _unfit(column, row, "the picture is missing", "Leave the row out.")
    image = _numbers(cell, column, row)
    image = image[..., None] if image.ndim == 2 else image
    if image.ndim != 3 or 0 in image.shape:
        raise _unfit(
            column,
            row,
            f"an array of shape {image.shape}; a picture has (height, width, channels)",
            f"The pictures of the training were {height} x {width} with {_channels(channels)}.",
        )
    image = image if image.shape[-1] == channels else with_channels_last(image)
    _check_pixels(image, column, row, wanted)
    image = _with_channels(image, column, row, channels)
    if image.shape[:2] != (height, width):
        image = resized(image[None], height, width)[0]
    if wanted == np.uint8 and image.dtype.kind == "f":
        image = np.rint(image)
    return image if image.dtype == wanted else image.astype(wanted)


def _check_pixels(image: NDArray[Any], column: ColumnProfile, row: int, wanted: np.dtype[Any]) -> None:
    if not np.isfinite(image).all():
        raise _unfit(column, row, "a pixel that is not a finite number", "Put a number in its place, or leave it out.")
    reach = f"the training pictures held numbers from {column.minimum:g} to {column.maximum:g}"
    if wanted == np.uint8 and image.dtype != np.uint8:
        if image.min() < 0 or image.max() > _LARGEST_BYTE:
            raise _unfit(
                column, row, f"values from {image.min():g} to {image.max():g}; {reach}", "Scale them in the same way."
            )
        if image.dtype.kind == "f" and bool((image != np.rint(image)).any()):
            raise _unfit(
                column, row, f"values with fractions; {reach}, all whole", "Scale them in the same way, such as by 255."
            )
    elif wanted == np.float32 and image.dtype == np.uint8 and (column.maximum or 0) <= 1 < image.max():
        raise _unfit(column, row, f"values of up to {image.max()}; {reach}", "Scale them in the same way.")


def _with_channels(image: NDArray[Any], column: ColumnProfile, row: int, channels: int) -> NDArray[Any]:
    """Gray made of colour, or colour of gray."""
    found = image.shape[-1]
    if found == channels:
        return image
    if found == 1 and channels == 3:
        return np.repeat(image, 3, axis=-1)
    if found == 3 and channels == 1:
        return (image.astype(np.float32) @ _BRIGHTNESS)[..., None]
    raise _unfit(
        column,
        row,
        f"an array of shape {image.shape}; the training pictures had {_channels(channels)}",
        "Give (height, width, channels), with these channels.",
    )


def _sequence(cell: Any, column: ColumnProfile, row: int) -> NDArray[np.float32]:
    assert column.shape is not None, "a sequence column knows its shape"
    num_features = column.shape[-1]
    if cell is None:
        return np.zeros((0, num_features), np.float32)
    steps = _numbers(cell, column, row)
    if steps.ndim == 1 and (num_features == 1 or not len(steps)):
        steps = steps.reshape(-1, num_features)
    elif steps.ndim == 3 and steps.shape[-1] == 1:
        steps = steps[..., 0]
    if steps.ndim != 2 or steps.shape[1] != num_features:
        raise _unfit(
            column,
            row,
            f"an array of shape {steps.shape}; a sequence has (steps, {num_features})",
            f"Give {num_features} numbers for each step, NaN for those that are not known.",
        )
    with np.errstate(over="ignore"):
        steps = steps.astype(np.float32, copy=False)
    if np.isinf(steps).any():
        raise _unfit(column, row, "a value that is infinite, or too large", "Use NaN if the value is not known.")
    return trimmed(steps)


def trimmed(steps: NDArray[Any]) -> NDArray[Any]:
    """A sequence without the steps at its end that hold no value at all, which are padding."""
    if not len(steps) or not np.isnan(steps[-1]).all():
        return steps
    used = np.flatnonzero(~np.isnan(steps).all(axis=1))
    return steps[: used[-1] + 1 if len(used) else 0]


def _numbers(cell: Any, column: ColumnProfile, row: int) -> NDArray[Any]:
    """An array of numbers from whatever a cell is; gaps in lists become NaN."""
    try:
        array = np.asarray(cell)
        if array.dtype == object:
            array = np.asarray(cell, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise _unfit(
            column, row, f"{_describe(cell)} that is no array of numbers", "Its lists must all have one length."
        ) from None
    if array.dtype.kind not in "buif":
        raise _unfit(column, row, f"{_describe(cell)}; expected an array of numbers", _expected(column))
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def _describe(cell: Any) -> str:
    return repr(cell)[:60] if isinstance(cell, str) else f"a {type(cell).__name__}"


def _expected(column: ColumnProfile) -> str:
    if column.kind is ColumnKind.IMAGE:
        return "A picture is an array, or nested lists, of shape (height, width, channels)."
    return "A sequence is an array, or nested lists, of shape (steps, features)."


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _unfit(column: ColumnProfile, row: int, what: str, hint: str) -> InvalidDataset:
    return InvalidDataset(
        f"Row {row}, column {column.name!r}: {what}.",
        hint=hint,
        places=[Place("#/rows", f"row {row}, column {column.name!r}: does not fit {column.kind.value}")],
    )
