"""Examples as the arrays of a network: what whoever uses Keras by itself writes for each kind of data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2


class Preparation:
    """Learns from training examples how to make arrays of them, by the names of a network's entries.

    Args:
        kind: What an example is.
        train: Examples.
        space: The space, for fixed sizes.
    """

    def __init__(self, kind: str, train: Any, space: Mapping[str, Mapping[str, Any]]) -> None:
        self._kind = kind
        match kind:
            case "table":
                self._center, self._scale = train.mean(axis=0), train.std(axis=0) + 1e-6
            case "image":
                self._center, self._scale = train.mean(), train.std() + 1e-6
            case "sequence":
                steps = np.concatenate(train)
                self._center, self._scale = steps.mean(axis=0), steps.std(axis=0) + 1e-6
                self._length = max(len(sequence) for sequence in train)
            case "text":
                counts = Counter(word for text in train for word in text.lower().split())
                most = counts.most_common(space["vocabulary"]["value"])
                self._words = {word: FIRST_WORD + place for place, (word, _) in enumerate(most)}
                self._length = min(max(len(text.split()) for text in train), space["words"]["value"])

    @property
    def num_codes(self) -> int:
        """How many numbers a word can have."""
        return len(self._words) + FIRST_WORD

    def arrays(self, examples: Any) -> dict[str, np.ndarray]:
        """The arrays of examples."""
        match self._kind:
            case "sequence":
                steps = np.zeros((len(examples), self._length, len(self._center)), np.float32)
                mask = np.zeros((len(examples), self._length), np.float32)
                for row, sequence in enumerate(examples):
                    kept = sequence[-self._length :]
                    steps[row, -len(kept) :] = (kept - self._center) / self._scale
                    mask[row, -len(kept) :] = 1
                return {"steps": steps, "mask": mask}
            case "text":
                codes = np.full((len(examples), self._length), PADDING, np.int32)
                for row, text in enumerate(examples):
                    numbers = [self._words.get(word, UNKNOWN) for word in text.lower().split()[: self._length]]
                    codes[row, : len(numbers)] = numbers
                return {"codes": codes}
            case _:
                return {"numbers": ((examples - self._center) / self._scale).astype(np.float32)}
