"""Pictures in folders, one folder for each class, as a plain frame: from a zip file, or from the disk.

A picture's label is the name of the folder that holds it, always as text. Hidden files and folders are passed over, and
so is what macOS and Windows put beside the pictures, and files that are no pictures.
"""

from __future__ import annotations

import functools
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tuner.data.archive import Archive
from tuner.data.arrays.cells import cells_of
from tuner.data.frames import check_text
from tuner.data.pictures.decoding import PictureFacts, picture_array, picture_facts
from tuner.data.pictures.files import IMAGE, LABEL, is_passed_over, is_picture, is_unreadable_picture
from tuner.data.reading import ReadLimits, check_num_rows
from tuner.errors import InvalidDataset, TooLarge

MAX_SIDE = 128
MIN_SIDE = 8
# All pictures together, decoded.
MAX_PIXEL_BYTES = 1024**3


@dataclass(frozen=True)
class PictureFile:
    """A picture that was not read yet.

    Args:
        name: Its path below the folder or in the archive, with slashes.
        read: Gives its bytes.
    """

    name: str
    read: Callable[[], bytes]

    @property
    def label(self) -> str | None:
        """The name of the folder that holds it; None at the top."""
        *_, folder = self.name.rpartition("/")[0].split("/")
        return folder or None


def pictures_in_archive(archive: Archive) -> list[PictureFile]:
    """The pictures in a zip file.

    Raises:
        InvalidDataset: It holds none, or pictures of kinds that are not read.
    """
    entries = {_safe_name(entry.name): entry for entry in archive.entries}
    return [PictureFile(name, functools.partial(archive.read, entries[name])) for name in _picture_names(entries)]


def pictures_in_folder(folder: Path) -> list[PictureFile]:
    """The pictures below a folder, by name.

    Raises:
        InvalidDataset: It holds none, or pictures of kinds that are not read.
    """
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return [PictureFile(name, paths[name].read_bytes) for name in _picture_names(paths)]


def labelled_pictures(files: Sequence[PictureFile], limits: ReadLimits) -> pd.DataFrame:
    """The plain frame of pictures in folders: a column ``image`` and a column ``label``.

    Pictures of different sizes are stretched or shrunk to one: the median height and the median width, made smaller
    (by one factor for both) until no side has more than 128 pixels and all pictures together take less than 1 GiB. If
    all have one size within these limits, it is kept. They are gray if all are, else in colour.

    Raises:
        InvalidDataset: They lie in no folders, or all in one; or a picture is damaged.
        TooLarge: There are too many.
    """
    check_num_rows(len(files), limits)
    labels = [file.label for file in files]
    if not any(labels):
        raise InvalidDataset(
            f"The {len(files):,} pictures lie in no folders, so nothing says what they show.",
            hint="Put the pictures of each class into a folder with its name: cat/1.jpg, dog/2.jpg.",
        )
    if len(set(labels)) == 1:
        raise InvalidDataset(
            f"All {len(files):,} pictures lie in one folder, {labels[0]!r}: with one class there is nothing to learn.",
            hint="Put the pictures of each class into a folder with its name: cat/1.jpg, dog/2.jpg.",
        )
    for label in set(labels):
        check_text(label or "", "The name of a folder:")
    shape = common_shape([picture_facts(file.read(), file.name) for file in files])
    return pd.DataFrame(
        {IMAGE: _decoded(files, *shape), LABEL: pd.Series(labels, dtype=object)}, index=pd.RangeIndex(len(files))
    )


def decoded_pictures(files: Sequence[PictureFile], shape: Sequence[int]) -> pd.Series[Any]:
    """Pictures to predict, each brought to the size that a model knows, under the files' names.

    Args:
        files: The pictures.
        shape: Height, width and channels.
    """
    height, width, channels = shape
    if channels not in (1, 3):
        raise InvalidDataset(
            f"The model learned from pictures with {channels} channels; picture files have 1 or 3.",
            hint="Give arrays of shape (n, height, width, channels).",
        )
    cells = _decoded(files, height, width, channels)
    return pd.Series(cells.to_numpy(), index=[file.name for file in files], dtype=object)


def common_shape(facts: Sequence[PictureFacts]) -> tuple[int, int, int]:
    """Height, width and channels that pictures are brought to; see ``labelled_pictures``.

    Raises:
        TooLarge: There are so many that they would have to be tiny.
    """
    channels = 1 if all(each.is_gray for each in facts) else 3
    height = statistics.median(each.height for each in facts)
    width = statistics.median(each.width for each in facts)
    most_pixels = MAX_PIXEL_BYTES / (len(facts) * channels)
    factor = min(1.0, MAX_SIDE / max(height, width), (most_pixels / (height * width)) ** 0.5)
    if most_pixels < MIN_SIDE**2:
        raise TooLarge(f"{len(facts):,} pictures are too many.", hint="Upload a sample of them.")
    return max(1, round(height * factor)), max(1, round(width * factor)), channels


def _decoded(files: Sequence[PictureFile], height: int, width: int, channels: int) -> pd.Series[Any]:
    block = np.empty((len(files), height, width, channels), np.uint8)
    for row, file in enumerate(files):
        block[row] = picture_array(file.read(), file.name, height, width, channels)
    return pd.Series(cells_of(block, len(block)), dtype=object)


def _safe_name(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or parts[0].endswith(":"):
        raise InvalidDataset(
            f"The zip file holds {name[:100]!r}, a path that leads out of it.",
            hint="Make it anew, from inside the folder.",
        )
    # Some systems write letters and their accents one by one: one folder must not become two classes.
    return unicodedata.normalize("NFC", name)


def _picture_names(names: Iterable[str]) -> list[str]:
    kept = [name for name in names if not is_passed_over(name)]
    others = [name for name in kept if is_unreadable_picture(name)]
    if others:
        raise InvalidDataset(
            f"{len(others):,} pictures are of kinds that are not read, such as {others[0][:100]!r}.",
            hint="Convert them to PNG or JPEG, or leave them out.",
        )
    pictures = [name for name in kept if is_picture(name)]
    if not pictures:
        shown = f"; it holds {len(kept):,} other files, such as {kept[0][:100]!r}" if kept else ""
        raise InvalidDataset(
            f"There are no pictures in it (.png, .jpg, .jpeg){shown}.",
            hint="A dataset is a CSV or Parquet file, an NPZ file of arrays, or a zip file of folders with pictures.",
        )
    return pictures
