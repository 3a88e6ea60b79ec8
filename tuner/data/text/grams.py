"""What texts are made of: words, pairs of neighbours, and short runs of characters, each known by a hash.

A hash of 52 bits stands for the token itself: two of a million tokens share one with a chance of one in ten thousand,
counting is sorting of numbers, and a saved model does not hold the texts that it learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tuner.data.text.characters import SPACE, SYMBOL, UNSPACED, WORD, Characters

HASH_BITS = 52
ROW_BITS = np.uint64(64 - HASH_BITS)
MAX_ROWS = 1 << (64 - HASH_BITS)
"""Texts that may be looked at together."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - HASH_BITS)
# Characters of one word beyond so many count as if they stood there.
_LONGEST_WORD = 64
_WORD_SALT, _PAIR_SALT = np.uint64(0x1F83D9AB5BE0CD19), np.uint64(0x510E527F9B05688C)
_RUN_SALT = np.uint64(0x3C6EF372A54FF53A)


@dataclass(frozen=True)
class Grams:
    """Occurrences of tokens in texts.

    Args:
        hashes: Which token, shape (m,).
        rows: The position of the text that it stands in, ascending, shape (m,).
    """

    hashes: NDArray[np.uint64]
    rows: NDArray[np.int64]

    def keys(self) -> NDArray[np.uint64]:
        """Token and text of each occurrence in one number, ascending: the hash, and in the last 12 bits the text."""
        return np.sort((self.hashes << ROW_BITS) | self.rows.astype(np.uint64))

    def once_in_each_text(self) -> NDArray[np.uint64]:
        """The hashes, one for each token of each text."""
        return np.unique(self.keys()) >> ROW_BITS

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All of several kinds; no longer in order."""
        return cls(np.concatenate([part.hashes for part in parts]), np.concatenate([part.rows for part in parts]))


@dataclass(frozen=True)
class Words(Grams):
    """The words of texts in order. In scripts without spaces each character is one, and so is each symbol.

    Args:
        hashes: Which word, shape (m,).
        rows: The position of the text that it stands in, ascending, shape (m,).
        starts: Where it begins among the characters, shape (m,); so too ``stops``.
        is_unspaced: Whether it is a character of a script without spaces, shape (m,).
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    is_unspaced: NDArray[np.bool_]

    @classmethod
    def of(cls, characters: Characters) -> Self:
        """Cut characters into words."""
        classes = characters.classes
        in_word = classes == WORD
        before = np.concatenate([[False], in_word[:-1]])
        after = np.concatenate([in_word[1:], [False]])
        alone = (classes == UNSPACED) | (classes == SYMBOL)
        starts = np.flatnonzero((in_word & ~before) | alone)
        stops = np.flatnonzero((in_word & ~after) | alone) + 1
        if not len(starts):
            return cls(np.zeros(0, np.uint64), starts, starts, starts, np.zeros(0, np.bool_))
        return cls(
            _hashes_between(characters.codes, starts, stops),
            characters.rows[starts],
            starts,
            stops,
            classes[starts] == UNSPACED,
        )

    def places(self) -> NDArray[np.int64]:
        """How many words of the same text stand before each."""
        firsts = np.searchsorted(self.rows, self.rows)
        return np.arange(len(self.rows)) - firsts

    def pairs(self, *, unspaced_only: bool = False) -> Grams:
        """Words that follow one another in a text.

        Args:
            unspaced_only: Whether to leave out those that are separated: what is left are pairs of characters in
                scripts without spaces, which carry the meaning there that words carry elsewhere.
        """
        first = np.flatnonzero(self.rows[1:] == self.rows[:-1])
        if unspaced_only:
            touching = self.stops[first] == self.starts[first + 1]
            first = first[touching & self.is_unspaced[first] & self.is_unspaced[first + 1]]
        return Grams(_mixed(self.hashes[first] * _BASE + self.hashes[first + 1], _PAIR_SALT), self.rows[first])


def runs(characters: Characters, shortest: int, longest: int) -> Grams:
    """Runs of ``shortest`` to ``longest`` characters within words, the space before and after included.

    Punctuation counts as characters, so that smileys and exclamation marks are seen.
    """
    codes = characters.codes.astype(np.uint64)
    num_spaces = np.cumsum(characters.classes == SPACE)
    found = []
    for length in range(shortest, longest + 1):
        count = len(codes) - length + 1
        if count <= 0:
            break
        # No space but at the ends.
        inner = np.flatnonzero(num_spaces[length - 2 : length - 2 + count] == num_spaces[:count])
        values = np.zeros(len(inner), np.uint64)
        for offset in range(length):
            values = values * _BASE + codes[inner + offset]
        found.append(Grams(_mixed(values, _RUN_SALT), characters.rows[inner + 1]))
    return Grams.joined(found) if found else Grams(np.zeros(0, np.uint64), np.zeros(0, np.int64))


def num_words(text: str) -> int:
    """How many words a text has, as people would count them: a word takes about two characters without spaces."""
    classes = Characters.of([text]).classes
    in_word = classes == WORD
    num_spaced = int(np.count_nonzero(in_word[1:] & ~in_word[:-1]))
    return num_spaced + int(np.count_nonzero(classes == UNSPACED)) // 2


def words_in(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    letters, spans = _spans(text)
    return [letters[start:stop] for start, stop in spans]


def without_word(text: str, word: str) -> str:
    """A text, folded, without a word that ``words_in`` found in it."""
    letters, spans = _spans(text)
    kept, end = [], 0
    for start, stop in spans:
        if letters[start:stop] == word:
            kept.append(letters[end:start])
            end = stop
    return "".join([*kept, letters[end:]]).strip()


def _spans(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text, folded, and where its words stand in it."""
    characters = Characters.of([text])
    words = Words.of(characters)
    letters = characters.codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    return letters, list(zip(words.starts.tolist(), words.stops.tolist(), strict=True))


def _hashes_between(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """A hash of the characters from each start to its stop, a polynomial in their code points."""
    lengths = stops - starts
    offsets = np.cumsum(lengths) - lengths
    places = np.arange(int(lengths.sum())) - np.repeat(offsets, lengths)
    powers = np.cumprod(np.full(_LONGEST_WORD, _BASE, np.uint64))
    terms = codes[np.repeat(starts, lengths) + places].astype(np.uint64) * powers[np.minimum(places, _LONGEST_WORD - 1)]
    return _mixed(np.add.reduceat(terms, offsets), _WORD_SALT)


def _mixed(values: NDArray[np.uint64], salt: np.uint64) -> NDArray[np.uint64]:
    """Values spread evenly over 52 bits. Source: Steele, Lea and Flood (2014), the finaliser of SplitMix64."""
    values = values + salt
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (values ^ (values >> np.uint64(31))) >> _SHIFT
