"""K nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, ModelFamily, Report
from tuner.models.category_coding import category_default, category_parameter
from tuner.models.cost import num_one_hot_columns
from tuner.models.tabular import Encoding, TabularEstimator, drawn_rows, squashed
from tuner.models.threads import limited_threads
from tuner.space import Categorical, Int, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.tabular import Target

# Within these a single row is answered in about a millisecond and the file has some megabytes.
_MAX_ROWS = 50_000
_MAX_CELLS = 2_000_000
_DISTANCES_AT_ONCE = 4_000_000
_ROWS_FILE = "rows.npz"


class KNNEstimator(TabularEstimator):
    """Rows remembered; the answer is the average over those most alike, by Euclidean distance of standardised features.

    Of a large table it remembers a random part. The average of classes counts one more neighbour that answers with the
    class frequencies, so that no class is impossible.
    """

    encoding = Encoding(categories="one_hot", scale=True, impute=True, max_categories=50)

    _rows: NDArray[np.float32]
    _answers: NDArray[np.int64] | NDArray[np.float64]
    _neighbors: int
    _by_distance: bool

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        rows = drawn_rows(len(target), min(_MAX_ROWS, max(1, _MAX_CELLS // encoded.shape[1])), self._seed)
        self._rows, self._answers = squashed(encoded[rows]), target[rows]
        self._neighbors = min(self._params["neighbors"], len(rows))
        self._by_distance = self._params["weights"] == "distance"
        report(1, self._predict_encoded(validation))
        return 1

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        import numpy as np

        rows = squashed(encoded)
        size = max(1, _DISTANCES_AT_ONCE // len(self._rows))
        if len(rows) <= size:
            return self._answer(rows)
        with limited_threads(self._threads, encoded):
            return np.concatenate([self._answer(rows[start : start + size]) for start in range(0, len(rows), size)])

    def _answer(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        import numpy as np

        # |a - b|^2 without |a|^2, which is the same for all neighbours of a row.
        closeness = np.einsum("ij,ij->i", self._rows, self._rows) - 2 * (rows @ self._rows.T)
        nearest = np.argpartition(closeness, self._neighbors - 1, axis=1)[:, : self._neighbors]
        votes = np.ones(nearest.shape)
        if self._by_distance:
            squares = np.take_along_axis(closeness, nearest, axis=1) + np.einsum("ij,ij->i", rows, rows)[:, None]
            votes = 1 / np.sqrt(np.maximum(squares, 1e-6, dtype=np.float64))
        votes /= votes.sum(axis=1, keepdims=True)
        answers = self._answers[nearest]
        if not self._num_classes:
            average: NDArray[np.float64] = (votes * answers).sum(axis=1)
            return average
        places = answers + np.arange(len(rows))[:, None] * self._num_classes
        shares = np.bincount(places.ravel(), votes.ravel(), len(rows) * self._num_classes)
        frequencies = np.bincount(self._answers.astype(np.int64), minlength=self._num_classes) / len(self._answers)
        shares = shares.reshape(len(rows), self._num_classes)
        return (shares * self._neighbors + frequencies) / (self._neighbors + 1)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        from tuner.data.arrays.writing import write_npz

        write_npz(folder / _ROWS_FILE, [("rows", self._rows), ("answers", self._answers)])
        return {"neighbors": self._neighbors, "by_distance": self._by_distance}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import numpy as np

        with np.load(folder / _ROWS_FILE, allow_pickle=False) as arrays:
            self._rows, self._answers = arrays["rows"], arrays["answers"]
        self._neighbors, self._by_distance = facts["neighbors"], facts["by_distance"]


class KNN(ModelFamily):
    """K nearest neighbours: no assumption but that rows alike have answers alike; another view in ensembles.

    Parameters: ``neighbors``; ``weights``: whether all count alike (``uniform``) or near ones more (``distance``);
    ``categories`` of many values: ``target`` or ``one_hot``.
    """

    name = "knn"
    title = "Nearest neighbours"
    extra = "local"
    step = "fit"
    modules = ("sklearn",)
    reads = ENCODED_KINDS
    estimator = KNNEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and target.num_rows <= _MAX_ROWS

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "neighbors": Int(1, 100, log=True),
            "weights": Categorical(["uniform", "distance"]),
        }
        return SearchSpace(parameters | category_parameter(profile, target, KNNEstimator.encoding.categories))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {"neighbors": 15, "weights": "distance"}
        return params | category_default(profile, target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        columns = num_one_hot_columns(profile, target, KNNEstimator.encoding.max_categories)
        kept = min(target.num_rows, _MAX_ROWS, _MAX_CELLS // columns + 1)
        # Learning is nothing; a quarter of the rows is predicted to be scored.
        return 0.01 + target.num_rows / 4 * kept * (4e-9 + 4e-11 * columns)
