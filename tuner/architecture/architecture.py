"""A network as data: a document with search parameters in any place, read, checked and resolved."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from tuner.architecture.blocks import Chain
from tuner.architecture.faults import invalid, near
from tuner.architecture.limits import MAX_LAYERS, MAX_OUTPUTS, MAX_WEIGHTS, check_size
from tuner.architecture.network import DataInput, Network, Size
from tuner.architecture.reading import Reader
from tuner.architecture.walk import Walk
from tuner.errors import InvalidArchitecture, Place
from tuner.space import Categorical, Constant, Float, Int, Parameter, Params, Scalar, SearchSpace


class Architecture:
    """A network whose layers and their arguments may be search parameters. Immutable; comes from ``from_json``.

    The document says nothing about the data: input and output layers come from the dataset, and so does what stands
    between layers that would not fit each other. Before a layer that takes a vector, an image or a sequence is
    flattened where that gives at most 4,096 numbers, else averaged over its pixels or steps; a recurrent layer returns
    all its steps if a layer behind it needs them, and its last step otherwise; words get vectors; branches of different
    kinds become vectors before they are joined, and a sum brings its parts to the width of the widest.

    Example:
        >>> architecture = Architecture.from_json({"version": 1, "layers": [
        ...     {"layer": "Dense", "units": {"type": "int", "low": 16, "high": 256, "log": True}}]})
        >>> list(architecture.parameters)
        ['dense.units']
    """

    def __init__(self, form: Mapping[str, Any], source: str | None, chain: Chain, reader: Reader) -> None:
        self._form = form
        self._source = source
        self._chain = chain
        self._reader = reader

    @classmethod
    def from_json(cls, form: object, pointer: str = "#/architecture") -> Architecture:
        """Read a document; every fault is reported with its JSON pointer below ``pointer``.

        Raises:
            InvalidArchitecture: It breaks a rule.
        """
        with _below(pointer):
            check_size(form)
            reader = Reader()
            source, chain = reader.read(form)
            assert isinstance(form, Mapping)
            return cls(json.loads(json.dumps(form)), source, chain, reader)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Architecture) and self._form == other._form

    def __hash__(self) -> int:
        return hash(json.dumps(self._form, sort_keys=True))

    def to_json(self) -> dict[str, Any]:
        """The document."""
        return dict(self._form)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The search parameters by name, with the conditions under which they are active, parents first."""
        return self._reader.parameters.to_space()

    def pointer(self, name: str) -> str:
        """Where a parameter stands in the document."""
        return self._reader.parameters.pointer(name)

    def default(self) -> Params:
        """A point in the middle: ranges at half of their way, and of the choices the first."""
        space = SearchSpace(self.parameters)
        point: Params = {}
        for name in space.order:
            if space.is_active(name, point):
                point[name] = _middle(space[name])
        return point

    def check(self, inputs: Mapping[str, DataInput], num_outputs: int, pointer: str = "#/architecture") -> Size:
        """Prove that the network can be built from this data at every point of its space, within the limits.

        Args:
            inputs: What the data offers, by name.
            num_outputs: Width of the output layer.
            pointer: Where the document stands in the request.

        Returns:
            What no point exceeds.

        Raises:
            InvalidArchitecture: At some point a layer would not fit, or too much be needed.
        """
        with _below(pointer):
            self._check_sources(inputs)
            walk = Walk(inputs)
            end = walk.through(self._source, self._chain)
            _check_limits(walk, end.shape[0].high * num_outputs)
            return walk.size

    def resolve(
        self, params: Mapping[str, Scalar], inputs: Mapping[str, DataInput], pointer: str = "#/architecture"
    ) -> Network:
        """The network at one point of the space.

        Args:
            params: Values of its active parameters.
            inputs: The data, with exact shapes.
            pointer: Where the document stands.

        Raises:
            InvalidArchitecture: It cannot be built from this data, or is too large.
        """
        with _below(pointer):
            self._check_sources(inputs)
            # First which recurrent layers must return all their steps: that is known at their ends only.
            first = Walk(inputs, params)
            first.through(self._source, self._chain)
            second = Walk(inputs, params, frozenset(first.wanted))
            end = second.through(self._source, self._chain)
            _check_limits(second, 0)
            return second.to_network(end)

    def _check_sources(self, inputs: Mapping[str, DataInput]) -> None:
        for name, pointer in self._reader.sources.items():
            if name not in inputs:
                raise invalid(
                    pointer,
                    f"names {name!r}, which is neither an input of this data nor an earlier block",
                    hint=near(name, inputs, "The inputs are"),
                )


def _check_limits(walk: Walk, num_head_weights: int) -> None:
    num_weights = walk.size.num_weights + num_head_weights
    if walk.size.num_layers > MAX_LAYERS:
        raise invalid(
            "/layers", f"can make {walk.size.num_layers} layers; at most {MAX_LAYERS} are allowed", hint="Repeat less."
        )
    if num_weights > MAX_WEIGHTS:
        place = max(walk.largest, key=lambda pointer: walk.largest[pointer].num_weights)
        raise invalid(
            place,
            f"is the largest part of a network of up to {num_weights:,} weights; at most {MAX_WEIGHTS:,} are allowed",
            hint="Lower the units or filters, pool before a dense layer, or repeat less.",
        )
    if walk.size.num_outputs > MAX_OUTPUTS:
        place = max(walk.largest, key=lambda pointer: walk.largest[pointer].num_outputs)
        raise invalid(
            place,
            f"is the largest part of a network that holds up to {walk.size.num_outputs:,} numbers for one row; at most "
            f"{MAX_OUTPUTS:,} are allowed",
            hint="Pool earlier, use strides, or lower the filters.",
        )


def _middle(parameter: Parameter) -> Scalar:
    if isinstance(parameter, Categorical):
        return parameter.choices[0]
    if isinstance(parameter, Constant):
        return parameter.value
    assert isinstance(parameter, Int | Float)
    if parameter.log:
        middle = math.sqrt(parameter.low * parameter.high)
        return round(middle) if isinstance(parameter, Int) else middle
    return parameter.decode(parameter.num_steps // 2 if parameter.step is not None else 0.5)


@contextmanager
def _below(pointer: str) -> Iterator[None]:
    """Complete the pointers of errors raised inside."""
    try:
        yield
    except InvalidArchitecture as error:
        error.places = tuple(Place(pointer + place.pointer, place.detail) for place in error.places)
        raise
