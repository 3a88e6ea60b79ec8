"""What families of networks share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.models.base import ModelFamily
from tuner.models.networks.backends import installed_backends
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.optimization import optimization_defaults, optimization_parameters
from tuner.space import Parameter, Params, SearchSpace


class NetworkFamily(ModelFamily):
    """A kind of network. Subclasses say what may be tuned about its body, and name an estimator that builds it."""

    extra = "keras"
    step = "epochs"
    modules = ("keras",)
    is_network = True
    start_seconds: ClassVar[float] = 3.0
    """About how long it takes until the first step is done, most of it the compiler's."""
    estimator: ClassVar[type[NetworkEstimator]]

    @abstractmethod
    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        """What may be tuned about the network's body, and about its inputs."""

    @abstractmethod
    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        """Strong values of these; an optimization parameter among them replaces its own default."""

    @abstractmethod
    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        """About how many multiplications one row takes on its way through the network: its weights, if it is dense."""

    def space(self, profile: DatasetProfile, target: TargetProfile) -> SearchSpace:
        return SearchSpace({**self.body_parameters(profile, target), **optimization_parameters(target)})

    def default(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {**optimization_defaults(target), **self.body_defaults(profile, target)}

    def fit_seconds(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        steps = max(1.0, target.num_rows / float(params["batch_size"]))
        # About half of the planned epochs run before patience ends.
        epochs = self.estimator.planned_epochs(steps) / 2
        per_epoch = 0.02 + steps * 5e-4 + target.num_rows * self.multiplications(profile, target, params) * 2e-10
        return self.start_seconds + epochs * per_epoch

    def is_available(self) -> bool:
        return super().is_available() and installed_backends() != ()
