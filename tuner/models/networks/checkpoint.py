"""What a training needs to go on where it was: weights, the optimizer's state, the best epoch so far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FACTS_FILE, _ARRAYS_FILE = "training.json", "training.npz"


@dataclass(frozen=True)
class Checkpoint:
    """A training after a whole epoch. Any backend can go on from it.

    Dropout and the order of the rows are not in it: both follow from the seed and the number of the epoch.

    Args:
        epoch: The epoch that is done.
        kept: The best one so far.
        weights: Of the network now, in Keras's order.
        best_weights: Of the network after the best epoch.
        optimizer: What the optimizer remembers, its count of steps included, in Keras's order.
    """

    epoch: int
    kept: int
    weights: Sequence[NDArray[Any]]
    best_weights: Sequence[NDArray[Any]]
    optimizer: Sequence[NDArray[Any]]

    def write(self, folder: Path) -> None:
        """Write it into an existing folder."""
        import numpy as np

        parts = {"weights": self.weights, "optimizer": self.optimizer}
        if self.kept != self.epoch:
            parts["best_weights"] = self.best_weights
        arrays = {f"{part}.{place}": array for part, of_part in parts.items() for place, array in enumerate(of_part)}
        np.savez(folder / _ARRAYS_FILE, allow_pickle=False, **arrays)
        facts = {"epoch": self.epoch, "kept": self.kept, "sizes": {part: len(own) for part, own in parts.items()}}
        (folder / _FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The checkpoint that ``write`` wrote."""
        import numpy as np

        facts = json.loads((folder / _FACTS_FILE).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS_FILE, allow_pickle=False) as arrays:
            parts = {
                part: [arrays[f"{part}.{place}"] for place in range(size)] for part, size in facts["sizes"].items()
            }
        return cls(
            epoch=facts["epoch"],
            kept=facts["kept"],
            weights=parts["weights"],
            best_weights=parts.get("best_weights", parts["weights"]),
            optimizer=parts["optimizer"],
        )
