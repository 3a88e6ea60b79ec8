"""Zip files of strangers, read without trusting what they say about themselves.

Nothing is ever unpacked onto the disk. A file's size is checked against the limits before a byte is unpacked, and no
more than that size is read.
"""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tuner.errors import InvalidDataset, TooLarge

MAGICS = (b"PK\x03\x04", b"PK\x05\x06")

_IS_UTF8 = 0x800
_IS_ENCRYPTED = 0x1


@dataclass(frozen=True)
class ArchiveEntry:
    """A file in an archive.

    Args:
        name: Its path, as whoever made the archive wrote it.
        size: Its size, unpacked.
        info: What opens it.
    """

    name: str
    size: int
    info: zipfile.ZipInfo


class Archive:
    """An open zip file. Comes from ``open_archive``."""

    def __init__(self, archive: zipfile.ZipFile, entries: tuple[ArchiveEntry, ...]) -> None:
        self._archive = archive
        self.entries = entries
        """Its files, folders left out, in the order in which they were put in."""

    def open(self, entry: ArchiveEntry) -> IO[bytes]:
        """The content of a file, which ends after ``entry.size`` bytes at the latest."""
        return self._archive.open(entry.info)

    def read(self, entry: ArchiveEntry) -> bytes:
        """All of a file's content."""
        with self.open(entry) as file:
            return file.read()


@contextmanager
def open_archive(
    path: Path, *, max_files: int, max_bytes: int, max_ratio: int, harmless_bytes: int
) -> Iterator[Archive]:
    """Open a zip file; what is wrong with it, also while it is read, becomes an error that says so.

    Args:
        path: The file.
        max_files: How many files it may hold.
        max_bytes: Size of all of them together, unpacked.
        max_ratio: Times that the size may grow in unpacking.
        harmless_bytes: Size up to which ``max_ratio`` does not matter.

    Raises:
        InvalidDataset: It is damaged, encrypted, or compressed in an unusual way.
        TooLarge: It is over a limit.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > max_files:
                raise TooLarge(
                    f"The zip file holds {len(infos):,} files; at most {max_files:,} are allowed.",
                    hint="Upload a sample of them.",
                )
            num_bytes = sum(info.file_size for info in infos)
            if num_bytes > max_bytes:
                raise TooLarge(
                    f"The zip file unpacks to {num_bytes:,} bytes; at most {max_bytes:,} are allowed.",
                    hint="Upload a sample.",
                )
            if num_bytes > max(harmless_bytes, max_ratio * path.stat().st_size):
                raise TooLarge(
                    f"The zip file unpacks to {num_bytes:,} bytes, too much for a file of its size.",
                    hint="Make it anew, from the files themselves.",
                )
            yield Archive(archive, tuple(map(_checked, infos)))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged(error) from None
    except OSError as error:
        # A damaged index points to places before the file; all else is the disk's doing.
        if error.errno != errno.EINVAL:
            raise
        raise _damaged(error) from None


def _checked(info: zipfile.ZipInfo) -> ArchiveEntry:
    name = info.filename
    if not info.flag_bits & _IS_UTF8:
        # Most programs write UTF-8 without saying so.
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:
            name = info.filename
    if info.flag_bits & _IS_ENCRYPTED:
        raise InvalidDataset(
            f"The file {name[:100]!r} in the zip file is encrypted.", hint="Make it anew, without a password."
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidDataset(
            f"The file {name[:100]!r} in the zip file is compressed in a way that is not read.",
            hint="Make it anew, with the usual method, deflate.",
        )
    return ArchiveEntry(name, info.file_size, info)


def _damaged(error: Exception) -> InvalidDataset:
    return InvalidDataset(
        f"The zip file is damaged or cut short: {str(error).rstrip('.')[:200]}.",
        hint="Make it again, and upload all of it.",
    )
