"""Texts as one stream of code points, each with its class, so that tokens are cut without a loop over characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

# About 1,500 words. What a text is about shows in its beginning, and no single cell may take all the time.
MAX_CHARACTERS = 10_000

SPACE, OTHER, WORD, UNSPACED, SYMBOL = 1, 2, 3, 4, 5
_UNKNOWN, _DROPPED = 0, 6
_NUM_CODE_POINTS = 0x110000

# Scripts that are written without spaces between words, as ranges of Unicode: Thai to Myanmar, Khmer, Tai, Han, Kana.
_UNSPACED_RANGES = (
    (0x0E00, 0x109F),
    (0x1780, 0x17FF),
    (0x1950, 0x19DF),
    (0x1A20, 0x1AAF),
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
# They change how a character looks, not which one it is: selectors of a glyph, skin tones, the Arabic stretch.
_DROPPED_RANGES = ((0xFE00, 0xFE0F), (0x1F3FB, 0x1F3FF), (0xE0100, 0xE01EF), (0x0640, 0x0640))

# Filled as characters are met: asking Unicode about all of them takes a good part of a second.
_known_classes = np.zeros(_NUM_CODE_POINTS, dtype=np.uint8)


@dataclass(frozen=True)
class Characters:
    """The characters of some texts in a row, with a single space before, between and after words and texts.

    Case and width are folded (Unicode's NFKC form), so that ``Straße``, ``STRASSE`` and full-width letters agree.
    What is not seen (zero-width characters, marks of direction, soft hyphens) is dropped.

    Args:
        codes: Their code points, shape (m,).
        classes: For each of them one of ``SPACE``, ``WORD`` (letters, digits and marks upon them), ``UNSPACED`` (those
            of scripts without spaces between words), ``SYMBOL`` (such as emoji) and ``OTHER`` (such as punctuation).
        rows: The position of the text that each belongs to, ascending.
    """

    codes: NDArray[np.uint32]
    classes: NDArray[np.uint8]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> Self:
        """The characters of texts, of each the first 10,000. What is missing (None, in frames NaN) has none."""
        folded = [_folded(text) if isinstance(text, str) else "" for text in texts]
        joined = f" {' '.join(folded)} "
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        lengths = np.array([len(text) + 1 for text in folded] or [1], dtype=np.int64)
        lengths[0] += 1
        rows = np.repeat(np.arange(len(lengths)), lengths)
        classes = _classes_of(codes)
        visible = classes != _DROPPED
        codes, classes, rows = codes[visible], classes[visible], rows[visible]
        is_space = classes == SPACE
        kept = ~is_space
        kept[0] = True
        kept[1:] |= ~is_space[:-1]
        codes = np.where(is_space, np.uint32(0x20), codes)
        return cls(codes[kept], classes[kept], rows[kept])


def _folded(text: str) -> str:
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return text.lower()
    # A few characters become many; casefold may leave a form that is composed again.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())[:MAX_CHARACTERS]


def _classes_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    classes = _known_classes[codes]
    if not classes.all():
        for code in np.unique(codes[classes == _UNKNOWN]).tolist():
            _known_classes[code] = _class_of(code)
        classes = _known_classes[codes]
    return classes


def _class_of(code: int) -> int:
    category = unicodedata.category(chr(code))
    if category == "Cf" or _is_within(code, _DROPPED_RANGES):
        return _DROPPED
    if category[0] in "LNM":
        return UNSPACED if _is_within(code, _UNSPACED_RANGES) else WORD
    if category == "So":
        return SYMBOL
    return SPACE if chr(code).isspace() or category == "Cc" else OTHER


def _is_within(code: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= code <= last for first, last in ranges)
