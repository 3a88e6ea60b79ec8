"""Models that are really trained, on tables that come with scikit-learn: what ``tabulate`` runs over and over.

Each training is small: a few folds of a few hundred rows. ``benchmarks/search/tables`` holds its results.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks.search.problem import Split
from tuner.space import Categorical, Float, Int, Params, SearchSpace

_FOLDS = 3
_NETWORK_EPOCHS, _ROUNDS = 30, 40


@dataclass(frozen=True)
class Training:
    """A training whose results are tabulated.

    Args:
        name: Name of the table and of the problem.
        split: Whether it may be tuned on.
        space: Its parameters.
        train: Value, shape (), or values by epoch, shape (num_epochs,); lower is better.
        num_points: How many trainings are tabulated.
        num_epochs: Length of the curve; 1 if only the final value counts.
    """

    name: str
    split: Split
    space: SearchSpace
    train: Callable[[Params], np.ndarray]
    num_points: int
    num_epochs: int = 1


def trainings() -> list[Training]:
    """All of them."""
    return [
        Training("real_models_breast_cancer", Split.DEVELOPMENT, _model_space(True), _models_breast_cancer, 600),
        Training("real_models_digits", Split.DEVELOPMENT, _model_space(True), _models_digits, 400),
        Training("real_boosting_diabetes", Split.DEVELOPMENT, _BOOSTING, _boosting_diabetes, 280),
        Training("real_svm_digits", Split.DEVELOPMENT, _SVM, _svm_digits, 500),
        Training("real_models_diabetes", Split.HELD_OUT, _model_space(False), _models_diabetes, 500),
        Training("real_network_wine", Split.HELD_OUT, _NETWORK, _network_wine, 300),
        Training("curves_network_digits", Split.DEVELOPMENT, _NETWORK_CURVE, _network_digits, 800, _NETWORK_EPOCHS),
        Training("curves_boosting_breast_cancer", Split.HELD_OUT, _BOOSTING_CURVE, _boosting_curve, 130, _ROUNDS),
    ]


@cache
def _rows(name: str, num_rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """A table of scikit-learn's, shuffled: columns, shape (n, d), and target, shape (n,)."""
    from sklearn import datasets

    columns, target = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(target))[:num_rows]
    return np.asarray(columns[order], dtype=float), np.asarray(target[order])


def _cross_validated(make: Callable[[], Any], name: str, score: str, num_rows: int | None = None) -> np.ndarray:
    """Mean over the folds of a scorer's value, turned so that lower is better."""
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

    columns, target = _rows(name, num_rows)
    kind = KFold if name == "diabetes" else StratifiedKFold
    with warnings.catch_warnings():
        # Few epochs and collinear columns are part of the game.
        warnings.simplefilter("ignore")
        found = cross_val_score(make(), columns, target, scoring=score, cv=kind(_FOLDS, shuffle=True, random_state=0))
    best = 1.0 if score in ("accuracy", "roc_auc") else 0.0
    return np.array(best - float(np.mean(found)))


def _model_space(is_classification: bool) -> SearchSpace:
    """A preparation and eight families with their own parameters."""

    def when(family: str) -> dict[str, list[str]]:
        return {"model": [family]}

    def forest(family: str) -> dict[str, Any]:
        return {
            f"{family}.trees": Int(4, 40, log=True, when=when(family)),
            f"{family}.features": Float(0.05, 1.0, when=when(family)),
            f"{family}.min_leaf": Int(1, 30, log=True, when=when(family)),
            f"{family}.depth": Int(1, 16, when=when(family)),
        }

    linear: dict[str, Any] = (
        {"linear.C": Float(1e-4, 1e3, log=True, when=when("linear"))}
        if is_classification
        else {"linear.alpha": Float(1e-5, 1e2, log=True, when=when("linear"))}
        | {"linear.l1_ratio": Float(0.0, 1.0, when=when("linear"))}
    )
    return SearchSpace(
        {
            "scale": Categorical(["none", "standard", "minmax"]),
            "model": Categorical(
                ["linear", "neighbours", "svm", "forest", "extra", "boosting", "network", "components"]
            ),
            **linear,
            "neighbours.k": Int(1, 60, log=True, when=when("neighbours")),
            "neighbours.weights": Categorical(["uniform", "distance"], when=when("neighbours")),
            "neighbours.power": Categorical([1, 2], when=when("neighbours")),
            "svm.C": Float(1e-3, 1e3, log=True, when=when("svm")),
            "svm.kernel": Categorical(["linear", "rbf", "poly"], when=when("svm")),
            "svm.gamma": Float(1e-4, 10.0, log=True, when={"svm.kernel": ["rbf", "poly"]}),
            "svm.degree": Int(2, 4, when={"svm.kernel": ["poly"]}),
            "svm.offset": Float(0.0, 2.0, when={"svm.kernel": ["poly"]}),
            **forest("forest"),
            **forest("extra"),
            "boosting.rounds": Int(4, 40, log=True, when=when("boosting")),
            "boosting.rate": Float(0.01, 1.0, log=True, when=when("boosting")),
            "boosting.depth": Int(1, 4, when=when("boosting")),
            "boosting.rows": Float(0.3, 1.0, when=when("boosting")),
            "boosting.features": Float(0.1, 1.0, when=when("boosting")),
            "network.units": Int(4, 64, log=True, when=when("network")),
            "network.rate": Float(1e-4, 0.1, log=True, when=when("network")),
            "network.alpha": Float(1e-6, 1.0, log=True, when=when("network")),
            "network.activation": Categorical(["relu", "tanh", "logistic"], when=when("network")),
            "network.batch": Int(16, 128, log=True, when=when("network")),
            "components.share": Float(0.05, 1.0, when=when("components")),
            "components.degree": Int(1, 2, when=when("components")),
        }
    )


def _models_breast_cancer(params: Params) -> np.ndarray:
    return _cross_validated(lambda: _pipeline(params, True), "breast_cancer", "roc_auc")


def _models_digits(params: Params) -> np.ndarray:
    return _cross_validated(lambda: _pipeline(params, True), "digits", "accuracy", 300)


def _models_diabetes(params: Params) -> np.ndarray:
    return _cross_validated(lambda: _pipeline(params, False), "diabetes", "neg_root_mean_squared_error")


def _pipeline(params: Params, is_classification: bool) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    scaler = {"none": "passthrough", "standard": StandardScaler(), "minmax": MinMaxScaler()}[str(params["scale"])]
    family = str(params["model"])
    own = {name.partition(".")[2]: value for name, value in params.items() if name.startswith(f"{family}.")}
    return make_pipeline(scaler, _FAMILIES[family](own, is_classification))


def _linear(own: dict[str, Any], is_classification: bool) -> Any:
    from sklearn.linear_model import ElasticNet, LogisticRegression

    if is_classification:
        return LogisticRegression(C=own["C"], max_iter=60)
    return ElasticNet(alpha=own["alpha"], l1_ratio=own["l1_ratio"], max_iter=300)


def _neighbours(own: dict[str, Any], is_classification: bool) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    chosen = KNeighborsClassifier if is_classification else KNeighborsRegressor
    return chosen(own["k"], weights=own["weights"], p=own["power"])


def _svm(own: dict[str, Any], is_classification: bool) -> Any:
    from sklearn.svm import SVC, SVR

    chosen = SVC if is_classification else SVR
    return chosen(
        C=own["C"] if is_classification else 50 * own["C"],
        kernel=own["kernel"],
        gamma=own.get("gamma", "scale"),
        degree=own.get("degree", 3),
        coef0=own.get("offset", 0.0),
        max_iter=5_000,
    )


def _forest(own: dict[str, Any], is_classification: bool, *, is_extra: bool = False) -> Any:
    from sklearn import ensemble

    name = ("ExtraTrees" if is_extra else "RandomForest") + ("Classifier" if is_classification else "Regressor")
    return getattr(ensemble, name)(
        n_estimators=own["trees"],
        max_features=own["features"],
        min_samples_leaf=own["min_leaf"],
        max_depth=own["depth"],
        random_state=0,
    )


def _extra(own: dict[str, Any], is_classification: bool) -> Any:
    return _forest(own, is_classification, is_extra=True)


def _boosting(own: dict[str, Any], is_classification: bool) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    chosen = GradientBoostingClassifier if is_classification else GradientBoostingRegressor
    return chosen(
        n_estimators=own["rounds"],
        learning_rate=own["rate"],
        max_depth=own["depth"],
        subsample=own["rows"],
        max_features=own["features"],
        random_state=0,
    )


def _network(own: dict[str, Any], is_classification: bool) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    chosen = MLPClassifier if is_classification else MLPRegressor
    return chosen(
        hidden_layer_sizes=(own["units"],),
        learning_rate_init=own["rate"],
        alpha=own["alpha"],
        activation=own["activation"],
        batch_size=own["batch"],
        max_iter=25,
        random_state=0,
    )


def _components(own: dict[str, Any], is_classification: bool) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    linear = LogisticRegression(max_iter=60) if is_classification else Ridge()
    return make_pipeline(PCA(min(own["share"], 0.999)), PolynomialFeatures(own["degree"]), linear)


_FAMILIES: dict[str, Callable[[dict[str, Any], bool], Any]] = {
    "linear": _linear,
    "neighbours": _neighbours,
    "svm": _svm,
    "forest": _forest,
    "extra": _extra,
    "boosting": _boosting,
    "network": _network,
    "components": _components,
}

_BOOSTING = SearchSpace(
    {
        "rounds": Int(5, 100, log=True),
        "rate": Float(0.005, 1.0, log=True),
        "depth": Int(1, 6),
        "rows": Float(0.2, 1.0),
        "features": Float(0.1, 1.0),
        "min_leaf": Int(1, 50, log=True),
        "loss": Categorical(["squared_error", "absolute_error", "huber"]),
    }
)


def _boosting_diabetes(params: Params) -> np.ndarray:
    from sklearn.ensemble import GradientBoostingRegressor

    def make() -> Any:
        return GradientBoostingRegressor(
            n_estimators=params["rounds"],
            learning_rate=params["rate"],
            max_depth=params["depth"],
            subsample=params["rows"],
            max_features=params["features"],
            min_samples_leaf=params["min_leaf"],
            loss=params["loss"],
            random_state=0,
        )

    return _cross_validated(make, "diabetes", "neg_root_mean_squared_error")


_SVM = SearchSpace(
    {
        "C": Float(1e-3, 1e3, log=True),
        "kernel": Categorical(["linear", "rbf", "poly", "sigmoid"]),
        "gamma": Float(1e-5, 10.0, log=True, when={"kernel": ["rbf", "poly", "sigmoid"]}),
        "degree": Int(2, 5, when={"kernel": ["poly"]}),
        "offset": Float(-1.0, 2.0, when={"kernel": ["poly", "sigmoid"]}),
        "reduce": Categorical([False, True]),
        "components": Int(2, 40, log=True, when={"reduce": [True]}),
        "scale": Categorical(["none", "standard", "minmax"]),
    }
)


def _svm_digits(params: Params) -> np.ndarray:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
    from sklearn.svm import SVC

    def make() -> Any:
        scaler = {"none": "passthrough", "standard": StandardScaler(), "minmax": MinMaxScaler()}[str(params["scale"])]
        svm = SVC(
            C=params["C"],
            kernel=params["kernel"],
            gamma=params.get("gamma", "scale"),
            degree=params.get("degree", 3),
            coef0=params.get("offset", 0.0),
            max_iter=5_000,
        )
        reduced = PCA(params["components"], random_state=0) if params["reduce"] else "passthrough"
        return make_pipeline(scaler, reduced, svm)

    return _cross_validated(make, "digits", "accuracy", 300)


_NETWORK = SearchSpace(
    {
        "layers": Categorical([1, 2], ordered=True),
        "units": Int(2, 64, log=True),
        "rate": Float(1e-4, 0.3, log=True),
        "alpha": Float(1e-6, 10.0, log=True),
        "activation": Categorical(["relu", "tanh", "logistic"]),
        "batch": Int(4, 64, log=True),
        "epochs": Int(2, 40, log=True),
        "momentum": Float(0.5, 0.99),
    }
)


def _network_wine(params: Params) -> np.ndarray:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def make() -> Any:
        network = MLPClassifier(
            (params["units"],) * int(str(params["layers"])),
            learning_rate_init=params["rate"],
            alpha=params["alpha"],
            activation=params["activation"],
            batch_size=params["batch"],
            max_iter=params["epochs"],
            beta_1=params["momentum"],
            random_state=0,
        )
        return make_pipeline(StandardScaler(), network)

    return _cross_validated(make, "wine", "neg_log_loss")


_NETWORK_CURVE = SearchSpace(
    {
        "optimizer": Categorical(["adam", "sgd"]),
        "rate": Float(1e-5, 1.0, log=True),
        "momentum": Float(0.0, 0.99, when={"optimizer": ["sgd"]}),
        "layers": Int(1, 2),
        "units": Int(4, 96, log=True),
        "alpha": Float(1e-6, 10.0, log=True),
        "batch": Int(16, 256, log=True),
        "activation": Categorical(["relu", "tanh", "logistic"]),
    }
)


def _network_digits(params: Params) -> np.ndarray:
    """Log loss on 500 rows after each of 30 epochs on 400 others."""
    from sklearn.neural_network import MLPClassifier

    columns, target = _rows("digits", 900)
    columns = columns / 16
    network = MLPClassifier(
        (params["units"],) * int(str(params["layers"])),
        solver=params["optimizer"],
        learning_rate_init=params["rate"],
        momentum=params.get("momentum", 0.9),
        alpha=params["alpha"],
        batch_size=params["batch"],
        activation=params["activation"],
        random_state=0,
    )
    curve = []
    with np.errstate(all="ignore"):
        for _ in range(_NETWORK_EPOCHS):
            try:
                network.partial_fit(columns[:400], target[:400], classes=np.arange(10))
                shares = np.nan_to_num(network.predict_proba(columns[400:]), nan=0.1)
            except ValueError:
                # It has diverged: a prediction that knows nothing.
                shares = np.full((500, 10), 0.1)
            curve.append(-float(np.mean(np.log(np.clip(shares[np.arange(500), target[400:]], 1e-4, 1.0)))))
    return np.array(curve)


_BOOSTING_CURVE = SearchSpace(
    {
        "rate": Float(0.005, 1.0, log=True),
        "depth": Int(1, 6),
        "rows": Float(0.1, 1.0),
        "features": Float(0.03, 1.0, log=True),
        "min_leaf": Int(1, 60, log=True),
        "loss": Categorical(["log_loss", "exponential"]),
    }
)


def _boosting_curve(params: Params) -> np.ndarray:
    """Log loss of the held-out fold after each of 40 rounds, three folds averaged."""
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold

    columns, target = _rows("breast_cancer")
    curves = []
    for fit, held_out in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(columns, target):
        model = GradientBoostingClassifier(
            n_estimators=_ROUNDS,
            learning_rate=params["rate"],
            max_depth=params["depth"],
            subsample=params["rows"],
            max_features=params["features"],
            min_samples_leaf=params["min_leaf"],
            loss=params["loss"],
            random_state=0,
        ).fit(columns[fit], target[fit])
        stages = model.staged_predict_proba(columns[held_out])
        curves.append([log_loss(target[held_out], np.clip(shares, 1e-4, 1 - 1e-4)) for shares in stages])
    return np.mean(curves, axis=0)  # type: ignore[no-any-return]  # an array
