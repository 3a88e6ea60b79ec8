"""What is in a file: read and profiled in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tuner.data.concerns import table_warnings, target_warnings
from tuner.data.first_rows import first_rows
from tuner.data.kinds import with_kinds
from tuner.data.profile import ColumnKind, target_profile, usual_target
from tuner.data.profiling import profile_table
from tuner.data.reading import read_table
from tuner.data.upload import ExaminedFile


def examine(
    path: Path, *, target: str | None = None, kinds: Mapping[str, ColumnKind | str] | None = None
) -> ExaminedFile:
    """Read and profile a file.

    Args:
        path: The file, CSV (plain or gzip), Parquet, NPZ, or a zip file of pictures in folders.
        target: The column to predict, if it is known: then the profile has warnings about it too.
        kinds: Kinds that somebody has chosen for some columns.

    Raises:
        InvalidDataset: The file is not a table, or the target or a kind does not fit it.
        TooLarge: It is over a limit of ``tuner.data.reading.ReadLimits``.
    """
    frame = read_table(path)
    profile = with_kinds(profile_table(frame), kinds or {})
    warnings = table_warnings(frame, profile)
    target = target or usual_target(profile)
    if target is not None:
        warnings += target_warnings(frame, profile, target_profile(profile, target))
    profile = replace(profile, warnings=warnings)
    return ExaminedFile(profile, first_rows(frame, profile.columns))
