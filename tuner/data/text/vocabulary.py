"""Which tokens a model knows, and in how many texts each of them stood."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

# Beyond so many tokens, those met once so far are forgotten: memory must not follow the number of texts.
_MAX_COUNTED = 4_000_000
# In this many texts and more, a token that stood in one alone tells nothing of others.
_MANY_TEXTS = 40


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Tokens by their hashes.

    Args:
        hashes: The tokens, ascending, shape (v,).
        weights: How rare each of them is: the logarithm of the share of texts that have it, shape (v,).
    """

    hashes: NDArray[np.uint64]
    weights: NDArray[np.float32]

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self.hashes)

    @classmethod
    def of(cls, tokens: Iterable[NDArray[np.uint64]], num_texts: int, most: int) -> Self:
        """The tokens that stand in most texts.

        Args:
            tokens: For some texts at a time, one hash for each token of each of them.
            num_texts: How many texts there are.
            most: How many tokens to keep.
        """
        hashes, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        for part in tokens:
            found, found_counts = np.unique(part, return_counts=True)
            hashes, places = np.unique(np.concatenate([hashes, found]), return_inverse=True)
            counts = np.bincount(places, np.concatenate([counts, found_counts])).astype(np.int64)
            if len(hashes) > _MAX_COUNTED:
                hashes, counts = hashes[counts > 1], counts[counts > 1]
        if num_texts >= _MANY_TEXTS:
            hashes, counts = hashes[counts > 1], counts[counts > 1]
        if len(hashes) > most:
            kept = np.sort(np.lexsort((hashes, -counts))[:most])
            hashes, counts = hashes[kept], counts[kept]
        weights = np.log((1 + num_texts) / (1 + counts)) + 1
        return cls(hashes, weights.astype(np.float32))

    def places(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Where tokens stand in the vocabulary, -1 for those that it has not."""
        if not self.size:
            return np.full(len(hashes), -1)
        found = np.minimum(np.searchsorted(self.hashes, hashes), self.size - 1)
        return np.where(self.hashes[found] == hashes, found, -1)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as plain JSON types, its arrays packed."""
        return {"hashes": _packed(self.hashes, "<u8"), "weights": _packed(self.weights, "<f4")}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The vocabulary that ``to_json`` wrote."""
        return cls(
            _unpacked(document["hashes"], "<u8").astype(np.uint64),
            _unpacked(document["weights"], "<f4").astype(np.float32),
        )


def _packed(values: NDArray[Any], form: str) -> str:
    return base64.b64encode(values.astype(form).tobytes()).decode("ascii")


def _unpacked(text: str, form: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), dtype=form)
