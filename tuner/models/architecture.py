"""A network of somebody's own, given as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from tuner.architecture import Architecture
from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.errors import InvalidArchitecture, Place
from tuner.models.networks.building import build
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.optimization import optimization_parameters
from tuner.models.networks.sources import (
    PARTS,
    READS,
    expected_sources,
    source_defaults,
    source_parameters,
    source_tensors,
)
from tuner.space import Parameter, Params, Scalar

ARCHITECTURE = "architecture"
"""The family's name."""


class ArchitectureEstimator(NetworkEstimator):
    """The network that a document describes, at one point of its space.

    Args:
        params: A point of the family's space.
        seed: As for every estimator.
        threads: As for every estimator.
        architecture: The network. A saved one is in the model's own file: whoever loads that needs none.
    """

    parts = PARTS

    # Any: values of different types, checked against the family's space before.
    def __init__(
        self, params: Mapping[str, Any], *, seed: int, threads: int, architecture: Architecture | None = None
    ) -> None:
        super().__init__(params, seed=seed, threads=threads)
        self._architecture = architecture

    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        assert self._architecture is not None, "only an estimator that was built with a network is fitted"
        sources = source_tensors(keras, self._inputs, entries, seeds, self._params)
        network = self._architecture.resolve(self._params, {name: known for name, (_, known) in sources.items()})
        return build(network, keras, {name: tensor for name, (tensor, _) in sources.items()}, seeds)


class ArchitectureFamily(NetworkFamily):
    """Layers of somebody's own choice, with search parameters in any place; see ``tuner.architecture``.

    Parameters: those of the document, named there or by their path; ``embedding_size``, the length of a category's
    vector, where the table has categories; and how it learns, see ``tuner.models.networks.optimization``.

    Args:
        form: The document. Without one the family can predict nothing; it stands in lists, and loads saved models.
    """

    name = ARCHITECTURE
    title = "Network of your own (Keras)"
    reads = READS
    keeps_to_its_ranges = True
    estimator = ArchitectureEstimator

    def __init__(self, form: Mapping[str, Any] | None = None) -> None:
        self._form = form

    @cached_property
    def architecture(self) -> Architecture:
        """The network.

        Raises:
            InvalidArchitecture: The document breaks a rule, or there is none.
        """
        if self._form is None:
            raise InvalidArchitecture(
                f"The family {self.name!r} needs a network.",
                hint="Give architecture=..., made of tuner.layers or as JSON.",
                places=[Place("#/architecture", "is missing")],
            )
        return Architecture.from_json(self._form)

    def supports(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self._form is not None and super().supports(profile, target)

    def check(self, profile: DatasetProfile, target: TargetProfile) -> None:
        """Prove that the network can be built for this table at every point of its space.

        Raises:
            InvalidArchitecture: It cannot, grows too large, or a name in it has another meaning.
        """
        taken = {**source_parameters(profile, target), **optimization_parameters(target)}
        for name in self.architecture.parameters:
            if name in taken:
                raise InvalidArchitecture(
                    f"The architecture has a parameter {name!r}, but that is how the network learns.",
                    hint="Give it another name; how the network learns is tuned beside the architecture.",
                    places=[Place(f"#/architecture{self.architecture.pointer(name)}", f"{name!r} is taken")],
                )
        self.architecture.check(expected_sources(profile, target), len(target.classes) or 1)

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        return {**self.architecture.parameters, **source_parameters(profile, target)}

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        return {**self.architecture.default(), **source_defaults(profile, target)}

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        network = self.architecture.resolve(params, expected_sources(profile, target))
        return float(network.size.num_operations)

    def build(self, params: Mapping[str, Scalar], *, seed: int, threads: int) -> ArchitectureEstimator:
        return ArchitectureEstimator(params, seed=seed, threads=threads, architecture=self.architecture)
