"""Rows to predict, in whatever form a user has them, as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from tuner.data.pictures.files import LABEL, is_picture
from tuner.data.profile import ColumnKind, ColumnProfile
from tuner.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.pictures.folders import PictureFile

    Rows: TypeAlias = (
        pd.DataFrame
        | Sequence[Mapping[str, object]]
        | Sequence[Sequence[object]]
        | str
        | Path
        | NDArray[Any]
        | Sequence[NDArray[Any]]
    )

# What the last axis of one picture may have.
_CHANNELS = (1, 3, 4)


def to_frame(rows: Rows, columns: Sequence[ColumnProfile]) -> pd.DataFrame:
    """The rows as a frame, with the columns that a model needs if they have them.

    Args:
        rows: A DataFrame; a list of dicts; the path of a CSV, Parquet or NPZ file; an array (n, columns), or a list of
            lists, with the columns in the order of the training. If the model has but one column and that holds
            pictures or sequences, also an array of them, or a list of arrays; and for pictures the path of one, of a
            folder, or of a zip file. Rows that come from picture files have their names as index.
        columns: The columns that the model was trained on.

    Raises:
        InvalidDataset: A file cannot be read.
        InvalidInput: They are something else.
        NotFound: There is no such file.
    """
    import numpy as np
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, str | Path):
        return _from_path(Path(rows).expanduser(), columns)
    if is_rows(rows):
        return pd.DataFrame(list(rows))
    if len(columns) == 1 and columns[0].kind.is_array and hasattr(rows, "__len__") and not isinstance(rows, Mapping):
        return _from_arrays(rows, columns[0])
    if getattr(rows, "ndim", 0) == 2:
        return _named(pd.DataFrame(np.asarray(rows)), columns)
    if _is_table_of_lists(rows):
        return _named(pd.DataFrame(list(rows)), columns)
    raise InvalidInput(
        "Rows to predict must be a DataFrame, an array (n, columns), a list of dicts or lists, or the path of a file, "
        f"not {type(rows).__name__}.",
        hint='For one row, give a list of one dict: [{"age": 41, "sex": "female"}].',
    )


def is_rows(rows: object) -> TypeGuard[Sequence[Mapping[str, object]]]:
    """Whether they are a list of dicts."""
    return isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows)


def _is_table_of_lists(rows: object) -> TypeGuard[Sequence[Sequence[object]]]:
    return (
        isinstance(rows, Sequence)
        and all(isinstance(row, list | tuple) for row in rows)
        and len({len(row) for row in rows}) == 1
    )


def _from_arrays(rows: Any, column: ColumnProfile) -> pd.DataFrame:  # Any: arrays, lists and tensors
    import pandas as pd

    from tuner.data.arrays.cells import cells_of

    shape = tuple(getattr(rows, "shape", ()))
    if column.kind is ColumnKind.IMAGE and len(shape) == 3 and shape[-1] in _CHANNELS:
        raise InvalidInput(
            f"An array of shape {shape} looks like one picture; the first axis must be the rows.",
            hint="For one picture, write model.predict(picture[None]).",
        )
    if shape and len(shape) < 3:
        raise InvalidInput(
            f"The rows have the shape {shape}; the first axis must be the rows, and each one {column.kind.value}.",
            hint="For a single one, write model.predict(x[None]).",
        )
    return pd.DataFrame({column.name: pd.Series(cells_of(rows, len(rows)), dtype=object)})


def _named(matrix: pd.DataFrame, columns: Sequence[ColumnProfile]) -> pd.DataFrame:
    """Rows of an array with the names of the training's columns, whose order theirs has."""
    names = [column.name for column in columns]
    numbered = matrix_names(matrix.shape[1])
    # A table that was an array itself: columns that say nothing are not among the model's.
    if set(names) <= set(numbered):
        return matrix.set_axis(numbered, axis="columns")
    if matrix.shape[1] != len(names):
        raise InvalidInput(
            f"An array of shape {matrix.shape} does not go with the model's {len(names)} columns.",
            hint=f"Give a DataFrame, or an array of these columns: {', '.join(map(repr, names))}.",
        )
    return matrix.set_axis(names, axis="columns")


def matrix_names(width: int) -> list[str]:
    """What the columns of a table are called that was given as an array of this width."""
    return [f"x{position}" for position in range(width)]


def _from_path(path: Path, columns: Sequence[ColumnProfile]) -> pd.DataFrame:
    from tuner.data.arrays.reading import is_arrays
    from tuner.data.reading import ReadLimits, is_zip, opened_zip, read_table

    if not path.exists():
        raise NotFound("file", str(path), hint=f"The path is taken from {Path.cwd()}.")
    limits = ReadLimits(min_rows=1)
    if path.is_dir():
        from tuner.data.pictures.folders import pictures_in_folder

        return _from_pictures(pictures_in_folder(path), columns)
    if is_picture(path.name):
        from tuner.data.pictures.folders import PictureFile

        return _from_pictures([PictureFile(path.name, path.read_bytes)], columns)
    if is_zip(path):
        with opened_zip(path, limits) as archive:
            if not is_arrays(archive):
                from tuner.data.pictures.folders import pictures_in_archive

                return _from_pictures(pictures_in_archive(archive), columns)
    return read_table(path, limits)


def _from_pictures(files: Sequence[PictureFile], columns: Sequence[ColumnProfile]) -> pd.DataFrame:
    import pandas as pd

    from tuner.data.pictures.folders import decoded_pictures

    if len(columns) != 1 or columns[0].kind is not ColumnKind.IMAGE:
        names = ", ".join(repr(column.name) for column in columns[:5])
        raise InvalidInput(
            f"Picture files go with models that know pictures alone; this one knows {names}.",
            hint="Give a DataFrame or a list of dicts; a picture in it is an array (height, width, channels).",
        )
    column = columns[0]
    assert column.shape is not None, "an image column knows its shape"
    cells = decoded_pictures(files, column.shape).map(lambda cell: _in_reach(cell, column))
    frame = pd.DataFrame({column.name: cells})
    # Judging a model needs the answers too.
    labels = pd.Series([file.label for file in files], index=cells.index, dtype=object)
    return frame if column.name == LABEL else frame.assign(**{LABEL: labels})


def _in_reach(cell: NDArray[np.uint8], column: ColumnProfile) -> NDArray[Any]:
    """A picture's bytes on the scale of the training: pixels from 0 to 1 are common."""
    return cell / 255 if column.maximum is not None and column.maximum <= 1 else cell
