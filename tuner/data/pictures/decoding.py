"""One PNG or JPEG picture, from its bytes to an array.

Whatever a file holds, the answer is an array, or an error that names the file.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InvalidDataset, MissingExtra, TooLarge

try:
    from PIL import Image, UnidentifiedImageError
except ModuleNotFoundError as error:
    raise MissingExtra("local", "Reading pictures") from error

MAX_PIXELS = 64_000_000

_FORMATS = ("PNG", "JPEG")
_ORIENTATION = 0x0112  # the tag of Exif
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPS = (5, 6, 7, 8)
_GRAY = ("1", "L", "LA", "La")
# What Pillow's readers raise for damaged files, beside its own errors, which are OSErrors.
_DAMAGES = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True)
class PictureFacts:
    """What a picture's header says.

    Args:
        height: In pixels, after it is turned upright.
        width: So too.
        is_gray: Whether it has no colours.
    """

    height: int
    width: int
    is_gray: bool


def picture_facts(content: bytes, name: str) -> PictureFacts:
    """Look at a picture's header.

    Args:
        content: The file's bytes.
        name: The file's name, for errors.

    Raises:
        InvalidDataset: It is damaged, or no picture of these kinds.
        TooLarge: It has more than 64 million pixels.
    """
    with _opened(content, name) as image:
        width, height = image.size
        if _orientation(image) in _SWAPS:
            width, height = height, width
        return PictureFacts(height, width, _is_gray(image))


def picture_array(content: bytes, name: str, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """Decode a picture and bring it to a size; transparent parts are put on white.

    Args:
        content: The file's bytes.
        name: The file's name, for errors.
        height: What it is stretched or shrunk to.
        width: So too.
        channels: 1 for gray, 3 for colour.

    Returns:
        Shape (height, width, channels).

    Raises:
        InvalidDataset: It is damaged, or no picture of these kinds.
        TooLarge: It has more than 64 million pixels.
    """
    with _opened(content, name) as image:
        orientation = _orientation(image)
        # Large photographs are decoded at a fraction of their size, which takes a fraction of the time.
        image.draft(None, (max(height, width), max(height, width)))
        upright = _flattened(image)
        if orientation in _TURNS:
            upright = upright.transpose(_TURNS[orientation])
        plain = upright.convert("L" if channels == 1 else "RGB")
        if plain.size != (width, height):
            plain = plain.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(plain, np.uint8).reshape(height, width, channels)


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[Any]:  # Any: Pillow's classes differ by format
    try:
        with warnings.catch_warnings():
            # It warns of large pictures and of doubtful metadata; the former is an error here, the latter no matter.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.size[0] * image.size[1] > MAX_PIXELS:
                    raise Image.DecompressionBombError
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(
            f"The picture {name!r} has more than {MAX_PIXELS:,} pixels.", hint="Shrink it, or leave it out."
        ) from None
    except UnidentifiedImageError:
        raise InvalidDataset(
            f"The file {name!r} is no PNG or JPEG picture, or its beginning is damaged.",
            hint="Convert it to one of these, or leave it out.",
        ) from None
    except _DAMAGES as error:
        raise InvalidDataset(
            f"The picture {name!r} is damaged or cut short: {str(error)[:100].rstrip('.')}.",
            hint="Replace it, or leave it out.",
        ) from None


def _orientation(image: Any) -> int:
    """How the picture must be turned, in the numbers of Exif; 1 where it need not be, or nobody can tell."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGES:
        return 1


def _is_gray(image: Any) -> bool:
    return image.mode in _GRAY or image.mode.startswith("I")


def _flattened(image: Any) -> Any:
    """The picture with 8 bits for each channel, and without transparency."""
    if image.mode.startswith("I"):
        values = np.asarray(image)
        # 16 bits, of which the upper ones are kept.
        return Image.fromarray((np.clip(values, 0, 65_535).astype(np.uint32) >> 8).astype(np.uint8))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        ground.alpha_composite(layer)
        return ground.convert("RGB")
    image.load()
    return image
