"""Texts as weighted counts of their tokens, in a sparse matrix. Source: Salton and Buckley (1988)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tuner.data.text.characters import Characters
from tuner.data.text.grams import MAX_ROWS, ROW_BITS, Grams, Words, runs
from tuner.data.text.vocabulary import Vocabulary

# Any: SciPy ships without type information.
Sparse: TypeAlias = Any
Tokens: TypeAlias = Literal["words", "pairs", "characters"]
"""Which tokens: words alone; words, and pairs of neighbours; or runs of three to five characters within words."""

# A vocabulary is learned from so many texts, spread evenly over all.
_MAX_LEARNED_FROM = 20_000
_SHORTEST_RUN, _LONGEST_RUN = 3, 5
_CHARACTERS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class TfIdf:
    """Turns texts into counts of tokens, weighted by how rare the tokens are. Fitted on the training rows only.

    A text with a word twice is not twice as much about it, so counts enter by their logarithm. Each row has length 1,
    or 0 where it has no known token.

    Args:
        tokens: Which tokens are counted.
        vocabulary: Those that are known, in the order of the columns.
    """

    tokens: Tokens
    vocabulary: Vocabulary

    @classmethod
    def fit(cls, texts: Sequence[str | None], tokens: Tokens, *, most: int) -> Self:
        """Learn which tokens there are.

        Args:
            texts: The training rows' cells.
            tokens: Which tokens to count.
            most: How many of them to know, at most: those in most texts.
        """
        places = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), _MAX_LEARNED_FROM)).astype(np.int64))
        chosen = [texts[place] for place in places.tolist()]
        counted = (keys >> ROW_BITS for _, keys, _ in _counts(chosen, tokens))
        return cls(tokens, Vocabulary.of(counted, len(chosen), most))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.vocabulary.size

    def transform(self, texts: Sequence[str | None]) -> Sparse:
        """The weighted counts, a ``scipy.sparse.csr_array`` of float32, shape (n, width)."""
        from scipy.sparse import csr_array

        rows, columns, values = [], [], []
        for start, keys, counts in _counts(texts, self.tokens):
            places = self.vocabulary.places(keys >> ROW_BITS)
            known = places >= 0
            rows.append(start + (keys[known] & np.uint64(MAX_ROWS - 1)).astype(np.int64))
            columns.append(places[known])
            values.append((1 + np.log(counts[known])) * self.vocabulary.weights[places[known]])
        shape = (len(texts), self.width)
        if not rows:
            return csr_array(shape, dtype=np.float32)
        row, column, value = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
        lengths = np.sqrt(np.bincount(row, value**2, len(texts)))
        return csr_array(((value / lengths[row]).astype(np.float32), (row, column)), shape=shape)

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON types."""
        return {"tokens": self.tokens, "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The state that ``to_json`` wrote."""
        return cls(document["tokens"], Vocabulary.from_json(document["vocabulary"]))


def chunks(texts: Sequence[str | None]) -> Iterator[tuple[int, Characters]]:
    """Texts a few at a time, each time with the position of the first of them."""
    start = characters = 0
    for place, text in enumerate(texts):
        length = len(text) if isinstance(text, str) else 0
        characters += length
        if characters > _CHARACTERS_AT_ONCE or place - start == MAX_ROWS:
            yield start, Characters.of(texts[start:place])
            start, characters = place, length
    if start < len(texts):
        yield start, Characters.of(texts[start:])


def _counts(texts: Sequence[str | None], tokens: Tokens) -> Iterator[tuple[int, NDArray[np.uint64], NDArray[np.int64]]]:
    """For some texts at a time: the first one's position, and each text's tokens with their counts.

    A token of a text is one number: its hash, and in the last bits the text's position behind the first one's.
    """
    for start, characters in chunks(texts):
        keys = _grams(characters, tokens).keys()
        if len(keys):
            firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
            yield start, keys[firsts], np.diff(firsts, append=len(keys))


def _grams(characters: Characters, tokens: Tokens) -> Grams:
    if tokens == "characters":
        return runs(characters, _SHORTEST_RUN, _LONGEST_RUN)
    words = Words.of(characters)
    return Grams.joined([words, words.pairs(unspaced_only=tokens == "words")])
