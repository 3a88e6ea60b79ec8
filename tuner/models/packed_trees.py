"""Many decision trees in a few flat arrays: small files without code, and fast predictions without their library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tuner.data.arrays.writing import write_npz
from tuner.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pairs of a row and a tree that walk down side by side: their state stays within the processor's cache.
_PAIRS = 65_536
_FULL = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Tree:
    """One tree as a library keeps it, every array with an entry for each node, the root first.

    Args:
        is_leaf: Whether a node is a leaf; then what is said of its split means nothing.
        left: The child for rows that pass the test.
        right: The child for the others.
        features: The column that is tested.
        thresholds: Its largest value that passes.
        gaps_go_left: Whether a gap passes.
        answers: What leaves say, in their order, shape (leaves, outputs).
        sets: Where passing is membership, the row of ``members``, else -1.
        members: Whether a code passes, shape (sets, codes).
    """

    is_leaf: NDArray[np.bool_]
    left: NDArray[np.integer]
    right: NDArray[np.integer]
    features: NDArray[np.integer]
    thresholds: NDArray[np.float64]
    gaps_go_left: NDArray[np.generic]
    answers: NDArray[np.float32] | NDArray[np.uint16]
    sets: NDArray[np.integer]
    members: NDArray[np.bool_]

    # Any: scikit-learn ships without type information.
    @classmethod
    def of_forest(cls, tree: Any, columns: NDArray[np.int64] | None, num_outputs: int) -> Self:
        """A fitted tree of scikit-learn's forests.

        Args:
            tree: What its estimator holds as ``tree_``.
            columns: The class index of each column of the tree's probabilities; None for quantities.
            num_outputs: How many classes there are, or 1.
        """
        is_leaf = tree.children_left < 0
        values = tree.value[is_leaf, 0]
        answers = values.astype(np.float32)
        if columns is not None:
            answers = np.zeros((len(values), num_outputs), np.uint16)
            answers[:, columns] = np.rint(values / values.sum(axis=1, keepdims=True) * _FULL)
            answers = answers[:, :-1]
        no_sets = np.full(len(is_leaf), -1)
        return cls(
            is_leaf,
            tree.children_left,
            tree.children_right,
            tree.feature,
            tree.threshold,
            tree.missing_go_to_left,
            answers,
            no_sets,
            np.zeros((0, 0), bool),
        )

    # Any: scikit-learn ships without type information.
    @classmethod
    def of_boosting(cls, tree: Any, columns: NDArray[np.int64], places: NDArray[np.int64]) -> Self:
        """A fitted tree of scikit-learn's boosting on histograms.

        Args:
            tree: One of its predictors.
            columns: The column of the encoded rows that each of its features is.
            places: For a column and a code, the number under which it knows the category, or -1, shape (columns,
                codes).
        """
        nodes = tree.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        features = columns[nodes["feature_idx"]]
        asking = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~is_leaf)
        sets = np.full(len(nodes), -1)
        sets[asking] = np.arange(len(asking))
        known = places[features[asking]]
        bits = tree.raw_left_cat_bitsets[nodes["bitset_idx"][asking]] if len(asking) else np.zeros((0, 8), np.uint32)
        words = np.take_along_axis(bits, np.maximum(known, 0) // 32, axis=1)
        is_member = (words >> (np.maximum(known, 0) % 32).astype(np.uint32)) & 1 == 1
        gaps_go_left = nodes["missing_go_to_left"].astype(bool)
        return cls(
            is_leaf,
            nodes["left"],
            nodes["right"],
            features,
            np.where(is_leaf, 0.0, nodes["num_threshold"]),
            gaps_go_left,
            nodes["value"][is_leaf, None].astype(np.float32),
            sets,
            np.where(known < 0, gaps_go_left[asking, None], is_member),
        )


@dataclass(frozen=True)
class PackedTrees:
    """Trees whose answers are added up.

    Nodes of all trees stand in common arrays. A child or root ``i >= 0`` is the node ``i``; ``i < 0`` is the leaf
    ``~i``. At a node, a row goes left if its cell is at most the threshold; a gap goes where most rows went.

    Args:
        roots: Shape (trees,).
        features: The column a node looks at, shape (nodes,).
        thresholds: Shape (nodes,).
        gaps_go_left: Shape (nodes,).
        children: Left and right, shape (nodes, 2).
        answers: What leaves say, shape (leaves, outputs): float32 values, or probabilities in steps of 1/65535
            (uint16). Of probabilities the last is left out, since all sum to one.
        sets: Where a node asks for membership, the row of ``members``, else -1; shape (nodes,).
        members: Whether a code goes left, shape (sets, codes); codes stand for categories and have no gaps.
    """

    roots: NDArray[np.int32]
    features: NDArray[np.uint16]
    thresholds: NDArray[np.float32]
    gaps_go_left: NDArray[np.bool_]
    children: NDArray[np.int32]
    answers: NDArray[np.float32] | NDArray[np.uint16]
    sets: NDArray[np.int32]
    members: NDArray[np.bool_]

    @classmethod
    def pack(cls, trees: Sequence[Tree]) -> Self:
        """Put trees, of which none has splits by membership or all may have, into common arrays."""
        nodes_before = leaves_before = sets_before = 0
        parts = []
        roots = []
        for tree in trees:
            is_leaf = tree.is_leaf
            # Leaves are numbered apart from the other nodes.
            places = np.where(
                is_leaf, ~(leaves_before + np.cumsum(is_leaf) - 1), nodes_before + np.cumsum(~is_leaf) - 1
            )
            inner = np.flatnonzero(~is_leaf)
            roots.append(places[0])
            sets = tree.sets[inner]
            parts.append(
                (
                    tree.features[inner].astype(np.uint16),
                    _rounded_down(tree.thresholds[inner]),
                    tree.gaps_go_left[inner].astype(bool),
                    np.column_stack([places[tree.left[inner]], places[tree.right[inner]]]).astype(np.int32),
                    tree.answers,
                    np.where(sets < 0, -1, sets + sets_before).astype(np.int32),
                    tree.members,
                )
            )
            nodes_before += len(inner)
            leaves_before += len(is_leaf) - len(inner)
            sets_before += len(tree.members)
        return cls(np.array(roots, np.int32), *(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    @classmethod
    def join(cls, packs: Sequence[PackedTrees]) -> Self:
        """The trees of several packs in one."""
        nodes = np.cumsum([0, *(len(pack.features) for pack in packs)])
        leaves = np.cumsum([0, *(len(pack.answers) for pack in packs)])
        sets = np.cumsum([0, *(len(pack.members) for pack in packs)])

        def moved(places: NDArray[np.int32], index: int) -> NDArray[np.int32]:
            shifted: NDArray[np.int32] = np.where(places < 0, places - leaves[index], places + nodes[index])
            return shifted.astype(np.int32)

        def moved_sets(places: NDArray[np.int32], index: int) -> NDArray[np.int32]:
            return np.where(places < 0, -1, places + sets[index]).astype(np.int32)

        return cls(
            np.concatenate([moved(pack.roots, index) for index, pack in enumerate(packs)]),
            np.concatenate([pack.features for pack in packs]),
            np.concatenate([pack.thresholds for pack in packs]),
            np.concatenate([pack.gaps_go_left for pack in packs]),
            np.concatenate([moved(pack.children, index) for index, pack in enumerate(packs)]),
            np.concatenate([pack.answers for pack in packs]),
            np.concatenate([moved_sets(pack.sets, index) for index, pack in enumerate(packs)]),
            np.concatenate([pack.members for pack in packs]),
        )

    @property
    def num_trees(self) -> int:
        """How many trees there are."""
        return len(self.roots)

    def total(self, rows: NDArray[np.float32], num_groups: int = 1) -> NDArray[np.float64]:
        """The sum of the trees' answers.

        Args:
            rows: Encoded rows, shape (n, columns), with NaN for gaps.
            num_groups: Trees of single values may take turns in serving this many sums.

        Returns:
            Shape (n, outputs): for probabilities a column for each class, else one for each group.
        """
        is_share = self.answers.dtype == np.uint16
        total = np.empty((len(rows), self.answers.shape[1] * num_groups), np.float64)
        size = max(1, _PAIRS // self.num_trees)
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            leaves = self._leaves(chunk)
            # Summed as whole numbers, or in double precision: in any order the same.
            answers = self.answers[leaves].reshape(len(chunk), -1, total.shape[1])
            total[start : start + size] = answers.sum(axis=1, dtype=np.int64 if is_share else np.float64)
        if not is_share:
            return total
        return np.column_stack([total, self.num_trees * float(_FULL) - total.sum(axis=1)]) / _FULL

    def _leaves(self, rows: NDArray[np.float32]) -> NDArray[np.int32]:
        """The leaf that each row reaches in each tree, shape (n, trees)."""
        num_rows, num_columns = rows.shape
        cells = rows.ravel()
        has_gaps = bool(np.isnan(cells).any())
        children = self.children.ravel()
        leaves = np.tile(self.roots, num_rows)
        walking = np.flatnonzero(leaves >= 0)
        nodes = leaves.take(walking)
        first_cells = np.repeat(np.arange(num_rows) * num_columns, self.num_trees).take(walking)
        while len(walking):
            seen = cells.take(first_cells + self.features.take(nodes))
            go_right = ~(seen <= self.thresholds.take(nodes))
            if has_gaps:
                go_right &= ~(np.isnan(seen) & self.gaps_go_left.take(nodes))
            if len(self.members):
                sets = self.sets.take(nodes)
                asking = np.flatnonzero(sets >= 0)
                go_right[asking] = ~self.members[sets.take(asking), seen.take(asking).astype(np.intp)]
            reached = children.take(2 * nodes + go_right)
            is_leaf = reached < 0
            leaves[walking[is_leaf]] = reached[is_leaf]
            is_node = np.flatnonzero(~is_leaf)
            walking, first_cells, nodes = walking.take(is_node), first_cells.take(is_node), reached.take(is_node)
        return ~leaves.reshape(num_rows, self.num_trees)

    def save(self, path: Path) -> None:
        """Write the trees into one file."""
        nodes = np.arange(len(self.children), dtype=np.int32)[:, None]
        arrays: dict[str, NDArray[Any]] = {
            "roots": self.roots,
            "features": self.features,
            "thresholds": self.thresholds,
            "gaps_go_left": np.packbits(self.gaps_go_left),
            # Children stand close behind their parents: small differences take less room.
            "children": np.where(self.children < 0, self.children, self.children - nodes),
            "answers": self.answers,
            "sets": self.sets,
            "members": self.members,
        }
        write_npz(path, arrays.items())

    @classmethod
    def load(cls, path: Path) -> Self:
        """The trees that ``save`` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            steps = arrays["children"]
            if (steps == 0).any():
                raise InvalidInput(
                    f"The trees in {path.name!r} are damaged: a node is its own child.",
                    hint="Download the model again, or train it again.",
                )
            # Children stand behind their parents, so that no walk goes round in a circle.
            children = np.where(steps < 0, steps, steps + np.arange(len(steps), dtype=np.int32)[:, None])
            return cls(
                arrays["roots"],
                arrays["features"],
                arrays["thresholds"],
                np.unpackbits(arrays["gaps_go_left"], count=len(steps)).astype(bool),
                children,
                arrays["answers"],
                arrays["sets"],
                arrays["members"],
            )


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest single-precision numbers that are not above: single-precision cells compare with both alike."""
    single = thresholds.astype(np.float32)
    return np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)
