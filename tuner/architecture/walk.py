"""The way through a network, with shapes and sizes but without building anything.

One walk serves two purposes. With values for the parameters it goes one way and notes every step. Without, it goes all
ways at once: lengths are ranges, and where options make different kinds of data it carries the alternatives along. What
holds for such a walk holds for every point of the space, so a network that passes is one that can always be built.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from tuner.architecture.arguments import MAX_UNITS, Arguments, Search, Value, possible
from tuner.architecture.blocks import Block, Branches, Chain, Choice, Layer, Repeat
from tuner.architecture.catalogue import CATALOGUE
from tuner.architecture.dimensions import Length, Shape, either, product, show, total
from tuner.architecture.faults import invalid
from tuner.architecture.layer_kind import KINDS_OF_DATA, LayerKind, Takes, highest
from tuner.architecture.network import DataInput, Network, PlainValue, Size, Step
from tuner.space import Int, Scalar
from tuner.space.parameters import show as show_value

EMBEDDING_SIZE = 64
"""The length of a word's vector in a network that does not say."""

_MAX_WAYS_TO_MERGE = 256


@dataclass(frozen=True)
class _Tensor:
    """Data on its way.

    Args:
        shape: Without the axis of the rows.
        step: What makes it.
        num_words: For tokens: how many there are.
        origin: The recurrent layer that it comes from, where the layers behind it decide whether that returns all
            its steps or the last alone.
    """

    shape: Shape
    step: str
    num_words: int | None = None
    origin: str | None = None

    def __str__(self) -> str:
        what = Takes.TOKENS if self.num_words is not None else KINDS_OF_DATA[len(self.shape)]
        return f"{what} ({show(self.shape)})"


# Alternatives: of each kind one.
_Tensors: TypeAlias = tuple[_Tensor, ...]
_Names: TypeAlias = dict[str, _Tensors]
_WayT = TypeVar("_WayT")


class Walk:
    """One way through a network, or all at once.

    Args:
        inputs: What the network reads, by name.
        params: Values of the parameters; None: all that they may have.
        kept: Paths of the recurrent layers that return all their steps though nobody said so, because a layer behind
            them needs these; None: not known yet.
    """

    def __init__(
        self,
        inputs: Mapping[str, DataInput],
        params: Mapping[str, Scalar] | None = None,
        kept: frozenset[str] | None = None,
    ) -> None:
        self._inputs = {name: (_Tensor(each.shape, name, each.num_words),) for name, each in inputs.items()}
        self._params = params
        self._kept = kept
        self._joined: _Tensors | None = None
        self.wanted: set[str] = set()
        """Paths of the recurrent layers whose steps are needed."""
        self.steps: list[Step] = []
        self.size = Size()
        self.largest: dict[str, Size] = {}
        """The size of the layers that a place of the document stands for."""

    def through(self, source: str | None, chain: Chain) -> _Tensor:
        """Go through a whole network to the vector at its end."""
        entering = None if source is None else self._inputs[source]
        leaving = self._use(self._chain(chain, entering, {}))
        ends = self._any_of(leaving, lambda tensor: (replace(self._to_vector(tensor, "", "end"), origin=None),))
        assert len(ends) == 1, "vectors are one kind"
        return ends[0]

    def to_network(self, output: _Tensor) -> Network:
        """What was walked through, if all was decided."""
        return Network(tuple(self.steps), output.step, self.size)

    def _chain(self, chain: Chain, tensors: _Tensors | None, names: _Names) -> _Tensors | None:
        for block in chain:
            tensors = self._block(block, tensors, names)
            if block.name is not None:
                names[block.name] = self._use(tensors)
        return tensors

    def _use(self, tensors: _Tensors | None) -> _Tensors:
        """The tensors; where nothing was named and nothing done yet, all inputs of the data together."""
        if tensors is not None:
            return tensors
        # Of all ways at once, each pays for it.
        if self._joined is None or self._params is None:
            ways = list(self._inputs.values())
            self._joined = ways[0] if len(ways) == 1 else self._merged(ways, "concatenate", "inputs", "")
        return self._joined

    def _block(self, block: Block, tensors: _Tensors | None, names: _Names) -> _Tensors | None:
        match block:
            case Layer():
                return self._any_of(self._use(tensors), lambda tensor: self._layer(block, tensor))
            case Choice():
                return self._choice(block, tensors, names)
            case Repeat():
                return self._repeat(block, tensors, names)
            case Branches():
                return self._branches(block, tensors, names)

    def _choice(self, block: Choice, tensors: _Tensors | None, names: _Names) -> _Tensors | None:
        if self._params is not None:
            option = str(self._params[block.search.name])
            return self._chain(block.options[option], tensors, dict(names))
        return self._any_of(block.options.values(), lambda option: self._use(self._chain(option, tensors, dict(names))))

    def _repeat(self, block: Repeat, tensors: _Tensors | None, names: _Names) -> _Tensors | None:
        counts = self._counts(block)
        ends = [self._use(tensors)] if 0 in counts and len(counts) > 1 else []
        for number, copy in enumerate(block.copies[: max(counts)], 1):
            tensors = self._chain(copy, tensors, dict(names))
            if number in counts and len(counts) > 1:
                ends.append(self._use(tensors))
        return _one_of_each([tensor for end in ends for tensor in end]) if ends else tensors

    def _branches(self, block: Branches, tensors: _Tensors | None, names: _Names) -> _Tensors:
        ways = []
        for branch in block.branches.values():
            if branch.source is None:
                entering = tensors
            else:
                entering = names[branch.source] if branch.source in names else self._inputs[branch.source]
            ways.append(self._use(self._chain(branch.chain, entering, dict(names))))
        if len(ways) == 1:
            return ways[0]
        merges = [str(merge) for merge in possible(self._plain(block.merge))]
        return self._any_of(merges, lambda merge: self._merged(ways, merge, block.path, block.pointer))

    def _layer(self, layer: Layer, tensor: _Tensor) -> _Tensors:
        kind = layer.kind
        fitting = self._fitting(tensor, layer)
        if fitting is None:
            return ()
        arguments = {name: self._plain(value) for name, value in layer.arguments.items()}
        if self._params is not None:
            _check(kind, arguments, layer.pointer)
        if kind.is_recurrent:
            return self._recurrent(layer, arguments, fitting)
        if kind.takes is Takes.TOKENS:
            arguments |= {"input_dim": fitting.num_words}
        shape = kind.shape(arguments, fitting.shape)
        if any(length.low < 1 for length in shape):
            raise invalid(
                layer.pointer,
                f"({kind.name}) does not fit: it gets {fitting}, which is too small for its window",
                hint='Write "padding": "same", or use smaller windows, strides or fewer repetitions before.',
            )
        if kind.name == "GroupNormalization" and self._params is not None:
            arguments |= {"groups": _divisor(shape[-1].low, arguments["groups"])}
        made = self._emit(layer.path, kind, arguments, [fitting], shape, layer.pointer)
        is_same = kind.takes is Takes.ANYTHING and len(shape) == len(fitting.shape)
        return (replace(made, origin=fitting.origin if is_same else None),)

    def _recurrent(self, layer: Layer, arguments: Arguments, fitting: _Tensor) -> _Tensors:
        """With all steps or the last alone: as was said, else as the layers behind it need, else both."""
        all_steps = layer.kind.shape(arguments, fitting.shape)
        said = possible(arguments["return_sequences"])
        origin = layer.path if said == (None,) else None
        if origin is not None:
            said = (True, False) if self._kept is None else (origin in self._kept,)

        def returned(keeps: Scalar) -> _Tensors:
            own = {**arguments, "return_sequences": keeps}
            shape = all_steps if keeps else all_steps[-1:]
            made = self._emit(layer.path, layer.kind, own, [fitting], shape, layer.pointer)
            return (replace(made, origin=origin),)

        return self._any_of(said, returned)

    def _fitting(self, tensor: _Tensor, layer: Layer) -> _Tensor | None:
        """The tensor in the form that a layer takes; None if it is an alternative that this layer rules out."""
        takes = layer.kind.takes
        if tensor.num_words is not None and takes is not Takes.TOKENS:
            tensor = self._embedded(tensor, layer.path)
        num_axes = len(tensor.shape)
        if takes is Takes.ANYTHING or (takes is Takes.TOKENS and tensor.num_words is not None):
            return tensor
        if takes is Takes.VECTOR:
            return self._to_vector(tensor, layer.pointer, layer.path)
        if takes.num_axes == num_axes and takes is not Takes.TOKENS:
            if tensor.origin is not None:
                self.wanted.add(tensor.origin)
            return tensor
        if tensor.origin is not None and takes is Takes.SEQUENCE:
            return None
        hint = None
        if takes is Takes.SEQUENCE and num_axes == 1:
            hint = "Place it before layers that make a vector, or let them return sequences."
        raise invalid(layer.pointer, f"({layer.kind.name}) needs {takes}, but gets {tensor} here", hint)

    def _embedded(self, tensor: _Tensor, path: str) -> _Tensor:
        assert tensor.num_words is not None
        arguments: Arguments = {"input_dim": tensor.num_words, "output_dim": EMBEDDING_SIZE}
        shape = (*tensor.shape, Length.of(EMBEDDING_SIZE))
        return self._emit(f"{path}.words", CATALOGUE["Embedding"], arguments, [tensor], shape, "")

    def _to_vector(self, tensor: _Tensor, pointer: str, path: str) -> _Tensor:
        """All numbers in a row where these are few, else the mean over steps or pixels."""
        if tensor.num_words is not None:
            tensor = self._embedded(tensor, path)
        if len(tensor.shape) == 1:
            return tensor
        flat = product(tensor.shape)
        ways: list[tuple[str, Shape]] = []
        if flat.low <= MAX_UNITS:
            ways.append(("Flatten", (flat,)))
        if flat.high > MAX_UNITS:
            ways.append((f"GlobalAveragePooling{len(tensor.shape) - 1}D", tensor.shape[-1:]))
        made = [
            self._emit(f"{path}.{name.lower()}", CATALOGUE[name], {}, [tensor], shape, pointer) for name, shape in ways
        ]
        return made[0] if len(made) == 1 else replace(made[0], shape=either([each.shape for each in made]))

    def _merged(self, ways: Sequence[_Tensors], merge: str, path: str, pointer: str) -> _Tensors:
        num_ways = 1
        for way in ways:
            num_ways *= len(way)
            if num_ways > _MAX_WAYS_TO_MERGE:
                raise invalid(pointer, "joins too many branches that may be of several kinds")
        return self._any_of(itertools.product(*ways), lambda tensors: self._join(tensors, merge, path, pointer))

    def _join(self, tensors: Sequence[_Tensor], merge: str, path: str, pointer: str) -> _Tensors:
        tensors = [
            self._embedded(tensor, f"{path}.{number}") if tensor.num_words is not None else tensor
            for number, tensor in enumerate(tensors, 1)
        ]
        open_ways = [tensor for tensor in tensors if tensor.origin is not None]
        if any(len(tensor.shape) == 2 for tensor in tensors if tensor.origin is None):
            # Beside a sequence, a recurrent layer keeps its steps.
            if any(len(tensor.shape) == 1 for tensor in open_ways):
                return ()
            self.wanted |= {str(tensor.origin) for tensor in open_ways}
        elif open_ways:
            tensors = [
                self._to_vector(tensor, pointer, f"{path}.{number}") if tensor.origin else tensor
                for number, tensor in enumerate(tensors, 1)
            ]
        if len({len(tensor.shape) for tensor in tensors}) > 1:
            tensors = [self._to_vector(tensor, pointer, f"{path}.{number}") for number, tensor in enumerate(tensors, 1)]
        first = tensors[0].shape
        for tensor in tensors[1:]:
            if [length.key for length in tensor.shape[:-1]] != [length.key for length in first[:-1]]:
                raise invalid(
                    pointer,
                    f"joins {tensors[0]} and {tensor}, whose lengths are not always equal",
                    hint="Use the same strides and padding on all branches, or end them with global pooling.",
                )
        widths = [tensor.shape[-1] for tensor in tensors]
        if merge == "concatenate":
            width = total(widths)
        else:
            width = _widest(widths)
            tensors = [
                tensor
                if tensor.shape[-1].key == width.key
                else self._widened(tensor, width, f"{path}.{number}", pointer)
                for number, tensor in enumerate(tensors, 1)
            ]
        return (self._emit(path, _MERGES[merge], {}, tensors, (*first[:-1], width), pointer),)

    def _widened(self, tensor: _Tensor, width: Length, path: str, pointer: str) -> _Tensor:
        """The tensor with more channels, for a sum with a wider one."""
        arguments: Arguments = {"units": width.high}
        return self._emit(
            f"{path}.dense", CATALOGUE["Dense"], arguments, [tensor], (*tensor.shape[:-1], width), pointer
        )

    def _emit(
        self,
        path: str,
        kind: LayerKind,
        arguments: Arguments,
        tensors: Sequence[_Tensor],
        shape: Shape,
        pointer: str,
    ) -> _Tensor:
        """Note one layer, and count what it costs."""
        entering = tensors[0].shape
        num_weights = kind.weights(arguments, entering, shape)
        size = Size(
            num_weights,
            kind.num_operations(arguments, entering, shape),
            highest(shape) + kind.scores(arguments, entering),
            num_layers=1,
        )
        self.size = self.size.plus(size)
        self.largest[pointer] = self.largest.get(pointer, Size()).or_larger(size)
        name = self._free_name(path)
        if self._params is not None:
            plain = {key: _plain_value(value) for key, value in arguments.items() if value is not None}
            inputs = tuple(tensor.step for tensor in tensors)
            lengths = tuple(length.high for length in shape)
            self.steps.append(Step(name, kind.name, plain, inputs, lengths, num_weights))
        return _Tensor(shape, name)

    def _free_name(self, path: str) -> str:
        taken = {step.name for step in self.steps} | set(self._inputs)
        numbered = (f"{path}_{number}" for number in itertools.count(2))
        return next(name for name in itertools.chain([path], numbered) if name not in taken)

    def _any_of(self, ways: Iterable[_WayT], through: Callable[[_WayT], _Tensors]) -> _Tensors:
        """What comes of any one of several ways; it costs as much as the dearest."""
        before, after = self.size, self.size
        made: list[_Tensor] = []
        for way in ways:
            self.size = before
            made += through(way)
            after = after.or_larger(self.size)
        self.size = after
        return _one_of_each(made)

    def _plain(self, value: Value) -> Value:
        """The value, decided if the parameters are."""
        if self._params is None:
            return value
        if isinstance(value, tuple):
            return tuple(map(self._plain, value))
        return self._params[value.name] if isinstance(value, Search) else value

    def _counts(self, block: Repeat) -> tuple[int, ...]:
        count = self._plain(block.count)
        if isinstance(count, Search):
            if isinstance(count.parameter, Int):
                return tuple(range(count.parameter.low, count.parameter.high + 1, count.parameter.step))
            return tuple(value for value in count.values if isinstance(value, int))
        assert isinstance(count, int)
        return (count,)


def _one_of_each(tensors: Sequence[_Tensor]) -> _Tensors:
    """One tensor for each kind among these, which covers all of that kind."""
    kinds: dict[tuple[int, int | None, str | None], list[_Tensor]] = {}
    for tensor in tensors:
        kinds.setdefault((len(tensor.shape), tensor.num_words, tensor.origin), []).append(tensor)
    return tuple(replace(same[0], shape=either([tensor.shape for tensor in same])) for same in kinds.values())


def _widest(widths: Sequence[Length]) -> Length:
    if len({length.key for length in widths}) == 1:
        return widths[0]
    low, high = max(length.low for length in widths), max(length.high for length in widths)
    return Length.between(low, high, object())


def _check(kind: LayerKind, arguments: Arguments, pointer: str) -> None:
    """Refuse values that the document would have refused; a space can be widened, the limits cannot."""
    for name, value in arguments.items():
        expected = kind.arguments[name]
        for each in value if isinstance(value, tuple) else (value,):
            is_default = each is None and expected.default is None
            if not is_default and (fault := expected.fault(each)) is not None:
                raise invalid(f"{pointer}/{name}", fault)


def _divisor(width: int, groups: Value) -> int:
    assert isinstance(groups, int)
    return next(number for number in range(min(groups, width), 0, -1) if width % number == 0)


def _plain_value(value: Value) -> PlainValue:
    if isinstance(value, tuple):
        return tuple(each for each in value if each is None or isinstance(each, str | bool | int | float))
    assert not isinstance(value, Search), show_value(value)
    return value


_MERGES = {
    name.lower(): LayerKind(name, "Joins branches.")
    for name in ("Concatenate", "Add", "Multiply", "Average", "Maximum")
}
