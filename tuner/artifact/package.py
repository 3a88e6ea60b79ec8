"""A model's folder as one zip file, and back."""

from __future__ import annotations

import errno
import shutil
import zipfile
import zlib
from pathlib import Path

from tuner.artifact.evaluation import FILE_NAME as EVALUATION_FILE
from tuner.artifact.evaluation import Evaluation
from tuner.artifact.manifest import FILE_NAME, Manifest, damaged
from tuner.errors import TooLarge, TunerError

MAX_BYTES = 4 * 1024**3
MAX_MANIFEST_BYTES = 64 * 1024**2

_CHUNK_BYTES = 1024**2
# The earliest time a zip file can hold; with the owner's permissions fixed too, equal models give equal bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16
# A training waits for it: the quickest is four times as quick as the default, and files are a tenth larger.
_LEVEL = 1
# Files that are zip files themselves.
_COMPRESSED = (".keras", ".npz")


def pack(folder: Path, zip_path: Path) -> None:
    """Write a saved model's folder as one file. The same folder gives the same bytes.

    Raises:
        TunerError: The folder holds no saved model.
    """
    names = [FILE_NAME, *sorted(Manifest.read(folder).files)]
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.create_system = 3  # Unix, on every platform
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_COMPRESSED) else zipfile.ZIP_DEFLATED
            entry._compresslevel = _LEVEL  # type: ignore[attr-defined]  # as ``ZipFile.open`` does for names
            with (folder / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as sink:
                shutil.copyfileobj(source, sink, _CHUNK_BYTES)


def unpack(zip_path: Path, folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Write the files of a packed model into a folder: those that its manifest lists, and no others.

    Args:
        zip_path: What ``pack`` wrote.
        folder: An existing, empty folder.
        max_bytes: Size of all files together, unpacked.

    Raises:
        TunerError: The file is not a packed model.
        TooLarge: The model is over ``max_bytes``.
    """
    try:
        with zipfile.ZipFile(zip_path) as archive:
            left = max_bytes - _extract(archive, FILE_NAME, folder, min(max_bytes, MAX_MANIFEST_BYTES))
            for name in Manifest.read(folder).files:
                left -= _extract(archive, name, folder, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _not_ours(zip_path, error) from None
    except OSError as error:
        # A damaged index points to places before the file; all else is the disk's doing.
        if error.errno != errno.EINVAL:
            raise
        raise _not_ours(zip_path, error) from None


def read_facts(zip_path: Path) -> tuple[Manifest, Evaluation | None]:
    """What a packed model says about itself, without unpacking it.

    Raises:
        TunerError: The file is not a packed model.
    """
    try:
        with zipfile.ZipFile(zip_path) as archive:
            manifest = Manifest.from_text(_read(archive, FILE_NAME))
            if EVALUATION_FILE not in manifest.files:
                return manifest, None
            return manifest, Evaluation.from_text(_read(archive, EVALUATION_FILE))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _not_ours(zip_path, error) from None


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(_entry(archive, name)) as source:
        content = source.read(MAX_MANIFEST_BYTES + 1)
    if len(content) > MAX_MANIFEST_BYTES:
        raise TooLarge(f"The packed model's {name} has more than {MAX_MANIFEST_BYTES:,} bytes.")
    return content


def _entry(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise damaged(f"the file {name!r} is missing") from None
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged(f"the file {name!r} is compressed in a way that tuner does not use")
    return entry


def _extract(archive: zipfile.ZipFile, name: str, folder: Path, max_bytes: int) -> int:
    """Write one entry into the folder; returns its size. What the archive says about sizes is not believed."""
    entry = _entry(archive, name)
    size = 0
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, (folder / name).open("xb") as sink:
        while chunk := source.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge(f"The packed model holds more than {max_bytes:,} bytes.", hint="It is not one of ours.")
            sink.write(chunk)
    return size


def _not_ours(zip_path: Path, error: Exception) -> TunerError:
    return damaged(f"{zip_path.name} is not a zip file written by tuner ({error})")
