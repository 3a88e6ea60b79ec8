"""A table on the service."""

from __future__ import annotations

import importlib.util
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from tuner.client.transport import Transport
from tuner.errors import InvalidInput, NotFound, Place
from tuner.wire import DatasetResource

if TYPE_CHECKING:
    import pandas as pd


class Dataset:
    """A table that was uploaded. Made by ``Client.upload_dataset`` and ``Client.get_dataset``."""

    def __init__(self, resource: DatasetResource, transport: Transport) -> None:
        self._resource = resource
        self._transport = transport

    def __repr__(self) -> str:
        shape = f"{self.num_rows:,} rows x {self.num_columns:,} columns"
        return f"Dataset(name={self.name!r}, target={self.target!r}, {shape})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(column['name'])}</td><td>{escape(column['kind'])}</td>"
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


def table_file(source: object, folder: Path) -> Path:
    """The file to upload: the one named by ``source``, or a new one in ``folder`` with the cells of a DataFrame.

    Raises:
        NotFound: There is no such file.
        InvalidInput: ``source`` is neither a path nor a DataFrame.
    """
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        if not path.is_file():
            raise NotFound(
                "file",
                str(source),
                hint=f"The path is taken from {Path.cwd()}; give a CSV file, plain or gzip, or a Parquet file.",
            )
        return path
    if not is_frame(source):
        raise InvalidInput(
            f"A table is a path or a pandas DataFrame, got {type(source).__name__}.",
            places=[Place("#/data", "must be a path or a DataFrame")],
        )
    # Whoever holds a DataFrame has pandas.
    from tuner.data.frames import write_table

    has_parquet = importlib.util.find_spec("pyarrow") is not None
    path = folder / ("table.parquet" if has_parquet else "table.csv.gz")
    write_table(source, path)
    return path


def is_frame(source: object) -> TypeGuard[pd.DataFrame]:
    """Whether ``source`` is a pandas DataFrame, found out without importing pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def table_name(source: object) -> str:
    """A name for a table that was given none: the file's name without its endings."""
    if isinstance(source, str | Path):
        name = Path(source).name.removesuffix(".gz")
        return name.removesuffix(".csv").removesuffix(".tsv").removesuffix(".parquet") or "table"
    return "table"
