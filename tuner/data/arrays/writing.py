"""Arrays into NPZ files, as quick as they can be made small."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SUFFIX = ".npy"

# The lowest is four times as quick as that of NumPy, and files are a tenth larger.
_LEVEL = 1
# The earliest time a zip file can hold.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_npz(path: Path, arrays: Iterable[tuple[str, NDArray[Any]]]) -> None:
    """Write arrays, one after the other, into a compressed file that ``numpy.load`` reads.

    The same arrays give the same bytes.

    Args:
        path: The file.
        arrays: Each with its name; none may be of objects.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays:
            entry = zipfile.ZipInfo(f"{name}{SUFFIX}", _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry._compresslevel = _LEVEL  # type: ignore[attr-defined]  # as ``ZipFile.open`` does for names
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
