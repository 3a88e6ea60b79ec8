"""Which files are pictures, told from their names. This module needs the standard library alone."""

from __future__ import annotations

IMAGE, LABEL = "image", "label"
"""The columns of a dataset made of pictures in folders."""

SUFFIXES = (".png", ".jpg", ".jpeg")
_OTHER_SUFFIXES = (".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2")
_JUNK = ("__MACOSX",)


def is_passed_over(path: str) -> bool:
    """Whether a file is hidden, lies in a hidden folder, or was put there by the system."""
    return any(part.startswith(".") or part in _JUNK for part in path.split("/"))


def is_picture(path: str) -> bool:
    """Whether a file is called as PNG and JPEG pictures are."""
    return path.lower().endswith(SUFFIXES)


def is_unreadable_picture(path: str) -> bool:
    """Whether a file is called like a picture of a kind that is not read."""
    return path.lower().endswith(_OTHER_SUFFIXES)
