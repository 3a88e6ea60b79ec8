"""What forests share: how they grow within their time, what they answer, and how they are kept."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, TEXT_KINDS, ModelFamily, Report
from tuner.models.category_coding import category_parameter
from tuner.models.cost import num_columns, text_seconds
from tuner.models.imbalance import class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator, to_32_bits, within_float32
from tuner.models.threads import limited_threads
from tuner.space import Categorical, Float, Int, Parameter, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.packed_trees import PackedTrees
    from tuner.models.tabular import Target

_TREES_PER_STEP = 10
_SECONDS_BETWEEN_QUESTIONS = 0.3
# Over all trees, so that a saved forest stays within about 10 MB.
_MAX_LEAVES = 1_000_000
_MAX_ANSWERS = 4_000_000
_TREES_FILE = "trees.npz"


class ForestEstimator(TabularEstimator):
    """Trees that know nothing of each other, averaged.

    All trees grown are kept, whichever step looked best: more trees only steady the average, so a peak of the curve is
    chance. The average counts one more tree that answers with the class frequencies, so that no class is impossible.
    """

    encoding = Encoding(categories="ordinal", scale=False, impute=False, max_categories=1_000)
    reads_text = True
    kinds: ClassVar[tuple[str, str]]
    """The classifier's and the regressor's name in ``sklearn.ensemble``."""

    _trees: PackedTrees
    _frequencies: NDArray[np.float64]  # of the classes in the training rows

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np

        from tuner.models.packed_trees import PackedTrees, Tree

        encoded, validation = within_float32(encoded), within_float32(validation)
        self._frequencies = self._class_frequencies(target)
        classes = np.unique(target).astype(np.int64) if self._num_classes else None
        weights = row_weights(self._params, target)
        forest = self._new_forest(target)
        packs: list[PackedTrees] = []
        total: NDArray[np.float64] | float = 0.0
        grown, size, is_last = 0, 1, False
        while grown < self._params["trees"] and not is_last:
            step = min(grown + _TREES_PER_STEP, self._params["trees"])
            packed = grown
            while grown < step and not is_last:
                started = time.perf_counter()
                batch = min(size, step - grown)
                with limited_threads(self._threads, encoded):
                    forest.set_params(n_estimators=grown + batch).fit(encoded, target, weights)
                grown += batch
                # As many trees as fit between two questions; which trees grow does not depend on it.
                seconds_per_tree = (time.perf_counter() - started) / batch
                size = max(1, int(_SECONDS_BETWEEN_QUESTIONS / seconds_per_tree))
                is_last = report.should_stop()
            new = [Tree.of_forest(tree.tree_, classes, self._num_classes or 1) for tree in forest.estimators_[packed:]]
            packs.append(PackedTrees.pack(new))
            total = total + packs[-1].total(validation)
            is_last = report(grown, self._smooth(total, grown)).stop or is_last
        self._trees = PackedTrees.join(packs)
        return grown

    def _new_forest(self, target: Target) -> Any:  # Any: scikit-learn ships without type information
        from sklearn import ensemble

        num_rows = len(target)
        bootstrap = self._params["bootstrap"]
        sampled = max(1, round(self._params["sample_share"] * num_rows)) if bootstrap else num_rows
        most = max(64, min(_MAX_LEAVES, _MAX_ANSWERS // (self._num_classes or 1)) // self._params["trees"])
        is_bounded = sampled / self._params["min_samples_leaf"] > most
        settings = {"criterion": self._params["criterion"]} if self._num_classes else {}
        return getattr(ensemble, self.kinds[0 if self._num_classes else 1])(
            **settings,
            max_features=self._params["max_features"],
            min_samples_leaf=self._params["min_samples_leaf"],
            # Growing the best leaf first is slower, so only where it is needed.
            max_leaf_nodes=most if is_bounded else None,
            bootstrap=bootstrap,
            max_samples=sampled if bootstrap else None,
            warm_start=True,
            random_state=to_32_bits(self._seed),
            n_jobs=self._threads,
        )

    def _class_frequencies(self, target: Target) -> NDArray[np.float64]:
        import numpy as np

        if not self._num_classes:
            return np.zeros(0)
        return np.bincount(target.astype(np.int64), minlength=self._num_classes) / len(target)

    def _smooth(self, total: NDArray[np.float64], trees: int) -> NDArray[np.float64]:
        """The trees' average with the class frequencies as one more vote."""
        if not self._num_classes:
            return total[:, 0] / trees
        return (total + self._frequencies) / (trees + 1)

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        return self._smooth(self._trees.total(within_float32(encoded)), self._trees.num_trees)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        self._trees.save(folder / _TREES_FILE)
        return {"frequencies": self._frequencies.tolist()}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import numpy as np

        from tuner.models.packed_trees import PackedTrees

        self._trees = PackedTrees.load(folder / _TREES_FILE)
        self._frequencies = np.array(facts["frequencies"], dtype=np.float64)


class Forest(ModelFamily):
    """A family of forests.

    Parameters: ``trees``; ``max_features``, the share of the columns that a split may choose from;
    ``min_samples_leaf``, training rows in a leaf, at least; ``bootstrap``, whether a tree draws its rows with
    replacement or sees all; ``sample_share``, how many it draws, as a share of all; for classes also ``criterion``, how
    the purity of a split is judged, and where classes are rare ``class_weight``; ``categories`` of many values:
    ``target`` or ``ordinal``.
    """

    extra = "local"
    step = "trees"
    modules = ("sklearn",)
    reads = ENCODED_KINDS | TEXT_KINDS
    seconds_per_cell: ClassVar[float]
    """Time to sort one row by one column at one level of a tree."""

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "trees": Int(50, 500, step=50),
            "max_features": Float(0.05, 1.0),
            "min_samples_leaf": Int(1, 50, log=True),
            "bootstrap": Categorical([True, False]),
            "sample_share": Float(0.3, 1.0, when={"bootstrap": [True]}),
        }
        if target.task.is_classification:
            parameters["criterion"] = Categorical(["gini", "entropy"])
        coding = category_parameter(profile, target, ForestEstimator.encoding.categories)
        return SearchSpace(parameters | coding | class_weight_parameter(target))

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and target.num_rows <= 500_000

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        rows = target.num_rows * float(params.get("sample_share", 1.0))
        columns = max(1.0, num_columns(profile, target) * float(params["max_features"]))
        levels = math.log2(max(2.0, rows / float(params["min_samples_leaf"])))
        return text_seconds(profile, target) + float(params["trees"]) * (
            1.5e-3 + self.seconds_per_cell * rows * levels * columns
        )
