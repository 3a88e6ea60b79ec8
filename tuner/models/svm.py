"""Support vector machines."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ENCODED_KINDS, ModelFamily, Report
from tuner.models.category_coding import category_default, category_parameter
from tuner.models.cost import num_one_hot_columns
from tuner.models.imbalance import class_weight_default, class_weight_parameter, row_weights
from tuner.models.tabular import Encoding, TabularEstimator, drawn_rows, softmax, squashed, to_32_bits, to_all_classes
from tuner.models.threads import limited_threads
from tuner.space import Categorical, Float, Parameter, Params, SearchSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.models.kernel_machine import KernelMachine
    from tuner.models.tabular import Target

# The time to learn grows with the square of the rows.
_MAX_ROWS = 10_000
# With classes in pairs, outputs grow with the square of the classes.
_MAX_CLASSES = 20
_ITERATIONS_PER_ROW = 100
_PASSES = 1_000
_FEW_ROWS = 2_000
_MACHINE_FILE = "machine.npz"


class SVMEstimator(TabularEstimator):
    """Widest margins between classes, or a tube around quantities.

    Of a large table it learns from a random part. Probabilities are a softmax of the machine's scores, scaled and
    shifted so that they fit scores for rows that the machine had not learned from: of three folds, or on more than
    2,000 rows of one quarter.
    """

    encoding = Encoding(categories="one_hot", scale=True, impute=True, max_categories=50)

    _machine: KernelMachine
    _slope: float
    _shifts: NDArray[np.float64]
    _classes: NDArray[np.int64]

    def _learn(
        self,
        encoded: NDArray[np.floating],
        target: Target,
        validation: NDArray[np.floating],
        report: Report,
    ) -> int:
        import numpy as np

        from tuner.models.kernel_machine import calibrate

        rows = drawn_rows(len(target), _MAX_ROWS, self._seed)
        features, answers = squashed(encoded[rows]), target[rows]
        self._slope, self._shifts, self._classes = 1.0, np.zeros(0), np.zeros(0, np.int64)
        with limited_threads(self._threads, encoded):
            if self._num_classes:
                self._classes, answers = np.unique(answers, return_inverse=True)
                self._slope, self._shifts = calibrate(*self._held_out_scores(features, answers))
            self._machine = self._fitted(features, answers)
        report(1, self._predict_encoded(validation))
        return 1

    def _held_out_scores(
        self, features: NDArray[np.float32], answers: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Scores of machines for rows that they have not learned from, and these rows' classes."""
        import numpy as np

        is_small = len(answers) <= _FEW_ROWS
        order = np.random.Generator(np.random.Philox(self._seed)).permutation(len(answers))
        # Dealt out class by class, so that each fold has its share of each.
        folds = np.empty(len(answers), np.int64)
        folds[order[np.argsort(answers[order], kind="stable")]] = np.arange(len(answers)) % (3 if is_small else 4)
        num_classes = len(self._classes)
        scores, held_out = [np.zeros((0, num_classes))], [np.zeros(0, np.int64)]
        for fold in range(3 if is_small else 1):
            is_out = folds == fold
            if is_out.any() and len(np.unique(answers[~is_out])) == num_classes:
                machine = self._fitted(features[~is_out], answers[~is_out])
                scores.append(machine.class_scores(features[is_out], num_classes))
                held_out.append(answers[is_out])
        return np.concatenate(scores), np.concatenate(held_out)

    def _fitted(self, features: NDArray[np.float32], answers: Target) -> KernelMachine:
        from sklearn.exceptions import ConvergenceWarning

        from tuner.models.kernel_machine import KernelMachine

        model, gamma = self._new_model(features)
        with warnings.catch_warnings():
            # A machine that has not settled is still a candidate: the score tells what it is worth.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, answers, sample_weight=row_weights(self._params, answers))
        if self._params["kernel"] == "linear":
            return KernelMachine.linear(model)
        return KernelMachine.radial(model, gamma)

    def _new_model(self, features: NDArray[np.float32]) -> tuple[Any, float]:  # Any: scikit-learn has no types
        from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

        cost = self._params["cost"]
        seed = to_32_bits(self._seed)
        if self._params["kernel"] == "linear":
            if self._num_classes:
                return LinearSVC(C=cost, dual="auto", max_iter=_PASSES, random_state=seed), 0.0
            epsilon = self._params["tube"]
            return LinearSVR(C=cost, epsilon=epsilon, dual="auto", max_iter=_PASSES, random_state=seed), 0.0
        # Relative to the usual squared distance of two rows.
        gamma = self._params["gamma"] / max(float(features.var()) * features.shape[1], 1e-9)
        limit = _ITERATIONS_PER_ROW * len(features)
        if self._num_classes:
            return SVC(C=cost, gamma=gamma, max_iter=limit, random_state=seed), gamma
        model = SVR(C=cost, gamma=gamma, epsilon=self._params["tube"], max_iter=limit)
        # It has no such argument, and would draw from the global state although it makes no random choice.
        model.random_state = seed
        return model, gamma

    def _predict_encoded(self, encoded: NDArray[np.floating]) -> NDArray[np.float64]:
        features = squashed(encoded)
        if not self._num_classes:
            return self._machine.outputs(features)[:, 0]
        scores = self._machine.class_scores(features, len(self._classes))
        return to_all_classes(softmax(scores * self._slope + self._shifts), self._classes, self._num_classes)

    def _save_model(self, folder: Path) -> Mapping[str, object]:
        self._machine.save(folder / _MACHINE_FILE)
        return {"slope": self._slope, "shifts": self._shifts.tolist(), "classes": self._classes.tolist()}

    def _load_model(self, folder: Path, facts: Mapping[str, Any]) -> None:
        import numpy as np

        from tuner.models.kernel_machine import KernelMachine

        self._machine = KernelMachine.load(folder / _MACHINE_FILE)
        self._slope, self._shifts = facts["slope"], np.array(facts["shifts"], np.float64)
        self._classes = np.array(facts["classes"], np.int64)


class SVM(ModelFamily):
    """A support vector machine: smooth borders, at its best on small tables of numbers.

    Parameters: ``kernel``: ``radial`` compares rows by distance, ``linear`` weighs columns; ``cost`` of a row on the
    wrong side; ``gamma``, how fast similarity falls with distance, as a multiple of what is usual for the table;
    ``tube``, the error of a quantity, in standard deviations, that costs nothing; ``categories`` of many values:
    ``target`` or ``one_hot``; ``class_weight``, where classes are rare.
    """

    name = "svm"
    title = "Support vector machine"
    extra = "local"
    step = "fit"
    modules = ("sklearn", "scipy")
    reads = ENCODED_KINDS
    max_classes = _MAX_CLASSES
    estimator = SVMEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and target.num_rows <= _MAX_ROWS

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        parameters: dict[str, Parameter] = {
            "kernel": Categorical(["radial", "linear"]),
            "cost": Float(1e-2, 1e3, log=True),
            "gamma": Float(1e-2, 10.0, log=True, when={"kernel": ["radial"]}),
        }
        if not target.task.is_classification:
            parameters["tube"] = Float(1e-3, 1.0, log=True)
        coding = category_parameter(profile, target, SVMEstimator.encoding.categories)
        return SearchSpace(parameters | coding | class_weight_parameter(target))

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        params: Params = {"kernel": "radial", "cost": 1.0, "gamma": 1.0}
        if not target.task.is_classification:
            params["tube"] = 0.1
        return params | category_default(profile, target) | class_weight_default(target)

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        columns = num_one_hot_columns(profile, target, SVMEstimator.encoding.max_categories)
        rows = min(target.num_rows, _MAX_ROWS)
        if params["kernel"] == "linear":
            return 0.02 + 2e-6 * rows * columns * max(1, len(target.classes))
        # Once for the model and about as much again for the probabilities; a quarter of the rows is predicted.
        learning = rows**2 * (1e-8 + 3e-10 * columns) * (2 if target.task.is_classification else 1)
        return 0.02 + learning + target.num_rows / 4 * rows * 5e-9
