"""Every table of the benchmark, by name."""

from __future__ import annotations

from pathlib import Path

from benchmarks.automl.table import Table
from benchmarks.automl.tables.bundled import BUNDLED
from benchmarks.automl.tables.from_folder import tables_in
from benchmarks.automl.tables.packaged import PACKAGED
from benchmarks.automl.tables.synthetic import SYNTHETIC


def all_tables(data: Path | None = None) -> dict[str, Table]:
    """All tables.

    Args:
        data: Folder with further ones; see ``from_folder``.
    """
    tables = [*BUNDLED, *PACKAGED, *SYNTHETIC, *(tables_in(data) if data is not None else [])]
    return {table.name: table for table in tables}
