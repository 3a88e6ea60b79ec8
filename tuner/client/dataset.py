"""A table on the service."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from tuner.client.transport import Transport
from tuner.errors import InvalidInput, MissingExtra, NotFound, Place
from tuner.wire import DatasetResource

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")


class Dataset:
    """A table that was uploaded. Made by ``Client.upload_dataset`` and ``Client.get_dataset``."""

    def __init__(self, resource: DatasetResource, transport: Transport) -> None:
        self._resource = resource
        self._transport = transport

    def __repr__(self) -> str:
        shape = f"{self.num_rows:,} rows x {self.num_columns:,} columns"
        arrays = [f"{column['name']}: {_kind(column)}" for column in self.columns if column.get("shape")]
        return f"Dataset(name={self.name!r}, target={self.target!r}, {', '.join([shape, *arrays])})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(column['name'])}</td><td>{escape(_kind(column))}</td>"
            f"<td>{column['num_missing']:,}</td><td>{escape(column['reason'])}</td></tr>"
            for column in self.columns
        )
        warnings = "".join(f"<li>{escape(warning)}</li>" for warning in self.warnings)
        head = "<tr><th>column</th><th>kind</th><th>missing</th><th>why</th></tr>"
        return f"<p>{escape(repr(self))}</p><ul>{warnings}</ul><table>{head}{rows}</table>"

    @property
    def id(self) -> str:
        """Its id."""
        return self._resource.id

    @property
    def name(self) -> str:
        """Its name."""
        return self._resource.name

    @property
    def target(self) -> str | None:
        """The column to predict unless a study names another."""
        return self._resource.target

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return self._resource.num_rows

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return self._resource.num_columns

    @property
    def sha256(self) -> str:
        """Digest of the file as it was uploaded."""
        return self._resource.sha256

    @property
    def columns(self) -> list[dict[str, Any]]:
        """What was found about each column: name, kind, why it has this kind, missing cells, distinct values."""
        return list(self._resource.profile["columns"])

    @property
    def warnings(self) -> list[str]:
        """What to look at before trusting a model of this table and target, as sentences."""
        return [warning.message for warning in self._resource.warnings]

    def delete(self) -> None:
        """Delete the table.

        Raises:
            DatasetInUse: A study uses it.
        """
        self._transport.delete_dataset(self.id)


def _kind(column: Mapping[str, Any]) -> str:
    """A column's kind, with the size of the arrays that it holds."""
    shape = column.get("shape")
    return f"{column['kind']} {' x '.join(map(str, shape))}" if shape else str(column["kind"])


def pair(data: tuple[Any, ...]) -> tuple[Any, Any]:
    """The two parts of ``(X, y)``.

    Raises:
        InvalidInput: There are not two.
    """
    if len(data) != 2:
        raise InvalidInput(
            f"A tuple as data is a pair (X, y), got {len(data)} items.", places=[Place("#/data", "is no pair")]
        )
    return data[0], data[1]


def labelled(features: Any, answers: Any, target: str | None) -> tuple[pd.DataFrame, str]:
    """One table from a pair ``(X, y)``, and the target's name.

    Rows belong together by position, as everywhere in scikit-learn. An array of three or four dimensions, or a list of
    arrays, becomes one column ``x`` of pictures or sequences; one of two dimensions the columns ``x0``, ``x1``, ...

    Args:
        features: A DataFrame, an array, or a list.
        answers: What is to be predicted, one for each row.
        target: What to call it; by default its own name, or ``target``.

    Raises:
        InvalidInput: They do not fit together.
        MissingExtra: pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise MissingExtra("local", "A pair (X, y)") from error
    from tuner.artifact.rows import matrix_names
    from tuner.data.frames import check_text, frame_of_arrays

    if is_frame(features):
        _check_levels(features)
        frame = features.reset_index(drop=True)
    elif hasattr(features, "toarray"):
        raise InvalidInput(
            f"X is a sparse matrix ({type(features).__name__}).",
            hint="Give X.toarray(), or texts themselves instead of the counts of their words.",
            places=[Place("#/data", "is sparse")],
        )
    elif _is_of_arrays(features):
        frame = frame_of_arrays(features, "x")
    else:
        frame = _held_as(pd.DataFrame, features)
        frame.columns = pd.Index(matrix_names(frame.shape[1]))
    answers = _single_column(answers)
    labels = _held_as(pd.Series, answers.to_numpy() if isinstance(answers, pd.Series) else answers)
    if len(labels) != len(frame):
        raise InvalidInput(
            f"X has {len(frame)} rows, but y has {len(labels)} values.", places=[Place("#/y", "has another length")]
        )
    name = target or str(getattr(answers, "name", None) or "target")
    check_text(name, "The name of the target:")
    if name in frame.columns:
        raise InvalidInput(
            f"X has a column {name!r}, which is what the target is called.",
            hint="Drop it from X, or give the target another name with target=.",
            places=[Place("#/target", "is also a column of X")],
        )
    frame = frame.copy(deep=False)
    # Not assign, which no column may be called "self" for.
    frame[name] = labels
    return frame, name


def _check_levels(frame: pd.DataFrame) -> None:
    if frame.columns.nlevels > 1:
        raise InvalidInput(
            f"The columns of X have names of {frame.columns.nlevels} levels.",
            hint='Join them: X.columns = ["_".join(map(str, name)) for name in X.columns].',
            places=[Place("#/data", "has names of several levels")],
        )


def _single_column(answers: Any) -> Any:
    """Answers in one dimension, if they are a single column of two."""
    shape = tuple(getattr(answers, "shape", ()))
    if len(shape) < 2:
        return answers
    if len(shape) > 2 or shape[1] != 1:
        raise InvalidInput(
            f"y has the shape {shape}, but one value is predicted for each row.",
            hint="Of labels in columns of 0 and 1, give y.argmax(axis=1). Several targets are a study each.",
            places=[Place("#/y", "has several columns")],
        )
    return answers.iloc[:, 0] if is_frame(answers) else answers[:, 0]


def _is_of_arrays(features: Any) -> bool:
    """Whether each row is an array of two dimensions or more, found out without importing NumPy."""
    if isinstance(features, list | tuple):
        return bool(features) and getattr(features[0], "ndim", 0) >= 2
    return bool(getattr(features, "ndim", 0) >= 3)


def _held_as(kind: Callable[..., _T], cells: Any) -> _T:
    """Cells in a frame or a series, also with text that no table can hold: what is wrong with it is told later."""
    try:
        return kind(cells)
    except UnicodeEncodeError:
        # pandas would say neither row nor column.
        return kind(cells, dtype=object)


def table_file(source: object, folder: Path) -> Path:
    """The file to upload: the one named by ``source``, or a new one in ``folder``.

    New files hold the cells of a DataFrame, or the pictures below a folder.

    Raises:
        NotFound: There is no such file.
        InvalidInput: ``source`` is neither a path nor a DataFrame.
    """
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        if path.is_dir():
            packed = folder / "pictures.zip"
            _pack_pictures(path, packed)
            return packed
        if not path.is_file():
            raise NotFound(
                "file",
                str(source),
                hint=f"The path is taken from {Path.cwd()}; give a CSV file (plain or gzip), a Parquet or NPZ file, or "
                "a folder or zip file of pictures.",
            )
        return path
    if not is_frame(source):
        raise InvalidInput(
            f"A dataset is a path, a pandas DataFrame or a pair (X, y), got {type(source).__name__}.",
            places=[Place("#/data", "must be a path, a DataFrame or a pair")],
        )
    # Whoever holds a DataFrame has pandas.
    from tuner.data.frames import has_arrays, write_table

    if has_arrays(source):
        path = folder / "table.npz"
    else:
        has_parquet = importlib.util.find_spec("pyarrow") is not None
        path = folder / ("table.parquet" if has_parquet else "table.csv.gz")
    write_table(source, path)
    return path


def _pack_pictures(folder: Path, zip_path: Path) -> None:
    """The pictures below a folder as a zip file. The same pictures give the same bytes."""
    from tuner.data.pictures.files import is_passed_over, is_picture, is_unreadable_picture

    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            # Pictures of other kinds go along: whoever reads them says what is wrong.
            if path.is_file() and not is_passed_over(name) and (is_picture(name) or is_unreadable_picture(name)):
                archive.writestr(zipfile.ZipInfo(name), path.read_bytes())


def is_frame(source: object) -> TypeGuard[pd.DataFrame]:
    """Whether ``source`` is a pandas DataFrame, found out without importing pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def table_name(source: object) -> str:
    """A name for a dataset that was given none: the file's name without its endings."""
    if not isinstance(source, str | Path):
        return "table"
    name = Path(source).expanduser().resolve().name.removesuffix(".gz")
    for ending in (".csv", ".tsv", ".parquet", ".npz", ".zip"):
        name = name.removesuffix(ending)
    return name or "table"
